# SPDX-License-Identifier: EUPL-1.2
"""What lists of places share: how they are searched, which kinds there are, values in words."""

from __future__ import annotations

from typing import Any

from stadtkern.core import fragments
from stadtkern.core.fragments import Fragment
from stadtkern.insights import kinds, streams
from stadtkern.insights.streams import Stream
from stadtkern.ui import formats
from stadtkern.ui.visit import Visit


def matching(visit: Visit, *, query: str) -> Fragment:
    """Things whose name, description, address or observed properties contain the words."""
    pattern = "%" + query.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_") + "%"
    here = Fragment(
        "(t.name ILIKE %s OR t.description ILIKE %s OR EXISTS (SELECT 1"
        " FROM things.datastream AS k JOIN things.observed_property AS p ON p.id = k.observed_property_id"
        " WHERE k.thing_id = t.id AND (k.name ILIKE %s OR p.name ILIKE %s) AND ",
        (pattern,) * 4,
    )
    seen = fragments.every([visit.scope.on("k.dataset_id"), visit.scope.on("p.dataset_id")])
    address = Fragment(") OR (l.name ILIKE %s AND ", (pattern,)) + visit.scope.on("l.dataset_id")
    return here + seen + address + Fragment("))")


async def kinds_present(visit: Visit) -> list[kinds.Kind]:
    """The kinds of places there are, in their usual order."""
    found = {stream.what.key for stream in await streams.streams(visit)}
    return [kind for key, kind in kinds.BY_KEY.items() if key in found]


def value_of(stream: Stream) -> str:
    """The newest value in words."""
    return words_of(stream.result, kind=stream.what, digits=stream.digits, symbol=stream.symbol)


def words_of(result: Any, *, kind: kinds.Kind, digits: int | None, symbol: str) -> str:
    """A value in words: the name of a state, or a number with its unit."""
    if result in (0, 1) and kind.states:
        return str(kind.states[bool(result)])
    if isinstance(result, bool) or not isinstance(result, int | float):
        return "" if result is None else str(result)
    return f"{formats.number(result, digits=digits)} {symbol}".strip()
