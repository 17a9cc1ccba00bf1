# SPDX-License-Identifier: EUPL-1.2
"""Who may look after organisations and roles, and that the city is never left alone."""

from __future__ import annotations

import re

import pytest
from django.test import AsyncClient

from stadtkern.core.database import Connection
from tests import people
from tests.identity.conftest import PASSWORD, Owner, sign_in

pytestmark = pytest.mark.anyio


async def _role(connection: Connection, person_id: int, organisation_id: int) -> str | None:
    cursor = await connection.execute(
        "SELECT role FROM core.membership WHERE person_id = %s AND organisation_id = %s",
        [person_id, organisation_id],
    )
    row = await cursor.fetchone()
    return None if row is None else str(row[0])


@pytest.mark.parametrize("role", ["reader", "editor", "steward", "publisher", "administrator"])
async def test_only_administrators_see_the_people(
    visitor: AsyncClient, connection: Connection, role: str
) -> None:
    """Of their own organisation; another one does not exist for them, and nothing can be changed there."""
    somebody = await people.signed_in(connection, visitor, role=role)
    other = await people.person(connection, role="reader")
    own, foreign = f"/arbeit/menschen/{somebody.organisation_id}", f"/arbeit/menschen/{other.organisation_id}"
    allowed = role == "administrator"
    assert (await visitor.get("/arbeit/menschen")).status_code == (200 if allowed else 403)
    assert (await visitor.get(own)).status_code == (200 if allowed else 403)
    assert (await visitor.get(foreign)).status_code == 404
    assert (await visitor.get("/arbeit/menschen/neu")).status_code == 403
    given = {"email": "x@stadt.example", "role": "administrator", "person": str(other.id), "name": "Neu"}
    for path in ("einladen", "rolle", "entfernen", "bearbeiten", "zuruecknehmen"):
        assert (await visitor.post(f"{foreign}/{path}", given)).status_code == 404, path
    assert (await visitor.post(f"{foreign}/zugang", given)).status_code == 403
    assert other.organisation_id is not None
    assert await _role(connection, other.id, other.organisation_id) == "reader"


async def test_nobody_in_particular_is_asked_to_sign_in(visitor: AsyncClient) -> None:
    """For every page of the back office."""
    for path in ("/arbeit/menschen", "/arbeit/menschen/1", "/arbeit/menschen/neu", "/arbeit/geraete",
                 "/arbeit/geraete/neu", "/konto", "/konto/schluessel", "/konto/daten"):  # fmt: skip
        answer = await visitor.get(path)
        assert (answer.status_code, answer["Location"].partition("?")[0]) == (302, "/anmelden"), path


async def test_an_invitation_gives_the_role_to_its_address_only(
    visitor: AsyncClient, owner: Owner, connection: Connection
) -> None:
    """Shown once; the name on it cannot be changed; used, it is gone."""
    await sign_in(visitor, owner)
    office = await people.organisation(connection)
    page = await visitor.post(
        f"/arbeit/menschen/{office}/einladen", {"email": "Neu@stadt.example", "role": "editor"}
    )
    found = re.search(r"http://[^/]+(/willkommen/[\w-]+)", page.content.decode())
    assert found is not None
    link = found[1]
    assert link not in (await visitor.get(f"/arbeit/menschen/{office}")).content.decode()
    assert (await visitor.post(link)).status_code == 410  # it is for somebody else
    guest = AsyncClient()
    given = {"name": "Neu", "email": "anders@stadt.example", "password": PASSWORD, "again": PASSWORD}
    assert (await guest.post(link, given)).status_code == 302
    cursor = await connection.execute(
        "SELECT i.email, m.role FROM identity.person i JOIN core.membership m ON m.person_id = i.principal_id"
        " WHERE m.organisation_id = %s",
        [office],
    )
    assert await cursor.fetchall() == [("neu@stadt.example", "editor")]
    assert (await AsyncClient().get(link)).status_code == 410


async def test_somebody_with_an_account_takes_an_invitation(
    visitor: AsyncClient, owner: Owner, connection: Connection
) -> None:
    """It adds the role, and never takes a higher one away."""
    from stadtkern.identity.entry import invitations

    office = await people.organisation(connection)
    await sign_in(visitor, owner)
    for role, then in (("publisher", "publisher"), ("reader", "publisher")):
        link = await invitations.invite(
            connection, email=owner.email, organisation_id=office, role=role, invited_by=owner.id
        )
        assert "Einladung annehmen" in (await visitor.get(link)).content.decode()
        assert (await visitor.post(link)).status_code == 302
        assert await _role(connection, owner.id, office) == then


async def test_roles_are_given_and_taken(visitor: AsyncClient, owner: Owner, connection: Connection) -> None:
    """By the city's administrators, everywhere; a role that does not exist changes nothing."""
    await sign_in(visitor, owner)
    member = await people.person(connection, role="reader")
    assert member.organisation_id is not None
    path = f"/arbeit/menschen/{member.organisation_id}"
    await visitor.post(f"{path}/rolle", {"person": member.id, "role": "steward"})
    assert await _role(connection, member.id, member.organisation_id) == "steward"
    for bad in ({"person": member.id, "role": "king"}, {"person": "x", "role": "reader"}, {}):
        assert (await visitor.post(f"{path}/rolle", bad)).status_code == 404
    assert (await visitor.post(f"{path}/entfernen", {"person": member.id})).status_code == 302
    assert await _role(connection, member.id, member.organisation_id) is None


