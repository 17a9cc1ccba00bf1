# SPDX-License-Identifier: EUPL-1.2
"""Answers to whoever asked, and alerts to whoever looks after something: to the right ones, once."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator

import pytest
from django.conf import settings as pages_settings
from django.test import AsyncClient
from django.test.utils import override_settings

from stadtkern.catalogue import notices
from stadtkern.catalogue.harvest import store
from stadtkern.catalogue.harvest.entities import Tally, tell
from stadtkern.catalogue.requests import operations
from stadtkern.core import outbox
from stadtkern.core.database import Connection
from stadtkern.core.settings import Settings
from stadtkern.ui import guard
from tests import mails, people
from tests.catalogue import harvesting, imports
from tests.catalogue.test_onboarding import TREES
from tests.mails import Box

pytestmark = pytest.mark.anyio
WISH = {"title": "Alle Trinkbrunnen", "body": "Standorte und ob sie laufen, bitte als Karte.", "purpose": ""}


@pytest.fixture(autouse=True)
def _works(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(guard, "TOO_FAST", 0)
    guard.PATIENCE.forget()
    with override_settings(MAIL_WORKS=True):
        yield


@pytest.fixture
async def box(connection: Connection) -> AsyncIterator[Box]:
    """A mail server, and an empty queue."""
    await connection.execute("DELETE FROM identity.mail")
    async with mails.server() as found:
        yield found


async def _send(connection: Connection, box: Box) -> None:
    await mails.send(connection, box, key=pages_settings.SECRET_KEY)


async def _asked(client: AsyncClient, connection: Connection, email: str) -> int:
    page = (await client.get("/daten/anfragen/neu")).content.decode()
    ticket = re.findall(r'name="ticket" value="([^"]+)"', page)[0]
    answer = await client.post("/daten/anfragen/neu", {**WISH, "ticket": ticket, "email": email})
    assert answer.status_code == 302, answer.content.decode()
    row = await (await connection.execute("SELECT max(id) FROM catalogue.request")).fetchone()
    assert row is not None
    return int(row[0])


async def _replies(connection: Connection) -> int:
    row = await (await connection.execute("SELECT count(*) FROM catalogue.reply")).fetchone()
    return row[0] if row else 0


async def _answer(connection: Connection, number: int, by: int, progress: str, body: str) -> None:
    await operations.answer(
        connection, by=by, id=number, progress=progress, body=body, dataset_id=None, inventory_id=None
    )


def _path(box: Box) -> str:
    found = re.search(r"http://[^/]+(/daten/anfragen/antwort/\w+)", box.text())
    assert found is not None, box.text()
    return found[1]


async def test_whoever_asked_is_answered_by_mail_until_the_last_answer(
    visitor: AsyncClient, connection: Connection, box: Box
) -> None:
    """After confirming from the mailbox; with the last answer the address is gone."""
    steward = await people.person(connection, role="steward")
    number = await _asked(visitor, connection, "Anna@Buerger.example")
    await _send(connection, box)
    assert (box.to, WISH["title"] in box.text()) == (["anna@buerger.example"], False)
    await operations.moderate(connection, by=steward.id, id=number, shown=True)
    await _answer(connection, number, steward.id, "examined", "Wir fragen nach.")
    assert await mails.left(connection) == []  # nobody has confirmed
    page = _path(box)
    assert "Ja, bitte antworten" in (await visitor.get(page)).content.decode()
    program = AsyncClient(enforce_csrf_checks=True)
    assert (await program.post(page, {"what": "confirm"})).status_code == 200
    await _answer(connection, number, steward.id, "planned", "Im Herbst <ja> & sicher.")
    await _send(connection, box)
    assert "Im Herbst <ja> & sicher." in box.text()
    assert "Stand: geplant" in box.text()
    assert box.mails[-1]["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert await _replies(connection) == 1
    await _answer(connection, number, steward.id, "available", "Hier sind sie.")
    assert await _replies(connection) == 0
    await _send(connection, box)
    assert ("Hier sind sie." in box.text(), "Adresse gelöscht" in box.text()) == (True, True)
    assert "keine Adresse mehr gespeichert" in (await visitor.get(page)).content.decode()


async def test_a_refusal_is_told_and_ends_it(visitor: AsyncClient, connection: Connection, box: Box) -> None:
    """With its reason, to whoever asked alone."""
    steward = await people.person(connection, role="steward")
    number = await _asked(visitor, connection, "anna@buerger.example")
    await _send(connection, box)
    await visitor.post(_path(box), {"what": "confirm"})
    await operations.moderate(connection, by=steward.id, id=number, shown=False, refusal="Es ist Werbung.")
    await _send(connection, box)
    assert ("Es ist Werbung." in box.text(), await _replies(connection)) == (True, 0)


async def test_an_address_is_forgotten_when_its_owner_says_so(
    visitor: AsyncClient, connection: Connection, box: Box
) -> None:
    """By the button or the mail program's one request; a guessed address opens nothing."""
    for given in ({"what": "leave"}, {"List-Unsubscribe": "One-Click"}):
        guard.PATIENCE.forget()
        await _asked(visitor, connection, "anna@buerger.example")
        await _send(connection, box)
        await AsyncClient(enforce_csrf_checks=True).post(_path(box), given)
        assert await _replies(connection) == 0
    assert (await visitor.post(f"/daten/anfragen/antwort/{'0' * 64}")).status_code == 404


