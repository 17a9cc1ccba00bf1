# SPDX-License-Identifier: EUPL-1.2
"""Uses a link up: makes the account or lets its owner back in, with the role that the link promised."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from allauth.account.models import EmailAddress
from django.db import connection, transaction

from stadtkern.core import access, problems, statements
from stadtkern.identity import sessions
from stadtkern.identity.account import operations as accounts
from stadtkern.identity.models import User


class LinkIsOver(problems.Problem):
    """This link is not valid any more.

    Each link works once and for a limited time. Please ask whoever sent it to you for a new one.
    """

    status = 410


class AccountExists(problems.Problem):
    """There is an account with this address already.

    Sign in with it and open the link again.
    """

    status = 409


class Link(NamedTuple):
    """What a valid link is for."""

    email: str
    name: str
    person_id: int | None
    organisation_id: int | None
    role: str | None
    organisation: str = ""


def find(*, secret: str) -> Link:
    """What a link is for; it stays usable. Raises LinkIsOver."""
    row = _one("find_invitation", {"secret_hash": access.hash_secret(secret)})
    if row is None:
        raise LinkIsOver()
    return Link(row[1], row[2], row[3], row[4], row[5], row[6] or "")


def arrive(*, secret: str, name: str, email: str, password: str) -> User:
    """Make the account that a link is for. Raises LinkIsOver, AccountExists."""
    with transaction.atomic():
        link = _use(secret)
        email = link.email or email.lower()
        if link.person_id is not None:
            raise LinkIsOver()
        if User.objects.filter(email__iexact=email).exists():
            raise AccountExists()
        user = User(email=email, name=name)
        user.set_password(password)
        user.save()
        EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
        _join(link, person_id=_person(user))
        return user


def take(*, secret: str, user: User) -> None:
    """Give somebody with an account the role that a link promises. Raises LinkIsOver."""
    with transaction.atomic():
        link = _use(secret)
        if link.person_id is not None or link.email not in ("", user.email.lower()):
            raise LinkIsOver()
        _join(link, person_id=_person(user))


def come_back(*, secret: str, password: str) -> User:
    """Give a locked-out person a new password; second factors go, all sessions end. Raises LinkIsOver."""
    with transaction.atomic():
        link = _use(secret)
        user = None
        if link.person_id is not None:
            row = _one("user_of_person", {"principal_id": link.person_id})
            user = User.objects.filter(pk=row[0], is_active=True).first() if row else None
        if user is None or link.person_id is None:
            raise LinkIsOver()
        accounts.unlink(user_id=user.pk)
        accounts.claim(user=user)
        user.set_password(password)
        user.save()
        return user


def _use(secret: str) -> Link:
    row = _one("use_invitation", {"secret_hash": access.hash_secret(secret)})
    if row is None:
        raise LinkIsOver()
    return Link(*row)


def _person(user: User) -> int:
    found = sessions.person_of(user_id=user.pk)
    if found is None:
        raise LinkIsOver()
    return found


def _join(link: Link, *, person_id: int) -> None:
    if link.organisation_id is None or link.role is None:
        return
    with connection.cursor() as cursor:
        cursor.execute(statements.load("identity")["act_as"], {"principal_id": person_id})
        cursor.execute(
            statements.load("identity")["join_organisation"],
            {"person_id": person_id, "organisation_id": link.organisation_id, "role": link.role},
        )


def _one(name: str, values: Mapping[str, Any]) -> tuple[Any, ...] | None:
    with connection.cursor() as cursor:
        cursor.execute(statements.load("identity")[name], values)
        row: tuple[Any, ...] | None = cursor.fetchone()
        return row