async def test_the_last_administrator_stays(
    visitor: AsyncClient, owner: Owner, connection: Connection
) -> None:
    """Neither a lower role nor leaving nor erasing the account; with a second one all of it goes."""
    await sign_in(visitor, owner)
    city = await people.city(connection)
    await connection.execute(
        "DELETE FROM core.membership WHERE organisation_id = %s AND person_id <> %s", [city, owner.id]
    )
    path = f"/arbeit/menschen/{city}"
    lower = await visitor.post(f"{path}/rolle", {"person": owner.id, "role": "reader"})
    leave = await visitor.post(f"{path}/entfernen", {"person": owner.id})
    erase = await visitor.post("/konto/daten", {"email": owner.email})
    for answer in (lower, leave, erase):
        assert "Sonst verwaltet niemand diese Stadt" in answer.content.decode()
    assert await _role(connection, owner.id, city) == "administrator"
    await people.person(connection, role="administrator", kind="city", organisation_id=city)
    assert (await visitor.post(f"{path}/entfernen", {"person": owner.id})).status_code == 302
    assert await _role(connection, owner.id, city) is None


async def test_somebody_locked_out_comes_back(
    visitor: AsyncClient, owner: Owner, connection: Connection
) -> None:
    """With a new password, without the lost factor, and with all other sessions ended."""
    from asgiref.sync import sync_to_async

    from tests.identity.conftest import arrive

    lost = await arrive(str(connection.info.dsn), visitor)
    elsewhere = AsyncClient()
    await sign_in(elsewhere, lost)
    await sync_to_async(_add_factor)(lost.email)
    await sign_in(visitor, owner)
    city = await people.city(connection)
    page = await visitor.post(f"/arbeit/menschen/{city}/zugang", {"person": lost.id})
    link = re.search(r"http://[^/]+(/willkommen/[\w-]+)", page.content.decode())
    assert link is not None
    fresh = "ein ganz anderes Wort 99"
    back = AsyncClient()
    assert (await back.post(link[1], {"password": fresh, "again": fresh})).status_code == 302
    assert (await back.get("/konto")).status_code == 200
    assert (await elsewhere.get("/konto")).status_code == 302
    again = AsyncClient()
    assert await sign_in(again, lost, password=fresh) == "/konto"


def _add_factor(email: str) -> None:
    from allauth.mfa.models import Authenticator
    from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret

    from stadtkern.identity.models import User

    TOTP.activate(User.objects.get(email=email), generate_totp_secret())
    assert Authenticator.objects.filter(user__email=email).exists()


async def test_an_organisation_is_made_and_named(
    visitor: AsyncClient, owner: Owner, connection: Connection
) -> None:
    """With the contact that stands with its datasets; HTML in a name is only text."""
    await sign_in(visitor, owner)
    given = {"name": "<b>Amt</b> für Bäume", "kind": "department", "email": "baum@stadt.example", "url": "",
             "contributor_id": ""}  # fmt: skip
    answer = await visitor.post("/arbeit/menschen/neu", given)
    assert answer.status_code == 302
    page = (await visitor.get(answer["Location"])).content.decode()
    assert "&lt;b&gt;Amt&lt;/b&gt; für Bäume" in page
    second_city = await visitor.post("/arbeit/menschen/neu", {**given, "kind": "city"})
    assert second_city.status_code == 200
    assert "kern-error" in second_city.content.decode()


async def test_links_end_with_the_role_of_whoever_made_them(
    visitor: AsyncClient, connection: Connection
) -> None:
    """And two organisations may invite the same address without knowing of each other."""
    from stadtkern.identity.entry import invitations
    from stadtkern.identity.organisations import operations

    links = []
    for _ in range(2):
        chief = await people.person(connection, role="administrator")
        assert chief.organisation_id is not None
        link = await invitations.invite(
            connection, email="z@stadt.example", organisation_id=chief.organisation_id, role="editor",
            invited_by=chief.id,
        )  # fmt: skip
        links.append(link)
    assert [(await visitor.get(link)).status_code for link in links] == [200, 200]
    await operations.set_role(
        connection, organisation_id=chief.organisation_id, person_id=chief.id, role="reader"
    )
    assert [(await visitor.get(link)).status_code for link in links] == [200, 410]


async def test_only_the_city_gives_names(visitor: AsyncClient, connection: Connection) -> None:
    """Others trust a name when they let an organisation in; the contact is its own matter."""
    chief = await people.signed_in(connection, visitor, role="administrator", kind="partner")
    path = f"/arbeit/menschen/{chief.organisation_id}/bearbeiten"
    assert (await visitor.post(path, {"name": "Umweltamt", "email": "neu@p.example"})).status_code == 302
    page = (await visitor.get(path)).content.decode()
    assert ("Umweltamt" in page, "neu@p.example" in page) == (False, True)
