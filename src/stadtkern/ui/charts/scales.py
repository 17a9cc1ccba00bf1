# SPDX-License-Identifier: EUPL-1.2
"""Round numbers and round moments for the axes."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta, tzinfo
from typing import NamedTuple

from babel import dates

from stadtkern.ui import formats


class Range(NamedTuple):
    """A value axis: from, to, and the ticks between."""

    low: float
    high: float
    ticks: tuple[float, ...]
    digits: int


# Further out, differences of values are no numbers any more; such values leave the picture.
_FURTHEST = 1e307
# What a phone has for the time axis, and what labels take of it (pixels).
_NARROW, _LETTER, _GAP = 235.0, 6.5, 4.0


class Tick(NamedTuple):
    """A moment on the time axis; `wide` ones are left out on narrow screens."""

    at: datetime
    label: str
    wide: bool


def value_range(values: Sequence[float], *, from_zero: bool, wanted: int = 4) -> Range:
    """A range of round numbers around the values, with about `wanted` steps."""
    low, high = (min(values), max(values)) if values else (0.0, 1.0)
    low, high = (min(max(end, -_FURTHEST), _FURTHEST) for end in (low, high))
    if from_zero or (low >= 0 and low < 0.4 * high):
        low = min(low, 0.0)
    if high - low <= max(abs(high), abs(low), 1e-300) * 1e-9:  # as good as one value
        margin = max(abs(high) * 0.1, 0.5)
        low, high = (low, high + margin) if low == 0 else (low - margin, high + margin)
    step = _round_step((high - low) / wanted)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    ticks = tuple(index * step for index in range(first, last + 1))
    return Range(ticks[0], ticks[-1], ticks, _digits(ticks, step))


def _digits(ticks: Sequence[float], step: float) -> int:
    """As few decimal places as tell the ticks apart exactly."""
    exact = (d for d in range(12) if all(abs(round(tick, d) - tick) < step * 1e-6 for tick in ticks))
    return next(exact, 12)


def _round_step(raw: float) -> float:
    size = 10.0 ** math.floor(math.log10(raw))
    return next(factor * size for factor in (1, 2, 2.5, 5, 10) if raw <= factor * size * 1.0001)


def time_ticks(start: datetime, end: datetime, *, zone: tzinfo) -> list[Tick]:
    """Ticks at round local times, dense enough to find one's way, sparse enough to read."""
    span = end - start
    hours, days = span / timedelta(hours=1), span / timedelta(days=1)
    if hours <= 30:
        return _hours(start, end, zone=zone, step=3 if hours > 9 else 1)
    if days <= 62:
        ticks = _days(start, end, zone=zone, step=1 if days <= 10 else 7 if days > 20 else 2)
    else:
        steps = (1, 2, 3, 6, 12, 24, 60, 120, 1200)
        ticks = _months(start, end, zone=zone, step=next(s for s in steps if days / 30.4 / s <= 9))
    apart = next((n for n in range(2, len(ticks)) if _fit(ticks[::n], start=start, span=span)), len(ticks))
    return [tick._replace(wide=index % max(apart, 2) != 0) for index, tick in enumerate(ticks)]


def _fit(ticks: Sequence[Tick], *, start: datetime, span: timedelta) -> bool:
    """Whether none of the labels runs into the next one on a phone; the outermost end at the axis' ends."""
    free = -_NARROW
    for tick in ticks:
        share, width = (tick.at - start) / span, len(tick.label) * _LETTER
        left = share * _NARROW - width * (0 if share < 0.04 else 1 if share > 0.96 else 0.5)
        if left < free:
            return False
        free = left + width + _GAP
    return True


def _hours(start: datetime, end: datetime, *, zone: tzinfo, step: int) -> list[Tick]:
    local = start.astimezone(zone)
    ticks: list[Tick] = []
    for day in _dates(local.date(), end.astimezone(zone).date()):
        for hour in range(0, 24, step):
            at = datetime.combine(day, time(hour), tzinfo=zone)
            if start <= at <= end:
                ticks.append(Tick(at, f"{hour}", hour % (2 * step) != 0))
    german = formats.language().startswith("de")
    return [t._replace(label=f"{t.label} Uhr" if german else f"{int(t.label):02d}:00") for t in ticks]


def _days(start: datetime, end: datetime, *, zone: tzinfo, step: int) -> list[Tick]:
    ticks: list[Tick] = []
    for index, day in enumerate(_dates(start.astimezone(zone).date(), end.astimezone(zone).date())):
        at = datetime.combine(day, time(), tzinfo=zone)
        if start <= at <= end and index % step == 0:
            pattern = "EEE d." if step == 1 else "d. MMM"
            pattern = pattern if formats.language().startswith("de") else pattern.replace(".", "")
            ticks.append(Tick(at, dates.format_date(day, pattern, locale=formats.language()), wide=False))
    return ticks


def _months(start: datetime, end: datetime, *, zone: tzinfo, step: int) -> list[Tick]:
    first = start.astimezone(zone)
    ticks: list[Tick] = []
    count = first.year * 12 + first.month - 1
    count += -count % step
    while True:
        day = date(count // 12, count % 12 + 1, 1)
        at = datetime.combine(day, time(), tzinfo=zone)
        if at > end:
            return ticks
        if at >= start:
            yearly = step % 12 == 0
            pattern = "y" if yearly or (day.month == 1 and step > 1) else "MMM y" if not ticks else "MMM"
            label = dates.format_date(day, pattern, locale=formats.language())
            ticks.append(Tick(at, label, wide=False))
        count += step


def _dates(first: date, last: date) -> Iterator[date]:
    while first <= last:
        yield first
        first += timedelta(days=1)
