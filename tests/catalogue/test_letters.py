# SPDX-License-Identifier: EUPL-1.2
"""Hearing of datasets by mail: who confirmed it, what everybody may see, and never after leaving."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings as pages_settings
from django.test import AsyncClient
from django.test.utils import override_settings

from stadtkern.catalogue import operations
from stadtkern.catalogue.entities import Dataset
from stadtkern.catalogue.subscriptions import jobs, views
from stadtkern.catalogue.subscriptions.entities import Day, Moved, Subscriber
from stadtkern.core import settings as core_settings
from stadtkern.core import statements, times
from stadtkern.core.database import Connection
from stadtkern.ui import guard
from tests import mails, people
from tests.mails import Box

pytestmark = pytest.mark.anyio


@pytest.fixture(autouse=True)
def _works(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(guard, "TOO_FAST", 0)
    views.PATIENCE.forget()
    with override_settings(MAIL_WORKS=True):
        yield


@pytest.fixture
async def box(connection: Connection) -> AsyncIterator[Box]:
    """A mail server, an empty queue and no subscribers."""
    await connection.execute("DELETE FROM identity.mail")
    await connection.execute("DELETE FROM catalogue.subscriber")
    async with mails.server() as found:
        yield found


async def _published(connection: Connection, *, room: str = "public", **said: Any) -> Dataset:
    given = {"title": {"de": "Trinkbrunnen"}, **said}
    return await operations.create(connection, by=None, kind="table", state="published", room=room, **given)


def _told() -> core_settings.Settings:
    return core_settings.load(
        environment={}, public_url=pages_settings.PUBLIC_URL, secret_key=pages_settings.SECRET_KEY
    )


async def _send(connection: Connection, box: Box) -> None:
    await mails.send(connection, box, key=pages_settings.SECRET_KEY)


async def _ask(client: AsyncClient, address: str, path: str = "/daten/abonnieren", **given: str) -> int:
    page = (await client.get(path)).content.decode()
    ticket = re.findall(r'name="ticket" value="([^"]+)"', page)[0]
    answer = await client.post(path, {"email": address, "ticket": ticket, **given})
    if answer.status_code == 302:
        assert answer["Location"].endswith("/daten/abonnieren/postfach")
    return answer.status_code


def _path(box: Box, word: str) -> str:
    found = re.search(rf"http://[^/]+(/\S*/{word}/\w+)", box.text())
    assert found is not None, box.text()
    return found[1]


async def _subscribe(
    client: AsyncClient,
    connection: Connection,
    box: Box,
    address: str,
    path: str = "/daten/abonnieren",
    **given: str,
) -> str:
    """Ask and confirm; the address at which the subscriptions are looked after."""
    assert await _ask(client, address, path, **given) == 302
    await _send(connection, box)
    answer = await client.post(_path(box, "bestaetigen"))
    assert answer.status_code == 302
    return str(answer["Location"]).partition("?")[0]


async def _change(connection: Connection, dataset_id: int, **more: Any) -> None:
    """A change that is an hour old, after what subscribers were told two days ago."""
    await operations.change(connection, by=None, dataset_id=dataset_id, version="2", **more)
    await connection.execute(
        "UPDATE catalogue.dataset SET issued = now() - interval '9 days',"
        " changed_at = now() - interval '1 hour' WHERE dataset_id = %s",
        [dataset_id],
    )
    await connection.execute("UPDATE catalogue.subscriber SET told_until = now() - interval '2 days'")


async def _tell(connection: Connection, box: Box) -> list[str]:
    """A day's round; who got something."""
    box.to.clear()
    while await jobs.once(connection, settings=_told(), now=times.now()):
        pass
    await _send(connection, box)
    return box.to


async def test_nothing_is_sent_before_the_mailbox_has_confirmed(
    visitor: AsyncClient, connection: Connection, box: Box
) -> None:
    """Looking at the link confirms nothing; the button does; then one mail a day tells what moved."""
    made = await _published(connection, title={"de": "Bäume & <Beete>"})
    assert await _ask(visitor, "Anna@Buerger.example") == 302
    await _send(connection, box)
    assert (box.to, "alle neuen und geänderten" in box.text()) == (["anna@buerger.example"], True)
    confirm = _path(box, "bestaetigen")
    assert "Abonnieren" in (await visitor.get(confirm)).content.decode()
    await _change(connection, made.id)
    assert await _tell(connection, box) == []
    manage = await visitor.post(confirm)
    assert "bestätigt" in (await visitor.get(manage["Location"])).content.decode()
    await _change(connection, made.id)
    assert await _tell(connection, box) == ["anna@buerger.example"]
    assert "Geändert: Bäume & <Beete>" in box.text()
    assert f"{pages_settings.PUBLIC_URL}/daten/{made.key}" in box.text()
    assert await _tell(connection, box) == []  # not twice


