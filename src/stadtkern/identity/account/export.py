# SPDX-License-Identifier: EUPL-1.2
"""Everything stored of one person, as one document (GDPR, articles 15, 20); packages add their parts."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from asgiref.sync import sync_to_async
from django.apps import apps

from stadtkern.core import statements
from stadtkern.core.database import Connection

Part = Callable[[Connection, int], Awaitable[Any]]
_parts: dict[str, Part] = {}


def register(name: str, part: Part) -> None:
    """Have a package's own part in every export: what `part(connection, principal_id)` gives, as JSON."""
    _parts[name] = part


async def collect(connection: Connection, *, principal_id: int) -> dict[str, Any]:
    """The document. Secrets are not in it: of passwords and tokens only hashes are kept."""
    sql = statements.load("identity")
    values = {"principal_id": principal_id, "own": b""}
    account = await (await connection.execute(sql["account_of"], values)).fetchone()
    document: dict[str, Any] = {
        "account": _account(account),
        "memberships": await _rows(
            connection, "memberships_of", values, ("organisation_id", "organisation", "kind", "role", "since")
        ),
        "rooms": await _rows(connection, "grants_of", values, ("room", "title", "verbs", "expires_at")),
        "sessions": await _rows(
            connection, "sessions_of", values, ("", "device", "signed_in_at", "ends_at", "")
        ),
        "tokens": await _rows(
            connection, "tokens_of_person", values,
            ("number", "name", "created_at", "expires_at", "revoked_at", "last_used_on", "rights"),
        ),
    }  # fmt: skip
    if account is not None and account[4] is not None:
        document["sign_in"] = await sync_to_async(_sign_in)(user_id=account[4])
    for name, part in _parts.items():
        document[name] = await part(connection, principal_id)
    return document


def _account(row: Any) -> dict[str, Any]:
    names = ("name", "email", "created_at", "signed_in_at", "", "language")
    return {name: value for name, value in zip(names, row or (), strict=False) if name}


async def _rows(
    connection: Connection, name: str, values: dict[str, Any], columns: tuple[str, ...]
) -> list[dict[str, Any]]:
    cursor = await connection.execute(statements.load("identity")[name], values)
    return [
        {column: value for column, value in zip(columns, row, strict=True) if column}
        for row in await cursor.fetchall()
    ]


def _sign_in(*, user_id: int) -> dict[str, Any]:
    addresses = EmailAddress.objects.filter(user_id=user_id).values("email", "verified", "primary")
    factors = Authenticator.objects.filter(user_id=user_id).values("type", "created_at", "last_used_at")
    found = {"addresses": list(addresses), "factors": list(factors)}
    if apps.is_installed("allauth.socialaccount"):
        linked = apps.get_model("socialaccount", "SocialAccount").objects.filter(user_id=user_id)
        found["linked"] = list(linked.values("provider", "uid", "date_joined"))
    return found
