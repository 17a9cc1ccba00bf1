# SPDX-License-Identifier: EUPL-1.2
"""Table aliases while a statement is being built, each with the condition of access from the first moment."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import count

from stadtkern.core import fragments
from stadtkern.core.access import Scope
from stadtkern.core.fragments import Fragment
from stadtkern.things import access, entities
from stadtkern.things.entities import EntityType, Relation
from stadtkern.things.language.problems import QueryTooLarge
from stadtkern.things.language.typed import Column, Measured, Solution, Typed

# The database's planner takes time for each table, and for each partition of the observations.
MAX_TABLES = 24
MAX_OBSERVATIONS = 6


class Names:
    """Aliases that are unique in one statement, the scope they obey, and what is known beforehand.

    `solved` holds what the geospatial parts of the query came to; `bound` where the variables stand; `around`
    the places, one inside the other, whose conditions are being built, and `shielded` how many of them a CASE
    asks for access already.
    """

    def __init__(self, scope: Scope, solved: Mapping[Typed, Solution] | None = None):
        self.scope = scope
        self.solved: Mapping[Typed, Solution] = solved or {}
        self.bound: dict[str, Place] = {}
        self.around: list[Place] = []
        self.shielded = 0
        self._numbers = count(1)
        self._observations = 0

    def new(self, entity: EntityType | None = None) -> str:
        """A fresh alias. Raises QueryTooLarge."""
        number = next(self._numbers)
        self._observations += entity is not None and not entity.owned
        if number > MAX_TABLES or self._observations > MAX_OBSERVATIONS:
            raise QueryTooLarge(
                f"it goes over more than {MAX_TABLES} relations, or over more than {MAX_OBSERVATIONS} to"
                " Observations"
            )
        return f"t{number}"


@dataclass(slots=True)
class Frame:
    """One FROM list."""

    names: Names
    joins: list[Fragment] = field(default_factory=list)

    def tail(self) -> Fragment:
        """The joins, to be put behind the first table."""
        return fragments.join(self.joins, separator="")


@dataclass(slots=True)
class Place:
    """One alias in a frame: which entity type stands there, and what has been joined to it."""

    entity: EntityType
    alias: str
    frame: Frame
    ones: dict[str, Place] = field(default_factory=dict)
    many: dict[str, Place] = field(default_factory=dict)
    state: str = ""

    @property
    def table(self) -> Fragment:
        """The table with its alias."""
        return Fragment(f"{self.entity.table} {self.alias}")

    def access(self) -> Fragment:
        """What may be seen here."""
        return access.visible(scope=self.frame.names.scope, entity=self.entity, alias=self.alias)

    def column(self, template: str) -> str:
        """Put the aliases into a property's column."""
        if "{s}" in template and not self.state:
            self.state = self.frame.names.new()
            self.frame.joins.append(
                Fragment(
                    f" left join things.datastream_state {self.state}"
                    f" on {self.state}.datastream_id = {self.alias}.id"
                )
            )
        return template.format(a=self.alias, s=self.state)

    def follow(self, relation: Relation) -> Place:
        """The place a relation to one leads to; joined on first use."""
        known = self.many.get(relation.name) or self.ones.get(relation.name)
        if known is not None:
            return known
        target = entities.target(relation)
        place = Place(target, self.frame.names.new(target), self.frame)
        conditions = fragments.every([connection(relation, self.alias, place.alias), place.access()])
        self.frame.joins.append(Fragment(" left join ") + place.table + Fragment(" on ") + conditions)
        self.ones[relation.name] = place
        return place

    def start(self, origin: str) -> Place:
        """Where a way begins: at the variable of that name, or here."""
        return self.frame.names.bound[origin] if origin else self

    def standing(self, column: Column) -> Place:
        """The place at which a column stands."""
        spot = self.start(column.origin)
        for step in column.steps:
            spot = spot.follow(step)
        return spot

    def box(self, column: Column) -> str:
        """The box around the geometry of a column that stands here."""
        return self.column(column.property.box) if column.property and column.property.box else "null::box"

    def measured(self, solution: Measured) -> str:
        """Join numbers by the id of what stands here; returns the column of the number."""
        alias = self.frame.names.new()
        self.frame.joins.append(
            Fragment(
                f" left join unnest(%s::bigint[], %s::float8[]) as {alias}(id, number)"
                f" on {alias}.id = {self.alias}.id",
                (solution.ids, solution.numbers),
            )
        )
        return f"{alias}.number"

    def exists(
        self, relation: Relation, build: Callable[[Place], Fragment], *, implied: bool = True
    ) -> Fragment:
        """Whether a relation to many has an entity for which the condition built meanwhile holds.

        Meanwhile, an implied way over the relation means the entity looked for.
        """
        frame = Frame(self.frame.names)
        target = entities.target(relation)
        place = Place(target, frame.names.new(target), frame)
        if implied:
            self.many[relation.name] = place
        frame.names.around.append(place)
        condition = build(place)
        frame.names.around.pop()
        if implied:
            del self.many[relation.name]
        source, way = place.table, connection(relation, self.alias, place.alias)
        if relation.link is not None:
            # As a join, from which the planner may begin at either end.
            link, alias = relation.link, frame.names.new()
            source += Fragment(f" join {link.table} {alias} on {alias}.{link.there} = {place.alias}.id")
            way = Fragment(f"{alias}.{link.here} = {self.alias}.id")
        conditions = fragments.every([way, place.access(), condition])
        head = Fragment("exists (select 1 from ") + source + frame.tail()
        return head + Fragment(" where ") + conditions + Fragment(")")


def root(*, entity: EntityType, names: Names) -> Place:
    """The first place of a statement."""
    place = Place(entity, names.new(entity), Frame(names))
    names.around.append(place)
    return place


def connection(relation: Relation, here: str, there: str) -> Fragment:
    """The condition that connects the aliases of both ends of a relation."""
    if relation.local:
        return Fragment(f"{there}.id = {here}.{relation.local}")
    if relation.link is not None:
        link = relation.link
        return Fragment(
            f"{there}.id in (select k.{link.there} from {link.table} k where k.{link.here} = {here}.id)"
        )
    direct = Fragment(f"{there}.{relation.remote} = {here}.id")
    if relation.remote != "feature_id":
        return direct
    # Observations are stored by datastream, so the datastreams that have the feature come first.
    streams = Fragment(
        f"{there}.datastream_id in (select k.datastream_id from things.datastream_feature k"
        f" where k.feature_id = {here}.id)"
    )
    return fragments.every([direct, streams])
