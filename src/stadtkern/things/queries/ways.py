# SPDX-License-Identifier: EUPL-1.2
"""Which observations a filter reaches: over relations from when until when, and of which Datastreams."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import NamedTuple

from stadtkern.things import entities
from stadtkern.things.entities import EntityType, Kind
from stadtkern.things.language import tree

_OBSERVED = entities.OBSERVATION
_TIME = "phenomenonTime"
_STREAM_RELATIONS = ("Datastream", "MultiDatastream")


class Span(NamedTuple):
    """Between which instants observations are looked for; None without bound."""

    low: datetime | None = None
    high: datetime | None = None

    def narrowed(self, sign: str, moment: datetime) -> Span:
        """The part in which phenomenonTime also compares so with a moment."""
        low, high = self
        if sign in ("ge", "gt", "eq"):
            low = moment if low is None else max(low, moment)
        if sign in ("le", "lt", "eq"):
            high = moment if high is None else min(high, moment)
        return Span(low, high)


EVER = Span()
_Variables = Mapping[str, EntityType]
# A way over relations to observations: the variable it begins at, and its names.
_Way = tuple[str, ...]


def spans(node: tree.Expression, entity: EntityType) -> list[Span]:
    """The spans of all observations that a filter of an entity type looks at over relations."""
    return list(_walk(node, entity, {}))


def split(node: tree.Expression, entity: EntityType) -> tuple[tree.Expression, ...]:
    """The conditions of a filter, which all must hold, that look at no observations over relations."""
    operands = _conjuncts(node)
    return tuple(item for item in operands if not spans(item, entity))


def _conjuncts(node: tree.Expression) -> list[tree.Expression]:
    if isinstance(node, tree.Logic) and node.operator == "and":
        return [inner for item in node.operands for inner in _conjuncts(item)]
    return [node]


def _walk(node: tree.Expression, entity: EntityType, variables: _Variables) -> Iterator[Span]:
    match node:
        case tree.Logic("and"):
            yield from _together(_conjuncts(node), entity, variables)
        case tree.Logic():
            for item in node.operands:
                yield from _walk(item, entity, variables)
        case tree.Not():
            yield from _walk(node.operand, entity, variables)
        case tree.Lambda():
            yield from _quantified(node, entity, variables)
        case _:
            yield from _together([node], entity, variables)


def _together(nodes: list[tree.Expression], entity: EntityType, variables: _Variables) -> Iterator[Span]:
    """Conditions that must hold together; those over the same way hold for one observation."""
    found: dict[_Way, Span] = {}
    for node in nodes:
        if isinstance(node, tree.Logic | tree.Not | tree.Lambda):
            yield from _walk(node, entity, variables)
            continue
        for path in _paths(node):
            way = _way(path, entity, variables)
            if way:
                found.setdefault(way, EVER)
        match node:
            case tree.Compare(sign, tree.Path() as path, tree.Literal(value)) if value.kind is Kind.INSTANT:
                way = _way(path, entity, variables)
                if way and path.names[len(way) :] == (_TIME,):
                    found[way] = found[way].narrowed(sign, value.value)
            case _:
                pass
    yield from found.values()


def _quantified(node: tree.Lambda, entity: EntityType, variables: _Variables) -> Iterator[Span]:
    way = _way(node.path, entity, variables)
    at = _end(node.path, entity, variables)
    if way and (at is not _OBSERVED or node.word == "all"):
        yield EVER
    elif way:
        yield _of_variable(node)
    if node.body is not None:
        yield from _walk(node.body, at, {**variables, node.variable: at})


def _of_variable(node: tree.Lambda) -> Span:
    span = EVER
    for item in _conjuncts(node.body) if node.body is not None else ():
        match item:
            case tree.Compare(sign, tree.Path(names), tree.Literal(value)):
                if names == (node.variable, _TIME) and value.kind is Kind.INSTANT:
                    span = span.narrowed(sign, value.value)
            case _:
                pass
    return span


def _paths(node: tree.Expression) -> Iterator[tree.Path]:
    """The paths of which a value is computed."""
    match node:
        case tree.Path():
            yield node
        case tree.Compare():
            yield from _paths(node.left)
            yield from _paths(node.right)
        case tree.Call():
            for item in node.arguments:
                yield from _paths(item)
        case tree.Among():
            for item in (node.subject, *node.options):
                yield from _paths(item)
        case _:
            return


def _way(path: tree.Path, entity: EntityType, variables: _Variables) -> _Way:
    """The first names of a path, up to the last that leads to observations; none where none does."""
    known: _Way = ()
    for index, at in _steps(path, entity, variables):
        if at is _OBSERVED:
            known = path.names[: index + 1]
    return known


def _end(path: tree.Path, entity: EntityType, variables: _Variables) -> EntityType:
    """Where the relations of a path lead."""
    reached = [at for _, at in _steps(path, entity, variables)]
    return reached[-1] if reached else variables.get(path.names[0], entity)


def _steps(path: tree.Path, entity: EntityType, variables: _Variables) -> Iterator[tuple[int, EntityType]]:
    at = variables.get(path.names[0], entity)
    start = 1 if path.names[0] in variables or path.names[0] == "$it" else 0
    for index, name in enumerate(path.names[start:], start):
        relation = at.relation(name)
        if relation is None:
            return
        at = entities.target(relation)
        yield index, at


def named(node: tree.Expression | None) -> list[int] | None:
    """The Datastreams that a filter names by their ids; None where it may be any."""
    match node:
        case tree.Compare("eq", tree.Path((owner, "id" | "@iot.id")), tree.Literal(value)):
            number = value.value
            return [number] if owner in _STREAM_RELATIONS and isinstance(number, int) else None
        case tree.Logic("or", operands):
            each = [named(item) for item in operands]
            return None if None in each else [number for one in each for number in one or ()]
        case tree.Logic("and", operands):
            return next((found for item in operands if (found := named(item)) is not None), None)
    return None
