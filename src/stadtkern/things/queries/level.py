# SPDX-License-Identifier: EUPL-1.2
"""One level of an answer: entities of one type, for one parent or for many, in one statement."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from stadtkern.core import fragments
from stadtkern.core.access import Scope
from stadtkern.core.fragments import Fragment
from stadtkern.things import entities, representation
from stadtkern.things.entities import EntityType, Relation
from stadtkern.things.language import checker, compiler
from stadtkern.things.language.places import Names, Place, root
from stadtkern.things.language.places import connection as connecting
from stadtkern.things.language.problems import InvalidQuery, UnknownName
from stadtkern.things.language.tree import Expand, Options
from stadtkern.things.language.typed import Solution, Typed
from stadtkern.things.queries import keyset
from stadtkern.things.queries.locate import Parent

# The alias of a table that lists parts in order.
_PART = "part"


@dataclass(slots=True)
class Level:
    """The pieces of a level's statement, and where in its rows one finds what."""

    entity: EntityType
    options: Options
    place: Place
    shape: representation.Shape
    expands: list[tuple[Expand, Relation]]
    keys: list[keyset.Key]
    columns: list[Fragment]
    conditions: list[Fragment]
    where: str = ""
    solved: Mapping[Typed, Solution] | None = None

    def foreign_key(self, relation: Relation) -> int:
        """The index of the column that leads to the one entity of a relation."""
        text = f"{self.place.alias}.{relation.local}"
        return next(i for i, column in enumerate(self.columns) if column.text == text)

    def key_values(self, row: Sequence[Any]) -> list[str | None]:
        """The sort values of a row, as the token keeps them."""
        return list(row[len(row) - len(self.keys) :])

    def order(self) -> Fragment:
        """The ORDER BY clause."""
        return keyset.order_by(self.keys)


def prepare(
    *,
    scope: Scope,
    entity: EntityType,
    options: Options,
    fixed: Sequence[str] = (),
    along: Relation | None = None,
    where: str = "",
    solved: Mapping[Typed, Solution] | None = None,
) -> Level:
    """Check the options against the entity type and compile them. Raises the language's problems.

    What a relation `along` lists in an order of its own comes in that order, as often as it is listed.
    `solved` is what `spatial.solve` found for the same options; without it geospatial functions are refused.
    """
    if options.distinct:
        raise InvalidQuery(
            "distinct: stands at a collection, and is answered in JSON", where=where + "$select"
        )
    place = root(entity=entity, names=Names(scope, solved))
    expands = [(item, _relation(entity, item, where)) for item in options.expand]
    shape = representation.shape(entity, select=options.select, inner=bool(where))
    sort = checker.sort_keys(options.order, entity=entity, where=where + "$orderby")
    keys = keyset.keys(entity, place, sort=sort, fixed=fixed)
    if along is not None and along.link is not None and along.link.order and not sort:
        part = f" join {along.link.table} {_PART} on {_PART}.{along.link.there} = {place.alias}.id"
        place.frame.joins.append(Fragment(part))
        keys = [keyset.Key(Fragment(f"{_PART}.{along.link.order}"), False, False, "smallint")]
    columns = [Fragment(text) for text in shape.columns(place)]
    columns += [Fragment(f"{place.alias}.{relation.local}") for _, relation in expands if relation.local]
    columns += [Fragment("(") + key.sql + Fragment(")::text") for key in keys]
    conditions = [place.access()]
    if options.filter is not None:
        typed = checker.condition(options.filter, entity=entity, where=where + "$filter")
        conditions.append(compiler.condition(typed, place))
    if options.token is not None:
        conditions.append(keyset.after(keys, keyset.read_token(keys, options.token)))
    return Level(entity, options, place, shape, expands, keys, columns, conditions, where, solved)


def _relation(entity: EntityType, item: Expand, where: str) -> Relation:
    relation = entity.relation(item.name)
    if relation is None:
        known = ", ".join(r.name for r in entity.relations)
        raise UnknownName(
            f"a {entity.name} has no relation {item.name!r}; it has {known}", where=where + "$expand"
        )
    return relation


def _listed(level: Level, relation: Relation) -> str:
    """The column that says whose part a row is, where a relation lists them in an order of its own."""
    ordered = relation.link is not None and level.keys[0].sql.text.startswith(f"{_PART}.")
    return f"{_PART}.{relation.link.here}" if ordered and relation.link is not None else ""


