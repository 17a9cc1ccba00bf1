# SPDX-License-Identifier: EUPL-1.2
"""Sums of the real bicycle counters by year and month, from the file that comes with the demo."""

from __future__ import annotations

import csv
import lzma
from collections.abc import Iterator
from datetime import date
from importlib import resources
from typing import NamedTuple

from stadtkern.city import demo
from stadtkern.city.demo import place, sets
from stadtkern.ingest.imports.entities import Point

YEARS = (2024, 2025)
_HOURS_OF_DAY = 24


class Counter(NamedTuple):
    """A counter: its number, name, since when it counts, where the demo puts it."""

    id: str
    name: str
    since: date
    point: Point


class Month(NamedTuple):
    """What one counter has counted in a month: bicycles in so many hours with values."""

    counter: Counter
    first_day: date
    bicycles: int
    hours: int


class Day(NamedTuple):
    """A day and its bicycles."""

    day: date
    bicycles: int


class Sums(NamedTuple):
    """All months of all counters, and the strongest day of each counter in the newest year."""

    months: list[Month]
    best: dict[str, Day]


def counters() -> dict[str, Counter]:
    """The counters by number."""
    file = resources.files(demo) / "data" / "stations.csv"
    put = place.placer(sets.BICYCLES.quarters)
    if put is None:
        return {}
    found = {}
    for row in csv.DictReader(file.read_text(encoding="utf-8").splitlines()):
        name = row["name"].replace("Str.", "Straße")
        since = date.fromisoformat(row["first_record"][:10])
        key = row["station_id"]
        point = put(f"muenster-fahrrad-{key}", name)
        if point is not None:
            found[key] = Counter(key, name, since, point)
    return found


def sums() -> Sums:
    """Everything in one pass over the hours; empty hours count for nothing."""
    known = counters()
    months: dict[tuple[str, str], list[int]] = {}
    days: dict[tuple[str, str], int] = {}
    for hour, key, bicycles in _hours():
        of_month = months.setdefault((key, hour[:7]), [0, 0])
        of_month[0] += bicycles
        of_month[1] += 1
        if int(hour[:4]) == YEARS[-1]:
            days[key, hour[:10]] = days.get((key, hour[:10]), 0) + bicycles
    best: dict[str, Day] = {}
    for (key, day), bicycles in days.items():
        if key not in best or bicycles > best[key].bicycles:
            best[key] = Day(date.fromisoformat(day), bicycles)
    return Sums(
        [
            Month(known[key], date.fromisoformat(f"{month}-01"), n, hours)
            for (key, month), (n, hours) in months.items()
        ],
        best,
    )


def by_year(months: list[Month]) -> dict[tuple[str, int], tuple[int, int]]:
    """Bicycles and hours with values, by counter and year."""
    found: dict[tuple[str, int], tuple[int, int]] = {}
    for month in months:
        key = (month.counter.id, month.first_day.year)
        bicycles, hours = found.get(key, (0, 0))
        found[key] = (bicycles + month.bicycles, hours + month.hours)
    return found


def a_day(bicycles: int, hours: int) -> int | None:
    """Bicycles a day on average, from the hours that have values; None without a single day of them."""
    return round(bicycles * _HOURS_OF_DAY / hours) if hours >= _HOURS_OF_DAY else None


def _hours() -> Iterator[tuple[str, str, int]]:
    packed = (resources.files(demo) / "data" / "bike_hourly.csv.xz").read_bytes()
    rows = csv.reader(lzma.decompress(packed).decode("ascii").splitlines())
    keys = next(rows)[1:]
    for hour, *values in rows:
        for key, value in zip(keys, values, strict=True):
            if value:
                yield hour, key, int(value)
