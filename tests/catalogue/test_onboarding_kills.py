# SPDX-License-Identifier: EUPL-1.2
"""The work process is killed while it stores: the next one finds all of a delivery or nothing of it."""

from __future__ import annotations

import asyncio
import signal
import sys

import msgspec
import pytest

from stadtkern.catalogue.onboarding import jobs, operations
from stadtkern.catalogue.onboarding.entities import Delivery
from stadtkern.core import access
from stadtkern.core.database import Connection
from stadtkern.core.settings import Settings
from stadtkern.features import queries as collections
from stadtkern.features.versions import queries as versions
from stadtkern.ingest.imports import compose
from tests.catalogue import imports

pytestmark = pytest.mark.anyio
ALL = access.Scope(ids=(), negated=True)
_SECONDS = 60
_FALLS = """
import asyncio, os, signal, sys
from pathlib import Path
from stadtkern.catalogue.onboarding import jobs, steps
from stadtkern.core import database, settings

def fall(*given, **more):
    os.kill(os.getpid(), signal.SIGKILL)

async def work(url, data, room, name):
    setattr(getattr(steps, room) if room else steps, name, fall)
    made = settings.load(environment={}, data=data, database_url=url)
    async with await database.connect(url=url, autocommit=True) as connection:
        await jobs.once(connection, url=url, settings=made)

asyncio.run(work(*sys.argv[1:]))
"""
"""A worker that is killed as soon as it comes to a function of `steps`, or of a module in it."""


async def killed(connection: Connection, settings: Settings, *, room: str = "", name: str) -> None:
    """Let a worker take what there is and die on it; the next one may take it at once."""
    given = [settings.database_url or "", str(settings.data), room, name]
    worker = await asyncio.create_subprocess_exec(sys.executable, "-c", _FALLS, *given)
    assert await asyncio.wait_for(worker.wait(), _SECONDS) == -signal.SIGKILL
    await connection.execute("UPDATE catalogue.import_delivery SET leased_until = now() - interval '1 s'")


async def appending(connection: Connection, settings: Settings) -> tuple[imports.Desk, Delivery]:
    """A dataset of 30 rows to which later deliveries add, the next one of ten rows on its way."""
    desk = await imports.desk(connection, settings)
    first = await desk.plan(await desk.send(_table(0, 30)), mode="append")
    stored = await desk.store(first)
    assert (stored.state, stored.rows) == ("done", 30)
    later = await desk.send(_table(30, 10), to=stored)
    assert later.state == "held", "far fewer rows than before wait for a person"
    await operations.store(connection, by=desk.person, delivery=later, about=None)
    return desk, later


def _table(first: int, n: int) -> bytes:
    return ("nr;art\n" + "".join(f"{first + i};Linde {first + i}\n" for i in range(n))).encode()


@pytest.mark.parametrize(("room", "name"), [("", "_conclude"), ("operations", "settle")])
async def test_rows_are_not_added_twice(
    connection: Connection, settings: Settings, room: str, name: str
) -> None:
    """Killed when the rows are in and when all is in but the word: the second attempt adds them once."""
    desk, later = await appending(connection, settings)
    await killed(connection, settings, room=room, name=name)
    assert (await desk.see(later.uuid)).state == "to_load"
    collection = await collections.find(connection, ALL, key=later.recipe.dataset_key)
    assert (collection.n, collection.version) == (30, 1)
    await desk.run()
    done = await desk.see(later.uuid)
    assert (done.state, done.rows) == ("done", 10)
    collection = await collections.find(connection, ALL, key=later.recipe.dataset_key)
    assert (collection.n, collection.version) == (40, 2)
    page = await collections.page(connection, ALL, collection=collection, limit=100)
    assert [row.values[0] for row in page.rows] == list(range(40))
    kept = await versions.versions(connection, ALL, collection=collection, everything=True)
    assert kept[0].summary is not None
    assert kept[0].summary["added"] == 10


