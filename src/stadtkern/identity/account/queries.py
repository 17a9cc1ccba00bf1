# SPDX-License-Identifier: EUPL-1.2
"""What is known of one person, for themselves."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from stadtkern.core import access, statements
from stadtkern.core.database import Connection


class Membership(NamedTuple):
    """A role in an organisation."""

    organisation_id: int
    organisation: str
    kind: str
    role: str
    since: datetime


class Session(NamedTuple):
    """A place where somebody is signed in; `own` is the one that asks."""

    id: str
    device: str
    since: datetime
    until: datetime
    own: bool

    @property
    def browser(self) -> str:
        """Which browser on which system, as far as it says so."""
        names = (("Firefox", "Firefox"), ("Edg/", "Edge"), ("Chrome", "Chrome"), ("Safari", "Safari"))
        systems = (("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"),
                   ("Mac OS", "macOS"), ("Linux", "Linux"))  # fmt: skip
        found = [
            next((said for mark, said in pairs if mark in self.device), "") for pairs in (names, systems)
        ]
        return ", ".join(filter(None, found))


async def language(connection: Connection, *, person_id: int) -> str:
    """In which language they want to read mails; empty: the city's first."""
    cursor = await connection.execute(statements.load("identity")["account_of"], {"principal_id": person_id})
    row = await cursor.fetchone()
    return str(row[5] or "") if row else ""


async def memberships(connection: Connection, *, person_id: int) -> list[Membership]:
    """The organisations they belong to, the city first."""
    cursor = await connection.execute(
        statements.load("identity")["memberships_of"], {"principal_id": person_id}
    )
    return [Membership(*row) for row in await cursor.fetchall()]


async def sessions(connection: Connection, *, person_id: int, own: str) -> list[Session]:
    """Where they are signed in; `own` is the secret of the session that asks."""
    values = {"principal_id": person_id, "own": access.hash_secret(own)}
    cursor = await connection.execute(statements.load("identity")["sessions_of"], values)
    return [Session(*row) for row in await cursor.fetchall()]
