# SPDX-License-Identifier: EUPL-1.2
"""The buckets of a diagram: hours, days, weeks, months or years of the city, one after the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from django.utils.translation import gettext

Group = Literal["einzeln", "stunde", "tag", "woche", "monat", "jahr"]

# Longer spans are shown in the next larger bucket: nobody can tell more points apart.
_LONGEST: Mapping[Group, timedelta] = {
    "einzeln": timedelta(days=3, hours=2),
    "stunde": timedelta(days=93),
    "tag": timedelta(days=6 * 366),
    "woche": timedelta(days=30 * 366),
    "monat": timedelta(days=100 * 366),
    "jahr": timedelta.max,
}
_FITTING: Mapping[Group, timedelta] = {
    "einzeln": timedelta(0),
    "stunde": timedelta(days=8),
    "tag": timedelta(days=200),
    "woche": timedelta(days=3 * 366),
    "monat": timedelta(days=30 * 366),
    "jahr": timedelta.max,
}
LENGTHS: Mapping[Group, timedelta] = {
    "einzeln": timedelta(0),
    "stunde": timedelta(hours=1),
    "tag": timedelta(days=1),
    "woche": timedelta(days=7),
    "monat": timedelta(days=31),
    "jahr": timedelta(days=366),
}
_ORDER: tuple[Group, ...] = ("einzeln", "stunde", "tag", "woche", "monat", "jahr")


def choose(asked: str, *, length: timedelta, interval: timedelta | None) -> tuple[Group, str]:
    """The bucket to show, and what to say where it is not the one asked for.

    `interval`: how far apart the values are; a bucket that is smaller would mostly be empty.
    """
    wish = next((group for group in _ORDER if group == asked), None)
    if wish is not None and length <= _LONGEST[wish]:
        return wish, ""
    patience = timedelta(0) if interval is None else interval
    fitting = next(
        group
        for group in _ORDER
        if length <= _FITTING[group] and (LENGTHS[group] * 1.05 >= patience or group == "jahr")
    )
    if wish is None:
        return fitting, ""
    coarser = next(group for group in _ORDER[_ORDER.index(wish) :] if length <= _LONGEST[group])
    return coarser, gettext("Für diese Gruppierung ist der Zeitraum zu lang; wir haben eine gröbere gewählt.")


def floor(moment: datetime, *, group: Group, zone: ZoneInfo) -> datetime:
    """Where the bucket of a moment begins."""
    if group in ("stunde", "einzeln"):
        return moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    day = moment.astimezone(zone).date()
    if group == "woche":
        day -= timedelta(days=day.weekday())
    elif group != "tag":
        day = day.replace(day=1, month=1 if group == "jahr" else day.month)
    return _midnight(day, zone)


def after(begin: datetime, *, group: Group, zone: ZoneInfo) -> datetime:
    """Where the next bucket begins."""
    if group in ("stunde", "einzeln"):
        return begin + timedelta(hours=1)
    day = begin.astimezone(zone).date()
    if group in ("tag", "woche"):
        return _midnight(day + timedelta(days=7 if group == "woche" else 1), zone)
    months = day.year * 12 + day.month - 1 + (12 if group == "jahr" else 1)
    return _midnight(date(months // 12, months % 12 + 1, 1), zone)


def begins(start: datetime, end: datetime, *, group: Group, zone: ZoneInfo) -> Sequence[datetime]:
    """The beginnings of all buckets that overlap [start, end)."""
    found: list[datetime] = []
    begin = floor(start, group=group, zone=zone)
    while begin < end:
        found.append(begin)
        begin = after(begin, group=group, zone=zone)
    return found


def moved(moment: datetime, *, years: int, group: Group, zone: ZoneInfo) -> datetime:
    """The same place some years later (or, negative, before).

    Up to weeks it is the same weekday, 52 weeks a year; from months on it is the same date.
    """
    local = moment.astimezone(zone)
    if group not in ("monat", "jahr"):
        wall = local.replace(tzinfo=None) + timedelta(weeks=52 * years)
        return wall.replace(tzinfo=zone, fold=local.fold).astimezone(UTC)
    day = 28 if (local.month, local.day) == (2, 29) else local.day
    return local.replace(year=local.year + years, day=day).astimezone(UTC)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), tzinfo=zone).astimezone(UTC)
