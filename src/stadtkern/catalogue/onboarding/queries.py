# SPDX-License-Identifier: EUPL-1.2
"""Every read of deliveries; each asks for the organisations of whoever reads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol
from uuid import UUID

from stadtkern.catalogue.onboarding import entities
from stadtkern.catalogue.onboarding.entities import Delivery
from stadtkern.core import problems, statements
from stadtkern.core.access import Scope
from stadtkern.core.database import Connection
from stadtkern.core.fragments import Fragment

_BY_TITLE = " ORDER BY 2, 1 LIMIT 500"
_ROLES = frozenset(("editor", "steward", "publisher", "administrator"))


class Reader(Protocol):
    """Whoever works on imports: their role in each organisation."""

    @property
    def roles(self) -> Mapping[int, str]:
        """Role by organisation."""

    @property
    def administrator(self) -> bool:
        """Whether they administrate the city."""


async def find(connection: Connection, *, uuid: UUID, by: Reader) -> Delivery:
    """One delivery of an organisation in which somebody may edit. Raises NotFound."""
    found = await _one(connection, {"uuid": uuid, "id": None, **_access(by)})
    if found is None:
        raise problems.NotFound("there is no such import")
    return found


async def held(connection: Connection, *, id: int) -> Delivery | None:
    """One delivery for the work process, which belongs to nobody."""
    return await _one(connection, {"uuid": None, "id": id, "everything": True, "organisations": []})


async def listed(
    connection: Connection, *, by: Reader, recipe_id: int | None = None, limit: int = 50
) -> list[Delivery]:
    """The deliveries somebody may see, those that wait for a person first; without their surveys."""
    params = {**_access(by), "recipe_id": recipe_id, "limit": limit}
    cursor = await connection.execute(statements.load("catalogue")["list_deliveries"], params)
    return [entities.delivery(row) for row in await cursor.fetchall()]


async def organisations(connection: Connection, *, by: Reader) -> list[tuple[int, str]]:
    """Organisations for which somebody may import: id and name."""
    cursor = await connection.execute(statements.load("catalogue")["organisations_named"], _access(by))
    return [(int(row[0]), str(row[1])) for row in await cursor.fetchall()]


async def rooms(connection: Connection, *, organisation_id: int) -> list[tuple[str, str, Mapping[str, str]]]:
    """Rooms for new datasets of an organisation: key, kind, title."""
    params = {"organisation_id": organisation_id}
    cursor = await connection.execute(statements.load("catalogue")["rooms_for_import"], params)
    return [(row[0], row[1], row[2]) for row in await cursor.fetchall()]


async def series(connection: Connection, scope: Scope, *, organisation_id: int) -> list[tuple[str, str]]:
    """Datasets of time series of an organisation, as far as they may be seen: key and German title."""
    head = statements.load("catalogue")["series_of_organisation"]
    statement = Fragment(head + " ", (organisation_id,)) + scope.on("d.id") + Fragment(_BY_TITLE)
    cursor = await connection.execute(statement.text.encode(), statement.params)
    return [(str(row[0]), str(row[1])) for row in await cursor.fetchall()]


async def _one(connection: Connection, params: Mapping[str, Any]) -> Delivery | None:
    cursor = await connection.execute(statements.load("catalogue")["find_delivery"], params)
    row = await cursor.fetchone()
    return None if row is None else entities.delivery(row)


def _access(by: Reader) -> dict[str, Any]:
    mine = [organisation for organisation, role in by.roles.items() if role in _ROLES]
    return {"everything": by.administrator, "organisations": mine}
