# SPDX-License-Identifier: EUPL-1.2
"""Changes to one's own account, up to erasing it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from allauth.mfa.models import Authenticator
from django.db import connection, transaction

from stadtkern.core import problems, statements
from stadtkern.core.database import Connection
from stadtkern.identity import sessions
from stadtkern.identity.models import User


class LastAdministrator(problems.Problem):
    """Nobody else could look after the city.

    Give somebody else the role of administrator first.
    """

    status = 409


def rename(*, principal_id: int, name: str) -> None:
    """Change one's own name."""
    row = _one("user_of_person", {"principal_id": principal_id})
    user = User.objects.filter(pk=row[0]).first() if row else None
    if user is not None:
        user.name = name
        user.save()


async def speak(connection: Connection, *, person_id: int, language: str) -> None:
    """Note in which language somebody wants to read mails; empty: the city's first."""
    values = {"principal_id": person_id, "language": language or None}
    await connection.execute(statements.load("identity")["set_language"], values)


async def end_session(connection: Connection, *, person_id: int, session: str) -> None:
    """Sign somebody out in one place."""
    await connection.execute(
        statements.load("identity")["end_one_session"], {"principal_id": person_id, "session": session}
    )


def erase(*, principal_id: int) -> None:
    """Remove an account and what is known of the person (GDPR, article 17). Raises LastAdministrator.

    A number without a name stays, so that what others wrote about their common work keeps its order.
    """
    with transaction.atomic():
        _do("act_as", {"principal_id": principal_id})
        _do("hold_people", {})
        only = _one("only_administrator", {"principal_id": principal_id})
        if only is not None and only[0]:
            raise LastAdministrator()
        row = _one("account_of", {"principal_id": principal_id})
        if row is None:
            return
        if row[4] is not None:
            unlink(user_id=row[4])
            User.objects.filter(pk=row[4]).delete()
        sessions.end_all(principal_id=principal_id)
        values = {"principal_id": principal_id, "email": row[1]}
        for name in ("forget_invitations_to", "forget_mail_to", "end_tokens_of", "end_grants_of",
                     "end_memberships_of", "forget_person", "forget_name"):  # fmt: skip
            _do(name, values)


def unlink(*, user_id: int) -> None:
    """Remove an account's links with a provider, also with one that is set no longer."""
    row = _one("linked_accounts", {})
    if row and row[0]:
        _do("unlink_accounts", {"user_id": user_id})


def claim(*, user: User) -> None:
    """Take from an account everything by which somebody other than its owner could come in or act."""
    user.set_unusable_password()
    user.save()
    Authenticator.objects.filter(user=user).delete()
    principal_id = sessions.person_of(user_id=user.pk)
    if principal_id is not None:
        sessions.end_all(principal_id=principal_id)
        _do("end_tokens_of", {"principal_id": principal_id})


def _one(name: str, values: Mapping[str, Any]) -> tuple[Any, ...] | None:
    with connection.cursor() as cursor:
        cursor.execute(statements.load("identity")[name], values)
        row: tuple[Any, ...] | None = cursor.fetchone()
        return row


def _do(name: str, values: Mapping[str, Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statements.load("identity")[name], values)
