# SPDX-License-Identifier: EUPL-1.2
"""Works out which values of a replay and of the simulated probes have become due."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

import msgspec
import numpy as np

from stadtkern.city.demo import shift, simulate, window
from stadtkern.core import statements
from stadtkern.core.database import Connection
from stadtkern.things import readings
from stadtkern.things.store import batch

_DAY = timedelta(days=1)
CATCH_UP_SECONDS = 900
"""Pace at which simulated probes fill a downtime."""
LONGEST_CATCH_UP = timedelta(days=45)
_SIGN_OF_LIFE = 1800
"""A parking bay reports when it changes, and every so many seconds."""


class Probe(msgspec.Struct, kw_only=True):
    """A simulated probe and how far it was fed."""

    datastream_id: int
    kind: str
    seed: int
    every_seconds: int
    settings: Mapping[str, Any]
    fed_until: datetime
    feature_id: int | None

    def value(self, moment: datetime) -> simulate.Value:
        """What it shows at a moment."""
        return simulate.KINDS[self.kind](self.seed, moment.timestamp(), self.settings)


async def probes(connection: Connection) -> list[Probe]:
    """All simulated probes."""
    rows = await (await connection.execute(statements.load("city")["list_probes"])).fetchall()
    return [Probe(**dict(zip(Probe.__struct_fields__, row, strict=True))) for row in rows]


def simulated(probe: Probe, *, now: datetime) -> Iterator[readings.Reading]:
    """The probe's values since it was last fed; a long pause is filled more coarsely."""
    begin = max(probe.fed_until, now - LONGEST_CATCH_UP)
    pace = probe.every_seconds
    if (now - begin).total_seconds() > 4 * max(pace, CATCH_UP_SECONDS):
        pace = 120 if probe.kind == "bay" else CATCH_UP_SECONDS
    first = int(begin.timestamp()) // pace + 1
    last = int(now.timestamp()) // pace
    before = probe.value(begin) if probe.kind == "bay" else None
    for step in range(first, last + 1):
        moment = datetime.fromtimestamp(step * pace, tz=now.tzinfo)
        value = probe.value(moment)
        if value is before and step * pace % _SIGN_OF_LIFE:
            continue
        before = value if probe.kind == "bay" else None
        yield readings.Reading(
            datastream_id=probe.datastream_id,
            phenomenon_time=moment,
            result=value,
            feature_id=probe.feature_id,
        )


async def replayed(
    connection: Connection, *, replay: window.Replay, now: datetime, zone: str
) -> tuple[list[readings.Reading], datetime]:
    """Values that became known since the replay was last fed (at most a day of them), and up to when."""
    until = min(now, replay.fed_until + _DAY)
    after_wall, until_wall = shift.wall(
        np.array([batch.microseconds(replay.fed_until), batch.microseconds(until)], np.int64), zone=zone
    ).tolist()
    found: list[readings.Reading] = []
    for after, last, moved in _cycles(replay, after=after_wall, until=until_wall):
        rows = await connection.execute(
            statements.load("city")["due_replay_values"],
            {
                "dataset_id": replay.dataset_id,
                "after": window.wall_time(after),
                "until": window.wall_time(last),
            },
        )
        found += _readings(await rows.fetchall(), moved=moved, zone=zone)
    return found, until


def _cycles(replay: window.Replay, *, after: int, until: int) -> Iterator[tuple[int, int, int]]:
    """Pieces (after, until] of the shown wall clock on the original's, with the distance between both."""
    shown_start = replay.start + replay.weeks * shift.WEEK
    while after < until:
        number = max(0, (after - shown_start) // replay.cycle)
        moved = replay.weeks * shift.WEEK + number * replay.cycle
        last = min(until, replay.start + replay.cycle + moved)
        yield after - moved, last - moved, moved
        after = last


def _readings(rows: list[tuple[Any, ...]], *, moved: int, zone: str) -> list[readings.Reading]:
    if not rows:
        return []
    walls = np.array([window.wall_micros(start) + moved for _, _, start, *_ in rows], np.int64)
    starts = shift.instants(walls, zone=zone).tolist()
    return [
        readings.Reading(
            datastream_id=stream,
            phenomenon_time=batch.instant(begin),
            phenomenon_end=batch.instant(begin) + (due - start) if due > start else None,
            result=result,
            result_quality=quality,
            parameters={"replay_of": start.isoformat(timespec="minutes")},
            feature_id=feature,
        )
        for (stream, due, start, result, quality, feature), begin in zip(rows, starts, strict=True)
        if begin != batch.NONE
    ]
