# SPDX-License-Identifier: EUPL-1.2
"""Accounts are closed at once and in every way, by the city's administrators only, and opened again."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from django.test import AsyncClient

from stadtkern.core import access, times, tokens
from stadtkern.core import database as core_database
from stadtkern.core.database import Connection
from tests import people
from tests.core import factories
from tests.identity.conftest import Owner, sign_in

pytestmark = pytest.mark.anyio


@pytest.fixture
async def gate(accounts: str) -> AsyncIterator[access.Gate]:
    """What stands at the doors of the data plane."""
    async with core_database.pool(url=accounts) as pool, access.Gate(pool=pool) as opened:
        yield opened


async def test_closing_an_account_ends_everything_at_once(
    visitor: AsyncClient, connection: Connection, gate: access.Gate
) -> None:
    """Sessions in both planes and keys; the roles stay, and it is on record who did it."""
    administrator = await people.signed_in(connection, visitor, role="administrator", kind="city")
    somebody = await people.person(connection, role="steward", kind="department", name="Vera Vergangen")
    dataset = await factories.make_dataset(connection)
    made = await tokens.create(
        connection, name="own", scopes={dataset: ["read"]}, person_id=somebody.id,
        expires_at=times.now() + timedelta(days=9),
    )  # fmt: skip
    assert (await gate.principal(authorization=None, cookie=somebody.cookie)).id == somebody.id
    assert (await gate.principal(authorization=f"Bearer {made.secret}")).token_id == made.id
    listed = (await visitor.get("/arbeit/menschen/konten?q=vergangen")).content.decode()
    assert f'href="/arbeit/menschen/konten/{somebody.id}"' in listed
    assert administrator.name not in listed.partition("<main")[2]
    path = f"/arbeit/menschen/konten/{somebody.id}"
    assert "1 offene Sitzung" in (await visitor.get(path)).content.decode()
    before = gate.epoch
    assert (await visitor.post(f"{path}/sperren")).status_code == 302
    async with asyncio.timeout(60):
        while gate.epoch == before:
            await connection.execute("SELECT 1")
    assert await gate.principal(authorization=None, cookie=somebody.cookie) == access.ANONYMOUS
    with pytest.raises(access.Unauthorised):
        await gate.principal(authorization=f"Bearer {made.secret}")
    visitor.cookies["sessionid"] = somebody.cookie
    assert (await visitor.get("/konto")).status_code in (302, 401)
    visitor.cookies["sessionid"] = administrator.cookie
    assert "Gesperrt seit" in (await visitor.get(path)).content.decode()
    assert (await visitor.post(f"{path}/sperren")).status_code == 404
    assert "Vera" in (await visitor.get("/arbeit/menschen/konten?stand=gesperrt")).content.decode()
    assert (await visitor.post(f"{path}/oeffnen")).status_code == 302
    with pytest.raises(access.Unauthorised):
        await gate.principal(authorization=f"Bearer {made.secret}")
    rows = await connection.execute(
        "SELECT principal_id, detail ->> 'operation' FROM core.audit"
        " WHERE action = 'role' AND (detail ->> 'person')::bigint = %s ORDER BY id",
        [somebody.id],
    )
    assert await rows.fetchall() == [(administrator.id, "close"), (administrator.id, "open")]


async def test_a_closed_account_cannot_sign_in(
    visitor: AsyncClient, owner: Owner, connection: Connection
) -> None:
    """Though the password is right; and again once it is open."""
    administrator = AsyncClient()
    await people.signed_in(connection, administrator, role="administrator", kind="city")
    path = f"/arbeit/menschen/konten/{owner.id}"
    assert (await administrator.post(f"{path}/sperren")).status_code == 302
    assert await sign_in(visitor, owner) != "/konto"
    assert (await visitor.get("/konto")).status_code == 302
    rows = await connection.execute("SELECT count(*) FROM core.session WHERE principal_id = %s", [owner.id])
    assert await rows.fetchone() == (0,)
    assert (await administrator.post(f"{path}/oeffnen")).status_code == 302
    await sign_in(visitor, owner)
    assert (await visitor.get("/konto")).status_code == 200


async def test_only_the_citys_administrators_close_accounts(
    visitor: AsyncClient, connection: Connection
) -> None:
    """Nobody their own, and the city keeps one who looks after it."""
    somebody = await people.person(connection)
    path = f"/arbeit/menschen/konten/{somebody.id}"
    for role, kind in ((None, "department"), ("publisher", "city"), ("administrator", "department")):
        await people.signed_in(connection, visitor, role=role, kind=kind)
        for address in ("/arbeit/menschen/konten", path):
            assert (await visitor.get(address)).status_code == 403, (role, kind, address)
        for address in ("sperren", "oeffnen"):
            assert (await visitor.post(f"{path}/{address}")).status_code == 403
    own = await people.signed_in(connection, visitor, role="administrator", kind="city")
    answer = await visitor.post(f"/arbeit/menschen/konten/{own.id}/sperren")
    assert (answer.status_code, "eigenes Konto" in answer.content.decode()) == (409, True)
    for number in (2**63 - 1, 2**70):
        assert (await visitor.post(f"/arbeit/menschen/konten/{number}/sperren")).status_code == 404


async def test_people_are_listed_page_by_page(visitor: AsyncClient, connection: Connection) -> None:
    """Each once, by name."""
    await people.signed_in(connection, visitor, role="administrator", kind="city")
    for number in range(55):
        await people.person(connection, name=f"Zahlreich {number:02}")
    seen: list[str] = []
    following = "?q=zahlreich"
    while following:
        page = (await visitor.get(f"/arbeit/menschen/konten{following}")).content.decode()
        seen += re.findall(r">(Zahlreich \d\d)<", page)
        found = re.search(r'rel="next" href="([^"]+)"', page)
        following = found[1].replace("&amp;", "&") if found else ""
    assert seen == [f"Zahlreich {number:02}" for number in range(55)]
    for awkward in ("q=%00", "nach=x&nummer=y", "nummer=99999999999999999999", "stand=x"):
        assert (await visitor.get(f"/arbeit/menschen/konten?{awkward}")).status_code == 200
