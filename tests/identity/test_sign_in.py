# SPDX-License-Identifier: EUPL-1.2
"""Signing in: who gets in, who learns nothing, and what both planes know afterwards."""

from __future__ import annotations

import re

import pytest
from django.test import AsyncClient

from stadtkern.core import access
from stadtkern.core import database as core_database
from stadtkern.core.database import Connection
from stadtkern.identity.entry import invitations
from tests.identity.conftest import PASSWORD, Owner, arrive, sign_in

pytestmark = pytest.mark.anyio


async def _count(connection: Connection, statement: str, *values: object) -> int:
    row = await (await connection.execute(statement.encode(), list(values))).fetchone()
    assert row is not None
    return int(row[0])


async def test_a_link_lets_one_administrator_in_once(visitor: AsyncClient, connection: Connection) -> None:
    """Looking at it uses nothing up; it makes an administrator of the city, and works no second time."""
    earlier = await invitations.first_administrator(connection, base_url="")
    link = await invitations.first_administrator(connection, base_url="")
    for _ in range(2):
        assert "Mit diesem Konto verwalten Sie die Stadt" in (await visitor.get(link)).content.decode()
    given = {"name": "Eins", "email": "eins@stadt.example", "password": PASSWORD, "again": PASSWORD}
    answer = await visitor.post(link, given)
    assert (answer.status_code, answer["Location"]) == (302, "/konto")
    assert "Stadtverwaltung" in (await visitor.get("/konto")).content.decode()
    assert await invitations.has_administrator(connection)
    stranger = AsyncClient()
    for used in (link, earlier):
        assert (await stranger.get(used)).status_code == 410
        assert (await stranger.post(used, {**given, "email": "zwei@stadt.example"})).status_code == 410
    assert await _count(connection, "SELECT count(*) FROM identity.person WHERE email LIKE 'zwei%%'") == 0


async def test_a_link_that_is_over_lets_nobody_in(visitor: AsyncClient, connection: Connection) -> None:
    """After a day; and a guess is answered in the same way."""
    link = await invitations.first_administrator(connection, base_url="")
    await connection.execute("UPDATE identity.invitation SET expires_at = now() WHERE used_at IS NULL")
    assert (
        (await visitor.get(link)).status_code == (await visitor.get("/willkommen/geraten")).status_code == 410
    )


async def test_a_session_is_known_to_both_planes_and_stored_by_neither(
    visitor: AsyncClient, owner: Owner, connection: Connection, accounts: str
) -> None:
    """The cookie is for the browser only; the tables hold its hash; signing out ends it in both."""
    await sign_in(visitor, owner)
    cookie = visitor.cookies["sessionid"]
    assert (bool(cookie["httponly"]), cookie["samesite"], cookie["path"]) == (True, "Lax", "/")
    for table in ("core.session", "identity.session"):
        found = await _count(
            connection, f"SELECT count(*) FROM {table} AS t WHERE t::text LIKE %s", f"%{cookie.value}%"
        )
        assert found == 0
    async with core_database.pool(url=accounts) as pool, access.Gate(pool=pool) as gate:
        assert (await gate.principal(authorization=None, cookie=cookie.value)).id == owner.id
        assert (await visitor.get("/abmelden")).status_code == 200  # only asks
        assert (await gate.principal(authorization=None, cookie=cookie.value)).id == owner.id
        await visitor.post("/abmelden")
        assert await gate.principal(authorization=None, cookie=cookie.value) == access.ANONYMOUS
    visitor.cookies["sessionid"] = cookie.value
    assert (await visitor.get("/konto")).status_code == 302


async def test_pages_of_somebody_signed_in_stay_with_them(visitor: AsyncClient, owner: Owner) -> None:
    """No cache in between keeps them, nor the browser after the sign-out."""
    await sign_in(visitor, owner)
    for path in ("/konto", "/", "/nix"):
        answer = await visitor.get(path)
        assert answer["Cache-Control"] == "private, no-store", path
        assert "Chefin" in answer.content.decode(), path


async def test_nobody_learns_which_addresses_have_accounts(visitor: AsyncClient, owner: Owner) -> None:
    """A wrong password and an unknown address get the same answer, apart from what was typed in."""
    answers = []
    for email in (owner.email, "niemand@stadt.example"):
        answer = await visitor.post("/anmelden", {"login": email, "password": "falsch"})
        text = answer.content.decode().replace(email, "")
        answers.append((answer.status_code, re.sub(r'value="[^"]*"', "", text)))
    assert answers[0] == answers[1]
    assert "leider falsch" in answers[0][1]


async def test_guessing_is_stopped(visitor: AsyncClient, owner: Owner, connection: Connection) -> None:
    """After five wrong passwords the right one does not help either, for a while."""
    for _ in range(5):
        await sign_in(visitor, owner, password="falsch")
    assert await sign_in(visitor, owner) == ""
    assert (
        await _count(connection, "SELECT count(*) FROM core.session WHERE principal_id = %s", owner.id) == 1
    )


async def test_links_cannot_be_guessed_without_end(visitor: AsyncClient) -> None:
    """Thirty a minute from one address, then one has to wait."""
    found = [(await visitor.post(f"/willkommen/{n}")).status_code for n in range(32)]
    assert (found[0], found[-1]) == (410, 429)


async def test_a_session_from_before_is_not_kept(
    visitor: AsyncClient, owner: Owner, connection: Connection
) -> None:
    """Whoever plants a cookie in somebody's browser has nothing from their sign-in."""
    visitor.cookies["sessionid"] = "planted" * 4
    await sign_in(visitor, owner)
    assert visitor.cookies["sessionid"].value != "planted" * 4
    planted = access.hash_secret("planted" * 4)
    assert await _count(connection, "SELECT count(*) FROM core.session WHERE secret_hash = %s", planted) == 0


