# SPDX-License-Identifier: EUPL-1.2
"""Each combination of values once: `$select=distinct:properties/type`, an extension of FROST-Server."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import msgspec

from stadtkern.core import fragments
from stadtkern.core.fragments import Fragment
from stadtkern.things import entities
from stadtkern.things.entities import EntityType, Kind
from stadtkern.things.language import checker, compiler, parser
from stadtkern.things.language.problems import InvalidQuery, UnsupportedQuery
from stadtkern.things.language.tree import Options
from stadtkern.things.language.typed import Column, Inside, SortKey, Typed
from stadtkern.things.queries import guard, level, onward, reach, rows
from stadtkern.things.queries.level import Level
from stadtkern.things.queries.locate import Parent
from stadtkern.things.representation import Document

if TYPE_CHECKING:
    from stadtkern.things.queries.reader import Reader

# Combinations a page has where nobody says how many, and at most.
TOP = 100
MOST = 1_000
_TAKEN = {"$select", "$filter", "$orderby", "$top", "$skip", "$count"}
_WITHOUT_VALUE = (Kind.INTERVAL, Kind.GEOMETRY, Kind.RESULT, Kind.NULL)
_ABSENT = msgspec.Raw(b"null")


async def page(
    read: Reader, parent: Parent | None, *, entity: EntityType, options: Options, address: str
) -> Document:
    """A page of combinations with count and next link. Raises the language's problems, QueryTooExpensive."""
    if misplaced := options.given.keys() - _TAKEN:
        raise InvalidQuery("distinct: goes with $filter, $orderby, $top, $skip, $count", where=min(misplaced))
    names = tuple(dict.fromkeys(options.select or ()))
    top = min(TOP if options.top is None else options.top, MOST)
    wanted = [_wanted(name, entity) for name in names]
    if not wanted:
        raise InvalidQuery("distinct: is followed by names", where="$select")
    sort = checker.sort_keys(options.order, entity=entity)
    bare = replace(options, select=("id",), distinct=False, order=())
    prepared = await read.prepare(entity=entity, options=bare, parent=parent)
    statement = _statement(prepared, parent, wanted)
    await reach.everything(read.connection, read.scope, prepared=prepared, parent=parent)
    if f"{entities.OBSERVATION.table} " in statement.text:
        await guard.check_cost(read.connection, statement)
    ordered = statement + _order(sort, wanted) + Fragment(f" limit {top + 1:d} offset {options.skip:d}")
    found = await rows.fetch(read.connection, ordered)
    answer: Document = {}
    if options.count:
        counted = Fragment("select count(*) from (") + statement + Fragment(") x")
        answer["@iot.count"] = (await rows.fetch(read.connection, counted))[0][0]
    if len(found) > top and top:
        answer["@iot.nextLink"] = f"{address}?{onward.kept(options)}$skip={options.skip + top}"
    answer["value"] = [_document(names, row) for row in found[:top]]
    return answer


def _wanted(name: str, entity: EntityType) -> Typed:
    """A property, or what lies inside one."""
    node = checker.value(parser.expression(name, where="$select"), entity=entity, where="$select")
    own = isinstance(node, Column) or (isinstance(node, Inside) and not node.column.steps)
    if not own or (isinstance(node, Column) and node.steps) or node.kind in _WITHOUT_VALUE:
        raise UnsupportedQuery(
            f"distinct: takes values of the entity itself, not {name[:40]!r}", where="$select"
        )
    return node


def _statement(prepared: Level, parent: Parent | None, wanted: Sequence[Typed]) -> Fragment:
    columns = [compiler.value(node, prepared.place).start for node in wanted]
    conditions = fragments.every([level.of_parent(prepared, parent), *prepared.conditions])
    return (
        Fragment("select distinct ")
        + fragments.join(columns, separator=", ")
        + Fragment(" from ")
        + prepared.place.table
        + prepared.place.frame.tail()
        + Fragment(" where ")
        + conditions
    )


def _order(sort: Sequence[SortKey], wanted: Sequence[Typed]) -> Fragment:
    """The order asked for, of selected values, then that of the others, so that pages do not overlap."""
    keys: dict[int, str] = {}
    for key in sort:
        if key.expression not in wanted:
            raise InvalidQuery("with distinct: one sorts by what is selected", where="$orderby")
        keys[wanted.index(key.expression) + 1] = " desc nulls last" if key.descending else " nulls first"
    for number in range(1, len(wanted) + 1):
        keys.setdefault(number, " nulls first")
    return Fragment(" order by " + ", ".join(f"{number:d}{words}" for number, words in keys.items()))


def _document(names: Sequence[str], row: Sequence[Any]) -> Document:
    """Values at the places they have in the entity; what is absent is left out.

    A value stands for all that lies inside it, so the longer names come first and give way.
    """
    found: Document = {}
    for name, value in sorted(zip(names, row, strict=True), key=lambda each: -each[0].count("/")):
        *ways, last = name.split("/")
        inner = found
        for way in ways:
            inner = inner.setdefault(way, {})
        if value is not None and value != _ABSENT:
            inner["@iot.id" if name == "id" else last] = value
    return found
