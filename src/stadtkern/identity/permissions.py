# SPDX-License-Identifier: EUPL-1.2
"""Who is signed in, and which role they have where; every page that writes asks here first."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal, Protocol, TypeVar

import msgspec
import psycopg
from django.conf import settings
from django.http import HttpRequest

from stadtkern.core import access, problems, statements
from stadtkern.core.database import Connection

Role = Literal["reader", "editor", "steward", "publisher", "administrator"]
# Lowest first: each may do what those before it may.
ROLES: tuple[Role, ...] = ("reader", "editor", "steward", "publisher", "administrator")
_UNASKED = object()


class SignInNeeded(problems.Problem):
    """For this you need to be signed in.

    Sign in and open the address again.
    """

    status = 401


class RoleIsMissing(problems.Problem):
    """Your role does not allow this.

    Ask an administrator of your organisation for the role that is named above.
    """

    status = 403


Offered = TypeVar("Offered")


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who is signed in. `roles`: role by organisation id; `administrator`: of the city itself.

    `partners`: those of the organisations that are not of the city.
    """

    principal_id: int
    name: str
    email: str
    roles: Mapping[int, str]
    administrator: bool = False
    partners: frozenset[int] = frozenset()

    def may(self, *, role: str, organisation_id: int | None = None) -> bool:
        """Whether they have at least this role there, or anywhere; the city's administrators have all."""
        if self.administrator:
            return True
        if organisation_id is None:
            return any(at_least(has, role) for has in self.roles.values())
        return at_least(self.roles.get(organisation_id), role)

    def serves(self, *, role: str) -> bool:
        """Whether they have at least this role in the city or a department or company of it."""
        return self.administrator or any(
            at_least(has, role) for number, has in self.roles.items() if number not in self.partners
        )

    def own_first(self, offered: Iterable[Offered], *, number: Callable[[Offered], int]) -> list[Offered]:
        """Organisations to choose from: those where they have a role themselves before the others."""
        return sorted(offered, key=lambda each: number(each) not in self.roles)

    @property
    def works_here(self) -> bool:
        """Whether they have any role at all."""
        return self.administrator or bool(self.roles)


class HasConnection(Protocol):
    """A visit, for instance."""

    @property
    def connection(self) -> Connection:
        """The connection to ask on."""


def at_least(has: str | None, wanted: str) -> bool:
    """Whether a role includes another one. Raises ValueError for a role that does not exist."""
    return has is not None and ROLES.index(has) >= ROLES.index(wanted)


async def find(connection: Connection, *, secret: str) -> Person | None:
    """Who is signed in with this session."""
    cursor = await connection.execute(
        statements.load("identity")["find_person"], {"secret_hash": access.hash_secret(secret)}
    )
    row = await cursor.fetchone()
    return None if row is None else _person(row)


async def acting(connection: Connection, *, principal_id: int) -> Person | None:
    """Whoever has this number, signed in or not, for what goes on in their name; None for closed accounts."""
    cursor = await connection.execute(
        statements.load("identity")["person_by_number"], {"principal_id": principal_id}
    )
    row = await cursor.fetchone()
    return None if row is None else _person(row)


async def person(source: Connection | HasConnection, request: HttpRequest) -> Person | None:
    """Who sends this request, if they are signed in; asked once per request."""
    known = getattr(request, "person", _UNASKED)
    if known is _UNASKED:
        secret = request.COOKIES.get(settings.SESSION_COOKIE_NAME)
        connection = source if isinstance(source, psycopg.AsyncConnection) else source.connection
        known = await find(connection, secret=secret) if secret else None
        request.person = known  # type: ignore[attr-defined]
    return known  # type: ignore[return-value]


async def require(
    request: HttpRequest,
    connection: Connection | HasConnection,
    *,
    role: str,
    organisation_id: int | None = None,
) -> Person:
    """Who sends this, if they have at least this role in the organisation, or in any where none is named.

    Raises SignInNeeded; NotFound for an organisation that they do not belong to; RoleIsMissing.
    """
    found = await person(connection, request)
    if found is None:
        raise SignInNeeded()
    if found.may(role=role, organisation_id=organisation_id):
        return found
    if organisation_id is not None and organisation_id not in found.roles:
        raise problems.NotFound()
    raise RoleIsMissing(role)


async def require_in_city(
    request: HttpRequest, connection: Connection | HasConnection, *, role: str
) -> Person:
    """Who sends this, if they have this role on the city's side: for what stands on everybody's pages.

    Raises SignInNeeded, RoleIsMissing.
    """
    found = await person(connection, request)
    if found is None:
        raise SignInNeeded()
    if not found.serves(role=role):
        raise RoleIsMissing(role)
    return found


async def require_signed_in(request: HttpRequest, connection: Connection | HasConnection) -> Person:
    """Who sends this, with or without a role. Raises SignInNeeded."""
    found = await person(connection, request)
    if found is None:
        raise SignInNeeded()
    return found


async def require_for_dataset(
    request: HttpRequest,
    connection: Connection,
    scope: access.Scope,
    *,
    dataset_id: int,
    role: str,
) -> Person:
    """Who sends this, if they see the dataset and have this role in the organisation it belongs to.

    Raises SignInNeeded; NotFound for what they may not know; RoleIsMissing.
    """
    found = await require_signed_in(request, connection)
    if not scope.allows(dataset_id):
        raise problems.NotFound()
    cursor = await connection.execute(
        statements.load("identity")["organisation_of_dataset"], {"dataset_id": dataset_id}
    )
    row = await cursor.fetchone()
    if row is None:
        raise problems.NotFound()
    # A dataset without an owner is the city's matter.
    if found.administrator or (row[0] is not None and found.may(role=role, organisation_id=row[0])):
        return found
    raise RoleIsMissing(role)


def _person(row: tuple[Any, ...]) -> Person:
    return Person(
        principal_id=row[0],
        name=row[1],
        email=row[2] or "",
        roles={int(key): role for key, role in row[3].items()},
        administrator=row[4],
        partners=frozenset(row[5]),
    )
