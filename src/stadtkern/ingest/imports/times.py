# SPDX-License-Identifier: EUPL-1.2
"""Reads the time column: local wall clocks, the missing hour of spring, the doubled one of autumn."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from stadtkern.ingest.imports import mapping

SECOND = 1_000_000
DAY = 86_400 * SECOND
STORY = -(2**63)
_EPOCH = datetime(1970, 1, 1)
_INTERVAL = re.compile(
    r"P(?:(?P<days>\d+)D)?(?:T(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+)S)?)?"
)
_CLOCK = re.compile(
    r"(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:[.,](?P<fraction>\d{1,6})\d*)?)?"
)
_ISO_DAY = re.compile(r"(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})")
_GERMAN_DAY = re.compile(r"(?P<day>\d{1,2})\.(?P<month>\d{1,2})\.(?P<year>\d{4}|\d\d)")
_OFFSET = re.compile(r"(?P<wall>.*\d)\s*(?P<zone>[Zz]|[+-]\d\d:?\d\d)")
_TEN = re.compile(r"(?:\d{4}-\d\d-\d\d|\d\d\.\d\d\.\d{4})[ T]")
_PLAIN = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d)?Z?", re.ASCII)
_CLOCK_FORMATS = ("auto", "iso", "german")
_KEPT = 200_000


class Interval(NamedTuple):
    """Length of what a value covers: so many microseconds, or so many local calendar days."""

    micros: int
    days: int = 0


class Refused(NamedTuple):
    """A time that cannot be used, and why."""

    code: str
    reason: str


class Ambiguous(NamedTuple):
    """A wall-clock time that happened twice: the instants of the first and of the second pass."""

    first: int
    second: int


class Span(NamedTuple):
    """An interval in microseconds since 1970, UTC."""

    start: int
    end: int


def parse_interval(text: str) -> Interval | None:
    """Read an ISO 8601 duration of days, hours, minutes, seconds; empty is no length, unreadable is None."""
    if not text:
        return Interval(0)
    match = _INTERVAL.fullmatch(text)
    if match is None or text.endswith(("P", "T")):
        return None
    part = {key: int(value or 0) for key, value in match.groupdict().items()}
    clock = part["hours"] * 3600 + part["minutes"] * 60 + part["seconds"]
    if part["days"] and clock:
        return None
    return Interval(clock * SECOND, part["days"])


class Clock(dict[str, int]):
    """Turns the text of a time into the start of its interval, in microseconds UTC.

    It fills itself, so that a column costs one lookup per row. STORY stands for a time that is no plain
    instant; `special` tells why.
    """

    def __init__(self, *, time: mapping.Time):
        super().__init__()
        self.special: dict[str, Refused | Ambiguous] = {}
        self._time = time
        self._zone = ZoneInfo(time.zone)
        self._interval = parse_interval(time.interval) or Interval(0)
        self._back = self._interval if time.label == "end" else Interval(0)
        self._days: dict[str, tuple[int, int | None]] = {}
        self._clocks: dict[str, int] = {}
        self._fixed: dict[str, int] = {}

    def __missing__(self, text: str) -> int:
        """Read a time met for the first time; day and clock have mostly been met before."""
        day = self._days.get(text[:10])
        if day is not None:
            clock = self._clocks.get(text[10:])
            if clock is not None and day[1] is not None:
                self[text] = found = day[0] + clock - day[1]
                return found
            clock = self._fixed.get(text[10:])
            if clock is not None:
                self[text] = found = day[0] + clock
                return found
        return self._first(text)

    def _first(self, text: str) -> int:
        """Read a spelling that has not been met, and keep the books small."""
        if len(self) > _KEPT:
            self.clear()
            self.special.clear()
        for book in (self._days, self._clocks, self._fixed):
            if len(book) > _KEPT:
                book.clear()
        found = self._slow(text)
        if not isinstance(found, int):
            self.special[text] = found
            found = STORY
        self[text] = found
        return found

    def spelled_plainly(self, text: str) -> bool:
        """Whether a text is ISO 8601 with ten characters for the day and nothing but Z behind the clock."""
        return self._time.format in ("auto", "iso") and _PLAIN.fullmatch(text) is not None

    def midnight(self, text: str) -> int | None:
        """What to add to the clock of texts with this day and zone; None where the clock changes near it."""
        if self[text] == STORY:
            return None
        day = self._days.get(text[:10])
        if day is None:
            return None
        if text.endswith("Z"):
            return day[0]
        return None if day[1] is None else day[0] - day[1]

    @property
    def fixed(self) -> int | None:
        """Length of the interval in microseconds; None for calendar days, which differ."""
        return None if self._interval.days else self._interval.micros

    def end(self, start: int) -> int:
        """The end of the interval that begins at this instant; the start itself for instants."""
        if not self._interval.days:
            return start + self._interval.micros
        wall = _wall(start + offset_at(self._zone, start)) + timedelta(days=self._interval.days)
        return _micros(wall.replace(tzinfo=self._zone))

    def _slow(self, text: str) -> int | Refused | Ambiguous:
        clocked = self._time.format in _CLOCK_FORMATS
        plain = text.strip(" \t'\"").replace("T", " ", 1) if clocked else text.strip()
        try:
            if self._time.format in ("epoch", "epoch_ms"):
                return self._stamp(plain) - self._back.micros
            zoned = _OFFSET.fullmatch(plain) if clocked else None
            wall = self._wall(zoned["wall"] if zoned else plain)
        except (ValueError, OverflowError) as error:
            return Refused("time", f"{text[:60]!r} is not a usable time: {error}")
        if zoned is not None:
            shift = _shift(zoned["zone"])
            self._remember(text, wall, self._fixed, shift)
            return _naive_micros(wall) - shift - self._back.micros - self._back.days * DAY
        self._remember(text, wall, self._clocks, 0)
        return self._place(_naive_micros(wall) - self._back.micros - self._back.days * DAY)

    def _stamp(self, plain: str) -> int:
        scale = SECOND if self._time.format == "epoch" else 1000
        if not re.fullmatch(r"-?\d{1,14}(\.\d{1,6})?", plain):
            raise ValueError("expected seconds or milliseconds since 1970")
        whole, _, fraction = plain.partition(".")
        return int(whole) * scale + round(float(f"0.{fraction or 0}") * scale)

    def _wall(self, plain: str) -> datetime:
        if self._time.format not in _CLOCK_FORMATS:
            return datetime.strptime(plain, self._time.format)
        day, _, clock = plain.partition(" ")
        seconds = timedelta(microseconds=_clock(clock)) if clock else timedelta()
        return self._day(day) + seconds

    def _day(self, text: str) -> datetime:
        match = _ISO_DAY.fullmatch(text) if self._time.format != "german" else None
        if match is None and self._time.format != "iso":
            match = _GERMAN_DAY.fullmatch(text)
        if match is None:
            raise ValueError("expected a date such as 2026-02-26 or 26.02.2026")
        year = int(match["year"])
        return datetime(year + 2000 if year < 100 else year, int(match["month"]), int(match["day"]))

    def _remember(self, text: str, wall: datetime, clocks: dict[str, int], shift: int) -> None:
        """Keep day and clock apart for the quick way, where the day is spelled with ten characters."""
        if self._time.format not in _CLOCK_FORMATS or len(text) < 12 or not _TEN.match(text):
            return
        midnight = self._day(text[:10])
        spread = [midnight + timedelta(days=n) for n in (-1 - self._back.days, 0, 1, 2)]
        offsets = {d.replace(tzinfo=self._zone).utcoffset() for d in spread}
        offset = offsets.pop() if len(offsets) == 1 else None
        start = _naive_micros(midnight) - self._back.micros - self._back.days * DAY
        self._days[text[:10]] = (start, None if offset is None else offset // timedelta(microseconds=1))
        clocks[text[10:]] = _naive_micros(wall) - _naive_micros(midnight) - shift

    def _place(self, wall: int) -> int | Refused | Ambiguous:
        """Put a wall-clock time into UTC, or tell that it never happened or happened twice."""
        local = _wall(wall).replace(tzinfo=self._zone)
        first, second = _micros(local), _micros(local.replace(fold=1))
        if first == second:
            return first
        if first < second:
            return Ambiguous(first, second)
        spelled = f"{_wall(wall):%d.%m.%Y %H:%M}"
        return Refused("gap", f"{spelled} did not exist: the clock went forward ({self._zone.key})")


def offset_at(zone: ZoneInfo, instant: int) -> int:
    """Distance of the wall clock from UTC at an instant, in microseconds."""
    there = (_EPOCH.replace(tzinfo=UTC) + timedelta(microseconds=instant)).astimezone(zone)
    return (there.utcoffset() or timedelta()) // timedelta(microseconds=1)


def _shift(zone: str) -> int:
    if zone in "Zz":
        return 0
    digits = zone[1:].replace(":", "")
    minutes = int(digits[:2]) * 60 + int(digits[2:])
    return (-minutes if zone[0] == "-" else minutes) * 60 * SECOND


def _clock(text: str) -> int:
    match = _CLOCK.fullmatch(text)
    if match is None:
        raise ValueError("expected a clock time such as 14:05")
    hour, minute, second = int(match["hour"]), int(match["minute"]), int(match["second"] or 0)
    if hour > 24 or minute > 59 or second > 59 or (hour == 24 and (minute or second)):
        raise ValueError(f"{text} is not a clock time")
    return (hour * 3600 + minute * 60 + second) * SECOND + int((match["fraction"] or "0").ljust(6, "0"))


def _naive_micros(wall: datetime) -> int:
    return (wall - _EPOCH) // timedelta(microseconds=1)


def _wall(micros: int) -> datetime:
    return _EPOCH + timedelta(microseconds=micros)


def _micros(local: datetime) -> int:
    return _naive_micros(local.astimezone(UTC).replace(tzinfo=None))


def year(number: int) -> int:
    """The instant at which a year begins in UTC."""
    return _naive_micros(datetime(number, 1, 1))
