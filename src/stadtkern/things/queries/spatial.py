# SPDX-License-Identifier: EUPL-1.2
"""Compute the geospatial parts of a query before its statement is built.

Boxes leave candidates, shapely decides between them, and what it came to is bound into the statement: so
pages, counts and orders stay right. Only what the scope lets see is a candidate.
"""

from __future__ import annotations

import asyncio
import importlib
import math
import operator
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from stadtkern.core import fragments
from stadtkern.core.access import Scope
from stadtkern.core.database import Connection
from stadtkern.core.fragments import Fragment
from stadtkern.things import entities
from stadtkern.things.entities import EntityType, Kind
from stadtkern.things.language import checker, functions, shapes, tree
from stadtkern.things.language.places import Names, root
from stadtkern.things.language.tree import Options
from stadtkern.things.language.typed import (
    Apply,
    As,
    Chosen,
    Column,
    Comparison,
    Connective,
    Constant,
    Measured,
    Negation,
    Quantifier,
    Solution,
    Spatial,
    Typed,
)
from stadtkern.things.language.values import Value
from stadtkern.things.queries import rows
from stadtkern.things.queries.problems import TooManyPlaces

MOST_CANDIDATES = 50_000
MOST_BYTES = 64 * 2**20
SECONDS = 5.0
# Geometries fetched at a time, the first and large ones and then small ones (bytes on average).
_BLOCK, _LARGER_BLOCK, _SMALL = 100, 2_000, 2_000
_AT_A_TIME = 2**20

_MIRRORED = {"lt": "gt", "le": "ge", "gt": "lt", "ge": "le", "eq": "eq", "ne": "ne"}
# Conditions that most entities fulfil are computed by their opposite, for which boxes leave few candidates.
_OPPOSITES = {"gt": "le", "ge": "lt", "ne": "eq"}
_TESTS: Mapping[str, Callable[[Any, Any], Any]] = {"lt": operator.lt, "le": operator.le, "eq": operator.eq}
_WITH_LINES = "%LineString%"


async def solve(
    connection: Connection, scope: Scope, *, entity: EntityType, options: Options, where: str = ""
) -> Mapping[Typed, Solution]:
    """What the geospatial parts of filter and order came to; nothing is done where there are none.

    Raises the language's problems and TooManyPlaces.
    """
    asked = [options.filter, *(order.expression for order in options.order)]
    if not any(name in functions.SPATIAL for node in asked for name in tree.calls(node)):
        return {}
    await asyncio.to_thread(importlib.import_module, "shapely")
    nodes: list[Typed] = []
    found: dict[Typed, Solution] = {}
    within: dict[Column, list[int]] = {}
    if options.filter is not None:
        nodes.append(checker.condition(options.filter, entity=entity, where=where + "$filter"))
    sort = checker.sort_keys(options.order, entity=entity, where=where + "$orderby")
    deadline = time.monotonic() + SECONDS
    for node in [*nodes, *(key.expression for key in sort)]:
        for part, question in _questions(node):
            if part not in found:
                found[part] = await _solution(connection, scope, question, within, deadline)
        within = _within_filter(node, found) if node in nodes else within
    return found


def _within_filter(node: Typed, found: Mapping[Typed, Solution]) -> dict[Column, list[int]]:
    """The ids that all rows have, by the column they were found for: an order need not look further."""
    if isinstance(node, Connective) and node.operator == "and":
        merged: dict[Column, list[int]] = {}
        for item in node.operands:
            merged |= _within_filter(item, found)
        return merged
    solution = found.get(node)
    if isinstance(solution, Chosen) and not solution.negated:
        return {solution.column: solution.ids}
    return {}


@dataclass(frozen=True, slots=True)
class _Threshold:
    """A distance compared with a number."""

    node: Spatial
    column: Column
    sign: str
    limit: float


def _questions(node: Typed) -> Iterator[tuple[Typed, Spatial | _Threshold]]:
    """The parts to be solved, each with what is asked."""
    below: tuple[Typed, ...] = ()
    match node:
        case Spatial():
            yield node, node
        case Comparison():
            threshold = _threshold(node)
            if threshold is not None:
                yield node, threshold
                return
            below = (node.left, node.right)
        case As() | Negation():
            below = (node.operand,)
        case Apply():
            below = node.arguments
        case Connective():
            below = node.operands
        case Quantifier():
            below = (node.body,) if node.body is not None else ()
    for item in below:
        yield from _questions(item)


def _threshold(node: Comparison) -> _Threshold | None:
    """What `geo.distance(…) lt 0.1` asks, whichever side stands first."""
    for left, right, sign in (
        (node.left, node.right, node.operator),
        (node.right, node.left, _MIRRORED[node.operator]),
    ):
        if not isinstance(left, Spatial) or left.name != "geo.distance" or left.column is None:
            continue
        if isinstance(right, Constant) and right.kind is Kind.NUMBER:
            return _Threshold(left, left.column, sign, float(right.value.value))
    return None


@dataclass(frozen=True, slots=True)
class _Search:
    """Which geometries to look at, what to compute of each, and which numbers or truths to keep."""

    node: Spatial
    column: Column
    box: str | None = None
    keep: Callable[[Any], Any] | None = None
    lines: bool = False
    ids: list[int] | None = None


