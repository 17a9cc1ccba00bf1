# SPDX-License-Identifier: EUPL-1.2
"""What a filter says, whichever language it came in: CQL2, the parameters of a request, or code of ours."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal, Protocol

from stadtkern.core import times

Comparing = Literal["=", "<>", "<", "<=", ">", ">="]
Kind = Literal["text", "number", "boolean", "date", "instant", "geometry", "json"]


@dataclass(frozen=True, slots=True)
class Literally:
    """A value of a kind; instants are aware, dates are dates, numbers int or float."""

    kind: Kind
    value: Any


@dataclass(frozen=True, slots=True)
class Property:
    """A column by its name; `id` and `geometry` are those of the feature."""

    name: str


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """`+ - * / % div ^` of two numbers."""

    operator: str
    left: Operand
    right: Operand


@dataclass(frozen=True, slots=True)
class Folded:
    """A text without the difference of case (`casei`) or of accents (`accenti`)."""

    how: Literal["casei", "accenti"]
    operand: Operand


Operand = Literally | Property | Arithmetic | Folded


@dataclass(frozen=True, slots=True)
class Compare:
    """One value beside another."""

    operator: Comparing
    left: Operand
    right: Operand


@dataclass(frozen=True, slots=True)
class Like:
    """A text against a pattern: `%` any characters, `_` one, `\\` takes the next one as it is."""

    operand: Operand
    pattern: Operand


@dataclass(frozen=True, slots=True)
class Among:
    """A value that is one of several."""

    operand: Operand
    values: tuple[Operand, ...]


@dataclass(frozen=True, slots=True)
class Absent:
    """A value that is not there."""

    operand: Operand


@dataclass(frozen=True, slots=True)
class Search:
    """Rows in which every word stands in some text column, however it is written."""

    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Spatial:
    """A geometry (GeoJSON in longitude and latitude) beside the feature's own.

    `box` is set where the geometry is a rectangle along the degrees: west, south, east, north. With `absent`,
    features without a geometry fulfil it too.
    """

    operator: str
    geometry: str
    box: tuple[float, float, float, float] | None = None
    absent: bool = False


@dataclass(frozen=True, slots=True)
class Span:
    """From an instant or date to another; None is open."""

    start: Operand | None
    end: Operand | None


@dataclass(frozen=True, slots=True)
class Temporal:
    """Two instants or spans beside each other (Allen's relations)."""

    operator: str
    left: Operand | Span
    right: Operand | Span


@dataclass(frozen=True, slots=True)
class Both:
    """All of the conditions (`and`) or at least one (`or`)."""

    operator: Literal["and", "or"]
    parts: tuple[Filter, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite; what is unknown stays so."""

    part: Filter


@dataclass(frozen=True, slots=True)
class Truth:
    """A column that says yes or no, or just `true`."""

    operand: Operand


Filter = (
    Compare | Like | Among | Absent | Search | Spatial | Temporal | Both | Not | Truth
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Order:
    """Sort by a column; empty values come last, in either direction."""

    name: str
    descending: bool = False


class Named(Protocol):
    """A column as far as a filter needs it."""

    @property
    def name(self) -> str:
        """What it is called."""

    @property
    def type(self) -> str:
        """What its values are."""


def equals(column: Named, values: Sequence[Any]) -> Filter:
    """Rows whose column is one of these values, which may be text; None among them finds empty ones.

    A value that no such column can have finds nothing.
    """
    given = [literal(column.type, value) for value in values if value is not None]
    fitting = tuple(value for value in given if value is not None)
    found: Filter = Among(Property(column.name), fitting)
    if any(value is None for value in values):
        found = Both("or", (found, Absent(Property(column.name))))
    return found


def literal(type: str, value: Any) -> Literally | None:
    """A value for a column of a type, also where it comes as text; None where it is none of that type."""
    try:
        match type:
            case "text":
                return Literally("text", value if isinstance(value, str) else str(value))
            case "integer" | "number":
                number = value if isinstance(value, int | float) else float(value)
                whole = int(value) if isinstance(value, str) and value.strip("+-").isdigit() else number
                return Literally("number", whole)
            case "boolean":
                known = {"true": True, "false": False, "1": True, "0": False}
                return Literally("boolean", known[str(value).lower()])
            case "date":
                return Literally("date", value if isinstance(value, date) else date.fromisoformat(value))
            case "instant":
                return Literally(
                    "instant", value if isinstance(value, datetime) else times.parse_instant(value)
                )
    except (ValueError, TypeError, KeyError, OverflowError, times.InvalidInstant):
        return None
    return None


def every(parts: Sequence[Filter | None]) -> Filter | None:
    """All of the conditions that there are."""
    kept = tuple(part for part in parts if part is not None)
    if len(kept) < 2:
        return kept[0] if kept else None
    return Both("and", kept)


def nodes(filter: Filter) -> Iterator[Filter]:
    """The filter and all conditions in it."""
    yield filter
    inner: tuple[Filter, ...] = ()
    if isinstance(filter, Both):
        inner = filter.parts
    elif isinstance(filter, Not):
        inner = (filter.part,)
    for part in inner:
        yield from nodes(part)
