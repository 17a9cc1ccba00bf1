# SPDX-License-Identifier: EUPL-1.2
"""Reads of versions: those that one may see of a collection that one may see, each as a source of rows."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from stadtkern.core import fragments, problems, statements
from stadtkern.core.access import Scope
from stadtkern.core.database import Connection
from stadtkern.core.fragments import Fragment
from stadtkern.features import entities, rows
from stadtkern.features.entities import Collection
from stadtkern.features.sources import Stored
from stadtkern.features.versions import keeping

_TABLE = re.compile(r"t_[0-9]+_[0-9]+")
_VERSION = (
    "select v.number, v.at, v.mode, v.restored_from, coalesce(p.name, ''), v.note, v.columns, v.bounds,"
    " v.srid, v.n, v.table_name, v.last_id, v.overwritten, v.ended_at, v.summary, {public}"
    " from features.version v join features.collection c on c.id = v.collection_id"
    " join core.dataset d on d.id = c.dataset_id left join core.room r on r.id = v.room_id"
    " left join core.principal p on p.id = v.person_id where "
)
_PUBLIC = "(v.ended_at is null or (v.state = 'published' and (v.room_id = d.room_id or r.kind = 'public')))"
_MOST = 500


class NoSuchVersion(problems.Problem):
    """There is no such version of the collection.

    Old versions are kept for a limited time only; the list of versions says which there are.
    """

    status = 404


class Version(msgspec.Struct, frozen=True, kw_only=True):
    """One delivery as it was; `person` and `note` only where one works on the dataset.

    `ended_at` is None while the version is shown; `public` says whether it is visible with its dataset, and
    not only to those who work on it. `table_name`, `last_id` and `overwritten` say where its rows are.
    """

    number: int
    at: datetime
    mode: keeping.Mode
    restored_from: int | None
    person: str
    note: str
    collection: Collection
    last_id: int | None
    overwritten: bool
    ended_at: datetime | None
    summary: Mapping[str, Any] | None
    public: bool


class Kept(Stored):
    """A version as a source of rows: they lie in its table as far as they were not changed later."""

    def __init__(self, version: Version):
        super().__init__(version.collection)
        self._version = version
        self.place = f"{version.collection.table_name}@{version.number}"

    def table(self, scope: Scope) -> Fragment:
        """The table, without what came behind it, and with what came over it as it was before."""
        table, last = self.collection.table_name, self._version.last_id
        if not _TABLE.fullmatch(table):
            raise ValueError(table)
        if last is None and not self._version.overwritten:
            return super().table(scope)
        upto = Fragment(" where t.id <= %s", (last,)) if last is not None else Fragment(" where true")
        if not self._version.overwritten:
            names = ", ".join(f"t.{name}" for name in ("id", *self._names()))
            return Fragment(f"(select {names} from features.{table} t") + upto + Fragment(") f")  # noqa: S608
        # Row by row the first of its former states after this version: a page costs no more than a page.
        was = f"features.{keeping.before(table)}"
        names = ", ".join(f"case when w.id is null then t.{n} else w.{n} end as {n}" for n in self._names())
        found = Fragment(f"(select t.id, {names} from features.{table} t")  # noqa: S608  (checked above)
        found += Fragment(
            f" left join lateral (select * from {was} w where w.id = t.id and w.replaced_in > %s"  # noqa: S608
            " order by w.replaced_in limit 1) w on true",
            (self._version.number,),
        )
        return found + upto + Fragment(") f")

    def _names(self) -> list[str]:
        columns = [f"c{at:d}" for at in range(1, len(self.collection.columns) + 1)]
        return [*columns, *(("geometry", "bounds") if self.collection.geometry else ())]


async def versions(
    connection: Connection, scope: Scope, *, collection: Collection, everything: bool
) -> list[Version]:
    """The versions of a collection, newest first; without `everything` those that are visible with it."""
    return await _read(connection, scope, collection=collection, everything=everything, number=None)


async def version(
    connection: Connection, scope: Scope, *, collection: Collection, everything: bool, number: int
) -> Version:
    """One version. Raises NoSuchVersion."""
    found = await _read(connection, scope, collection=collection, everything=everything, number=number)
    if not found:
        raise NoSuchVersion(f"{collection.key}: {number}")
    return found[0]


async def works_on(connection: Connection, *, person_id: int | None, dataset_id: int | None) -> bool:
    """Whether somebody may change the dataset, and so may see all of its versions."""
    if person_id is None or dataset_id is None:
        return False
    about = {"person_id": person_id, "dataset_id": dataset_id}
    row = await (await connection.execute(statements.load("features")["works_on"], about)).fetchone()
    return bool(row and row[0])


async def _read(
    connection: Connection, scope: Scope, *, collection: Collection, everything: bool, number: int | None
) -> list[Version]:
    conditions = [
        scope.on("c.dataset_id"),
        scope.on("d.id"),
        Fragment("c.id = %s", (collection.id,)),
    ]
    if not everything:
        conditions.append(Fragment(_PUBLIC))
    if number is not None:
        conditions.append(Fragment("v.number = %s", (number,)))
    statement = Fragment(_VERSION.replace("{public}", _PUBLIC)) + fragments.every(conditions)
    statement += Fragment(" order by v.number desc limit %s", (_MOST,))
    return [_version(row, collection, everything) for row in await rows.fetch(connection, statement)]


def _version(row: Sequence[Any], now: Collection, everything: bool) -> Version:
    then = msgspec.structs.replace(
        now,
        columns=msgspec.convert(row[6], tuple[entities.Column, ...]),
        bounds=entities.corners(row[7]),
        srid=row[8],
        n=row[9],
        version=row[0],
        table_name=row[10],
        modified_at=row[1],
    )
    return Version(
        number=row[0],
        at=row[1],
        mode=row[2],
        restored_from=row[3],
        person=row[4] if everything else "",
        note=row[5] if everything else "",
        collection=then,
        last_id=row[11],
        overwritten=row[12],
        ended_at=row[13],
        summary=row[14],
        public=row[15],
    )
