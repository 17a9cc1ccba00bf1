# SPDX-License-Identifier: EUPL-1.2
"""What `date(t) eq 2026-11-20` and `year(t) ge 2025` say of the instant itself, as an index can serve it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from stadtkern.things.entities import Kind
from stadtkern.things.language import functions, values
from stadtkern.things.language.typed import Apply, As, Column, Comparison, Connective, Constant, Typed
from stadtkern.things.language.values import Value

_DATE = functions.FUNCTIONS["date"][0]
_YEAR = functions.FUNCTIONS["year"][0]
_LAST_YEAR = 9_998


def implied(node: Comparison) -> Typed | None:
    """Comparisons of the instant that hold wherever the comparison holds, None where there are none."""
    call = node.left
    if not isinstance(call, Apply) or not isinstance(node.right, Constant):
        return None
    moment = call.arguments[0] if call.arguments else None
    if not isinstance(moment, As | Column) or moment.kind is not Kind.INSTANT:
        return None
    span = _span(call, node.right.value)
    if span is None:
        return None
    start, end = (Constant(Value(Kind.INSTANT, edge)) for edge in span)
    match node.operator:
        case "eq":
            return Connective("and", (Comparison("ge", moment, start), Comparison("lt", moment, end)))
        case "ge":
            return Comparison("ge", moment, start)
        case "gt":
            return Comparison("ge", moment, end)
        case "le":
            return Comparison("lt", moment, end)
        case "lt":
            return Comparison("lt", moment, start)
        case _:
            return None


def _span(call: Apply, value: Value) -> tuple[datetime, datetime] | None:
    """The day or year that is compared with, as instants."""
    if call.function is _DATE and value.kind is Kind.DATE and value.value.year <= _LAST_YEAR:
        start = values.utc_midnight(value.value)
        return start, start + timedelta(days=1)
    if call.function is _YEAR and value.kind is Kind.NUMBER and value.value in range(1, _LAST_YEAR):
        return datetime(int(value.value), 1, 1, tzinfo=UTC), datetime(int(value.value) + 1, 1, 1, tzinfo=UTC)
    return None
