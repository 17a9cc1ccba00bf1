# SPDX-License-Identifier: EUPL-1.2
"""Tells owners by mail when a later delivery is held or a harvest begins to fail."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stadtkern.core import datasets, outbox, statements
from stadtkern.core.database import Connection
from stadtkern.identity.mail import queue

IMPORT_HELD = "catalogue.import/held"
HARVEST_FAILED = "catalogue.harvest/failed"


def hear(subscriptions: outbox.Subscriptions) -> None:
    """Send a mail for each of these events; called where there is a mail server."""
    subscriptions.add(IMPORT_HELD, import_held)
    subscriptions.add(HARVEST_FAILED, harvest_failed)


async def harvest_ended(connection: Connection, *, source_id: int, run_id: int) -> None:
    """Say that a harvest failed, unless the one before failed as well: once is enough."""
    values = {"source_id": source_id, "run_id": run_id}
    sql = statements.load("catalogue")["harvest_failed_before"]
    row = await (await connection.execute(sql, values)).fetchone()
    if row and not row[0]:
        payload = {"source": source_id, "run": run_id}
        await outbox.emit(connection, topic=HARVEST_FAILED, payload=payload)


async def import_held(connection: Connection, payload: Mapping[str, Any]) -> None:
    """A delivery waits for somebody."""
    sql = statements.load("catalogue")["import_of_alert"]
    row = await (await connection.execute(sql, {"delivery": payload["delivery"]})).fetchone()
    if row is None:  # discarded meanwhile
        return
    title, organisation_id, owner_id, file_name = row
    facts = {
        "title": title,
        "file_name": file_name,
        "reason": str(payload.get("reason", "")),
        "path": f"/arbeit/import/{payload['delivery']}",
    }
    await _alert(connection, "import_held", owner_id=owner_id, organisation_id=organisation_id, facts=facts)


async def harvest_failed(connection: Connection, payload: Mapping[str, Any]) -> None:
    """A source could not be harvested."""
    sql = statements.load("catalogue")["harvest_of_alert"]
    values = {"source": payload["source"], "run": payload["run"]}
    row = await (await connection.execute(sql, values)).fetchone()
    if row is None:
        return
    title, organisation_id, owner_id, message = row
    facts = {
        "title": title,
        "message": message,
        "path": f"/arbeit/ernten/{payload['source']}",
    }
    await _alert(
        connection, "harvest_failed", owner_id=owner_id, organisation_id=organisation_id, facts=facts
    )


async def _alert(
    connection: Connection,
    name: str,
    *,
    owner_id: int | None,
    organisation_id: int,
    facts: Mapping[str, Any],
) -> None:
    city = await datasets.city(connection)
    values = {"owner": owner_id, "organisation_id": organisation_id}
    rows = await connection.execute(statements.load("catalogue")["whom_to_alert"], values)
    for (person_id,) in await rows.fetchall():
        await queue.put(
            connection,
            kind=f"catalogue/{name}",
            person_id=person_id,
            language=city.languages[0],
            facts=facts,
        )
