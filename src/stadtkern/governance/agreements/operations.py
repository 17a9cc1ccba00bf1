# SPDX-License-Identifier: EUPL-1.2
"""Writing agreements, making them binding, and ending them; grants follow in the same transaction."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

import msgspec

from stadtkern.core import audit, problems, statements
from stadtkern.core.database import Connection
from stadtkern.governance.agreements.queries import Agreement
from stadtkern.governance.rooms import queries as rooms
from stadtkern.identity.permissions import Person

LARGEST_DOCUMENT = 10_000_000


class NotYourAgreement(problems.Problem):
    """You do not conclude agreements about this room.

    Stewards of the organisation that the room belongs to and the city's administrators do.
    """

    status = 403


class NotADraft(problems.Problem):
    """This agreement is binding or over and stays as it is.

    End it and write a new one.
    """

    status = 409


class NothingAgreed(problems.Problem):
    """An agreement needs recipients, and datasets that lie in its room.

    Name at least one of each; then make it binding.
    """

    status = 422


class NotYoursToGive(problems.Problem):
    """A dataset of this draft has moved to another room or organisation meanwhile.

    Edit the draft: its form offers the datasets that you may give.
    """

    status = 409


class TimeIsOver(problems.Problem):
    """The agreement would be over before it begins.

    Choose an end that lies ahead.
    """

    status = 422


class DocumentTooLarge(problems.Problem):
    """This document is too large.

    At most 10 MB are kept with an agreement.
    """

    status = 413


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """What is agreed. `fee` in euros; the agreement counts from `starts_at` until `ends_at`, excluded."""

    title: str
    room_id: int
    provider_id: int
    recipients: Sequence[int]
    datasets: Sequence[int]
    purpose: str
    permissions: Sequence[str]
    retention_days: int | None
    liability: str
    fee: Decimal
    fee_note: str
    starts_at: datetime
    ends_at: datetime


async def draft(connection: Connection, *, by: Person, terms: Terms) -> int:
    """Write a draft; returns its id. Raises NotYourAgreement, TimeIsOver."""
    await _check_room(connection, by, terms)
    async with connection.transaction():
        await audit.act_as(connection, principal_id=by.principal_id)
        values = _values(terms) | {"by": by.principal_id}
        cursor = await connection.execute(statements.load("governance")["create_agreement"], values)
        row = await cursor.fetchone()
        if row is None:
            raise NothingAgreed()
        await _sides(connection, by, id=row[0], terms=terms)
    return int(row[0])


async def change(connection: Connection, *, by: Person, agreement: Agreement, terms: Terms) -> None:
    """Write a draft anew. Raises NotADraft, NotYourAgreement, TimeIsOver."""
    _check(by, agreement)
    await _check_room(connection, by, terms)
    sql = statements.load("governance")
    async with connection.transaction():
        await audit.act_as(connection, principal_id=by.principal_id)
        cursor = await connection.execute(sql["change_agreement"], _values(terms) | {"id": agreement.id})
        if await cursor.fetchone() is None:
            raise NotADraft()
        await connection.execute(sql["clear_recipients"], {"id": agreement.id})
        await connection.execute(sql["clear_datasets"], {"id": agreement.id})
        await _sides(connection, by, id=agreement.id, terms=terms)


async def activate(connection: Connection, *, by: Person, agreement: Agreement) -> None:
    """Make a draft binding: from its first instant on the recipients see its datasets.

    Raises NotADraft, NotYourAgreement, NothingAgreed, NotYoursToGive.
    """
    _check(by, agreement)
    if not agreement.recipients or not agreement.datasets:
        raise NothingAgreed()
    sql, values = statements.load("governance"), {"id": agreement.id, "by": by.principal_id}
    async with connection.transaction():
        await audit.act_as(connection, principal_id=by.principal_id)
        lost = await (await connection.execute(sql["not_to_give"], values | _giving(by))).fetchone()
        if lost is not None:
            raise NotYoursToGive(lost[0], where="datasets")
        cursor = await connection.execute(sql["activate_agreement"], values)
        if await cursor.fetchone() is None:
            raise NotADraft() if agreement.state != "draft" else TimeIsOver()
        await connection.execute(sql["grant_by_agreement"], values)


async def end(connection: Connection, *, by: Person, agreement: Agreement, reason: str) -> None:
    """End an agreement before its time and take back what it gave. Raises NotYourAgreement, NotFound."""
    _check(by, agreement)
    sql, values = statements.load("governance"), {"id": agreement.id, "by": by.principal_id, "reason": reason}
    async with connection.transaction():
        await audit.act_as(connection, principal_id=by.principal_id)
        cursor = await connection.execute(sql["end_agreement"], values)
        if await cursor.fetchone() is None:
            raise problems.NotFound()
        await connection.execute(sql["withdraw_by_agreement"], values)


async def discard(connection: Connection, *, by: Person, agreement: Agreement) -> None:
    """Throw a draft away. Raises NotADraft, NotYourAgreement."""
    _check(by, agreement)
    async with connection.transaction():
        await audit.act_as(connection, principal_id=by.principal_id)
        cursor = await connection.execute(
            statements.load("governance")["discard_agreement"], {"id": agreement.id}
        )
        if await cursor.fetchone() is None:
            raise NotADraft()


async def add_document(
    connection: Connection, *, by: Person, agreement: Agreement, name: str, content: bytes
) -> int:
    """Keep a file with an agreement; returns its id. Raises NotYourAgreement, DocumentTooLarge."""
    _check(by, agreement)
    if len(content) > LARGEST_DOCUMENT:
        raise DocumentTooLarge(f"{len(content)} bytes", where="document")
    cursor = await connection.execute(
        statements.load("governance")["add_document"],
        {
            "agreement_id": agreement.id,
            "name": name,
            "content": content,
            "checksum": hashlib.sha256(content).hexdigest(),
            "by": by.principal_id,
        },
    )
    row = await cursor.fetchone()
    return int(row[0]) if row else 0


def concludes(person: Person, agreement: Agreement) -> bool:
    """Whether somebody may change and end an agreement."""
    return rooms.looks_after(person, organisation_id=agreement.provider_id)


def _check(by: Person, agreement: Agreement) -> None:
    if not concludes(by, agreement):
        raise NotYourAgreement()


async def _check_room(connection: Connection, by: Person, terms: Terms) -> None:
    """Nobody gives away what another organisation looks after."""
    if terms.ends_at <= terms.starts_at:
        raise TimeIsOver(where="ends_at")
    known = {room.id: room for room in await rooms.rooms(connection, person=by)}
    room = known.get(terms.room_id)
    if room is None:
        raise problems.NotFound()
    for organisation_id in (room.organisation_id, terms.provider_id):
        if not rooms.looks_after(by, organisation_id=organisation_id):
            raise NotYourAgreement()


async def _sides(connection: Connection, by: Person, *, id: int, terms: Terms) -> None:
    sql = statements.load("governance")
    await connection.execute(sql["add_recipients"], {"id": id, "principals": list(terms.recipients)})
    values = {"id": id, "datasets": list(terms.datasets), **_giving(by)}
    await connection.execute(sql["add_datasets"], values)


def _giving(by: Person) -> dict[str, object]:
    return {"all": by.administrator, "stewarding": rooms.stewarding(by)}


def _values(terms: Terms) -> dict[str, object]:
    return {name: getattr(terms, name) for name in terms.__struct_fields__} | {
        "permissions": list(terms.permissions)
    }
