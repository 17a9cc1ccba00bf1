# SPDX-License-Identifier: EUPL-1.2
"""Instants: always aware, always UTC inside, ISO 8601 outside."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from stadtkern.core import problems

_INSTANT = re.compile(
    r"(?P<date>\d{4}-\d\d-\d\d)[Tt ](?P<clock>\d\d:\d\d(:\d\d([.,]\d+)?)?)(?P<zone>[Zz]|[+-]\d\d:?\d\d)"
)
_FIRST_YEAR = 1900


class InvalidInstant(problems.Problem):
    """This is not a point in time.

    Write ISO 8601 with a time zone, for example 2026-02-26T14:58:00Z or 2026-02-26T15:58:00+01:00.
    """


def now() -> datetime:
    """The present instant."""
    return datetime.now(UTC)


def parse_instant(text: str, *, where: str = "") -> datetime:
    """Read ISO 8601 with date, time and zone; raises InvalidInstant for anything else."""
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
