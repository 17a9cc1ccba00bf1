# SPDX-License-Identifier: EUPL-1.2
"""Closes an account, with all that is open for the person, and opens it again."""

from __future__ import annotations

from stadtkern.core import audit, problems, statements
from stadtkern.core.database import Connection
from stadtkern.identity import permissions
from stadtkern.identity.account.operations import LastAdministrator
from stadtkern.identity.permissions import Person

_ENDS = ("end_sessions_of", "revoke_tokens_of", "forget_links_of")


class NotYourself(problems.Problem):
    """Nobody closes their own account this way.

    Erase it under `/konto/daten`, or ask another administrator.
    """

    status = 409


async def close(connection: Connection, *, by: Person, principal_id: int) -> None:
    """Keep somebody from signing in, and end their sessions, keys and links now. Roles stay.

    Raises RoleIsMissing, NotYourself, LastAdministrator, NotFound.
    """
    _check(by)
    if principal_id == by.principal_id:
        raise NotYourself()
    sql = statements.load("identity")
    values = {"principal_id": principal_id}
    async with connection.transaction():
        await connection.execute(sql["hold_people"])
        only = await (await connection.execute(sql["only_administrator"], values)).fetchone()
        if only is not None and only[0]:
            raise LastAdministrator()
        await _switch(connection, "close_account", by=by, principal_id=principal_id)
        for name in _ENDS:
            await connection.execute(sql[name], {**values, "but": None})


async def open_again(connection: Connection, *, by: Person, principal_id: int) -> None:
    """Let somebody sign in again; what ended stays ended. Raises RoleIsMissing, NotFound."""
    _check(by)
    async with connection.transaction():
        await _switch(connection, "open_account", by=by, principal_id=principal_id)


async def _switch(connection: Connection, statement: str, *, by: Person, principal_id: int) -> None:
    sql = statements.load("identity")
    found = await (await connection.execute(sql[statement], {"principal_id": principal_id})).fetchone()
    if found is None:
        raise problems.NotFound()
    active = statement == "open_account"
    await connection.execute(sql["switch_user"], {"principal_id": principal_id, "active": active})
    await audit.act_as(connection, principal_id=by.principal_id)
    await audit.record(
        connection,
        action="role",
        surface="page",
        principal_id=by.principal_id,
        address="account",
        detail={"operation": "open" if active else "close", "person": principal_id},
    )


def _check(by: Person) -> None:
    if not by.administrator:
        raise permissions.RoleIsMissing("administrator")
