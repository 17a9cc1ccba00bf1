# SPDX-License-Identifier: EUPL-1.2
"""Agreements as their parties see them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec

from stadtkern.core import problems, statements
from stadtkern.core.database import Connection
from stadtkern.governance.rooms import queries as rooms
from stadtkern.identity.permissions import Person

PERMISSIONS = ("use", "reproduce", "derive", "distribute")


class Party(msgspec.Struct, frozen=True):
    """Somebody who receives data by an agreement."""

    id: int
    kind: str
    name: str


class Subject(msgspec.Struct, frozen=True):
    """A dataset that an agreement is about."""

    id: int
    uuid: str
    key: str
    about: Mapping[str, Any]


class Document(msgspec.Struct, frozen=True):
    """A file that belongs to an agreement; `size` in bytes."""

    id: int
    name: str
    size: int


class Agreement(msgspec.Struct, frozen=True, kw_only=True):
    """An agreement. `standing`: what the clock makes of its state: draft, coming, running, ended."""

    id: int
    uuid: str
    title: str
    state: str
    room_id: int
    room_key: str
    room_title: Mapping[str, str]
    provider_id: int
    provider: str
    purpose: str
    permissions: tuple[str, ...]
    retention_days: int | None
    liability: str
    fee: Decimal
    fee_note: str
    starts_at: datetime
    ends_at: datetime
    activated_at: datetime | None
    ended_at: datetime | None
    end_reason: str
    standing: str
    recipients: tuple[Party, ...]
    datasets: tuple[Subject, ...]
    documents: tuple[Document, ...]

    @property
    def euros(self) -> float:
        """The fee as a number to be shown."""
        return float(self.fee)


async def agreements(connection: Connection, *, person: Person, id: int | None = None) -> list[Agreement]:
    """Those somebody concludes for their organisation, and those that bind them; drafts only the former."""
    rows = await connection.execute(
        statements.load("governance")["agreements"],
        {
            "id": id,
            "all": person.administrator,
            "stewarding": rooms.stewarding(person),
            "receiving": [person.principal_id, *rooms.stewarding(person)],
        },
    )
    return [_agreement(row) for row in await rows.fetchall()]


async def agreement(connection: Connection, *, person: Person, id: int) -> Agreement:
    """One of them. Raises NotFound."""
    found = await agreements(connection, person=person, id=id) if id < 2**63 else []
    if not found:
        raise problems.NotFound()
    return found[0]


async def document(connection: Connection, *, agreement: Agreement, id: int) -> tuple[str, bytes]:
    """Name and content of a document. Raises NotFound."""
    cursor = await connection.execute(
        statements.load("governance")["read_document"], {"id": id, "agreement_id": agreement.id}
    )
    row = await cursor.fetchone() if id < 2**63 else None
    if row is None:
        raise problems.NotFound()
    return row[0], bytes(row[1])


def _agreement(row: tuple[Any, ...]) -> Agreement:
    return Agreement(
        id=row[0],
        uuid=str(row[1]),
        title=row[2],
        state=row[3],
        room_id=row[4],
        room_key=row[5],
        room_title=row[6],
        provider_id=row[7],
        provider=row[8],
        purpose=row[9],
        permissions=tuple(row[10]),
        retention_days=row[11],
        liability=row[12],
        fee=row[13],
        fee_note=row[14],
        starts_at=row[15],
        ends_at=row[16],
        activated_at=row[17],
        ended_at=row[18],
        end_reason=row[19],
        standing=row[20],
        recipients=msgspec.convert(row[21], tuple[Party, ...]),
        datasets=msgspec.convert(row[22], tuple[Subject, ...]),
        documents=msgspec.convert(row[23], tuple[Document, ...]),
    )
