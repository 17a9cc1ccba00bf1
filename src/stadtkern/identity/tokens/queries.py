# SPDX-License-Identifier: EUPL-1.2
"""Keys of people and of devices, never with their secrets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

import msgspec

from stadtkern.core import statements
from stadtkern.core.access import Scope
from stadtkern.core.database import Connection
from stadtkern.core.fragments import Fragment
from stadtkern.identity.permissions import Person

# So many datasets are offered at most.
MOST = 500


class Right(msgspec.Struct, frozen=True):
    """What a key may do in a dataset, or with which datastreams of it only."""

    verbs: Sequence[str]
    streams: Sequence[int] | None = None


class Token(NamedTuple):
    """A key. `rights`: by key of the dataset; `owner`: the organisation of a device."""

    id: int
    name: str
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_on: date | None
    rights: Mapping[str, Right]
    owner: str = ""

    def valid(self, now: datetime) -> bool:
        """Whether it still opens anything."""
        return self.revoked_at is None and (self.expires_at is None or self.expires_at > now)


class Candidate(NamedTuple):
    """A dataset that a key could be made for."""

    id: int
    key: str
    title: str
    organisation_id: int | None


async def own(connection: Connection, *, person_id: int) -> list[Token]:
    """Somebody's own keys, the newest first."""
    cursor = await connection.execute(
        statements.load("identity")["tokens_of_person"], {"principal_id": person_id}
    )
    return [_token(row) for row in await cursor.fetchall()]


async def devices(connection: Connection, *, person: Person) -> list[Token]:
    """Keys of devices that somebody looks after, the newest first."""
    cursor = await connection.execute(
        statements.load("identity")["tokens_of_organisations"],
        {"ids": await stewarded(connection, person=person)},
    )
    return [_token(row) for row in await cursor.fetchall()]


def _token(row: Sequence[Any]) -> Token:
    token = Token(*row)
    return token._replace(rights=msgspec.convert(token.rights, dict[str, Right]))


async def stewarded(connection: Connection, *, person: Person) -> list[int]:
    """The organisations whose devices somebody looks after."""
    if person.administrator:
        cursor = await connection.execute(statements.load("identity")["all_organisations"])
        return [row[0] for row in await cursor.fetchall()]
    return [each for each in person.roles if person.may(role="steward", organisation_id=each)]


async def candidates(
    connection: Connection, scope: Scope, *, organisations: Sequence[int]
) -> list[Candidate]:
    """Visible datasets of some organisations, by key; the first 500."""
    condition = scope.on("d.id") + Fragment(
        " AND d.organisation_id = ANY (%s) ORDER BY d.key LIMIT %s", (list(organisations), MOST)
    )
    return await _datasets(connection, condition)


async def candidate(connection: Connection, scope: Scope, *, key: str) -> Candidate | None:
    """A visible dataset by its key."""
    found = await _datasets(connection, scope.on("d.id") + Fragment(" AND d.key = %s", (key,)))
    return found[0] if found else None


async def _datasets(connection: Connection, condition: Fragment) -> list[Candidate]:
    text, params = Fragment(statements.load("identity")["datasets_for_tokens"] + " ") + condition
    cursor = await connection.execute(text.encode(), params)
    return [Candidate(*row) for row in await cursor.fetchall()]