@pytest.mark.parametrize(
    "to",
    ["https://boese.example/", "//boese.example", "/\\boese.example", "\\\\boese.example",
     "javascript:alert(1)", "http:boese.example", "https:///boese.example", " //boese.example",
     "/\t/boese.example"],
)  # fmt: skip
async def test_the_way_back_stays_here(visitor: AsyncClient, owner: Owner, to: str) -> None:
    """Only paths of ours are followed after the sign-in."""
    assert await sign_in(visitor, owner, to=to) == "/konto"


async def test_the_way_back_is_followed(visitor: AsyncClient, owner: Owner) -> None:
    """To the page that asked for the sign-in, in its language."""
    asked = await visitor.get("/en/konto")
    assert asked["Location"] == "/en/anmelden?next=%2Fen%2Fkonto"
    assert await sign_in(visitor, owner, to="/karte?q=Neutor") == "/karte?q=Neutor"


async def test_forms_of_other_sites_are_refused(visitor: AsyncClient, owner: Owner) -> None:
    """Without the page's own secret nothing is signed in, out or changed."""
    await sign_in(visitor, owner)
    strict = AsyncClient(enforce_csrf_checks=True)
    strict.cookies["sessionid"] = visitor.cookies["sessionid"].value
    for path in ("/anmelden", "/abmelden", "/konto", "/konto/daten", "/konto/daten/meine-daten.json"):
        answer = await strict.post(path, {"email": owner.email, "name": "Anders"})
        assert answer.status_code == 403, path
    assert "Das Formular ist nicht mehr gültig" in answer.content.decode()
    assert "Chefin" in (await visitor.get("/konto")).content.decode()


async def test_the_form_cookie_is_set_only_where_there_is_a_form(visitor: AsyncClient) -> None:
    """Reading sets no cookie at all."""
    assert not (await visitor.get("/")).cookies
    assert "csrftoken" in (await visitor.get("/anmelden")).cookies


async def test_a_new_password_signs_out_everywhere_else(
    visitor: AsyncClient, owner: Owner, connection: Connection
) -> None:
    """Whoever stole a session loses it; the one who changed the password stays."""
    await sign_in(visitor, owner)
    other = AsyncClient()
    await sign_in(other, owner)
    fresh = "noch mehr Regen ohne Schirm 8"
    half = {"oldpassword": PASSWORD, "password1": fresh, "password2": ""}
    page = (await visitor.post("/konto/passwort", half)).content.decode()
    assert 'aria-current="page">Passwort ändern' in page
    assert "Es wurde noch nichts gespeichert." in page
    answer = await visitor.post(
        "/konto/passwort", {"oldpassword": PASSWORD, "password1": fresh, "password2": fresh}
    )
    assert answer.status_code == 302
    assert (await visitor.get("/konto")).status_code == 200
    assert (await other.get("/konto")).status_code == 302
    assert (
        await _count(connection, "SELECT count(*) FROM core.session WHERE principal_id = %s", owner.id) == 1
    )


async def test_weak_passwords_are_refused(visitor: AsyncClient, connection: Connection) -> None:
    """Short, common, or much like the address; nothing is stored, the link stays good."""
    link = await invitations.first_administrator(connection, base_url="")
    for weak in ("kurz", "michaeljackson", "schwach@stadt.example"):
        answer = await visitor.post(
            link, {"name": "S", "email": "schwach@stadt.example", "password": weak, "again": weak}
        )
        assert "kern-error" in answer.content.decode(), weak
    assert (await visitor.get(link)).status_code == 200


async def test_links_in_mails_do_not_follow_the_host_header(accounts: str, visitor: AsyncClient) -> None:
    """A stranger's Host header must not lead a new password elsewhere."""
    from django.conf import settings
    from django.test import RequestFactory

    from stadtkern.identity import middleware

    request = RequestFactory().get("/konto", headers={"host": "boese.example"})
    assert (
        middleware._public(request, "/konto/passwort/neu/x") == f"{settings.PUBLIC_URL}/konto/passwort/neu/x"
    )
    page = await visitor.get("/anmelden", headers={"host": "boese.example"})
    assert "boese.example" not in page.content.decode()


async def test_an_ended_session_does_not_come_back(
    visitor: AsyncClient, owner: Owner, connection: Connection
) -> None:
    """Not even where a page of the account is open at that moment and would save what it remembers."""
    await sign_in(visitor, owner)
    await connection.execute("DELETE FROM core.session WHERE principal_id = %s", [owner.id])
    assert (await visitor.get("/konto/sicherheit")).status_code == 302
    assert (
        await _count(connection, "SELECT count(*) FROM core.session WHERE principal_id = %s", owner.id) == 0
    )


async def test_two_people_are_two(visitor: AsyncClient, accounts: str, owner: Owner) -> None:
    """An address has one account, however it is spelled."""
    async with await core_database.connect(url=accounts, autocommit=True) as connection:
        link = await invitations.first_administrator(connection, base_url="")
        given = {"name": "x", "email": owner.email.upper(), "password": PASSWORD, "again": PASSWORD}
        page = (await visitor.post(link, given)).content.decode()
        assert "Dieses Konto gibt es schon" in page
    other = await arrive(accounts, visitor)
    assert other.id != owner.id


def test_passwords_are_hashed_slowly() -> None:
    """The hasher in use takes memory and time, which whoever steals the table lacks."""
    from stadtkern.web import settings

    assert settings.PASSWORD_HASHERS[0].endswith("ScryptPasswordHasher")  # type: ignore[attr-defined]
