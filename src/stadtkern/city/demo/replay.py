# SPDX-License-Identifier: EUPL-1.2
"""The demo's live feed: replays recorded weeks as if they came in now, and lets simulated probes report."""

from __future__ import annotations

import asyncio
from datetime import datetime

import msgspec
import structlog

from stadtkern.city.demo import feed, window
from stadtkern.core import database, datasets, statements, times, waiting
from stadtkern.core.database import Connection
from stadtkern.core.settings import Settings
from stadtkern.ingest.writer import Writer
from stadtkern.things import readings

log = structlog.get_logger(__name__)

TICK_SECONDS = 5.0
_IDLE_SECONDS = 60.0
_MOST = 20_000
_told: set[str] = set()
"""Refusals that were logged: a deleted probe must not fill the log."""


async def run(*, url: str, settings: Settings, stop: asyncio.Event) -> None:
    """Feed what is due until told to stop; sleeps where no demo city is loaded."""
    async with (
        await database.connect(url=url, autocommit=True) as connection,
        Writer(url=url, settings=settings, way="replay") as writer,
    ):
        zone = (await datasets.city(connection)).time_zone
        while not stop.is_set():
            busy = await tick(connection, sink=writer, zone=zone, now=times.now())
            await waiting.pause(stop, seconds=TICK_SECONDS if busy else _IDLE_SECONDS)


async def tick(connection: Connection, *, sink: readings.Sink, zone: str, now: datetime) -> bool:
    """Feed everything that is due at this moment; False where there is nothing to feed ever."""
    replays = await _replays(connection)
    for replay in replays:
        await _replay(connection, replay=replay, sink=sink, zone=zone, now=now)
    probes = await feed.probes(connection)
    await _simulate(connection, probes=probes, sink=sink, now=now)
    return bool(replays or probes)


async def _replays(connection: Connection) -> list[window.Replay]:
    rows = await (await connection.execute(statements.load("city")["list_replays"])).fetchall()
    return [window.of_row(row) for row in rows]


async def _replay(
    connection: Connection, *, replay: window.Replay, sink: readings.Sink, zone: str, now: datetime
) -> None:
    while replay.fed_until < now:
        due, until = await feed.replayed(connection, replay=replay, now=now, zone=zone)
        await _put(sink, due)
        await connection.execute(
            statements.load("city")["advance_replay"], {"dataset_id": replay.dataset_id, "fed_until": until}
        )
        replay = msgspec.structs.replace(replay, fed_until=until)


async def _simulate(
    connection: Connection, *, probes: list[feed.Probe], sink: readings.Sink, now: datetime
) -> None:
    due: list[readings.Reading] = []
    fed: list[int] = []
    for probe in probes:
        before = len(due)
        due += feed.simulated(probe, now=now)
        if len(due) > before or probe.kind == "bay":
            fed.append(probe.datastream_id)
        if len(due) >= _MOST:
            await _fed(connection, sink=sink, due=due, fed=fed, now=now)
            due, fed = [], []
    await _fed(connection, sink=sink, due=due, fed=fed, now=now)


async def _fed(
    connection: Connection, *, sink: readings.Sink, due: list[readings.Reading], fed: list[int], now: datetime
) -> None:
    await _put(sink, due)
    if fed:
        await connection.execute(statements.load("city")["advance_probes"], {"ids": fed, "fed_until": now})


async def _put(sink: readings.Sink, due: list[readings.Reading]) -> None:
    if not due:
        return
    answers = await sink.put(due)
    refused = [answer for answer in answers if not isinstance(answer, readings.Stored)]
    if refused and str(refused[0]) not in _told:
        _told.add(str(refused[0]))
        log.warning("the demo's feed was refused in part", count=len(refused), reason=str(refused[0]))
