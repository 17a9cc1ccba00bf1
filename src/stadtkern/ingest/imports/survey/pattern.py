# SPDX-License-Identifier: EUPL-1.2
"""Guesses whether a table is a time series: which column holds the times, which tells the places apart."""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from stadtkern.ingest.imports.survey.columns import Profile

_NAMING = re.compile(
    r"(.*[_\s\-])?(id|nr|nummer|code|kennung|station|messstelle|messort|messpunkt|zählstelle|zaehlstelle"
    r"|standort|ort|name|sensor|gerät|geraet|garage|anlage|gebäude|gebaeude|site|location|device|counter)"
    r"([_\s\-](id|nr|nummer|code|name))?",
    re.IGNORECASE,
)
_TRACE = 0.01
_NUMBERS = ("integer", "number")


class Pattern(msgspec.Struct, frozen=True, kw_only=True):
    """How a table would be read as time series."""

    time: str
    by: str = ""
    """Column that tells the places apart; empty where each row has a time of its own."""
    likely: bool = False
    """Whether it is one, as far as one can see."""


def find(*, profiles: Sequence[Profile], cells: Sequence[Sequence[str]]) -> Pattern | None:
    """The pattern of a table; None without a column of times. `cells` are those of each column."""
    moments = [i for i, p in enumerate(profiles) if p.type in ("instant", "date") and p.filled]
    if not moments:
        return None
    ways = [_way(time, profiles, cells) for time in moments]
    repeated, time, by = min(ways, key=lambda way: way[0])
    numbers = [
        i for i, p in enumerate(profiles) if p.type in _NUMBERS and i != by and not _tells_rows_apart(p)
    ]
    others = [
        i for i, p in enumerate(profiles) if p.type == "text" and p.distinct > 1 and i not in (by, time)
    ]
    rows = max(1, profiles[time].filled)
    few = repeated <= _TRACE * rows and len(others) <= len(numbers) and len(moments) <= len(numbers) + 1
    likely = bool(numbers) and few and (profiles[time].type == "instant" or not others)
    return Pattern(time=profiles[time].label, by=profiles[by].label if by is not None else "", likely=likely)


def naming(label: str) -> bool:
    """Whether a heading is that of names or numbers of places, rather than of values."""
    return bool(_NAMING.fullmatch(re.sub(r"\s*[\[(].*$", "", label).strip()))


def _tells_rows_apart(profile: Profile) -> bool:
    """A number of the row itself."""
    return naming(profile.label) and profile.distinct == profile.filled


def _way(
    time: int, profiles: Sequence[Profile], cells: Sequence[Sequence[str]]
) -> tuple[int, int, int | None]:
    """How often the time comes again within a place, with the column of places that makes it least."""
    moments = cells[time]
    alone = len(moments) - len(set(moments))
    best: tuple[int, int, int | None] = (alone, time, None)
    for place, profile in enumerate(profiles):
        named = naming(profile.label)
        many = 1 <= profile.distinct <= profile.filled / 2
        fits = many and (named or (profile.type == "text" and profile.distinct > 1))
        if place == time or not fits or profile.type in ("instant", "date", "number", "json"):
            continue
        repeated = len(moments) - len(set(zip(moments, cells[place], strict=True)))
        better = repeated < 0.2 * best[0] or (named and best[2] is None and repeated <= best[0])
        if better:
            best = (repeated, time, place)
    return best
