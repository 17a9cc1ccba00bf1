# SPDX-License-Identifier: EUPL-1.2
"""Migrations run once each, also when several processes begin at the same time."""

import asyncio
import os
from collections.abc import Iterator

import pytest

from stadtkern.core import database, migrations
from tests import servers

pytestmark = pytest.mark.anyio


@pytest.fixture
def empty(server: servers.Server, worker_id: str) -> Iterator[str]:
    """A database with nothing in it."""
    name = f"empty_{worker_id}_{os.getpid()}"
    server.blank(name)
    yield server.url_of(name)
    server.drop(name)


async def test_three_processes_at_once_apply_each_migration_once(empty: str) -> None:
    """The advisory lock lets one work; the others find it done."""
    results = await asyncio.gather(*(migrations.migrate(url=empty) for _ in range(3)))
    assert sorted(map(len, results)) == [0, 0, len(migrations.available())]


async def test_a_changed_migration_is_refused(empty: str) -> None:
    """What was applied must stay as it was."""
    await migrations.migrate(url=empty)
    async with await database.connect(url=empty, autocommit=True) as connection:
        await connection.execute("UPDATE core.migration SET digest = 'other' WHERE package = 'core'")
    with pytest.raises(migrations.MigrationChanged, match="core/0001_core"):
        await migrations.migrate(url=empty)


def test_numbers_rise() -> None:
    """Each package's migrations run in the order of their numbers, each number once."""
    for package in migrations.PACKAGES:
        numbers = [m.number for m in migrations.available() if m.package == package]
        assert numbers == sorted(set(numbers))
