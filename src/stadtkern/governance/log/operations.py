# SPDX-License-Identifier: EUPL-1.2
"""How long the log is kept and who may read it; looking into it is an entry too."""

from __future__ import annotations

from stadtkern.core import audit, problems, statements
from stadtkern.core.database import Connection
from stadtkern.governance.log import queries
from stadtkern.governance.log.queries import Question
from stadtkern.governance.rooms import operations as rooms
from stadtkern.identity.permissions import Person

SHORTEST_DAYS, LONGEST_DAYS = 30, 3_650


class KeptTooShort(problems.Problem):
    """Entries stay for 30 days at least and for ten years at most.

    Name a number of days in between.
    """

    status = 422


class AdministratorsOnly(problems.Problem):
    """Only the city's administrators may do this.

    Ask one of them.
    """

    status = 403


async def look(connection: Connection, *, by: Person, question: Question) -> None:
    """Note that somebody searches the log, and for what. Raises NotForYou."""
    await queries.check(connection, person=by)
    detail = {
        name: str(value)
        for name in question.__struct_fields__
        if (value := getattr(question, name)) is not None
    }
    await audit.record(
        connection,
        action="log",
        surface="page",
        principal_id=by.principal_id,
        address="search",
        detail=detail,
    )


async def keep(connection: Connection, *, by: Person, days: int) -> None:
    """Say for how many days entries stay. Raises AdministratorsOnly, KeptTooShort."""
    _check(by)
    if not SHORTEST_DAYS <= days <= LONGEST_DAYS:
        raise KeptTooShort(str(days), where="days")
    async with connection.transaction():
        await audit.act_as(connection, principal_id=by.principal_id)
        await connection.execute(statements.load("governance")["keep_log"], {"days": days})


async def appoint(connection: Connection, *, by: Person, email: str) -> None:
    """Let somebody read the log. Raises AdministratorsOnly, NobodyByThatName."""
    _check(by)
    person_id = await rooms.find_principal(connection, by=by, kind="person", name=email)
    async with connection.transaction():
        await audit.act_as(connection, principal_id=by.principal_id)
        await connection.execute(statements.load("governance")["appoint_officer"], {"person_id": person_id})


async def dismiss(connection: Connection, *, by: Person, person_id: int) -> None:
    """Take it from somebody. Raises AdministratorsOnly."""
    _check(by)
    async with connection.transaction():
        await audit.act_as(connection, principal_id=by.principal_id)
        await connection.execute(statements.load("governance")["dismiss_officer"], {"person_id": person_id})


def _check(by: Person) -> None:
    if not by.administrator:
        raise AdministratorsOnly()