async def test_a_mail_program_leaves_with_one_request(
    visitor: AsyncClient, connection: Connection, box: Box
) -> None:
    """RFC 8058: a POST without cookie or form ends everything; looking ends nothing; the address is gone."""
    made = await _published(connection)
    await _subscribe(visitor, connection, box, "anna@buerger.example")
    await _change(connection, made.id)
    assert await _tell(connection, box) == ["anna@buerger.example"]
    mail = box.mails[-1]
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    address = str(mail["List-Unsubscribe"]).strip("<>").replace("\n", "").replace(" ", "")
    assert address.startswith(pages_settings.PUBLIC_URL)
    path = address.removeprefix(pages_settings.PUBLIC_URL)
    program = AsyncClient(enforce_csrf_checks=True)
    await program.get(path)
    rows = await connection.execute("SELECT count(*) FROM catalogue.subscriber")
    assert await rows.fetchone() == (1,)
    assert (await program.post(path, {"List-Unsubscribe": "One-Click"})).status_code == 200
    rows = await connection.execute("SELECT count(*) FROM catalogue.subscriber")
    assert await rows.fetchone() == (0,)
    await _change(connection, made.id)
    assert await _tell(connection, box) == []
    assert (
        await program.post(path, {"List-Unsubscribe": "One-Click"})
    ).status_code == 200  # again is no fault


async def test_only_what_everybody_may_see_is_told(
    visitor: AsyncClient, connection: Connection, box: Box
) -> None:
    """Not internal ones, not drafts, nor what was public when it was subscribed to."""
    public = await _published(connection, title={"de": "Öffentlich"})
    inside = await _published(connection, room="internal", title={"de": "Innenleben"})
    draft = await operations.create(connection, by=None, kind="table", title={"de": "Unfertig"})
    moved = await _published(connection, title={"de": "Bald geheim"})
    await _subscribe(visitor, connection, box, "anna@buerger.example")
    manage = await _subscribe(
        visitor, connection, box, "anna@buerger.example", f"/daten/abonnieren?datensatz={moved.key}"
    )
    assert "Bald geheim" in (await visitor.get(manage)).content.decode()
    await connection.execute(
        "UPDATE core.dataset SET room_id = (SELECT id FROM core.room WHERE key = 'internal') WHERE id = %s",
        [moved.id],
    )
    assert "Bald geheim" not in (await visitor.get(manage)).content.decode()
    for each in (public, inside, draft, moved):
        await _change(connection, each.id)
    assert await _tell(connection, box) == ["anna@buerger.example"]
    assert "Öffentlich" in box.text()
    for word in ("Innenleben", "Unfertig", "Bald geheim"):
        assert word not in box.text()
    for hidden in (inside, draft, moved):
        assert (await visitor.get(f"/daten/abonnieren?datensatz={hidden.key}")).status_code == 404


async def test_somebody_hears_of_one_dataset_or_of_a_theme(
    visitor: AsyncClient, connection: Connection, box: Box
) -> None:
    """And of nothing else; each can be ended alone."""
    tree = await _published(connection, title={"de": "Bäume"}, themes=("ENVI",))
    bus = await _published(connection, title={"de": "Busse"}, themes=("TRAN",))
    await _subscribe(
        visitor, connection, box, "anna@buerger.example", f"/daten/abonnieren?datensatz={tree.key}"
    )
    manage = await _subscribe(visitor, connection, box, "bert@buerger.example", theme="TRAN")
    await _change(connection, tree.id)
    await _change(connection, bus.id)
    assert sorted(await _tell(connection, box)) == ["anna@buerger.example", "bert@buerger.example"]
    told = {str(mail["To"]): str(mail.get_content()) for mail in box.mails[-2:]}
    assert ("Bäume" in told["anna@buerger.example"], "Busse" in told["anna@buerger.example"]) == (True, False)
    assert ("Bäume" in told["bert@buerger.example"], "Busse" in told["bert@buerger.example"]) == (False, True)
    number = re.findall(r'name="id" value="(\d+)"', (await visitor.get(manage)).content.decode())[0]
    ended = await visitor.post(manage, {"id": number})
    assert "keine E-Mails mehr" in (await visitor.get(ended["Location"])).content.decode()


