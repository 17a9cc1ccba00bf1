# SPDX-License-Identifier: EUPL-1.2
"""Reads of sources and their runs, for those who publish in the organisation a source belongs to."""

from __future__ import annotations

from typing import Any

from stadtkern.catalogue.harvest import entities
from stadtkern.catalogue.harvest.entities import Overview, Run
from stadtkern.core import statements
from stadtkern.core.database import Connection
from stadtkern.identity import permissions
from stadtkern.identity.permissions import Person

ROLE = "publisher"


def _reach(person: Person) -> dict[str, Any]:
    mine = [number for number, role in person.roles.items() if permissions.at_least(role, ROLE)]
    return {"everything": person.administrator, "organisations": mine}


async def sources(connection: Connection, *, person: Person, id: int | None = None) -> list[Overview]:
    """Sources with their last run, those of organisations in which the person publishes."""
    params = {**_reach(person), "id": id}
    rows = await connection.execute(statements.load("catalogue")["harvest_sources"], params)
    return [entities.overview(row) for row in await rows.fetchall()]


async def runs(connection: Connection, *, source_id: int) -> list[Run]:
    """The runs of a source, the last one first."""
    rows = await connection.execute(statements.load("catalogue")["harvest_runs"], {"source_id": source_id})
    return [entities.run(row) for row in await rows.fetchall()]


async def findings(connection: Connection, *, run_id: int) -> list[tuple[str, str]]:
    """What was wrong with records in a run: identifier and message."""
    rows = await connection.execute(statements.load("catalogue")["harvest_findings"], {"run_id": run_id})
    return list(await rows.fetchall())


async def organisations(connection: Connection, *, person: Person) -> list[tuple[int, str]]:
    """Organisations in which the person publishes."""
    rows = await connection.execute(statements.load("catalogue")["harvest_organisations"], _reach(person))
    return list(await rows.fetchall())
