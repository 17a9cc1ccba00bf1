# SPDX-License-Identifier: EUPL-1.2
"""One write: who does it, on which connection, and what it may do."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from psycopg import sql

from stadtkern.core import access, fragments
from stadtkern.core.access import Principal, Rights, Scope, Verb
from stadtkern.core.database import Connection
from stadtkern.core.fragments import Fragment
from stadtkern.core.settings import Settings
from stadtkern.things.entities import EntityType
from stadtkern.things.language.places import Names, root
from stadtkern.things.operations.problems import UnknownReference
from stadtkern.things.queries import locate, rows
from stadtkern.things.readings import Reading


@dataclass(slots=True)
class Change:
    """A write in the caller's transaction.

    `waiting` collects the observations of a deep insert, `touched` the ids of what was made or changed.
    `arrived` is the time of observations that come without one; None: the present.
    """

    connection: Connection
    principal: Principal
    rights: Rights
    scope: Scope
    settings: Settings
    waiting: list[Reading] = field(default_factory=list)
    touched: dict[str, set[int]] = field(default_factory=dict)
    arrived: datetime | None = None

    def touch(self, entity: EntityType, number: int) -> None:
        """Note that an entity is new or different; whoever follows it is told after the commit."""
        self.touched.setdefault(entity.name, set()).add(number)

    def require(self, dataset_id: int, verb: Verb, *, datastream_id: int | None = None) -> None:
        """Let pass, or raise Forbidden, NotFound. `datastream_id`: whose observations it is about."""
        access.check(
            rights=self.rights, scope=self.scope, dataset_id=dataset_id, verb=verb,
            datastream_id=datastream_id,
        )  # fmt: skip

    def may(self, dataset_id: int, verb: Verb) -> bool:
        """Whether the principal may do that with the whole dataset."""
        return self.rights.allow(verb, dataset_id=dataset_id)

    async def dataset_of(self, entity: EntityType, number: int) -> int | None:
        """The dataset of an entity that may be seen, locked against removal; None where there is none."""
        place = root(entity=entity, names=Names(self.scope))
        owner = "dataset_id" if entity.owned else "datastream_id"
        for narrow in (True, False):
            conditions = fragments.every([locate.by_id(place, number, narrow=narrow), place.access()])
            head = Fragment(f"select {place.alias}.{owner} from ") + place.table + Fragment(" where ")
            one = head + conditions + Fragment(" for key share")
            found = await rows.fetch(self.connection, one, anew=not entity.owned)
            if found or entity.owned:
                break
        if not found:
            return None
        return int(found[0][0])

    async def refer(self, entity: EntityType, number: int, *, where: str) -> int:
        """The dataset of an entity that is referred to. Raises UnknownReference."""
        dataset_id = await self.dataset_of(entity, number)
        if dataset_id is None:
            raise UnknownReference(f"no {entity.name} with the id {number}", where=where)
        return dataset_id

    async def insert(self, entity: EntityType, columns: dict[str, Any]) -> int:
        """Write a row; returns its id."""
        names = sql.SQL(", ").join(sql.Identifier(name) for name in columns)
        marks = sql.SQL(", ").join(sql.Placeholder() for _ in columns)
        statement = sql.SQL("insert into {} ({}) values ({}) returning id").format(
            sql.Identifier(*entity.table.split(".")), names, marks
        )
        row = await (await self.connection.execute(statement, list(columns.values()))).fetchone()
        number = int(row[0]) if row else 0
        self.touch(entity, number)
        return number

    async def update(self, entity: EntityType, number: int, columns: dict[str, Any]) -> None:
        """Change a row."""
        self.touch(entity, number)
        if not columns:
            return
        pairs = sql.SQL(", ").join(
            sql.SQL("{} = {}").format(sql.Identifier(name), sql.Placeholder()) for name in columns
        )
        statement = sql.SQL("update {} set {} where id = {}").format(
            sql.Identifier(*entity.table.split(".")), pairs, sql.Placeholder()
        )
        await self.connection.execute(statement, [*columns.values(), number])