def of_parent(level: Level, parent: Parent | None) -> Fragment:
    """The condition for the entities that belong to one parent."""
    if parent is None:
        return Fragment("true")
    relation, alias = parent.relation, level.place.alias
    if relation.local:
        source = Fragment(
            f"(select p.{relation.local} from {parent.entity.table} p where p.id = %s)", (parent.id,)
        )
        return Fragment(f"{alias}.id = ") + source
    if relation.remote and relation.remote != "feature_id":
        return Fragment(f"{alias}.{relation.remote} = %s", (parent.id,))
    if listed := _listed(level, relation):
        return Fragment(f"{listed} = %s", (parent.id,))
    inner = connecting(relation, "p", alias)
    return Fragment(f"exists (select 1 from (select %s::bigint as id) p where {inner.text})", (parent.id,))


def plain(level: Level, *, extra: Sequence[Fragment], limit: int | None, skip: int = 0) -> Fragment:
    """The statement for the entities that fulfil the conditions."""
    body = _select(level, lead="", extra=extra)
    if limit is None:
        return body
    body += level.order() + Fragment(f" limit {limit:d}")
    return body + Fragment(f" offset {skip:d}") if skip else body


def per_parent(
    level: Level,
    relation: Relation,
    *,
    ids: Sequence[int],
    limit: int,
    span: tuple[datetime, datetime] | None = None,
) -> Fragment:
    """The statement for the first entities of each of many parents; rows begin with the parent's id.

    `span`: between which times the newest observations lie, where only they are wanted; it spares the planner
    all other partitions.
    """
    extra, source, limits = [connecting(relation, "p", level.place.alias)], "", limit
    if listed := _listed(level, relation):
        extra = [Fragment(f"{listed} = p.id")]
    newest = _newest_first(level, relation)
    if newest is not None:
        source = " join things.datastream_state s on s.datastream_id = p.id"
        single = only_newest(level, relation, limit=limit)
        sign = "=" if single else "<="
        limits = 1 if single else limit
        if span is not None:
            time = f"{level.place.alias}.phenomenon_time"
            extra.append(Fragment(f"{time} between %s::timestamptz and %s::timestamptz", span))
        extra.append(Fragment(f"{level.place.alias}.phenomenon_time {sign} s.last_time"))
    inner = _select(level, lead="p.id as parent, " + ("s.n, " if newest else "null, "), extra=extra)
    inner += level.order() + Fragment(f" limit {limits:d}")
    if level.options.skip:
        inner += Fragment(f" offset {level.options.skip:d}")
    head = Fragment(
        f"select x.* from unnest(%s::bigint[]) as p(id){source} cross join lateral (", (list(ids),)
    )
    return head + inner + Fragment(") x")


def only_newest(level: Level, relation: Relation, *, limit: int) -> bool:
    """Whether of each datastream the one newest observation is wanted, whatever it is."""
    plain = limit == 2 and level.options.filter is None and level.options.skip == 0
    return plain and level.options.token is None and bool(_newest_first(level, relation))


def costly(level: Level, statement: Fragment, *, by_time: bool) -> bool:
    """Whether a statement asks of observations what may take a walk through many of them.

    `by_time` says whether an index serves the order of time, as it does within one datastream.
    """
    asked = level.options.filter is not None or bool(level.options.order)
    if not asked or f"{entities.OBSERVATION.table} " not in statement.text:
        return False
    plain = level.entity is entities.OBSERVATION and level.options.filter is None
    return not (plain and by_time) or level.keys[0].sql.text != f"{level.place.alias}.phenomenon_time"


def _newest_first(level: Level, relation: Relation) -> bool | None:
    """True where the newest observations are wanted: the state knows where to look for them."""
    if level.entity is not entities.OBSERVATION or relation.remote != "datastream_id":
        return None
    first = level.keys[0]
    return True if first.sql.text == f"{level.place.alias}.phenomenon_time" and first.descending else None


def _select(level: Level, *, lead: str, extra: Sequence[Fragment]) -> Fragment:
    columns = Fragment(", ").text.join(column.text for column in level.columns)
    params = tuple(value for column in level.columns for value in column.params)
    conditions = fragments.every([*extra, *level.conditions])
    return (
        Fragment(f"select {lead}{columns} from ", params)
        + level.place.table
        + level.place.frame.tail()
        + Fragment(" where ")
        + conditions
    )
