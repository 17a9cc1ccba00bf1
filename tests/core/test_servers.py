# SPDX-License-Identifier: EUPL-1.2
"""The tests run on any PostgreSQL that an address leads to."""

import pytest

from tests.servers import Server


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("postgresql://me:secret@db.example:5433/main", "postgresql://me:secret@db.example:5433/clone"),
        (
            "postgresql://me@db.example/main?sslmode=require",
            "postgresql://me@db.example/clone?sslmode=require",
        ),
        ("postgresql://me@/main?host=%2Frun%2Fpg", "postgresql://me@/clone?host=%2Frun%2Fpg"),
        ("postgresql:///main?host=%2Frun%2Fpg", "postgresql:///clone?host=%2Frun%2Fpg"),
    ],
)
def test_databases_lie_on_the_named_server(address: str, expected: str) -> None:
    """Host, account, secret and options stay; only the database differs."""
    server = Server(address=address, template="t")
    assert server.url_of("clone") == expected
    assert server.admin.rpartition("/")[0].partition("?")[0] == expected.rpartition("/")[0].partition("?")[0]
