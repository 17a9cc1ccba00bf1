# SPDX-License-Identifier: EUPL-1.2
"""Instants: always aware, always UTC inside, ISO 8601 outside."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime, timedelta

from stadtkern.core import problems

_INSTANT = re.compile(
    r"(?P<date>\d{4}-\d\d-\d\d)[Tt ](?P<clock>\d\d:\d\d(:\d\d([.,]\d+)?)?)(?P<zone>[Zz]|[+-]\d\d:?\d\d)"
)
# Instants as most devices write them, by length: every third character from the eighth to the twentieth.
_USUAL = {len(text): text[7:20:3] for text in ("2026-02-26T14:58:00Z", "2026-02-26T14:58:00.000Z")}
_FIRST_YEAR = 1900
_LEAP = timedelta(hours=1)
_HELD_SECONDS = 86_400.0


class InvalidInstant(problems.Problem):
    """This is not a point in time.

    Write ISO 8601 with a time zone, for example 2026-02-26T14:58:00Z or 2026-02-26T15:58:00+01:00.
    """


def now() -> datetime:
    """The present instant, as far as the machine's clock knows; somebody may set it at any time."""
    return datetime.now(UTC)


def monotonic() -> float:
    """Seconds by a clock that nobody can set."""
    return time.monotonic()


class Expiry:
    """An end in time; it has come when either clock says so: setting one back gives nobody more time."""

    __slots__ = ("_instant", "_ticks")

    def __init__(self, instant: datetime | None):
        self._instant = instant
        self._ticks = 0.0 if instant is None else monotonic() + (instant - now()).total_seconds()

    @property
    def passed(self) -> bool:
        """Whether it has come."""
        return self._instant is not None and (now() >= self._instant or monotonic() >= self._ticks)


class Believed:
    """The time as far as it may be believed for what cannot be undone.

    A clock that leaps ahead by more than an hour is believed only after it has said so for a day.
    """

    def __init__(self) -> None:
        self._wall, self._ticks = now(), monotonic()
        self._leapt_at: float | None = None

    def now(self) -> datetime:
        """The present instant without the leap."""
        wall, ticks = now(), monotonic()
        expected = self._wall + timedelta(seconds=ticks - self._ticks)
        if wall - expected <= _LEAP:
            self._leapt_at = None
        elif self._leapt_at is None:
            self._leapt_at = ticks
            return expected
        elif ticks - self._leapt_at < _HELD_SECONDS:
            return expected
        self._wall, self._ticks, self._leapt_at = wall, ticks, None
        return wall


_began, _ticks_then = now(), monotonic()


def furthest_now() -> datetime:
    """The present instant; if the clock was set back since we began, what it would say without that."""
    return max(now(), _began + timedelta(seconds=monotonic() - _ticks_then))


def parse_instant(text: str, *, where: str = "") -> datetime:
    """Read ISO 8601 with date, time and zone; raises InvalidInstant for anything else."""
    # The first Z must be the last character: Python reads "14:Z", then U+0000, then anything as 14:00.
    if _USUAL.get(len(text)) == text[7:20:3] and text.find("Z") == len(text) - 1:
        try:
            return datetime.fromisoformat(text)
        except ValueError:
            return _spelt(text, where=where)  # which says what is wrong
    return _spelt(text, where=where)


def _spelt(text: str, *, where: str) -> datetime:
    match = _INSTANT.fullmatch(text)
    if match is None:
        raise InvalidInstant(f"{_shorten(text)} is not a point in time", where=where)
    clock = match["clock"].replace(",", ".")
    head, _, fraction = clock.partition(".")
    if fraction:
        clock = f"{head}.{fraction[:6]:0<6}"
    zone = "+00:00" if match["zone"] in "Zz" else match["zone"]
    try:
        return datetime.fromisoformat(f"{match['date']}T{clock}{zone}").astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise InvalidInstant(f"{_shorten(text)}: {error}", where=where) from error


def _shorten(text: str) -> str:
    return repr(text if len(text) <= 60 else text[:57] + "…")


def format_instant(instant: datetime) -> str:
    """Write `2026-02-26T14:58:00Z`, with a fraction only where there is one."""
    moment = instant.astimezone(UTC).replace(tzinfo=None)
    if not moment.microsecond:
        return moment.isoformat() + "Z"
    digits = "milliseconds" if moment.microsecond % 1000 == 0 else "microseconds"
    return moment.isoformat(timespec=digits) + "Z"


def month_number(instant: datetime) -> int:
    """Months since January 1900 in UTC: the high bits of an observation's id."""
    moment = instant.astimezone(UTC)
    return (moment.year - _FIRST_YEAR) * 12 + moment.month - 1
