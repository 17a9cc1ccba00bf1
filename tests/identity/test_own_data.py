# SPDX-License-Identifier: EUPL-1.2
"""People take their data along, end sessions elsewhere, and go without leaving a trace of who they were."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import pytest
from django.test import AsyncClient

from stadtkern.core import access, tokens
from stadtkern.core import database as core_database
from stadtkern.core.database import Connection
from tests import people
from tests.core import factories
from tests.identity.conftest import Owner, arrive, sign_in

pytestmark = pytest.mark.anyio


@pytest.fixture
async def gate(accounts: str) -> AsyncIterator[access.Gate]:
    """What stands at the doors of the data plane."""
    async with core_database.pool(url=accounts) as pool, access.Gate(pool=pool) as opened:
        yield opened


async def test_the_export_holds_everything_but_secrets(
    visitor: AsyncClient, owner: Owner, connection: Connection
) -> None:
    """Account, roles, rooms, sessions, tokens, factors; of nobody else."""
    await arrive(str(connection.info.dsn), visitor)
    await sign_in(visitor, owner)
    dataset = await factories.make_dataset(connection)
    made = await tokens.create(connection, name="mein Skript", scopes={dataset: ["read"]}, person_id=owner.id)
    room = await factories.make_room(connection)
    await people.grant(connection, room=room, principal_id=owner.id)
    assert (await visitor.get("/konto/daten/meine-daten.json")).status_code == 405
    answer = await visitor.post("/konto/daten/meine-daten.json")
    assert answer["Content-Disposition"] == 'attachment; filename="meine-daten.json"'
    document = answer.json()
    assert document["account"]["email"] == owner.email
    assert [each["role"] for each in document["memberships"]] == ["administrator"]
    assert [each["room"] for each in document["rooms"]] == [room]
    assert [each["name"] for each in document["tokens"]] == ["mein Skript"]
    assert len(document["sessions"]) >= 1
    assert [each["email"] for each in document["sign_in"]["addresses"]] == [owner.email]
    text = answer.content.decode()
    assert made.secret not in text
    assert visitor.cookies["sessionid"].value not in text
    assert text.count("@stadt.example") == text.count(owner.email)


async def test_an_erased_account_is_gone(
    visitor: AsyncClient, owner: Owner, connection: Connection, gate: access.Gate
) -> None:
    """Sessions, roles, rooms, keys, name and address, in this minute; a wrong address changes nothing."""
    gone = await arrive(str(connection.info.dsn), visitor)
    await sign_in(visitor, gone)
    cookie = visitor.cookies["sessionid"].value
    dataset = await factories.make_dataset(connection, room="internal")
    made = await tokens.create(connection, name="meins", scopes={dataset: ["read"]}, person_id=gone.id)
    wrong = await visitor.post("/konto/daten", {"email": owner.email})
    assert "Das ist nicht die Adresse dieses Kontos" in wrong.content.decode()
    assert (await visitor.post("/konto/daten", {"email": gone.email.upper()}))[
        "Location"
    ] == "/konto/geloescht"
    assert (await visitor.get("/konto/geloescht")).status_code == 200
    assert await gate.principal(authorization=None, cookie=cookie) == access.ANONYMOUS
    with pytest.raises(access.Unauthorised):
        await gate.principal(authorization=f"Bearer {made.secret}")
    for table in ("core.principal", "identity.person", "identity.invitation", "web.identity_user",
                  "web.account_emailaddress"):  # fmt: skip
        cursor = await connection.execute(
            f"SELECT count(*) FROM {table} AS t WHERE t::text LIKE %s".encode(), [f"%{gone.email}%"]
        )
        assert await cursor.fetchone() == (0,), table
    cursor = await connection.execute("SELECT name FROM core.principal WHERE id = %s", [gone.id])
    assert await cursor.fetchone() == ("–",)
    assert await sign_in(AsyncClient(), gone) == ""


async def test_a_session_elsewhere_is_ended(
    visitor: AsyncClient, owner: Owner, connection: Connection
) -> None:
    """One's own only."""
    await sign_in(visitor, owner)
    elsewhere, stranger = AsyncClient(), AsyncClient()
    await sign_in(elsewhere, owner)
    other = await arrive(str(connection.info.dsn), stranger)
    await sign_in(stranger, other)
    page = (await visitor.get("/konto")).content.decode()
    ending = re.findall(r'name="session" value="([0-9a-f]{64})"', page)
    assert len(ending) >= 1
    theirs = access.hash_secret(stranger.cookies["sessionid"].value).hex()
    for session in (*ending, theirs, "", "0" * 64, "'"):
        assert (await visitor.post("/konto/sitzung-beenden", {"session": session})).status_code == 302
    assert (await visitor.get("/konto")).status_code == 200
    assert (await elsewhere.get("/konto")).status_code == 302
    assert (await stranger.get("/konto")).status_code == 200


async def test_a_name_is_text(visitor: AsyncClient, owner: Owner) -> None:
    """Whatever somebody calls themselves."""
    await sign_in(visitor, owner)
    await visitor.post("/konto", {"name": "<script>alert(1)</script>"})
    page = (await visitor.get("/konto")).content.decode()
    assert "&lt;script&gt;alert(1)" in page
    assert "<script>alert" not in page
    await visitor.post("/konto", {"name": "Chefin"})
