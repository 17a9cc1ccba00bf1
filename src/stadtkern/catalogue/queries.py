# SPDX-License-Identifier: EUPL-1.2
"""Reads complete records of datasets, for pages, exports and whoever must know all of one."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec

from stadtkern.catalogue import addresses
from stadtkern.catalogue.entities import Dataset, Distribution
from stadtkern.core import fragments, statements
from stadtkern.core.access import Scope
from stadtkern.core.database import Connection
from stadtkern.core.fragments import Fragment

MOST = 1000


async def select(
    connection: Connection,
    scope: Scope,
    *conditions: Fragment,
    order: str = "c.dataset_id",
    limit: int = MOST,
    offset: int = 0,
) -> list[Dataset]:
    """Visible records that meet the conditions.

    Aliases: c (catalogue.dataset), d (core.dataset), r (core.room), o (core.organisation). `order` is SQL.
    """
    inside = fragments.every([*conditions, scope.on("c.dataset_id"), scope.on("d.id")])
    if offset:
        # What is passed over need not be put together: its numbers are enough.
        text, params = (
            Fragment(statements.load("catalogue")["record_ids"] + " ")
            + inside
            + Fragment(f" ORDER BY {order} LIMIT %s OFFSET %s", (limit, offset))
        )
        rows = await (await connection.execute(text, params)).fetchall()
        return await by_ids(connection, scope, ids=[row[0] for row in rows])
    text, params = (
        Fragment(statements.load("catalogue")["records"] + " ")
        + inside
        + Fragment(f" ORDER BY {order} LIMIT %s", (limit,))
    )
    rows = await (await connection.execute(text, params)).fetchall()
    return [_dataset(row[0], scope=scope) for row in rows]


async def page(
    connection: Connection, scope: Scope, *conditions: Fragment, after: int = 0, limit: int = 100
) -> list[Dataset]:
    """The next records behind the dataset with the id `after`, in the order of their ids."""
    return await select(connection, scope, Fragment("c.dataset_id > %s", (after,)), *conditions, limit=limit)


async def one(
    connection: Connection,
    scope: Scope,
    *,
    key: str = "",
    uuid: UUID | None = None,
    dataset_id: int | None = None,
) -> Dataset | None:
    """The record with this key, UUID or id, or None when it is not there for this reader."""
    named = [
        Fragment("d.key = %s", (key,)) if key else fragments.TRUE,
        fragments.TRUE if uuid is None else Fragment("d.uuid = %s", (uuid,)),
        fragments.TRUE if dataset_id is None else Fragment("d.id = %s", (dataset_id,)),
    ]
    if all(condition is fragments.TRUE for condition in named):
        raise ValueError("one dataset is asked for by key, uuid or id")
    found = await select(connection, scope, *named, limit=1)
    return found[0] if found else None


async def by_ids(connection: Connection, scope: Scope, *, ids: list[int]) -> list[Dataset]:
    """The records with these ids, in the order given; those that are not visible are left out."""
    if not ids:
        return []
    found = await select(connection, scope, Fragment("c.dataset_id = ANY (%s)", (ids,)), limit=len(ids))
    known = {dataset.id: dataset for dataset in found}
    return [known[number] for number in ids if number in known]


async def count(connection: Connection, scope: Scope) -> int:
    """How many datasets are visible."""
    text, params = Fragment("SELECT count(*) FROM catalogue.dataset AS c WHERE ") + scope.on("c.dataset_id")
    row = await (await connection.execute(text, params)).fetchone()
    return int(row[0]) if row else 0


async def distribution(
    connection: Connection, scope: Scope, *, uuid: UUID
) -> tuple[Dataset, Distribution] | None:
    """One form with its dataset, or None when it is not there for this reader."""
    inside = Fragment(
        "EXISTS (SELECT FROM catalogue.distribution AS f WHERE f.dataset_id = c.dataset_id AND f.uuid = %s)",
        (uuid,),
    )
    found = await select(connection, scope, inside, limit=1)
    return next(((d, p) for d in found for p in d.distributions if p.uuid == uuid), None)


def _dataset(document: dict[str, Any], *, scope: Scope) -> Dataset:
    """The record, with complete addresses and without a series that this reader may not know."""
    series = document.get("series_id")
    if series is not None and not scope.allows(series):
        document["series_id"] = None
    return addresses.completed(msgspec.convert(document, Dataset))
