# SPDX-License-Identifier: EUPL-1.2
"""A second factor is really asked for, and its secrets are of no use to whoever has only the database."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.test import AsyncClient

from stadtkern.core.database import Connection
from tests.identity.conftest import PASSWORD, Owner, arrive, sign_in

pytestmark = pytest.mark.anyio


@pytest.fixture
async def guarded(accounts: str, visitor: AsyncClient) -> tuple[Owner, str]:
    """Somebody with an authenticator app, and its secret; they are signed out."""
    owner = await arrive(accounts, visitor)
    await sign_in(visitor, owner)
    assert (await visitor.get("/konto/sicherheit/app")).status_code == 302  # asks for the password again
    await visitor.post("/anmelden/bestaetigen", {"password": PASSWORD})
    page = (await visitor.get("/konto/sicherheit/app")).content.decode()
    secret = re.findall(r"<code>([A-Z2-7]{32})</code>", page)[0]
    answer = await visitor.post("/konto/sicherheit/app", {"code": _code(secret)})
    assert answer["Location"] == "/konto/sicherheit/notfallcodes"
    return owner, secret


def _code(secret: str, *, ahead: int = 0) -> str:
    from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value

    return str(format_hotp_value(hotp_value(secret, int(time.time()) // 30 + ahead)))


async def _open(connection: Connection, owner: Owner) -> int:
    cursor = await connection.execute("SELECT count(*) FROM core.session WHERE principal_id = %s", [owner.id])
    row = await cursor.fetchone()
    return int(row[0]) if row else 0


async def test_the_password_alone_does_not_let_in(guarded: tuple[Owner, str], connection: Connection) -> None:
    """Neither plane knows the session before the code is right; a code works once."""
    owner, secret = guarded
    before = await _open(connection, owner)
    fresh = AsyncClient()
    assert await sign_in(fresh, owner) == "/anmelden/zweiter-schritt"
    assert (await fresh.get("/konto")).status_code == 302
    wrong = "000000" if _code(secret) != "000000" else "111111"
    assert (await fresh.post("/anmelden/zweiter-schritt", {"code": wrong})).status_code == 200
    assert await _open(connection, owner) == before
    code, late = _code(secret), AsyncClient()
    await sign_in(late, owner)
    for client, status in ((fresh, 302), (late, 200)):
        assert (await client.post("/anmelden/zweiter-schritt", {"code": code})).status_code == status
    assert await _open(connection, owner) == before + 1
    assert (await late.get("/konto")).status_code == 302


async def test_recovery_codes_are_shown_once_and_work_once(
    guarded: tuple[Owner, str], visitor: AsyncClient
) -> None:
    """After that only how many are left."""
    owner, _ = guarded
    page = (await visitor.get("/konto/sicherheit/notfallcodes")).content.decode()
    codes = re.findall(r"<code>(\d+)</code>", page)
    assert len(codes) == 10
    again = (await visitor.get("/konto/sicherheit/notfallcodes")).content.decode()
    assert not any(code in again for code in codes)
    first, second = AsyncClient(), AsyncClient()
    for client, status in ((first, 302), (second, 200)):
        await sign_in(client, owner)
        answer = await client.post("/anmelden/zweiter-schritt", {"code": codes[0]})
        assert answer.status_code == status
    assert (await first.get("/konto")).status_code == 200
    assert (await second.get("/konto")).status_code == 302


async def test_secrets_of_factors_are_encrypted(guarded: tuple[Owner, str]) -> None:
    """The table tells nothing that a code could be computed from."""
    owner, secret = guarded

    def stored() -> list[Any]:
        from allauth.mfa.models import Authenticator

        return list(Authenticator.objects.filter(user__email=owner.email).values_list("data", flat=True))

    found = await sync_to_async(stored)()
    assert len(found) == 2
    assert secret not in str(found)
    assert all(each.get("secret", each.get("seed", "")).startswith("gAAAA") for each in found)
