# SPDX-License-Identifier: EUPL-1.2
"""Mails: that they arrive, wait, are given up, and are not sent to whoever has left."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.test import AsyncClient
from django.test.utils import override_settings

from stadtkern.core.database import Connection
from stadtkern.identity.mail import jobs, queue
from tests import mails, people
from tests.identity.conftest import Owner, sign_in
from tests.mails import Box

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("box")]


async def test_a_mail_arrives_and_is_forgotten(
    visitor: AsyncClient, connection: Connection, box: Box
) -> None:
    """As it was written, with headers that keep machines from answering; only a count stays."""
    await mails.text(connection, "anna@buerger.example")
    assert await mails.send(connection, box) == 1
    mail = box.mails[0]
    assert (mail["Subject"], mail["From"], mail["To"]) == (
        "Grüße", "Stadtdaten <daten@stadt.example>", "anna@buerger.example",
    )  # fmt: skip
    assert box.text().strip() == "Ein Tag im Grünen & <mehr>"
    assert (mail["Auto-Submitted"], mail["Content-Language"]) == ("auto-generated", "de")
    assert await mails.left(connection) == []
    assert await mails.send(connection, box) == 0
    row = await (
        await connection.execute("SELECT sent FROM identity.mail_day WHERE kind = 'identity/text'")
    ).fetchone()
    assert row == (1,)


async def test_a_mail_exists_only_with_what_it_tells_of(connection: Connection) -> None:
    """A transaction that fails sends nothing."""
    with pytest.raises(ZeroDivisionError):
        async with connection.transaction():
            await mails.text(connection, "anna@buerger.example")
            raise ZeroDivisionError
    assert await mails.left(connection) == []


async def test_what_is_refused_for_good_is_given_up_and_the_others_go_on(
    visitor: AsyncClient, connection: Connection, box: Box
) -> None:
    """A mailbox that is full waits; both keep the server's words; neither holds up anybody."""
    for name in ("gone", "full", "anna"):
        await mails.text(connection, f"{name}@buerger.example")
    await mails.send(connection, box)
    assert box.to == ["anna@buerger.example"]
    assert await mails.left(connection) == [
        ("dead", 1, "550 5.1.1 no such mailbox"),
        ("waiting", 1, "452 4.2.2 mailbox full"),
    ]
    assert await mails.send(connection, box) == 0  # not at once again


