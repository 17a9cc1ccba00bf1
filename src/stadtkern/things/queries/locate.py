# SPDX-License-Identifier: EUPL-1.2
"""Follow the steps of an address to the entity or collection it ends in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise

from stadtkern.core import fragments
from stadtkern.core.access import Scope
from stadtkern.core.database import Connection
from stadtkern.core.fragments import Fragment
from stadtkern.things.entities import EntityType, Relation
from stadtkern.things.language.paths import Step
from stadtkern.things.language.places import Names, Place, root
from stadtkern.things.language.places import connection as connecting
from stadtkern.things.queries import away, rows
from stadtkern.things.queries.problems import NoSuchEntity


@dataclass(frozen=True, slots=True)
class Parent:
    """An entity that exists and may be seen, and the relation that leads on from it."""

    entity: EntityType
    id: int
    relation: Relation


async def parent(connection: Connection, scope: Scope, *, steps: Sequence[Step]) -> Parent | None:
    """The entity before the last step, None where there is only one step. Raises NoSuchEntity."""
    if len(steps) == 1:
        return None
    relation = steps[-1].relation
    if relation is None:
        raise NoSuchEntity
    return Parent(steps[-2].entity, await identify(connection, scope, steps=steps[:-1]), relation)


async def identify(connection: Connection, scope: Scope, *, steps: Sequence[Step]) -> int:
    """The id of the entity that the steps lead to. Raises NoSuchEntity."""
    for narrow in (True, False):
        statement = _statement(scope, steps, narrow=narrow)
        found = await rows.fetch(connection, statement, anew=not all(step.entity.owned for step in steps))
        if found:
            return int(found[0][0])
        if all(step.entity.owned or step.id is None for step in steps):
            break
    if not steps[0].entity.owned and steps[0].id is not None:
        await away.observation(connection, scope, number=steps[0].id)
    raise NoSuchEntity(_describe(steps))


def _statement(scope: Scope, steps: Sequence[Step], *, narrow: bool) -> Fragment:
    first = root(entity=steps[0].entity, names=Names(scope))
    places = [first]
    for step in steps[1:]:
        places.append(Place(step.entity, first.frame.names.new(), first.frame))
    conditions = [place.access() for place in places]
    for step, place in zip(steps, places, strict=True):
        if step.id is not None:
            conditions.append(by_id(place, step.id, narrow=narrow))
    for (before, place), step in zip(pairwise(places), steps[1:], strict=True):
        if step.relation is not None:
            conditions.append(connecting(step.relation, before.alias, place.alias))
    tables = Fragment(", ".join(place.table.text for place in places))
    return (
        Fragment(f"select {places[-1].alias}.id from ")
        + tables
        + Fragment(" where ")
        + fragments.every(conditions)
        + Fragment(" limit 1")
    )


def by_id(place: Place, number: int, *, narrow: bool = True) -> Fragment:
    """The condition for one id. An observation's id names the month to look in, unless it was moved since."""
    equal = Fragment(f"{place.alias}.id = %s::bigint", (number,))
    if place.entity.owned or not narrow:
        return equal
    months = number >> 40
    start = _month(months)
    if start is None:
        return equal
    time = f"{place.alias}.phenomenon_time"
    span = Fragment(
        f"{time} >= %s::timestamptz and {time} < %s::timestamptz",
        (start, _month(months + 1) or start),
    )
    return fragments.every([equal, span])


def _month(number: int) -> datetime | None:
    year, month = divmod(number, 12)
    return datetime(1900 + year, month + 1, 1, tzinfo=UTC) if 0 <= year < 8000 else None


def _describe(steps: Sequence[Step]) -> str:
    last = next((step for step in reversed(steps) if step.id is not None), steps[-1])
    return (
        f"no {last.entity.name} with the id {last.id}"
        if last.id is not None
        else f"no {last.entity.name} here"
    )