async def _solution(
    connection: Connection,
    scope: Scope,
    question: Spatial | _Threshold,
    within: Mapping[Column, list[int]],
    deadline: float,
) -> Solution:
    if isinstance(question, _Threshold):
        return await _within(connection, scope, question, deadline)
    node = question
    if node.column is None:
        return await _constant(node)
    search = _Search(node, node.column)
    literal = _literal(node)
    if node.kind is Kind.NUMBER:
        lines = node.name == "geo.length"
        found = await _look(
            connection, scope, replace(search, lines=lines, ids=within.get(node.column)), deadline
        )
        ids, numbers = [number for number, _ in found], [value for _, value in found]
        return Measured(node.column, ids, numbers, 0.0 if lines else None)
    apart = node.name == "st_disjoint"
    if apart:
        search = replace(search, node=replace(node, name="st_intersects"))
    if node.name != "st_relate" or not shapes.may_be_apart(node.pattern):
        search = replace(search, box=shapes.box(literal))
    found = await _look(connection, scope, replace(search, keep=bool), deadline)
    return Chosen(node.column, [number for number, _ in found], negated=apart)


async def _within(connection: Connection, scope: Scope, asked: _Threshold, deadline: float) -> Chosen:
    negated, absent = asked.sign in _OPPOSITES, asked.sign == "ne"
    if asked.limit < 0:
        return Chosen(asked.column, [], negated, absent)
    test = _TESTS[_OPPOSITES.get(asked.sign, asked.sign)]
    box = shapes.box(_literal(asked.node), margin=min(asked.limit, 1e6))
    search = _Search(asked.node, asked.column, box, lambda distance: test(distance, asked.limit))
    found = await _look(connection, scope, search, deadline)
    return Chosen(asked.column, [number for number, _ in found], negated, absent)


async def _constant(node: Spatial) -> Constant:
    operands = [item for item in node.operands if isinstance(item, str)]
    value = await asyncio.to_thread(shapes.compute_constant, node.name, operands, node.pattern)
    if node.kind is Kind.BOOLEAN:
        return Constant(Value(Kind.BOOLEAN, bool(value)))
    return Constant(Value(Kind.NUMBER, float(value)))


def _literal(node: Spatial) -> str:
    return next((item for item in node.operands if isinstance(item, str)), "")


async def _look(
    connection: Connection, scope: Scope, search: _Search, deadline: float
) -> list[tuple[int, float]]:
    """The ids that are kept, with their values."""
    compute = partial(
        _compute,
        search,
        [item if isinstance(item, str) else None for item in search.node.operands],
    )
    kept: list[tuple[int, float]] = []
    seen, size, at_once = 0, 0, _BLOCK
    if search.box is None:
        counted = Fragment("select count(*) from (") + _candidates(scope, search) + Fragment(") counted")
        _check(search, seen=(await rows.fetch(connection, counted))[0][0], size=0)
    async with connection.cursor(name="places") as cursor:
        cursor.adapters.register_loader("jsonb", rows.JsonText)
        await rows.execute(cursor, _candidates(scope, search))
        while block := await cursor.fetchmany(at_once):
            seen += len(block)
            size += sum(len(item) for _, item in block)
            _check(search, seen=seen, size=size)
            at_once = _LARGER_BLOCK if size < seen * _SMALL else _BLOCK
            kept += await asyncio.to_thread(compute, block, deadline)
    return kept


def _check(search: _Search, *, seen: int, size: int) -> None:
    if seen > MOST_CANDIDATES or size > MOST_BYTES:
        raise TooManyPlaces(
            f"more than {MOST_CANDIDATES} geometries (or {MOST_BYTES >> 20} MiB of them) would have to be"
            f" compared for {search.node.name}"
        )


def _candidates(scope: Scope, search: _Search) -> Fragment:
    entity = entities.BY_SET[search.node.entity]
    place = root(entity=entity, names=Names(scope))
    column = place.column(search.column.property.column) if search.column.property else "null::jsonb"
    around = place.box(search.column)
    conditions = [place.access(), Fragment(f"{around} is not null")]
    if search.box is not None:
        conditions.append(Fragment(f"{around} && %s::box", (search.box,)))
    if search.ids is not None:
        conditions.append(Fragment(f"{place.alias}.id = any(%s::bigint[])", (search.ids,)))
    if search.lines:
        conditions.append(Fragment(f"{column}::text like %s", (_WITH_LINES,)))
    head = Fragment(f"select {place.alias}.id, {column} from ")
    limit = Fragment(f" limit {MOST_CANDIDATES + 1:d}")
    source = place.table + place.frame.tail()
    return head + source + Fragment(" where ") + fragments.every(conditions) + limit


def _compute(
    search: _Search, operands: list[str | None], block: list[rows.Row], deadline: float
) -> list[tuple[int, float]]:
    """Runs in a thread: shapely lets other threads run meanwhile, but can only be stopped between pieces."""
    found: list[tuple[int, float]] = []
    for piece in _pieces(block):
        if time.monotonic() > deadline:
            raise TooManyPlaces(f"comparing geometries for {search.node.name} took more than {SECONDS:g} s")
        stored = [item for _, item in piece]
        values = shapes.compute(search.node.name, operands, search.node.pattern, stored)
        for (number, _), value in zip(piece, values.tolist(), strict=True):
            if search.keep is not None:
                if search.keep(value):
                    found.append((number, 1.0))
            elif math.isfinite(value):
                found.append((number, value))
    return found


def _pieces(block: list[rows.Row]) -> Iterator[list[rows.Row]]:
    piece: list[rows.Row] = []
    size = 0
    for row in block:
        piece.append(row)
        size += len(row[1])
        if size > _AT_A_TIME:
            yield piece
            piece, size = [], 0
    if piece:
        yield piece
