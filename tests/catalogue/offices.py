# SPDX-License-Identifier: EUPL-1.2
"""A department with its people, at work on the inventory."""

from __future__ import annotations

import io
import re
from typing import Any, NamedTuple

import openpyxl
from django.test import AsyncClient

from stadtkern.core.database import Connection
from tests import people


class Office(NamedTuple):
    """A department with an editor and two publishers, and somebody from another one."""

    id: int
    editor: people.Somebody
    publisher: people.Somebody
    other: people.Somebody


async def an_office(connection: Connection) -> Office:
    """A fresh department."""
    made = await people.organisation(connection)
    return Office(
        made,
        await people.person(connection, role="editor", organisation_id=made),
        await people.person(connection, role="publisher", organisation_id=made),
        await people.person(connection, role="publisher"),
    )


READY = {
    "title": "Baumkataster", "legal_basis": "Baumschutzsatzung", "personal": "none", "openness": "open",
    "effort": "low", "system": "GIS", "concept": "floraUndFauna/baumbestand/baumkataster",
}  # fmt: skip


def as_(client: AsyncClient, who: people.Somebody) -> AsyncClient:
    """The client, signed in as somebody."""
    client.cookies["sessionid"] = who.cookie
    return client


async def recorded(client: AsyncClient, office: Office, **facts: str) -> str:
    """The address of a new entry."""
    answer = await as_(client, office.editor).post(
        "/arbeit/inventar/neu", {**READY, "organisation": str(office.id), **facts}
    )
    assert answer.status_code == 302, re.findall(r"kern-error.*", answer.content.decode())
    return str(answer["Location"])


async def proposed(client: AsyncClient, address: str) -> None:
    """The entry is proposed for release, to be decided some day."""
    answer = await client.post(f"{address}/vorschlagen", {"reason": "Geprüft.", "due": "2999-01-01"})
    assert answer.status_code == 302, answer.content.decode()


async def decided(client: AsyncClient, address: str, connection: Connection, decision: str) -> int:
    """The status of the answer to a decision."""
    row = await (await connection.execute("SELECT max(id) FROM catalogue.release")).fetchone()
    assert row is not None
    about = {"proposal": str(row[0]), "decision": decision, "reason": "Ein zweiter Blick."}
    return (await client.post(f"{address}/entscheiden", about)).status_code


async def text(client: AsyncClient, path: str, status: int = 200) -> str:
    """The page."""
    answer = await client.get(path)
    assert answer.status_code == status, path
    return answer.content.decode()


def cells(data: bytes) -> list[list[Any]]:
    """The cells of the first sheet."""
    book = openpyxl.load_workbook(io.BytesIO(data))
    return [[cell.value for cell in row] for row in book.worksheets[0].iter_rows()]
