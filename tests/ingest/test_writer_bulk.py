# SPDX-License-Identifier: EUPL-1.2
"""Many rows at once: the same promises as for single readings, at a fraction of the cost."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from stadtkern.core.database import Connection
from stadtkern.core.settings import Settings
from stadtkern.ingest.writer import Writer, commit, loading, sharing
from stadtkern.things import readings
from stadtkern.things.store import append, batch
from stadtkern.things.store.batch import Batch
from stadtkern.things.store.merge import MergeResult
from stadtkern.things.store.prepared import Prepared
from stadtkern.things.store.streams import Policy
from tests.things.histories import NOON, check_rollups, check_state, datastreams, rows

pytestmark = pytest.mark.anyio
SECOND = 1_000_000


def _rows(streams: list[int], *, count: int, start: datetime = NOON) -> Batch:
    times = np.tile(batch.microseconds(start) + np.arange(count) * SECOND, len(streams))
    return Batch(datastream_id=np.repeat(streams, count), time=times, result=times % 17 / 2)


async def test_columns_are_stored_and_answered_row_by_row(
    connection: Connection, database: str, settings: Settings
) -> None:
    """A second delivery finds every row again, in whatever order it comes."""
    streams = await datastreams(connection, count=3)
    columns = _rows(streams, count=2000)
    order = np.random.default_rng(1).permutation(len(columns))
    async with Writer(url=database, settings=settings) as writer:
        first = await writer.put_columns(columns.take(order))
        again = await writer.put_columns(columns)
    assert first.new.all()
    assert not again.new.any()
    assert not first.problems
    assert (again.id[order] == first.id).all()
    for stream in streams:
        await check_state(connection, stream)
        await check_rollups(connection, stream, kind="measurement")


async def test_unusable_rows_fail_alone(connection: Connection, database: str, settings: Settings) -> None:
    """Each with its reason, whether we find it or the database does."""
    (stream,) = await datastreams(connection)
    columns = _rows([stream], count=3000)
    columns.time[7] = batch.microseconds(datetime(1950, 1, 1, tzinfo=UTC))
    columns.result[8] = np.inf
    columns.datastream_id[9] = 10**14
    columns.parameters = np.full(3000, None, object)
    columns.parameters[10] = '{"a": "\\u0000"}'
    async with Writer(url=database, settings=settings) as writer:
        answer = await writer.put_columns(columns)
    assert {row: type(problem) for row, problem in answer.problems.items()} == {
        7: readings.OutsideAcceptedRange,
        8: readings.UnusableReading,
        9: readings.UnknownDatastream,
        10: readings.UnusableReading,
    }
    assert answer.problems[7].detail.startswith("1950-01-01T00:00:00Z is not between 1990-01-01T00:00")
    assert len(await rows(connection, stream)) == 2996
    await check_state(connection, stream)


async def test_small_batches_share_a_commit(
    connection: Connection, database: str, settings: Settings
) -> None:
    """A load of many little pieces is cut into commits of at most 50,000 rows."""
    streams = await datastreams(connection, count=2)
    whole = _rows(streams, count=40_000)
    pieces = [whole.take(slice(begin, begin + 700)) for begin in range(0, len(whole), 700)]
    totals = await loading.load(url=database, settings=settings, batches=pieces)
    assert (totals.rows, totals.new, totals.refused) == (80_000, 80_000, 0)
    cursor = await connection.execute(
        "SELECT (payload ->> 'rows')::int FROM core.outbox "
        "WHERE topic = 'things.observations' ORDER BY id DESC LIMIT 2"
    )
    assert sum(row[0] for row in await cursor.fetchall()) == 80_000


async def test_a_load_survives_a_cut_connection(
    connection: Connection, database: str, settings: Settings
) -> None:
    """What was committed before the cut is found again, not stored twice."""
    (stream,) = await datastreams(connection)
    async with Writer(url=database, settings=settings) as writer:
        loading = asyncio.create_task(writer.put_columns(_rows([stream], count=150_000)))
        for _ in range(3):
            await connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            await asyncio.wait([loading], timeout=0.1)
        answer = await loading
    assert not answer.problems
    cursor = await connection.execute("SELECT id FROM things.observation WHERE datastream_id = %s", [stream])
    assert sorted(row[0] for row in await cursor.fetchall()) == sorted(answer.id.tolist())


async def test_mixed_batches_keep_all_their_columns(connection: Connection) -> None:
    """Batches with and without a column are joined without losing either."""
    (stream,) = await datastreams(connection)
    plain = batch.of_columns(datastream_id=stream, times=[NOON], results=[1.0])
    rich = batch.of_columns(
        datastream_id=stream,
        times=[NOON + timedelta(minutes=1)],
        results=["x"],
        ends=[NOON + timedelta(minutes=2)],
    )
    both = batch.joined([plain, rich, plain])
    assert both.end is not None
    assert both.result_json is not None
    assert both.end.tolist() == [batch.NONE, batch.microseconds(NOON + timedelta(minutes=2)), batch.NONE]
    assert both.result_json.tolist() == [None, '"x"', None]


async def test_as_many_rows_as_are_written_are_made_ready_meanwhile(
    connection: Connection, database: str, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fewer wait for those who come later, so that commits do not become smaller and smaller."""
    (stream,) = await datastreams(connection)
    written: list[tuple[int, bool]] = []
    goes_on, begun = asyncio.Event(), asyncio.Event()
    shortly = commit.shortly

    async def slowly(session: Connection, *, ready: Prepared) -> append.Appended:
        written.append((len(ready), ready.laid is not None))
        begun.set()
        await goes_on.wait()
        return await shortly(session, ready=ready)

    monkeypatch.setattr(commit, "shortly", slowly)
    parts = [_rows([stream], count=2, start=NOON + n * timedelta(minutes=1)) for n in range(4)]
    async with Writer(url=database, settings=settings) as writer:
        first = asyncio.create_task(writer.put_columns(batch.joined(parts[:2])))
        await begun.wait()
        others = [asyncio.create_task(writer.put_columns(part)) for part in (*parts[2:], parts[0])]
        for _ in range(3):
            await asyncio.sleep(0)  # all of them are in line
        goes_on.set()
        assert (await first).new.all()
        assert [(await other).new.all() for other in others] == [True, True, False]
    assert written == [(4, False), (4, True), (2, False)]
    assert len(await rows(connection, stream)) == 8
    await check_state(connection, stream)


