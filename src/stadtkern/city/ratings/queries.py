# SPDX-License-Identifier: EUPL-1.2
"""Reads of ratings, for those who own what the pages show."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from stadtkern.city.ratings.entities import Page, Remark
from stadtkern.core import fragments, statements
from stadtkern.core.access import Scope
from stadtkern.core.database import Connection
from stadtkern.core.fragments import Fragment

SIZE = 25


def of_owner(scope: Scope, *, organisations: Sequence[int] | None, city: bool) -> Fragment:
    """The condition of ratings that concern somebody: of data of these organisations (None: of all) they see.

    `city`: also of pages that are of no dataset, and of data that belong to the city itself.
    """
    owned = fragments.TRUE
    if organisations is not None:
        theirs = Fragment("d.organisation_id = ANY (%s)", (list(organisations),))
        owned = Fragment("(d.organisation_id IS NULL or ") + theirs + Fragment(")") if city else theirs
    seen = fragments.every([Fragment("d.id IS NOT NULL"), scope.on("r.dataset_id"), scope.on("d.id"), owned])
    return Fragment("(r.dataset_id IS NULL or (" if city else "((") + seen + Fragment("))")


async def pages(connection: Connection, owner: Fragment, *, since: date, skip: int = 0) -> list[Page]:
    """A page of them and one more where there are more: those with remarks first, then what helped least."""
    first, second = statements.load("city")["rated_pages"].split("/* conditions */")
    query = Fragment(first, (since, since)) + owner + Fragment(second, (since, SIZE + 1, skip))
    return [Page(*row) for row in await _rows(connection, query)]


async def remarks(connection: Connection, owner: Fragment, *, read: bool = False) -> list[Remark]:
    """The remarks that wait longest; or those that were `read` and are not forgotten yet."""
    first, second = statements.load("city")["remarks"].split("/* conditions */")
    query = Fragment(first, (False, read)) + owner + Fragment(second, (SIZE,))
    return [Remark(*row) for row in await _rows(connection, query)]


async def remark(connection: Connection, owner: Fragment, *, id: int) -> Remark | None:
    """One of the remarks, read or not."""
    first, second = statements.load("city")["remarks"].split("/* conditions */")
    query = (
        Fragment(first, (True, False)) + Fragment("r.id = %s and ", (id,)) + owner + Fragment(second, (1,))
    )
    found = await _rows(connection, query)
    return Remark(*found[0]) if found else None


async def waiting(connection: Connection, owner: Fragment) -> int:
    """How many remarks wait."""
    first, second = statements.load("city")["count_remarks"].split("/* conditions */")
    return int((await _rows(connection, Fragment(first) + owner + Fragment(second)))[0][0])


async def _rows(connection: Connection, query: Fragment) -> list[tuple[Any, ...]]:
    return await (await connection.execute(query.text.encode(), query.params)).fetchall()
