# SPDX-License-Identifier: EUPL-1.2
"""Answer a read of the API: entities with their expansions, one statement per level."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from operator import add
from typing import Any

from stadtkern.core.access import Scope
from stadtkern.core.database import Connection
from stadtkern.core.fragments import Fragment
from stadtkern.things import entities
from stadtkern.things.entities import EntityType, Relation
from stadtkern.things.language.paths import Resource
from stadtkern.things.language.problems import InvalidQuery
from stadtkern.things.language.tree import Options
from stadtkern.things.queries import (
    apart,
    away,
    counting,
    distinct,
    guard,
    keyset,
    level,
    locate,
    onward,
    reach,
    rows,
    spatial,
    weight,
    windows,
)
from stadtkern.things.queries.level import Level
from stadtkern.things.queries.locate import Parent
from stadtkern.things.queries.problems import AnswerTooLarge, NoSuchEntity
from stadtkern.things.representation import Document

DEFAULT_TOP, MAX_TOP = distinct.TOP, distinct.MOST
MAX_ROWS = weight.MOST
# Observations of one datastream of which anything may be asked without a look at the cost.
FEW = 100_000
_OF_COLLECTIONS = ("$filter", "$orderby", "$skiptoken")
_OF_ONE = {"$select", "$expand", "$top", "$skip", "$count"}


@dataclass(slots=True)
class Reader:
    """One read: a connection in a transaction, what may be seen, the service's address, a budget of rows."""

    connection: Connection
    scope: Scope
    service: str
    budget: int = MAX_ROWS

    async def collection(
        self, *, entity: EntityType, options: Options, parent: Parent | None, address: str
    ) -> Document:
        """A page of a collection with count and link to the next page; `address` is the collection's own."""
        top = min(DEFAULT_TOP if options.top is None else options.top, MAX_TOP)
        prepared = await self.prepare(entity=entity, options=options, parent=parent)
        found = await self.page(prepared, parent, limit=top + 1) if top else []
        answer: Document = {}
        if options.count:
            number, exact = await self._count(prepared, parent, shown=len(found), top=top)
            answer["@iot.count"] = number
            if not exact:
                answer["@iot.countIsEstimate"] = True
        if len(found) > top and top:
            token = keyset.write_token(prepared.keys, prepared.key_values(found[top - 1]))
            answer["@iot.nextLink"] = onward.link(address, options, token)
        answer["value"] = await self._whole(prepared, found[:top])
        return answer

    async def prepare(
        self, *, entity: EntityType, options: Options, parent: Parent | None, where: str = ""
    ) -> Level:
        """The level of a collection, its geospatial parts solved. Raises the language's problems, Away."""
        solved = await spatial.solve(self.connection, self.scope, entity=entity, options=options, where=where)
        prepared = level.prepare(
            scope=self.scope,
            entity=entity,
            options=options,
            fixed=("datastream_id",) if parent and parent.relation.remote == "datastream_id" else (),
            along=parent.relation if parent else None,
            where=where,
            solved=solved,
        )
        await reach.related(self.connection, self.scope, prepared=prepared, parent=parent)
        return prepared

    async def page(self, prepared: Level, parent: Parent | None, *, limit: int) -> list[rows.Row]:
        """The first rows of a collection, behind the token where there is one. Raises QueryTooExpensive."""
        origin = level.of_parent(prepared, parent)
        lacking = await reach.page(self.connection, self.scope, prepared=prepared, parent=parent)
        if lacking is None:
            return await self._rows(prepared, parent, origin, limit=limit)
        found = await self._rows(prepared, parent, origin + Fragment(" and ") + lacking.edge, limit=limit)
        if len(found) < limit:
            filtered = prepared.options.filter is not None
            raise reach.following(lacking, rows=limit - len(found), filtered=filtered)
        return found

    async def _rows(
        self, prepared: Level, parent: Parent | None, origin: Fragment, *, limit: int
    ) -> list[rows.Row]:
        if windows.applies(prepared):
            known = await windows.extent(self.connection, self.scope, parent, limit=limit)
            if known is None:
                return []
            partial = parent is not None and parent.relation.remote != "datastream_id"
            return await windows.fetch(
                self.connection, prepared, origin, known=known, limit=limit, partial=partial
            )
        statement = level.plain(prepared, extra=[origin], limit=limit, skip=prepared.options.skip)
        by_time = parent is not None and parent.relation.remote == "datastream_id"
        if level.costly(prepared, statement, by_time=by_time) and not await self._few(parent):
            await guard.check_cost(self.connection, statement)
        return await rows.fetch(self.connection, statement)

    async def _few(self, parent: Parent | None) -> bool:
        """Whether the observations of a parent are so few that anything may be asked of them."""
        if parent is None or parent.relation.remote != "datastream_id":
            return False
        known = await windows.extent(self.connection, self.scope, parent)
        return known is None or known.n <= FEW

    async def _count(
        self, prepared: Level, parent: Parent | None, *, shown: int, top: int
    ) -> tuple[int, bool]:
        options = prepared.options
        if options.filter is not None:
            await reach.everything(self.connection, self.scope, prepared=prepared, parent=parent)
        if options.token is None and shown <= top and (shown or (top and not options.skip)):
            return options.skip + shown, True
        return await counting.count(self.connection, self.scope, prepared=prepared, parent=parent)

    async def entity(
        self, *, entity: EntityType, options: Options, parent: Parent | None, number: int | None
    ) -> Document:
        """One entity, by id or as the only one a relation leads to. Raises NoSuchEntity, InvalidQuery."""
        misplaced = next((name for name in options.given if name in _OF_COLLECTIONS), None)
        if misplaced is not None:
            text = f"the address leads to one {entity.name}: only $select and $expand fit"
            raise InvalidQuery(text, where=misplaced)
        prepared = level.prepare(scope=self.scope, entity=entity, options=options)
        origin = level.of_parent(prepared, parent)
        for narrow in (True, False):
            extra = [origin]
            if number is not None:
                extra.append(locate.by_id(prepared.place, number, narrow=narrow))
            one = level.plain(prepared, extra=extra, limit=None)
            found = await rows.fetch(self.connection, one, anew=not entity.owned)
            if found:
                return (await self._whole(prepared, found[:1]))[0]
            if entity.owned or number is None:
                break
        if not entity.owned and number is not None:
            await away.observation(self.connection, self.scope, number=number)
        raise NoSuchEntity(f"no {entity.name} " + ("here" if number is None else f"with the id {number}"))

    async def some(
        self, prepared: Level, *, extra: Sequence[Fragment], limit: int | None = None
    ) -> list[tuple[rows.Row, Document]]:
        """The entities of a level that fulfil further conditions, each with the row it was made from."""
        found = await rows.fetch(self.connection, level.plain(prepared, extra=extra, limit=limit))
        return list(zip(found, await self._whole(prepared, found), strict=True))

    async def _whole(self, prepared: Level, found: Sequence[rows.Row]) -> list[Document]:
        """The documents of the first level with all below them. Raises AnswerTooLarge."""
        documents, weights = await self._documents(prepared, found, offset=0, again=False)
        weight.check(weights)
        return documents

    async def _documents(
        self, prepared: Level, found: Sequence[rows.Row], *, offset: int, again: bool
    ) -> tuple[list[Document], list[int]]:
        """Documents, and what each weighs with all below it; `again`: some stand in several places."""
        self.budget -= len(found)
        if self.budget < 0:
            raise AnswerTooLarge(f"more than {MAX_ROWS} entities in one answer")
        build = prepared.shape.builder(service=self.service, offset=offset)
        documents = [build(row) for row in found]
        weights = weight.of(documents) if again else [1] * len(documents)
        for item, relation in prepared.expands if found else ():
            where = f"{prepared.where}$expand/{item.name}: "
            if relation.many:
                ids = [row[offset] for row in found]
                below = await self._expand_many(
                    prepared, relation, item.options, where, documents, ids, again
                )
            else:
                column = offset + prepared.foreign_key(relation)
                keys = [row[column] for row in found]
                below = await self._expand_one(relation, item.options, where, documents, keys, again)
            weights = list(map(add, weights, below))
        return documents, weights

    async def _expand_one(
        self,
        relation: Relation,
        options: Options,
        where: str,
        documents: Sequence[Document],
        keys: Sequence[Any],
        again: bool,
    ) -> list[int]:
        if options.given.keys() - _OF_ONE:
            raise InvalidQuery(f"{relation.name} is one entity: only $select and $expand fit", where=where)
        prepared = level.prepare(
            scope=self.scope, entity=entities.target(relation), options=options, where=where
        )
        wanted = sorted(set(keys) - {None})
        again = again or len(wanted) + keys.count(None) < len(keys)
        extra = Fragment(f"{prepared.place.alias}.id = any(%s::bigint[])", (wanted,))
        found = await rows.fetch(self.connection, level.plain(prepared, extra=[extra], limit=None))
        shown, weights = await self._documents(prepared, found, offset=0, again=again)
        numbers = (row[0] for row in found)
        known = dict(zip(numbers, zip(shown, weights, strict=True), strict=True))
        placed = [known.get(key, (None, 0)) for key in keys]
        for document, (below, _) in zip(documents, placed, strict=True):
            document[relation.name] = below
        return [each for _, each in placed]

    async def _expand_many(
        self,
        above: Level,
        relation: Relation,
        options: Options,
        where: str,
        documents: Sequence[Document],
        ids: Sequence[int],
        again: bool,
    ) -> list[int]:
        top = min(DEFAULT_TOP if options.top is None else options.top, MAX_TOP)
        target, parent = entities.target(relation), Parent(above.entity, 0, relation)
        prepared = await self.prepare(entity=target, options=options, parent=parent, where=where)
        by_parent: dict[int, list[rows.Row]] = {number: [] for number in ids}
        if top:
            below = reach.Below(prepared, relation, list(by_parent), top + 1)
            await reach.expanded(self.connection, self.scope, below=below)
            for row in await self._below(prepared, relation, list(by_parent), limit=top + 1):
                by_parent[row[0]].append(row)
        shown = [row for number in ids for row in by_parent[number][:top]]
        if relation.link is not None:
            again = again or len({row[2] for row in shown}) < len(shown)
        listed, weights = await self._documents(prepared, shown, offset=2, again=again)
        made = iter(listed)
        counts = await self._counts(prepared, relation, ids)
        kept, write = onward.kept(options), keyset.token_writer(prepared.keys)
        for document, number in zip(documents, ids, strict=True):
            own = by_parent[number]
            if counts is not None:
                document[f"{relation.name}@iot.count"] = counts.get(number, 0)
            document[relation.name] = [next(made) for _ in own[:top]]
            more = len(own) > top or (len(own) == top == 1 and (own[0][1] or 0) > 1)
            if more and top:
                address = f"{self.service}/{above.entity.set}({number})/{relation.name}"
                token = write(prepared.key_values(own[top - 1]))
                document[f"{relation.name}@iot.nextLink"] = f"{address}?{kept}$skiptoken={token}"
        return weight.together(weights, [len(by_parent[number][:top]) for number in ids])

    async def _below(
        self, prepared: Level, relation: Relation, ids: Sequence[int], *, limit: int
    ) -> list[rows.Row]:
        """The first rows of each parent. Raises QueryTooExpensive."""
        if await apart.needed(self.connection, prepared=prepared, relation=relation):
            return await apart.below(self.connection, prepared=prepared, ids=ids, limit=limit)
        span = None
        if level.only_newest(prepared, relation, limit=limit):
            span = await windows.newest(self.connection, ids=ids)
            if span is None:
                return []
        statement = level.per_parent(prepared, relation, ids=ids, limit=limit, span=span)
        statement += Fragment(f" limit {MAX_ROWS + 1:d}")
        if level.costly(prepared, statement, by_time=relation.remote == "datastream_id"):
            await guard.check_cost(self.connection, statement)
        return await rows.fetch(self.connection, statement)

    async def _counts(self, prepared: Level, relation: Relation, ids: Sequence[int]) -> dict[int, int] | None:
        if not prepared.options.count:
            return None
        return await counting.count_each(
            self.connection, self.scope, prepared=prepared, relation=relation, ids=ids
        )


async def follow(read: Reader, *, resource: Resource, options: Options) -> Document:
    """Read what an address points to, an entity or a page of a collection. Raises NoSuchEntity."""
    parent = await locate.parent(read.connection, read.scope, steps=resource.steps)
    last = resource.last
    if not last.many:
        return await read.entity(entity=last.entity, options=options, parent=parent, number=last.id)
    address = f"{read.service}/{last.entity.set}"
    if parent is not None:
        address = f"{read.service}/{parent.entity.set}({parent.id})/{parent.relation.name}"
    if options.distinct:
        return await distinct.page(read, parent, entity=last.entity, options=options, address=address)
    return await read.collection(entity=last.entity, options=options, parent=parent, address=address)
