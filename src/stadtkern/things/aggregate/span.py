# SPDX-License-Identifier: EUPL-1.2
"""Takes the bounds of phenomenonTime out of a filter: what is between them can come from the rollups."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from stadtkern.core import times
from stadtkern.things.aggregate import calendar
from stadtkern.things.entities import Kind
from stadtkern.things.language import tree, values
from stadtkern.things.store.batch import microseconds

_FLIPPED = {"lt": "gt", "le": "ge", "gt": "lt", "ge": "le", "eq": "eq"}


@dataclass(frozen=True, slots=True)
class Span:
    """[start, end) in microseconds, None where it is open, and the rest of the filter."""

    start: int | None = None
    end: int | None = None
    rest: tuple[tree.Expression, ...] = ()

    def within(self, start: int | None, end: int | None) -> Span:
        """The part of it inside other bounds."""
        starts = [each for each in (self.start, start) if each is not None]
        ends = [each for each in (self.end, end) if each is not None]
        return Span(max(starts, default=None), min(ends, default=None), self.rest)


def of(condition: tree.Expression | None) -> Span:
    """The span that conditions joined by `and` leave; observations count by the time they begin at."""
    span = Span()
    for part in _parts(condition):
        bounds = _bounds(part)
        span = span.within(*bounds) if bounds else Span(span.start, span.end, (*span.rest, part))
    return span


def _parts(node: tree.Expression | None) -> list[tree.Expression]:
    if node is None:
        return []
    if isinstance(node, tree.Logic) and node.operator == "and":
        return [part for operand in node.operands for part in _parts(operand)]
    return [node]


def _bounds(node: tree.Expression) -> tuple[int | None, int | None] | None:
    match node:
        case tree.Compare(operator, left, right) if operator in _FLIPPED:
            if _is_time(right):
                left, right, operator = right, left, _FLIPPED[operator]
            moment = _moment(right) if _is_time(left) else None
            return None if moment is None else _side(operator, microseconds(moment))
        case tree.Call("during", (subject, tree.Literal(value))) if _is_time(subject):
            if value.kind is Kind.INTERVAL:
                return microseconds(value.value[0]), microseconds(value.value[1]) + 1
    return None


def _side(operator: str, moment: int) -> tuple[int | None, int | None]:
    moment = min(max(moment, calendar.EARLIEST), calendar.LATEST)
    match operator:
        case "ge":
            return moment, None
        case "gt":
            return moment + 1, None
        case "lt":
            return None, moment
        case "le":
            return None, moment + 1
        case _:
            return moment, moment + 1


def _is_time(node: tree.Expression) -> bool:
    return isinstance(node, tree.Path) and node.names == ("phenomenonTime",)


def _moment(node: tree.Expression) -> datetime | None:
    """An instant as it is written or computed from now(); None for anything else."""
    match node:
        case tree.Literal(value) if value.kind is Kind.INSTANT:
            moment: datetime = value.value
            return moment
        case tree.Literal(value) if value.kind is Kind.DATE:
            return values.utc_midnight(value.value)
        case tree.Call("now", ()):
            return times.now()
        case tree.Call("add" | "sub" as sign, (first, tree.Literal(value))) if value.kind is Kind.DURATION:
            start = _moment(first)
            length: timedelta = value.value if sign == "add" else -value.value
            try:
                return None if start is None else start + length
            except OverflowError:
                return None
    return None
