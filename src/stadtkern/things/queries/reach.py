# SPDX-License-Identifier: EUPL-1.2
"""What a reading needs that lies only in the archive, found out before the reading goes wrong without it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, LiteralString, NamedTuple

from stadtkern.core import fragments, statements
from stadtkern.core.access import Scope
from stadtkern.core.database import Connection
from stadtkern.core.fragments import Fragment
from stadtkern.things import entities
from stadtkern.things.entities import Relation
from stadtkern.things.language import tree
from stadtkern.things.language.paths import MAX_ID
from stadtkern.things.language.tree import Options
from stadtkern.things.queries import keyset, level, rows, ways, windows
from stadtkern.things.queries.away import Away, Part, horizon, seen
from stadtkern.things.queries.level import Level
from stadtkern.things.queries.locate import Parent
from stadtkern.things.queries.problems import ForeignToken, QueryTooExpensive

# What one page may bring back at most.
MOST_PARTS = 60
MOST_ROWS = 2_000_000
# Entity types whose datastreams are known by a column of these.
_NARROWED = {"Datastream": "id", "MultiDatastream": "id", "Thing": "thing_id"}
# More datastreams than this are not listed one by one.
_STREAMS = 10_000
# Of a filter nobody knows how many rows it lets through; so many are brought back before it is tried again.
_TRIED = 50_000

_BEGIN = datetime.min.replace(tzinfo=UTC)
_END = datetime.max.replace(tzinfo=UTC)


class Lacking(NamedTuple):
    """Where a page must stop, and the parts it then needs, in its order; one at a time, or month by month."""

    edge: Fragment
    parts: Sequence[Part]
    by_key: bool = False


async def page(
    connection: Connection, scope: Scope, *, prepared: Level, parent: Parent | None
) -> Lacking | None:
    """Where a page in the order of time or of Datastreams must stop; None where nothing is away.

    Raises Away, QueryTooExpensive for pages in other orders, which need all there is.
    """
    if prepared.entity is not entities.OBSERVATION or (end := horizon(scope)) is None:
        return None
    low, high = windows.span(prepared)
    if low is not None and low >= end:
        return None
    alias = prepared.place.alias
    if parent is None and prepared.keys[0].sql.text == f"{alias}.datastream_id":
        return await _in_order(connection, scope, prepared=prepared, low=low, high=high)
    by_time = windows.applies(prepared)
    descending = by_time and prepared.keys[0].descending
    parts = await _missing(connection, scope, parent=parent, low=low, high=high, descending=descending)
    if not parts:
        return None
    if not by_time:
        raise _needed(parts)
    edge = f"{alias}.phenomenon_time " + (
        ">= things.month_end(%s)" if descending else "< things.month_start(%s)"
    )
    return Lacking(Fragment(edge, (parts[0].month,)), parts)


async def _in_order(
    connection: Connection, scope: Scope, *, prepared: Level, low: datetime | None, high: datetime | None
) -> Lacking | None:
    """A page of all observations by Datastream and time stops before the first part behind its token."""
    stream, time = 0, _BEGIN
    if prepared.options.token is not None:
        values = keyset.read_token(prepared.keys, prepared.options.token)
        stream, time = _stream(values[0]), windows.reached(values[1])
    span = {"low": low or _BEGIN, "high": high or _END, "stream": stream, "time": time}
    parts = await _of_all(connection, scope, asked=prepared.options.filter, **span)
    if not parts:
        return None
    key = f"({prepared.place.alias}.datastream_id, {prepared.place.alias}.phenomenon_time)"
    first = (parts[0].datastream_id, parts[0].month)
    return Lacking(Fragment(f"{key} < (%s::bigint, things.month_start(%s))", first), parts, by_key=True)


async def _of_all(
    connection: Connection, scope: Scope, *, asked: tree.Expression | None, **span: Any
) -> list[Part]:
    """Parts of all Datastreams by Datastream and time from a place on, or of those that a filter names."""
    return await _ask(connection, "away_in_order", **seen(scope), only=ways.named(asked), **span)


def _stream(text: str | None) -> int:
    """The number of a Datastream in a token. Raises ForeignToken."""
    try:
        number = int(text or "")
    except ValueError as error:
        raise ForeignToken("it cannot be read", where="$skiptoken") from error
    if not 0 <= number <= MAX_ID:
        raise ForeignToken("it cannot be read", where="$skiptoken")
    return number


def following(lacking: Lacking, *, rows: int, filtered: bool) -> Away:
    """What a page that lacks so many rows needs next; of a month of many Datastreams all, as it is sorted."""
    parts = lacking.parts
    month = [part for part in parts if part.month == parts[0].month]
    if lacking.by_key and filtered and (len(parts) > MOST_PARTS or sum(p.rows for p in parts) > MOST_ROWS):
        raise _too_much(parts)
    if len(month) > 1 and not lacking.by_key:
        needed = parts if filtered else month
        if sum(part.rows for part in needed) > MOST_ROWS:
            raise _too_much(needed)
        return Away(month[:MOST_PARTS])
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
    if parent is None:
        span = {"low": low or _BEGIN, "high": high or _END, "stream": 0, "time": _BEGIN}
        parts = await _of_all(connection, scope, asked=prepared.options.filter, **span)
    else:
        parts = await _missing(connection, scope, parent=parent, low=low, high=high)
    if parts:
        raise _needed(parts)


async def related(connection: Connection, scope: Scope, *, prepared: Level, parent: Parent | None) -> None:
    """See that the observations that a filter looks at over relations are in the table.

    Where it is about Datastreams or Things, only those that fulfil its other conditions count.
    Raises Away, QueryTooExpensive.
    """
    asked, end = prepared.options.filter, horizon(scope)
    if asked is None or end is None:
        return
    spans = [span for span in ways.spans(asked, prepared.entity) if span.low is None or span.low < end]
    if not spans:
        return
    rest = ways.split(asked, prepared.entity)
    ids = await _streams(connection, scope, prepared, parent, rest) if rest or parent else None
    found: dict[Part, None] = {}
    for low, high in spans:
        span = {"low": low or _BEGIN, "high": high or _END}
        if ids is None:
            parts = await _ask(connection, "away_everywhere", **seen(scope), **span)
        else:
            parts = await _ask(connection, "away_parts", ids=ids, **span)
        found |= dict.fromkeys(parts)
    if found:
        raise _needed(list(found))


async def _streams(
    connection: Connection,
    scope: Scope,
    prepared: Level,
    parent: Parent | None,
    rest: Sequence[tree.Expression],
) -> list[int] | None:
    """The datastreams of what fulfils the other conditions; None where that may be any."""
    entity = prepared.entity
    if entity.name not in _NARROWED:
        return None
    options = Options(filter=tree.Logic("and", tuple(rest)) if rest else None)
    bare = level.prepare(scope=scope, entity=entity, options=options, solved=prepared.solved)
    head = f"select d.id from things.datastream d where d.{_NARROWED[entity.name]} in"
    head += f" (select {bare.place.alias}.id from "
    of_parent = level.of_parent(bare, parent) if parent is None or parent.id else fragments.TRUE
    conditions = fragments.every([of_parent, *bare.conditions])
    statement = Fragment(head) + bare.place.table + bare.place.frame.tail()
    statement += Fragment(" where ") + conditions + Fragment(f") limit {_STREAMS + 1:d}")
    found = [row[0] for row in await rows.fetch(connection, statement)]
    return found if len(found) <= _STREAMS else None


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
    descending: bool = False,
) -> list[Part]:
    """Parts that are away, by month in the order asked for."""
    span = {"low": low or _BEGIN, "high": high or _END, "descending": descending}
    if parent is not None and parent.relation.remote == "datastream_id":
        return await _ask(connection, "away_parts", ids=[parent.id], **span)
    if parent is not None and parent.relation.remote == "feature_id":
        return await _ask(connection, "away_with_features", ids=[parent.id], **seen(scope), **span)
    return await _ask(connection, "away_everywhere", **seen(scope), **span)


async def _ask(connection: Connection, name: LiteralString, **values: Any) -> list[Part]:
    params = {"descending": False, **values, "limit": MOST_PARTS * 20}
    cursor = await connection.execute(statements.load("things")[name], params)
    return [Part(*row) for row in await cursor.fetchall()]


def _needed(parts: Sequence[Part]) -> Away:
    if len(parts) > MOST_PARTS or sum(part.rows for part in parts) > MOST_ROWS:
        raise _too_much(parts)
    return Away(parts)


def _too_much(parts: Sequence[Part]) -> QueryTooExpensive:
    rows = sum(part.rows for part in parts)
    return QueryTooExpensive(
        f"it reaches into {len(parts)} archived months with {rows} observations; ask one Datastream"
        " in the order of phenomenonTime, or for a shorter span of phenomenonTime"
    )


class Below(NamedTuple):
    """What is shown of each of many parents: a level along a relation, so many of each."""

    prepared: Level
    relation: Relation
    ids: Sequence[int]
    limit: int


async def expanded(connection: Connection, scope: Scope, *, below: Below) -> None:
    """See that the first observations of each of many datastreams or features are in the table.

    Raises Away, QueryTooExpensive.
    """
    prepared, relation, ids, limit = below
    if prepared.entity is not entities.OBSERVATION or (end := horizon(scope)) is None:
        return
    low, high = windows.span(prepared)
    if low is not None and low >= end:
        return
    span = {"ids": list(ids), "low": low or _BEGIN, "high": high or _END}
    if relation.remote != "datastream_id":
        parts = await _ask(connection, "away_with_features", **seen(scope), **span)
    else:
        parts = await _ask(connection, "away_parts", **span)
        by_time = prepared.keys[0].sql.text == f"{prepared.place.alias}.phenomenon_time"
        if parts and by_time and prepared.options.filter is None:
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
