# SPDX-License-Identifier: EUPL-1.2
"""The first observations of each of many datastreams where LATERAL … LIMIT is not to be had: on Citus.

The one difference between the databases: there one short statement for each datastream is sent, all of them
at once, and each goes to the worker that has the datastream.
"""

from __future__ import annotations

from collections.abc import Sequence
from weakref import WeakKeyDictionary

from stadtkern.core import statements
from stadtkern.core.database import Connection
from stadtkern.core.fragments import Fragment
from stadtkern.things import entities
from stadtkern.things.entities import Relation
from stadtkern.things.queries import level, rows
from stadtkern.things.queries.level import Level

_spread: WeakKeyDictionary[Connection, bool] = WeakKeyDictionary()


async def needed(connection: Connection, *, prepared: Level, relation: Relation) -> bool:
    """Whether the observations of datastreams have to be asked for one datastream at a time."""
    if prepared.entity is not entities.OBSERVATION or relation.remote != "datastream_id":
        return False
    known = _spread.get(connection)
    if known is None:
        row = await (await connection.execute(statements.load("things")["citus_version"])).fetchone()
        known = _spread[connection] = row is not None
    return known


async def below(connection: Connection, *, prepared: Level, ids: Sequence[int], limit: int) -> list[rows.Row]:
    """The rows of `level.per_parent`, by one statement for each datastream in one pipeline."""
    cursors = []
    async with connection.pipeline():
        for number in ids:
            cursor = rows.cursor(connection)
            await rows.execute(cursor, _of_one(prepared, number, limit=limit))
            cursors.append(cursor)
    return [row for cursor in cursors for row in await cursor.fetchall()]


def _of_one(prepared: Level, number: int, *, limit: int) -> Fragment:
    mine = Fragment(f"{prepared.place.alias}.datastream_id = %s", (number,))
    inner = level.plain(prepared, extra=[mine], limit=limit, skip=prepared.options.skip)
    head = Fragment("select %s::bigint, null::bigint, x.* from (", (number,))
    return head + inner + Fragment(") x")