async def test_tries_become_rarer_and_end(visitor: AsyncClient, connection: Connection, box: Box) -> None:
    """From a minute to a day; after that somebody has to look."""
    box.busy = True
    await mails.text(connection, "anna@buerger.example")
    pauses = []
    for _ in range(len(jobs.PAUSES) + 1):
        await connection.execute("UPDATE identity.mail SET not_before = now()")
        await mails.send(connection, box)
        row = await (
            await connection.execute(
                "SELECT round(extract(epoch FROM not_before - now()) / 60) FROM identity.mail"
            )
        ).fetchone()
        pauses.append(row[0] if row else None)
    assert pauses[:-1] == [pause.total_seconds() // 60 for pause in jobs.PAUSES]
    assert [row[0] for row in await mails.left(connection)] == ["dead"]


async def test_a_mail_server_that_is_away_loses_nothing(
    visitor: AsyncClient, connection: Connection, box: Box
) -> None:
    """What was due waits, and goes out once, later, under the same number."""
    await mails.text(connection, "anna@buerger.example")
    await mails.send(connection, box, port=1)
    assert [row[:2] for row in await mails.left(connection)] == [("waiting", 1)]
    await connection.execute("UPDATE identity.mail SET not_before = now()")
    await mails.send(connection, box)
    assert (len(box.mails), await mails.left(connection)) == (1, [])


async def test_a_worker_that_fell_leaves_its_mails_to_the_next(
    visitor: AsyncClient, connection: Connection, box: Box
) -> None:
    """While the lease lasts nobody else takes them; a mail that fells everyone is given up."""
    await mails.text(connection, "anna@buerger.example")
    await connection.execute(
        "UPDATE identity.mail SET lease_until = now() + interval '1 minute', attempts = 1"
    )
    assert await mails.send(connection, box) == 0
    await connection.execute("UPDATE identity.mail SET lease_until = now() - interval '1 second'")
    assert await mails.send(connection, box) == 1
    assert len(box.mails) == 1
    await mails.text(connection, "bert@buerger.example")
    await connection.execute("UPDATE identity.mail SET attempts = 30")
    await mails.send(connection, box)
    assert (len(box.mails), [row[0] for row in await mails.left(connection)]) == (1, ["dead"])


async def test_a_line_is_encrypted_or_not_used(
    visitor: AsyncClient, connection: Connection, tmp_path: Path
) -> None:
    """The certificate must be known; the password goes over no other line."""
    tls, own = mails.certificate(tmp_path)
    async with mails.server(tls=tls, password="geheim") as box:
        given = {"tls": "start", "user": "stadt", "password": "geheim"}
        await mails.text(connection, "anna@buerger.example")
        await mails.send(connection, box, **given)
        assert (box.mails, box.signed_in) == ([], [])
        assert "CERTIFICATE_VERIFY_FAILED" in (await mails.left(connection))[0][2]
        await connection.execute("UPDATE identity.mail SET not_before = now()")
        await mails.send(connection, box, **given, ca=str(own))
        assert (box.to, box.signed_in) == (["anna@buerger.example"], [b"stadt"])
        await mails.text(connection, "bert@buerger.example")
        await mails.send(connection, box, **{**given, "password": "falsch"}, ca=str(own))
        assert [row[0] for row in await mails.left(connection)] == [
            "waiting"
        ]  # ours to mend, not the mail's fault
    async with mails.server() as plain:
        await connection.execute("UPDATE identity.mail SET not_before = now()")
        await mails.send(connection, plain, tls="start")
        assert (plain.mails, "STARTTLS" in (await mails.left(connection))[0][2]) == ([], True)


async def test_a_key_that_was_changed_gives_mails_up(
    visitor: AsyncClient, connection: Connection, box: Box
) -> None:
    """What is sealed cannot be read any more; the others are sent."""
    await queue.put(
        connection, kind="identity/text", address="anna@buerger.example",
        sealed=queue.seal({"subject": "x", "body": "y"}, key="another"),
    )  # fmt: skip
    await mails.text(connection, "bert@buerger.example")
    await mails.send(connection, box)
    assert box.to == ["bert@buerger.example"]
    assert await mails.left(connection) == [("dead", 1, "text: InvalidToken")]


async def test_nothing_is_sent_to_whoever_has_left(
    visitor: AsyncClient, connection: Connection, box: Box
) -> None:
    """Disabled or erased: the mail goes with them."""
    for number in range(2):
        somebody = await people.person(connection)
        facts = {"name": somebody.name}
        await queue.put(connection, kind="identity/probe", person_id=somebody.id, facts=facts)
        if number:
            await connection.execute("DELETE FROM identity.person WHERE principal_id = %s", [somebody.id])
        else:
            await connection.execute(
                "UPDATE identity.person SET disabled_at = now() WHERE principal_id = %s", [somebody.id]
            )
    await mails.send(connection, box)
    assert (box.mails, await mails.left(connection)) == ([], [])


async def test_an_old_mail_is_not_sent_any_more(
    visitor: AsyncClient, connection: Connection, box: Box
) -> None:
    """Its link would be over."""
    await mails.text(connection, "anna@buerger.example")
    await connection.execute("UPDATE identity.mail SET expires_at = now() - interval '1 second'")
    await mails.send(connection, box)
    assert (box.mails, await mails.left(connection)) == ([], [("dead", 1, "expired")])


async def test_a_subject_cannot_carry_headers(visitor: AsyncClient, connection: Connection, box: Box) -> None:
    """Lines in it become blanks; an address with a line break is no address."""
    facts = {"subject": "Hallo\r\nBcc: x@boese.example", "body": "x"}
    await queue.put(connection, kind="identity/text", address="anna@buerger.example", facts=facts)
    await queue.put(connection, kind="identity/text", address="a@b.example\r\nBcc: c@d.example", facts=facts)
    await mails.send(connection, box)
    assert [(mail["Subject"], mail["Bcc"]) for mail in box.mails] == [("Hallo Bcc: x@boese.example", None)]
    assert box.to == ["anna@buerger.example"]
    assert [row[0] for row in await mails.left(connection)] == ["dead"]


async def test_people_read_mails_in_the_language_of_their_account(
    visitor: AsyncClient, owner: Owner, connection: Connection, box: Box
) -> None:
    """Also when it was chosen after the mail was written; without a choice it is that of the mail."""
    facts = {"subject": "Grüße", "body": "Ein Tag"}
    await queue.put(connection, kind="identity/text", person_id=owner.id, facts=facts)
    assert await mails.send(connection, box) == 1
    assert box.mails[-1]["Content-Language"] == "de"
    await queue.put(connection, kind="identity/text", person_id=owner.id, facts=facts)
    await sign_in(visitor, owner)
    assert (await visitor.post("/konto/sprache", {"language": "xx"}))["Location"] == "/konto"
    assert (await visitor.post("/konto/sprache", {"language": "en"}))["Location"] == "/konto"
    with override_settings(MAIL_WORKS=True):
        assert '<option value="en" selected>' in (await visitor.get("/konto")).content.decode()
    assert await mails.send(connection, box) == 1
    assert box.mails[-1]["Content-Language"] == "en"
    await queue.put(connection, kind="identity/text", person_id=owner.id, facts=facts)
    await visitor.post("/konto/sprache", {"language": ""})
    assert await mails.send(connection, box) == 1
    assert box.mails[-1]["Content-Language"] == "de"


async def test_mails_to_many_let_the_others_pass(
    visitor: AsyncClient, connection: Connection, box: Box
) -> None:
    """Whoever lost a password does not wait until a thousand subscribers were told."""
    facts = {"subject": "Neues", "body": "x"}
    many = [queue.Letter(f"leser{n}@buerger.example", "de", facts) for n in range(30)]
    await queue.put_to_many(connection, kind="identity/text", letters=many)
    await mails.text(connection, "anna@buerger.example")
    for plan in ("hashjoin", "mergejoin", "hashagg", "sort", "material"):
        await connection.execute(f"SET enable_{plan} = off")  # whichever way the database goes about it
    assert await mails.send(connection, box)
    assert "anna@buerger.example" in box.to
    assert len(box.to) < len(many)