async def test_a_held_delivery_is_told_to_its_owner(
    connection: Connection, settings: Settings, visitor: AsyncClient, box: Box
) -> None:
    """Once, with the way to it; when the owner has no role there any more, to those who publish there."""
    desk = await imports.desk(connection, settings)
    first = await desk.store(await desk.plan(await desk.send(TREES)))
    await connection.execute("DELETE FROM core.outbox")
    without = b"\n".join(line.rpartition(b";")[0] for line in TREES.split(b"\n"))
    held = await desk.send(without, to=first)
    subscriptions = outbox.Subscriptions()
    notices.hear(subscriptions)
    for _ in range(2):
        await outbox.relay_once(connection, subscriptions=subscriptions)
    await _send(connection, box)
    row = await (
        await connection.execute(
            "SELECT email FROM identity.person WHERE principal_id = %s", [desk.person.principal_id]
        )
    ).fetchone()
    assert row is not None
    assert box.to == [row[0]]
    assert "anders aufgebaut" in box.text()
    assert f"{pages_settings.PUBLIC_URL}/arbeit/import/{held.uuid}" in box.text()
    assert (await connection.execute("SELECT FROM core.outbox")).rowcount == 0
    organisation = first.recipe.organisation_id
    publisher = await people.person(connection, role="publisher", organisation_id=organisation)
    await people.person(connection, role="reader", organisation_id=organisation)
    await people.person(connection, role="publisher")
    await connection.execute("DELETE FROM core.membership WHERE person_id = %s", [desk.person.principal_id])
    await outbox.emit(
        connection,
        topic=notices.IMPORT_HELD,
        payload={"delivery": str(held.uuid), "reason": "quality", "owner": desk.person.principal_id},
    )
    box.to.clear()
    await outbox.relay_once(connection, subscriptions=subscriptions)
    await _send(connection, box)
    assert box.to == [publisher.email]


async def test_a_harvest_that_begins_to_fail_is_told_once(
    connection: Connection, visitor: AsyncClient, box: Box
) -> None:
    """Not each hour again; anew after it went well in between."""
    source = await harvesting.source_of(connection, "https://quelle.example/katalog")
    publisher = await people.person(connection, role="publisher", organisation_id=source.organisation_id)
    subscriptions = outbox.Subscriptions()
    notices.hear(subscriptions)
    message = tell("SourceAnswered", detail="status 503")
    for state in ("failed", "failed", "done", "failed"):
        number = await store.begin(connection, source)
        await store.end(connection, source, run_id=number, tally=Tally(), state=state, message=message)
        await outbox.relay_once(connection, subscriptions=subscriptions)
    await _send(connection, box)
    assert box.to == [publisher.email] * 2
    assert "Die Quelle antwortet mit einem Fehler: status 503" in box.text()
    assert f"/arbeit/ernten/{source.id}" in box.text()