async def test_nobody_learns_who_subscribes_or_can_fill_a_mailbox(
    visitor: AsyncClient, connection: Connection, box: Box
) -> None:
    """The same answer for everybody; one mail per wish, five a day, five questions an hour from one place."""
    await _subscribe(visitor, connection, box, "anna@buerger.example")
    for _ in range(2):
        assert await _ask(visitor, "anna@buerger.example") == 302
    await _send(connection, box)
    assert box.to == ["anna@buerger.example"]
    views.PATIENCE.forget()
    for theme in ("ENVI", "TRAN", "ECON", "EDUC", "ENER"):
        assert await _ask(visitor, "bert@buerger.example", theme=theme) == 302
    assert await _ask(visitor, "bert@buerger.example", theme="GOVE") == 429
    views.PATIENCE.forget()
    assert await _ask(visitor, "bert@buerger.example", theme="GOVE") == 302
    await _send(connection, box)
    assert len(box.to) == 6


async def test_addresses_that_nobody_confirmed_are_forgotten(
    visitor: AsyncClient, connection: Connection, box: Box
) -> None:
    """After two days; and the account that is erased takes its subscriptions along."""
    await _ask(visitor, "bert@buerger.example")
    await _send(connection, box)
    confirm = _path(box, "bestaetigen")
    await connection.execute("UPDATE catalogue.subscription SET asked_at = now() - interval '3 days'")
    assert (await visitor.get(confirm)).status_code == 410
    assert (await visitor.post(confirm)).status_code == 410
    somebody = await people.person(connection)
    await _subscribe(visitor, connection, box, somebody.email)
    await connection.execute(statements.load("catalogue")["forget_letters"])
    rows = await connection.execute("SELECT address FROM catalogue.subscriber")
    assert await rows.fetchall() == [(somebody.email,)]
    await connection.execute("DELETE FROM identity.person WHERE principal_id = %s", [somebody.id])
    rows = await connection.execute("SELECT address FROM catalogue.subscriber")
    assert await rows.fetchall() == []


async def test_guessed_addresses_open_nothing(visitor: AsyncClient, connection: Connection) -> None:
    """Neither for confirming nor for leaving; without a mail server there is no form."""
    for word in ("bestaetigen", "verwalten"):
        for token in ("x", "0" * 64, "ä"):
            assert (await visitor.get(f"/daten/abonnieren/{word}/{token}")).status_code == 404
            assert (await visitor.post(f"/daten/abonnieren/{word}/{token}")).status_code == 404
    with override_settings(MAIL_WORKS=False):
        assert (await visitor.get("/daten/abonnieren")).status_code == 404
        assert "/daten/abonnieren" not in (await visitor.get("/daten")).content.decode()
    assert "/daten/abonnieren" in (await visitor.get("/daten")).content.decode()


@pytest.mark.parametrize(
    ("now", "morning"),
    [
        (datetime(2026, 7, 1, 4, 59, tzinfo=UTC), datetime(2026, 6, 30, 5, tzinfo=UTC)),
        (datetime(2026, 7, 1, 5, 0, tzinfo=UTC), datetime(2026, 7, 1, 5, tzinfo=UTC)),
        (datetime(2026, 10, 25, 5, 59, tzinfo=UTC), datetime(2026, 10, 24, 5, tzinfo=UTC)),
        (datetime(2026, 10, 25, 6, 0, tzinfo=UTC), datetime(2026, 10, 25, 6, tzinfo=UTC)),
    ],
)
def test_the_morning_is_the_citys(now: datetime, morning: datetime) -> None:
    """Seven o'clock in summer and in winter."""
    assert jobs.morning_before(now, zone=ZoneInfo("Europe/Berlin")) == morning
    assert now - morning < timedelta(days=1, hours=2)


@pytest.mark.parametrize(
    ("dataset_ids", "themes", "hours"),
    [((), ("",), 500), ((3, 7, 10_000), (), 500), ((3,), ("ENVI", "TRAN"), 500), ((), ("ENVI",), 100),
     ((), ("",), 0), ((), ("GOVE",), 500)],
)  # fmt: skip
def test_everybody_is_told_what_they_asked_for(
    dataset_ids: tuple[int, ...], themes: tuple[str, ...], hours: int
) -> None:
    """The newest of it and how much there is, of five hundred that moved, whoever asks for what."""
    now = datetime(2026, 11, 22, tzinfo=UTC)
    names = ("ENVI", "TRAN", "ECON", "SOCI")
    moved = [
        Moved(n, f"d{n}", {}, (names[n % 4], names[n // 4 % 4]), None, now - timedelta(hours=n))
        for n in range(500)
    ]
    one = Subscriber(1, uuid4(), "a@b.example", "de", now - timedelta(hours=hours), dataset_ids, themes)
    wanted = [
        each
        for each in moved
        if each.at > one.told_until
        and ("" in themes or each.dataset_id in dataset_ids or set(themes) & set(each.themes))
    ]
    assert Day(moved).of(one, most=30) == (wanted[:30], len(wanted))
