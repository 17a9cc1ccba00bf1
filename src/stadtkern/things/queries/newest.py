# SPDX-License-Identifier: EUPL-1.2
"""The newest observations of all datastreams together, without a walk through all observations."""

from __future__ import annotations

from stadtkern.core.access import Scope
from stadtkern.core.database import Connection
from stadtkern.core.fragments import Fragment
from stadtkern.things import entities
from stadtkern.things.language import tree
from stadtkern.things.queries import level, rows
from stadtkern.things.queries.level import Level

MOST = 200


def applies(prepared: Level, *, limit: int) -> bool:
    """Whether the question is `$orderby=phenomenonTime desc` on its first page, and nothing more."""
    asked = prepared.options
    wanted = (tree.Order(tree.Path(("phenomenonTime",), 1), True),)
    plain = asked.filter is None and asked.token is None and not asked.skip
    return prepared.entity is entities.OBSERVATION and plain and asked.order == wanted and limit <= MOST


async def fetch(connection: Connection, scope: Scope, prepared: Level, *, limit: int) -> list[rows.Row]:
    """The rows in order: the newest few can only be in as many of the datastreams that moved last."""
    alias = prepared.place.alias
    streams = (
        Fragment(
            "with p as materialized (select s.datastream_id as id, s.last_time from things.datastream_state s"
            " join things.datastream d on d.id = s.datastream_id where s.last_time is not null and "
        )
        + scope.on("d.dataset_id")
        + Fragment(f" order by s.last_time desc, s.datastream_id desc limit {limit:d})")
    )
    inside = [
        Fragment(f"{alias}.datastream_id = p.id and {alias}.phenomenon_time <= p.last_time"),
        Fragment(
            f"{alias}.phenomenon_time >="
            " coalesce((select min(q.last_time) from p q having count(*) = %s), '-infinity')",
            (limit,),
        ),
    ]
    body = level.plain(prepared, extra=inside, limit=limit)
    statement = streams + Fragment(" select x.* from p cross join lateral (") + body + Fragment(") x")
    found = await rows.fetch(connection, statement)
    found.sort(key=lambda row: (row[-3], int(row[-2]), int(row[-1])), reverse=True)
    return found[:limit]
