# SPDX-License-Identifier: EUPL-1.2
"""Makes and ends keys, within what whoever makes them may do themselves."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from stadtkern.core import problems, statements, tokens
from stadtkern.core.database import Connection
from stadtkern.identity import permissions
from stadtkern.identity.permissions import Person
from stadtkern.identity.tokens import queries
from stadtkern.identity.tokens.queries import Candidate


async def make_own(
    connection: Connection, *, person: Person, name: str, dataset: Candidate, verbs: Sequence[str],
    expires_at: datetime,
) -> tokens.NewToken:  # fmt: skip
    """Make a key that acts for somebody. Raises RoleIsMissing where it would write what they may not."""
    if set(verbs) - {"read"} and not _may(person, dataset, role="editor"):
        raise permissions.RoleIsMissing("editor")
    return await tokens.create(
        connection,
        name=name,
        scopes={dataset.id: verbs},
        default_dataset_id=dataset.id,
        expires_at=expires_at,
        person_id=person.principal_id,
    )


async def make_device(
    connection: Connection, *, person: Person, name: str, dataset: Candidate, verbs: Sequence[str],
    expires_at: datetime,
) -> tokens.NewToken:  # fmt: skip
    """Make the key of a device of the dataset's organisation. Raises RoleIsMissing."""
    if dataset.organisation_id is None or not _may(person, dataset, role="steward"):
        raise permissions.RoleIsMissing("steward")
    return await tokens.create(
        connection,
        name=name,
        scopes={dataset.id: verbs},
        default_dataset_id=dataset.id,
        expires_at=expires_at,
        organisation_id=dataset.organisation_id,
    )


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
