# SPDX-License-Identifier: EUPL-1.2
"""What a reading needs that lies only in the archive, found out before the reading goes wrong without it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, LiteralString

from stadtkern.core import statements
from stadtkern.core.access import Scope
from stadtkern.core.database import Connection
from stadtkern.core.fragments import Fragment
from stadtkern.things import entities
from stadtkern.things.queries import windows
from stadtkern.things.queries.away import Away, Part, horizon, visible_datasets
from stadtkern.things.queries.level import Level
from stadtkern.things.queries.locate import Parent
from stadtkern.things.queries.problems import QueryTooExpensive

# What one page may bring back at most.
MOST_PARTS = 60
MOST_ROWS = 2_000_000
# Of a filter nobody knows how many rows it lets through; so many are brought back before it is tried again.
_TRIED = 50_000

_BEGIN = datetime.min.replace(tzinfo=UTC)
_END = datetime.max.replace(tzinfo=UTC)


async def page(
    connection: Connection, scope: Scope, *, prepared: Level, parent: Parent | None
) -> tuple[Fragment, list[Part]] | None:
    """Where a page in the order of time must stop, and the parts it then needs; None where nothing is away.

    Raises Away, QueryTooExpensive for pages in other orders, which need all there is.
    """
    if prepared.entity is not entities.OBSERVATION or (end := horizon(scope)) is None:
        return None
    low, high = windows.span(prepared)
    if low is not None and low >= end:
        return None
    parts = await _missing(connection, scope, parent=parent, low=low, high=high)
    if not parts:
        return None
    single = parent is not None and parent.relation.remote == "datastream_id"
    if not (single and windows.applies(prepared)):
        raise _needed(parts)
    descending = prepared.keys[0].descending
    if descending:
        parts.reverse()
    edge = f"{prepared.place.alias}.phenomenon_time " + (
        ">= things.month_end(%s)" if descending else "< things.month_start(%s)"
    )
    return Fragment(edge, (parts[0].month,)), parts


def following(parts: Sequence[Part], *, rows: int, filtered: bool) -> Away:
    """What a page that lacks so many rows needs next."""
    wanted = max(rows, _TRIED) if filtered else rows
    found: list[Part] = []
    for part in parts[:MOST_PARTS]:
        found.append(part)
        wanted -= part.rows
        if wanted <= 0:
            break
    return Away(found)


async def everything(connection: Connection, scope: Scope, *, prepared: Level, parent: Parent | None) -> None:
    """See that all observations of a filter are in the table. Raises Away, QueryTooExpensive."""
    if prepared.entity is not entities.OBSERVATION or horizon(scope) is None:
        return
    low, high = windows.span(prepared)
    if parts := await _missing(connection, scope, parent=parent, low=low, high=high):
        raise _needed(parts)


async def between(
    connection: Connection, scope: Scope, *, datastream_ids: Sequence[int], low: datetime, high: datetime
) -> None:
    """See that the observations of a span are in the table. Raises Away, QueryTooExpensive."""
    if (end := horizon(scope)) is None or low >= end:
        return
    found = await _ask(connection, "away_parts", ids=list(datastream_ids), low=low, high=high)
    if found:
        raise _needed(found)


async def _missing(
    connection: Connection,
    scope: Scope,
    *,
    parent: Parent | None,
    low: datetime | None,
    high: datetime | None,
) -> list[Part]:
    """Parts that are away, by month. Of all datastreams together only where the span has a beginning."""
    span = {"low": low or _BEGIN, "high": high or _END}
    if parent is not None and parent.relation.remote == "datastream_id":
        return await _ask(connection, "away_parts", ids=[parent.id], **span)
    if low is None:
        return []
    return await _ask(connection, "away_everywhere", datasets=visible_datasets(scope), **span)


async def _ask(connection: Connection, name: LiteralString, **values: Any) -> list[Part]:
    params = {**values, "limit": MOST_PARTS * 20}
    cursor = await connection.execute(statements.load("things")[name], params)
    return [Part(*row) for row in await cursor.fetchall()]


def _needed(parts: Sequence[Part]) -> Away:
    rows = sum(part.rows for part in parts)
    if len(parts) > MOST_PARTS or rows > MOST_ROWS:
        raise QueryTooExpensive(
            f"it reaches into {len(parts)} archived months with {rows} observations; ask one Datastream"
            " in the order of phenomenonTime, or for a shorter span"
        )
    return Away(parts)


async def expanded(
    connection: Connection, scope: Scope, *, prepared: Level, ids: Sequence[int], limit: int
) -> None:
    """See that the first observations of each of many datastreams are in the table.

    Raises Away, QueryTooExpensive.
    """
    if prepared.entity is not entities.OBSERVATION or (end := horizon(scope)) is None:
        return
    low, high = windows.span(prepared)
    if low is not None and low >= end:
        return
    parts = await _ask(connection, "away_parts", ids=list(ids), low=low or _BEGIN, high=high or _END)
    if not parts:
        return
    by_time = prepared.keys[0].sql.text == f"{prepared.place.alias}.phenomenon_time"
    if by_time and prepared.options.filter is None:
        here = dict.fromkeys(ids, 0)
        if prepared.keys[0].descending:
            here = {row[0]: row[1] for row in await _rows(connection, "rows_here", ids=list(ids))}
            parts.reverse()
        parts = list(_first(parts, here, limit + prepared.options.skip))
    if parts:
        raise _needed(parts)


def _first(parts: Sequence[Part], here: dict[int, int], limit: int) -> Iterator[Part]:
    """Of each datastream so many parts that there are enough rows."""
    left = {number: limit - rows for number, rows in here.items()}
    for part in parts:
        if left.get(part.datastream_id, limit) > 0:
            left[part.datastream_id] = left.get(part.datastream_id, limit) - part.rows
            yield part


async def _rows(connection: Connection, name: LiteralString, **values: Any) -> list[Any]:
    return await (await connection.execute(statements.load("things")[name], values)).fetchall()
