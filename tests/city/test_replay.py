# SPDX-License-Identifier: EUPL-1.2
"""The feed of the demo: history and replay meet without a seam, downtime is made up for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
import pytest

from stadtkern.city.demo import feed, history, replay, sets, window
from stadtkern.core import datasets, times
from stadtkern.core.database import Connection
from stadtkern.core.settings import Settings
from stadtkern.ingest.imports import run
from stadtkern.ingest.writer import Writer
from tests.ingest.factories import simple, written

pytestmark = pytest.mark.anyio
BERLIN = "Europe/Berlin"
QUARTER = timedelta(minutes=15)
START = datetime(2026, 1, 5)
_ROWS = """
SELECT o.phenomenon_time, o.result, o.parameters FROM things.observation o
JOIN things.datastream d ON d.id = o.datastream_id WHERE d.dataset_id = %s ORDER BY 1
"""


async def _loaded(
    connection: Connection,
    *,
    url: str,
    folder: Path,
    key: str,
    now: datetime,
    monkeypatch: pytest.MonkeyPatch,
) -> window.Replay:
    """A counter with two weeks of numbered quarter hours, the second of which is replayed from `now` on."""
    monkeypatch.setattr(times, "now", lambda: now)
    first = START - timedelta(weeks=1)
    lines = [f"{first + n * QUARTER:%Y-%m-%d %H:%M},{n}" for n in range(2 * 7 * 96)]
    path = written(folder, content="\n".join(["time,value", *lines]), name=f"{key}.csv")
    told = simple(time=f'zone = "{BERLIN}"\ninterval = "PT15M"\nfold = "sum"')
    dataset_id = await datasets.save(connection, key=key, about={})
    found = await window.begin(
        connection, dataset_id=dataset_id, spec=sets.Replay(window_start=START, cycle_weeks=1), zone=BERLIN
    )
    mover = window.Mover(found, zone=BERLIN)
    await run.import_file(url=url, path=path, recipe_=msgspec.structs.replace(told, dataset=key), adapt=mover)
    await mover.keep(connection)
    return found


async def _fed(connection: Connection, *, url: str, settings: Settings, now: datetime) -> None:
    async with Writer(url=url, settings=settings) as writer:
        await replay.tick(connection, sink=writer, zone=BERLIN, now=now)


async def _rows(
    connection: Connection, dataset_id: int
) -> list[tuple[datetime, float, dict[str, str] | None]]:
    return await (await connection.execute(_ROWS, (dataset_id,))).fetchall()


async def test_history_and_feed_meet_without_a_seam(
    connection: Connection, database: str, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every quarter hour once, at the local time and weekday of the original, none from the future."""
    now = datetime(2026, 11, 18, 14, 7, tzinfo=UTC)
    found = await _loaded(
        connection, url=database, folder=tmp_path, key="seam", now=now, monkeypatch=monkeypatch
    )
    loaded = await _rows(connection, found.dataset_id)
    assert loaded[-1][0] == datetime(2026, 11, 18, 13, 45, tzinfo=UTC), "the quarter that ended at 14:00"
    for later in (now, now + timedelta(minutes=7), now + timedelta(minutes=8), now + timedelta(hours=30)):
        await _fed(connection, url=database, settings=settings, now=later)
    rows = await _rows(connection, found.dataset_id)
    assert {b[0] - a[0] for a, b in pairwise(rows)} == {QUARTER}
    assert [int(b[1] - a[1]) for a, b in pairwise(rows)] == [1] * (len(rows) - 1)
    assert rows[-1][0] == datetime(2026, 11, 19, 19, 45, tzinfo=UTC)
    shown = rows[-1][0].astimezone(ZoneInfo(BERLIN)).replace(tzinfo=None)
    original = datetime.fromisoformat((rows[-1][2] or {})["replay_of"])
    assert shown - original == timedelta(weeks=found.weeks)


async def test_after_a_long_downtime_the_weeks_begin_again(
    connection: Connection, database: str, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two and a half weeks later: all of them are there, each quarter once, from one cycle into the next."""
    now = datetime(2026, 11, 18, 14, 7, tzinfo=UTC)
    found = await _loaded(
        connection, url=database, folder=tmp_path, key="cycle", now=now, monkeypatch=monkeypatch
    )
    await _fed(connection, url=database, settings=settings, now=now + timedelta(days=18))
    rows = await _rows(connection, found.dataset_id)
    assert {b[0] - a[0] for a, b in pairwise(rows)} == {QUARTER}
    jumps = [int(b[1] - a[1]) for a, b in pairwise(rows)]
    assert sorted(set(jumps)) == [-671, 1]
    assert all(
        time.astimezone(ZoneInfo(BERLIN)).weekday() == int(value) // 96 % 7 for time, value, _ in rows
    ), "the numbers began on a Monday"


async def test_over_the_change_of_the_clock(
    connection: Connection, database: str, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The doubled hour is filled once, the missing one left out; nothing is stored twice."""
    for key, now, missing in (
        ("autumn", datetime(2026, 10, 24, 20, 0, tzinfo=UTC), [timedelta(minutes=75)]),
        ("spring", datetime(2026, 3, 28, 20, 0, tzinfo=UTC), []),
    ):
        found = await _loaded(
            connection, url=database, folder=tmp_path, key=key, now=now, monkeypatch=monkeypatch
        )
        for step in range(24):
            await _fed(connection, url=database, settings=settings, now=now + step * timedelta(minutes=31))
        rows = [row for row in await _rows(connection, found.dataset_id) if row[0] > now - timedelta(days=1)]
        gaps = [b[0] - a[0] for a, b in pairwise(rows) if b[0] - a[0] != QUARTER]
        assert gaps == missing
        assert len({time for time, *_ in rows}) == len(rows)


async def test_probes_report_at_their_pace_and_fill_a_pause(
    connection: Connection, database: str, settings: Settings
) -> None:
    """A tick later nothing comes twice; after days without power the gap is filled more coarsely."""
    dataset_id = await datasets.save(connection, key="probes", about={"simulated": True})
    ids = dict.fromkeys((sets.PROBES.key, sets.RESTRICTED.key), dataset_id)
    await history.make_probes(connection, ids=ids)
    probe = next(p for p in await feed.probes(connection) if p.kind == "air_temperature")
    now = probe.fed_until
    assert len(list(feed.simulated(probe, now=now + timedelta(seconds=60)))) in (11, 12, 13)
    assert len(list(feed.simulated(probe, now=now + timedelta(days=1)))) in (96, 97)
    before = len(await _rows(connection, dataset_id))
    later = now + timedelta(seconds=30)
    await _fed(connection, url=database, settings=settings, now=later)
    after = len(await _rows(connection, dataset_id))
    await _fed(connection, url=database, settings=settings, now=later)
    assert before < after == len(await _rows(connection, dataset_id))
    rate = (after - before) / 30
    assert rate <= 10, "values per second"
