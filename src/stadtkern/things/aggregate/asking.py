# SPDX-License-Identifier: EUPL-1.2
"""Reads `$aggregate=hour(mean,max;zone=Europe/Berlin;fill=linear)` and `$downsample=lttb(500)`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from stadtkern.core import problems
from stadtkern.things.language import options

Unit = Literal["minute", "hour", "day", "week", "month", "quarter", "year"]
Fill = Literal["none", "null", "previous", "linear"]
NAMES = ("mean", "min", "max", "sum", "count", "first", "last", "stddev")
DEFAULT = ("mean", "min", "max", "count")
MAX_FUNCTIONS = 24
MAX_POINTS = 10_000

# Nothing in it may match the same blanks twice: the text is stripped before.
_TEXT = re.compile(r"(?P<bucket>\w+)\s*(?:\((?P<inner>.*)\))?", re.DOTALL)
_SHORT = re.compile(r"(?P<n>\d{1,4})(?P<unit>min|h)")
_ISO = re.compile(r"P(?:(?P<n>\d{1,4})(?P<unit>[DWMY])|T(?P<m>\d{1,4})(?P<small>[HM]))")
_QUANTILE = re.compile(r"quantile\(\s*(?P<share>\d?\.?\d{1,8})\s*\)")
_THIN = re.compile(r"lttb\(\s*(?P<n>\d{1,9})\s*\)")
_ALONE: dict[tuple[int, str], Unit] = {
    (1, "D"): "day", (7, "D"): "week", (1, "W"): "week", (1, "M"): "month", (3, "M"): "quarter",
    (12, "M"): "year", (1, "Y"): "year",
}  # fmt: skip


class InvalidAggregate(problems.Problem):
    """The aggregate cannot be understood.

    Write a bucket, then what is wanted of each in brackets, e.g. $aggregate=hour(mean,max) or
    $aggregate=15min(mean,quantile(0.95);zone=Europe/Berlin;fill=linear).
    """


@dataclass(frozen=True, slots=True)
class Bucket:
    """A length of time: so many minutes (dividing an hour) or hours (dividing a day), or a longer unit."""

    unit: Unit
    count: int = 1

    @property
    def iso(self) -> str:
        """The length as ISO 8601 writes it."""
        if self.unit in ("minute", "hour"):
            return f"PT{self.count}{self.unit[0].upper()}"
        return {"day": "P1D", "week": "P1W", "month": "P1M", "quarter": "P3M", "year": "P1Y"}[self.unit]


@dataclass(frozen=True, slots=True)
class Aggregate:
    """What is wanted: functions by the names under which they are answered; `zone` None means the city's."""

    bucket: Bucket
    functions: tuple[str, ...]
    zone: ZoneInfo | None = None
    fill: Fill = "none"

    @property
    def quantiles(self) -> list[float]:
        """The shares of the quantiles among the functions, in their order."""
        found = (_QUANTILE.fullmatch(name) for name in self.functions)
        return [float(match["share"]) for match in found if match]


def aggregate(text: str) -> Aggregate:
    """Read `$aggregate`. Raises InvalidAggregate and the problems of the query language."""
    where = "$aggregate"
    match = _TEXT.fullmatch(text.strip())
    if match is None:
        raise InvalidAggregate(f"cannot read {text[:60]!r}", where=where)
    pieces = [piece.strip() for _, piece in options.split(match["inner"] or "", ";", where=where)]
    names = [name.strip() for _, name in options.split(pieces[0], ",", where=where) if name.strip()]
    functions = tuple(dict.fromkeys(_function(name) for name in names)) or DEFAULT
    if len(functions) > MAX_FUNCTIONS:
        raise InvalidAggregate(f"at most {MAX_FUNCTIONS} functions at once", where=where)
    return Aggregate(_bucket(match["bucket"]), functions, **_settings(pieces[1:]))  # type: ignore[arg-type]


def thinned(text: str) -> int:
    """Read `$downsample`: how many points are wanted. Raises InvalidAggregate."""
    match = _THIN.fullmatch(text.strip())
    if match is None or not 3 <= int(match["n"]) <= MAX_POINTS:
        raise InvalidAggregate(
            f"{text[:40]!r} is not lttb(n) with n from 3 to {MAX_POINTS}, e.g. lttb(500)", where="$downsample"
        )
    return int(match["n"])


def _function(name: str) -> str:
    if name in NAMES:
        return name
    match = _QUANTILE.fullmatch(name)
    if match and 0 <= float(match["share"]) <= 1:
        return f"quantile({match['share']})"
    raise InvalidAggregate(
        f"no function {name[:40]!r}; there are {', '.join(NAMES)}, and quantile(0.95), from 0 to 1",
        where="$aggregate",
    )


def _bucket(text: str) -> Bucket:
    if text in get_args(Unit):
        return Bucket(text)  # type: ignore[arg-type]
    short, iso = _SHORT.fullmatch(text), _ISO.fullmatch(text)
    if short or (iso and iso["m"]):
        count = int(short["n"] if short else iso["m"])  # type: ignore[index]
        minutes = short["unit"] == "min" if short else iso["small"] == "M"  # type: ignore[index]
        if minutes and count == 60:
            return Bucket("hour")
        if not minutes and count == 24:
            return Bucket("day")
        if count and (60 if minutes else 24) % count == 0:
            return Bucket("minute" if minutes else "hour", count)
    elif iso and (int(iso["n"]), iso["unit"]) in _ALONE:
        return Bucket(_ALONE[int(iso["n"]), iso["unit"]])
    raise InvalidAggregate(
        f"{text[:40]!r} is no bucket; take {', '.join(get_args(Unit))}, minutes that divide an hour (15min or"
        " PT15M), hours that divide a day (6h or PT6H), P1D, P1W, P1M, P3M or P1Y",
        where="$aggregate",
    )


def _settings(pieces: list[str]) -> dict[str, ZoneInfo | str]:
    found: dict[str, ZoneInfo | str] = {}
    for piece in pieces:
        name, _, value = (part.strip() for part in piece.partition("="))
        if name in found:
            raise InvalidAggregate(f"{name} stands twice", where="$aggregate")
        if name == "zone":
            found[name] = zone(value)
        elif name == "fill" and value in get_args(Fill):
            found[name] = value
        else:
            raise InvalidAggregate(
                f"{piece[:40]!r} is neither zone=Europe/Berlin nor fill={'|'.join(get_args(Fill))}",
                where="$aggregate",
            )
    return found


def zone(name: str) -> ZoneInfo:
    """A time zone by its name. Raises InvalidAggregate."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise InvalidAggregate(
            f"there is no time zone {name[:40]!r}; names are like Europe/Berlin or UTC", where="$aggregate"
        ) from error