_TENTH = append.MOST_ROWS // 10


@pytest.mark.parametrize(
    ("callers", "size", "commits"),
    [
        (8, 10, [4, 4]),
        (16, _TENTH, [8, 8]),
        (32, _TENTH, [10, 10, 10, 2]),
        (9, 4 * _TENTH, [2, 2, 2, 2, 1]),
    ],
)
async def test_of_a_few_rows_half_is_written_while_the_other_half_is_made_ready(
    connection: Connection,
    database: str,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    callers: int,
    size: int,
    commits: list[int],
) -> None:
    """Callers who come together share two commits; otherwise one of many would follow one of few.

    Where they bring more, they share as many as it takes for each to go the short way.
    """
    (stream,) = await datastreams(connection)
    written: list[int] = []
    shortly = commit.shortly

    async def noted(session: Connection, *, ready: Prepared) -> append.Appended:
        written.append(len(ready))
        return await shortly(session, ready=ready)

    monkeypatch.setattr(commit, "shortly", noted)
    parts = [_rows([stream], count=size, start=NOON + n * timedelta(hours=2)) for n in range(callers)]
    async with Writer(url=database, settings=settings) as writer:
        answers = await asyncio.gather(*map(writer.put_columns, parts))
    assert all(answer.new.all() for answer in answers)
    assert written == [size * sharing for sharing in commits]
    assert len(await rows(connection, stream)) == callers * size
    await check_state(connection, stream)


@pytest.mark.parametrize("sizes", [(70_000,), (50_000, 30_000)])
async def test_the_last_of_many_rows_are_made_ready_too(
    connection: Connection,
    database: str,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    sizes: tuple[int, ...],
) -> None:
    """Though they are less than half of those that wait: nobody else comes meanwhile."""
    (stream,) = await datastreams(connection)
    loop = asyncio.get_running_loop()
    steps: list[tuple[str, int]] = []
    rest_is_ready = asyncio.Event()
    store, prepare = commit.store, sharing.Group.prepared

    def prepared(group: sharing.Group) -> Prepared:
        found = prepare(group)
        steps.append(("made ready", len(group)))
        if len(group) < 50_000:
            loop.call_soon_threadsafe(rest_is_ready.set)
        return found

    async def stored(session: Connection, *, ready: Prepared, policy: Policy | None) -> MergeResult:
        await asyncio.wait_for(rest_is_ready.wait(), 10)
        result = await store(session, ready=ready, policy=policy)
        steps.append(("written", len(ready)))
        return result

    monkeypatch.setattr(sharing.Group, "prepared", prepared)
    monkeypatch.setattr(commit, "store", stored)
    whole = _rows([stream], count=sum(sizes))
    parts = [whole.take(slice(end - size, end)) for size, end in zip(sizes, np.cumsum(sizes), strict=True)]
    async with Writer(url=database, settings=settings) as writer:
        answers = await asyncio.gather(*map(writer.put_columns, parts))
    assert all(answer.new.all() for answer in answers)
    rest = sum(sizes) - 50_000
    assert steps == [("made ready", 50_000), ("made ready", rest), ("written", 50_000), ("written", rest)]