async def test_a_first_delivery_makes_its_dataset_once(connection: Connection, settings: Settings) -> None:
    """Neither a second collection, nor forms of the data that stand twice."""
    desk = await imports.desk(connection, settings)
    checked = await desk.plan(await desk.send(_table(0, 30)))
    await operations.store(connection, by=desk.person, delivery=checked, about=imports.ABOUT)
    await killed(connection, settings, room="operations", name="settle")
    await desk.run()
    done = await desk.see(checked.uuid)
    assert (done.state, done.rows, done.recipe.dataset_state) == ("done", 30, "published")
    cursor = await connection.execute(
        "SELECT count(*), count(DISTINCT access_url) FROM catalogue.distribution WHERE dataset_id = %s",
        [done.recipe.dataset_id],
    )
    row = await cursor.fetchone()
    assert row is not None
    assert row[0] == row[1] > 0


async def test_who_lost_the_work_stores_nothing(
    connection: Connection, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker that slept over its time finds the delivery stored by another one, and takes back its rows."""
    desk, later = await appending(connection, settings)
    real, turns = jobs.steps._conclude, iter([True, False])

    async def slow(*given: object, **more: object) -> None:
        if next(turns):
            await operations.move(beside, id=later.id, state="done", rows=10)
        await real(*given, **more)  # type: ignore[arg-type]

    async with await jobs.database.connect(url=settings.database_url or "", autocommit=True) as beside:
        monkeypatch.setattr(jobs.steps, "_conclude", slow)
        await desk.run()
    collection = await collections.find(connection, ALL, key=later.recipe.dataset_key)
    assert (collection.n, (await desk.see(later.uuid)).state) == (30, "done")


async def test_readings_go_on_where_they_stopped_and_count_once(
    connection: Connection, settings: Settings
) -> None:
    """Killed when all values are stored and the delivery is not called done yet."""
    desk, looked = await _readings(connection, settings, "5")
    done = await _stored(desk, looked, kill=True)
    assert (done.state, done.rows) == ("done", 48)
    assert await _values(connection, done) == [5.0] * 48


async def test_a_file_that_comes_again_counts_again(connection: Connection, settings: Settings) -> None:
    """First this, then a correction, then the first file once more: its values are those that stay."""
    desk, looked = await _readings(connection, settings, "5")
    done = await _stored(desk, looked)
    for value in ("7", "5"):
        later = await desk.send(_hours(value), to=done)
        assert (later.state, later.rows) == ("done", 48), (later.changes, later.problem)
        assert await _values(connection, done) == [float(value)] * 48


def _hours(value: str) -> bytes:
    rows = "".join(f"2024-01-{1 + n // 24:02} {n % 24:02}:00,{value}\n" for n in range(48))
    return f"zeit,grad\n{rows}".encode()


async def _readings(connection: Connection, settings: Settings, value: str) -> tuple[imports.Desk, Delivery]:
    desk = await imports.desk(connection, settings)
    looked = await desk.send(_hours(value))
    plan = imports.suggested(looked, target="series")
    chosen = msgspec.structs.replace(plan, series=compose.Series(time="zeit"))
    await operations.plan(connection, delivery=looked, plan=chosen)
    await desk.run()
    return desk, await desk.see(looked.uuid)


async def _stored(desk: imports.Desk, delivery: Delivery, *, kill: bool = False) -> Delivery:
    await operations.store(desk.connection, by=desk.person, delivery=delivery, about=imports.ABOUT)
    if kill:
        await killed(desk.connection, desk.settings, name="_conclude")
    await desk.run()
    return await desk.see(delivery.uuid)


async def _values(connection: Connection, delivery: Delivery) -> list[float]:
    cursor = await connection.execute(
        "SELECT o.result FROM things.observation AS o JOIN things.datastream AS d ON d.id = o.datastream_id"
        " WHERE d.dataset_id = %s ORDER BY o.phenomenon_time",
        [delivery.recipe.dataset_id],
    )
    return [row[0] for row in await cursor.fetchall()]
