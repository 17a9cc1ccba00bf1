# SPDX-License-Identifier: EUPL-1.2
"""Moves instants by whole weeks of the local wall clock, so that weekday and hour stay what they were."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from stadtkern.things.store import batch

Integers = npt.NDArray[np.int64]

SECOND = 1_000_000
WEEK = 7 * 86_400 * SECOND
_FIRST_YEAR, _LAST_YEAR = 1990, 2100
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@cache
def _offsets(zone: str) -> tuple[Integers, Integers]:
    """Instants at which the zone's offset changes, and the offsets from then on, in microseconds."""
    place = ZoneInfo(zone)
    day = datetime(_FIRST_YEAR, 1, 1, tzinfo=UTC)
    instants, offsets = [np.iinfo(np.int64).min], [_offset(place, day)]
    while day.year < _LAST_YEAR:
        later = day + timedelta(days=1)
        if _offset(place, later) != offsets[-1]:
            hour = next(h for h in range(1, 25) if _offset(place, day + timedelta(hours=h)) != offsets[-1])
            instants.append(((day + timedelta(hours=hour)) - _EPOCH) // timedelta(microseconds=1))
            offsets.append(_offset(place, later))
        day = later
    return np.array(instants, np.int64), np.array(offsets, np.int64)


def _offset(place: ZoneInfo, moment: datetime) -> int:
    return (moment.astimezone(place).utcoffset() or timedelta()) // timedelta(microseconds=1)


def wall(instants: Integers, *, zone: str) -> Integers:
    """The wall clock at these instants, as microseconds since 1970 on that clock."""
    changes, offsets = _offsets(zone)
    moved: Integers = instants + offsets[np.searchsorted(changes, instants, side="right") - 1]
    return moved


def instants(walls: Integers, *, zone: str) -> Integers:
    """The instants of wall-clock times: the first pass of a doubled hour, `NONE` for the missing one."""
    changes, offsets = _offsets(zone)
    found = np.full(len(walls), batch.NONE, np.int64)
    for offset in np.unique(offsets)[::-1]:
        candidate = walls - offset
        fits = offsets[np.searchsorted(changes, candidate, side="right") - 1] == offset
        found = np.where((found == batch.NONE) & fits, candidate, found)
    return found


def moved(starts: Integers, *, weeks: int, zone: str) -> Integers:
    """Instants moved by whole weeks on the wall clock; `NONE` where that hour does not exist there."""
    if not weeks:
        return starts
    return instants(wall(starts, zone=zone) + weeks * WEEK, zone=zone)
