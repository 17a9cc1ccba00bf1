# SPDX-License-Identifier: EUPL-1.2
"""What people see of mails: invitations, the words of allauth, and the page of what was not delivered."""

from __future__ import annotations

import re

import pytest
from django.test import AsyncClient
from django.test.utils import override_settings

from stadtkern.core.database import Connection
from tests import mails, people
from tests.identity.conftest import PASSWORD, Owner, sign_in
from tests.mails import Box

pytestmark = pytest.mark.anyio


async def test_an_invitation_is_sent_and_not_shown(
    visitor: AsyncClient, owner: Owner, connection: Connection, box: Box
) -> None:
    """Its link stands in the mail alone, not on the page nor readable in the database; it lets in once."""
    from django.conf import settings

    await sign_in(visitor, owner)
    office = await people.organisation(connection, name="Amt für <Grün> & Bäume")
    with override_settings(MAIL_WORKS=True):
        page = await visitor.post(
            f"/en/arbeit/menschen/{office}/einladen", {"email": "neu@stadt.example", "role": "editor"}
        )
    assert "on its way to neu@stadt.example" in page.content.decode()
    assert "/willkommen/" not in page.content.decode()
    dump = await (await connection.execute("SELECT m::text FROM identity.mail AS m")).fetchall()
    assert [b"willkommen" in bytes(str(row), "utf-8") for row in dump] == [False]
    await mails.send(connection, box, key=settings.SECRET_KEY)
    assert box.mails[0]["Subject"] == "Invitation: Amt für <Grün> & Bäume"
    found = re.search(r"http://[^/]+(/willkommen/[\w-]+)", box.text())
    assert found is not None
    given = {"name": "Neu", "email": "neu@stadt.example", "password": PASSWORD, "again": PASSWORD}
    assert (await AsyncClient().post(found[1], given)).status_code == 302
    assert (await AsyncClient().get(found[1])).status_code == 410


async def test_the_page_is_for_the_citys_administrators(
    visitor: AsyncClient, owner: Owner, connection: Connection, box: Box
) -> None:
    """Who see what was given up, try it again or let it go; nobody else does."""
    await mails.text(connection, "gone@buerger.example")
    await mails.send(connection, box)
    row = await (await connection.execute("SELECT id FROM identity.mail")).fetchone()
    assert row is not None
    discard = f"/arbeit/post/{row[0]}/verwerfen"
    assert (await visitor.get("/arbeit/post")).status_code == 302
    await people.signed_in(connection, visitor, role="administrator")
    for path in ("/arbeit/post", discard):
        assert (await visitor.get(path)).status_code == 403
    for path in ("/arbeit/post/noch-einmal", "/arbeit/post/probe", discard):
        assert (await visitor.post(path)).status_code == 403
    visitor.cookies.clear()
    await sign_in(visitor, owner)
    page = (await visitor.get("/arbeit/post")).content.decode()
    assert "gone@buerger.example" in page
    assert "550 5.1.1 no such mailbox" in page
    assert "Ein Tag im Grünen" not in page
    assert (await visitor.post("/arbeit/post/noch-einmal", {"id": row[0]})).status_code == 302
    assert [each[:2] for each in await mails.left(connection)] == [("waiting", 0)]
    await mails.send(connection, box)
    assert "E-Mail verwerfen?" in (await visitor.get(discard)).content.decode()
    assert [each[0] for each in await mails.left(connection)] == ["dead"]
    assert (await visitor.post(discard)).status_code == 302
    assert await mails.left(connection) == []
    assert (await visitor.post(discard)).status_code == 404
    assert (await visitor.post("/arbeit/post/noch-einmal", {"id": "x"})).status_code == 404


async def test_a_probe_goes_to_whoever_asks(
    visitor: AsyncClient, owner: Owner, connection: Connection, box: Box
) -> None:
    """Where there is a mail server; without one the page says how to set it up."""
    await sign_in(visitor, owner)
    assert (await visitor.post("/arbeit/post/probe")).status_code == 404
    assert "STADTKERN_MAIL_URL" in (await visitor.get("/arbeit/post")).content.decode()
    with override_settings(MAIL_WORKS=True):
        answer = await visitor.post("/arbeit/post/probe")
        assert owner.email in (await visitor.get(answer["Location"])).content.decode()
    await mails.send(connection, box)
    assert (box.to, "Guten Tag Chefin" in box.text()) == ([owner.email], True)


async def test_allauths_mails_wait_in_our_queue_in_our_words(
    visitor: AsyncClient, owner: Owner, connection: Connection, box: Box
) -> None:
    """Sealed, since they hold links; in German and English."""
    from asgiref.sync import sync_to_async
    from django.conf import settings
    from django.utils import translation

    from stadtkern.identity.adapters import AccountAdapter

    def write(language: str) -> None:
        with (
            translation.override(language),
            override_settings(EMAIL_BACKEND="stadtkern.identity.mail.backend.EmailBackend"),
        ):
            context = {"password_reset_url": "http://localhost:8000/konto/passwort/neu/abc-def"}
            AccountAdapter().send_mail("account/email/password_reset_key", owner.email, context)

    for language in ("de", "en"):
        await sync_to_async(write)(language)
    dump = await (await connection.execute("SELECT m::text FROM identity.mail AS m")).fetchall()
    assert ["abc-def" in str(row) for row in dump] == [False, False]
    await mails.send(connection, box, key=settings.SECRET_KEY)
    assert [mail["Subject"] for mail in box.mails] == ["Neues Passwort setzen", "Set a new password"]
    assert "http://localhost:8000/konto/passwort/neu/abc-def" in box.text(0)
    assert "Guten Tag" in box.text(0)
    assert "Hello" in box.text(1)
