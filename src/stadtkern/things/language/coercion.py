# SPDX-License-Identifier: EUPL-1.2
"""Which values may stand where another kind is wanted."""

from __future__ import annotations

from stadtkern.things.entities import Kind
from stadtkern.things.language import values
from stadtkern.things.language.typed import As, Constant, Typed
from stadtkern.things.language.values import Value

_FROM_JSON = (Kind.NUMBER, Kind.TEXT, Kind.BOOLEAN, Kind.INSTANT)
_FROM_RESULT = (*_FROM_JSON, Kind.JSON)


def coerce(node: Typed, kind: Kind) -> Typed | None:
    """The node as that kind, or None where that makes no sense."""
    if node.kind is kind:
        return node
    if node.kind is Kind.NULL:
        return As(kind, node)
    match node.kind, kind:
        case Kind.JSON, _ if kind in _FROM_JSON:
            return As(kind, node)
        case Kind.RESULT, _ if kind in _FROM_RESULT:
            return As(kind, node)
        case (Kind.JSON, Kind.INTERVAL) | (Kind.RESULT, Kind.INTERVAL):
            return As(Kind.INTERVAL, As(Kind.INSTANT, node))
        case (Kind.INTERVAL, Kind.INSTANT) | (Kind.INSTANT, Kind.INTERVAL):
            return As(kind, node)
        case (Kind.DATE, Kind.INSTANT) | (Kind.DATE, Kind.INTERVAL):
            return _of_date(node, kind)
        case _:
            return None


def _of_date(node: Typed, kind: Kind) -> Typed:
    if not isinstance(node, Constant):
        moment: Typed = As(Kind.INSTANT, node)
    else:
        moment = Constant(Value(Kind.INSTANT, values.utc_midnight(node.value.value)))
    return moment if kind is Kind.INSTANT else As(Kind.INTERVAL, moment)
