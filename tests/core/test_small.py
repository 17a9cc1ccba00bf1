# SPDX-License-Identifier: EUPL-1.2
"""Refs, fragments, statements, problems and log lines."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from stadtkern.core import fragments, logs, problems, refs, statements
from stadtkern.core.access import Unauthorised


def test_a_ref_is_read_and_written() -> None:
    """`things.thing/42` stays as it is."""
    assert str(refs.Ref.parse("things.thing/42")) == "things.thing/42"


@pytest.mark.parametrize(
    "text", ["", "thing/42", "things.thing", "things.thing/4 2", "Things.Thing/1", "a.b/" + "9" * 65]
)
def test_other_text_is_no_ref(text: str) -> None:
    """What does not fit is refused."""
    with pytest.raises(refs.InvalidRef):
        refs.Ref.parse(text)


def test_fragments_keep_values_in_order() -> None:
    """Text and values travel together."""
    joined = fragments.join(
        [fragments.Fragment("a = %s", (1,)), fragments.Fragment("b = %s", (2,))], separator=" and "
    )
    assert joined + fragments.Fragment(" limit %s", (3,)) == ("a = %s and b = %s limit %s", (1, 2, 3))
    assert fragments.every([fragments.TRUE]) == fragments.TRUE


def test_statements_are_found_by_name() -> None:
    """Each .sql file is split at its heads."""
    found = statements.load("core")
    assert found["access_version"] == "SELECT version FROM core.access_version"


def test_a_problem_says_what_and_how_to_mend_it() -> None:
    """The docstring is the message and the remedy."""
    document = Unauthorised("no header", where="Authorization").document()
    assert document["status"] == 401
    assert document["title"] == "Writing needs a valid token"
    assert document["where"] == "Authorization"
    assert "stadtkern token create" in document["remedy"]
    assert Unauthorised().headers["WWW-Authenticate"] == "Bearer"
    assert problems.NotFound().document()["status"] == 404


@pytest.mark.parametrize(
    ("address", "shown"), [("192.0.2.17", "192.0.2.0"), ("2001:db8:1:2::3", "2001:db8:1::"), ("nonsense", "")]
)
def test_addresses_are_cut_in_logs(address: str, shown: str) -> None:
    """A log line does not name a person's line."""
    assert logs.shorten_address(address) == shown


@pytest.mark.parametrize("form", ["console", "json"])
def test_the_log_of_an_error_holds_no_values(form: str) -> None:
    """Where something broke is told, but not with what: tokens are among the values."""
    program = (
        "import structlog\n"
        "from stadtkern.core import logs, settings\n"
        f"logs.configure(settings.load(environment={{}}, log_format={form!r}), process='test')\n"
        "def broken(authorization):\n"
        "    raise ValueError('told')\n"
        "try:\n"
        "    broken('Bearer sk_' + 'secret')\n"
        "except ValueError:\n"
        "    structlog.get_logger().exception('request failed')\n"
    )
    done = subprocess.run(  # our own interpreter
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
        env=os.environ,
    )
    assert "request failed" in done.stderr
    assert "told" in done.stderr
    assert "sk_secret" not in done.stderr
