# SPDX-License-Identifier: EUPL-1.2
"""Makes and ends keys, within what whoever makes them may do themselves."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from stadtkern.core import problems, statements, tokens
from stadtkern.core.database import Connection
from stadtkern.identity import permissions
from stadtkern.identity.permissions import Person
from stadtkern.identity.tokens import queries
from stadtkern.identity.tokens.queries import Candidate
from stadtkern.things.operations import streams as series


async def make_own(
    connection: Connection, *, person: Person, name: str, dataset: Candidate, verbs: Sequence[str],
    expires_at: datetime, streams: Sequence[int] = (),
) -> tokens.NewToken:  # fmt: skip
    """Make a key that acts for somebody. Raises RoleIsMissing where it would write what they may not.

    `streams`: the datastreams of the dataset it is for; without any it is for the whole dataset. Raises
    StreamElsewhere, NotForSingleStreams.
    """
    if set(verbs) - {"read"} and not _may(person, dataset, role="editor"):
        raise permissions.RoleIsMissing("editor")
    async with connection.transaction():
        if not await _stands(connection, person):
            raise permissions.SignInNeeded()
        terms = await _terms(connection, dataset=dataset, verbs=verbs, streams=streams)
        return await tokens.create(
            connection, name=name, expires_at=expires_at, person_id=person.principal_id, **terms
        )


async def make_device(
    connection: Connection, *, person: Person, name: str, dataset: Candidate, verbs: Sequence[str],
    expires_at: datetime, streams: Sequence[int] = (),
) -> tokens.NewToken:  # fmt: skip
    """Make the key of a device of the dataset's organisation. Raises what `make_own` raises."""
    if dataset.organisation_id is None or not _may(person, dataset, role="steward"):
        raise permissions.RoleIsMissing("steward")
    terms = await _terms(connection, dataset=dataset, verbs=verbs, streams=streams)
    return await tokens.create(
        connection, name=name, expires_at=expires_at, organisation_id=dataset.organisation_id, **terms
    )


async def _terms(
    connection: Connection, *, dataset: Candidate, verbs: Sequence[str], streams: Sequence[int]
) -> dict[str, Any]:
    """What the key is for, in the words of `tokens.create`. Raises StreamElsewhere."""
    return {
        "scopes": {dataset.id: verbs},
        "streams": await series.by_dataset(connection, ids=streams, datasets=[dataset.id]),
        "default_dataset_id": None if streams else dataset.id,
    }


async def _stands(connection: Connection, person: Person) -> bool:
    """Whether the account is still open, and stays so until the transaction ends."""
    values = {"principal_id": person.principal_id}
    cursor = await connection.execute(statements.load("identity")["hold_account"], values)
    return await cursor.fetchone() is not None


async def end_own(connection: Connection, *, person: Person, token_id: int) -> None:
    """End one's own key at once. Raises NotFound."""
    await _end(connection, "end_own_token", {"token_id": token_id, "person_id": person.principal_id})


async def end_device(connection: Connection, *, person: Person, token_id: int) -> None:
    """End the key of a device at once. Raises NotFound."""
    ids = await queries.stewarded(connection, person=person)
    await _end(connection, "end_device", {"token_id": token_id, "ids": ids})


async def _end(connection: Connection, name: str, values: dict[str, object]) -> None:
    async with connection.transaction():
        row = await (await connection.execute(statements.load("identity")[name], values)).fetchone()
    if row is None:
        raise problems.NotFound()


def _may(person: Person, dataset: Candidate, *, role: str) -> bool:
    if dataset.organisation_id is None:
        return person.administrator
    return person.may(role=role, organisation_id=dataset.organisation_id)
