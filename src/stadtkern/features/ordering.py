# SPDX-License-Identifier: EUPL-1.2
"""Puts rows in an order, empty values last in either direction, as the indexes that there are allow."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from stadtkern.core.database import Connection
from stadtkern.core.fragments import Fragment
from stadtkern.features import rows, sources, tree
from stadtkern.features.compiler import UnknownColumn
from stadtkern.features.sources import Source, Stored

_ID = "f.id"


def parts(source: Source, order: Sequence[tree.Order], rows: Fragment, *, large: bool) -> list[Fragment]:
    """Statements whose rows, one after the other, are all of `rows` in this order. Raises UnknownColumn.

    An index that is read backwards begins with the empty values. Of large tables those are read by
    themselves, behind the others, so that neither part has to be sorted.
    """
    expressions = [_expression(source, item.name) for item in order]
    keys = [
        name + ((" desc" if name == _ID else " desc nulls last") if item.descending else "")
        for name, item in zip(expressions, order, strict=True)
    ]
    back = bool(order) and order[0].descending
    last = _ID + (" desc" if back else "")
    if not (back and large and isinstance(source, Stored) and _indexed(source, order[0].name)):
        return [rows + Fragment(f" order by {', '.join([*keys, last])}")]
    first = expressions[0]
    backwards = f" order by {', '.join([f'{first} desc', *keys[1:], last])}"
    return [rows + Fragment(f" and {first} is {what}{backwards}") for what in ("not null", "null")]


async def walk(
    connection: Connection, parts: Sequence[Fragment], *, limit: int, offset: int, raw: bool = False
) -> list[tuple[Any, ...]]:
    """So many rows of these statements, one after the other, behind the first `offset` of them."""
    found: list[tuple[Any, ...]] = []
    for at, part in enumerate(parts):
        wanted = limit - len(found)
        found += await rows.fetch(
            connection, part + Fragment(" limit %s offset %s", (wanted, offset)), raw=raw
        )
        if len(found) == limit:
            break
        if offset and not found and at + 1 < len(parts):
            offset -= await _number(connection, part, most=offset)
        else:
            offset = 0
    return found


async def _number(connection: Connection, part: Fragment, *, most: int) -> int:
    """How many rows a statement has, as far as that matters."""
    inner = part + Fragment(" limit %s", (most,))
    counting = Fragment("select count(*) from (") + inner + Fragment(") counted")
    return int((await rows.fetch(connection, counting))[0][0])


def _expression(source: Source, name: str) -> str:
    index = sources.index_of(source, name)
    if index is None:
        if name in ("id", "_id"):
            return _ID
        raise UnknownColumn(f"there is no {name[:80]!r} in {source.key}", where="order")
    return source.narrowed(index) or source.column(index)


def _indexed(source: Source, name: str) -> bool:
    return sources.index_of(source, name) in sources.indexed(source.columns)
