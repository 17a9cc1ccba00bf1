# SPDX-License-Identifier: EUPL-1.2
"""People ask for data and are answered in public; nobody is tracked, and programs stay out."""

from __future__ import annotations

import re

import pytest
from django.test import AsyncClient

from stadtkern.catalogue import operations
from stadtkern.core import datasets
from stadtkern.core.database import Connection
from stadtkern.ui import guard
from tests import people
from tests.catalogue.offices import as_, text

pytestmark = pytest.mark.anyio

WISH = {"title": "Alle Trinkbrunnen", "body": "Standorte und ob sie laufen, bitte als Karte.", "purpose": ""}


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests write faster than people."""
    monkeypatch.setattr(guard, "TOO_FAST", 0)
    guard.PATIENCE.forget()


@pytest.fixture
async def steward(connection: Connection) -> people.Somebody:
    """Somebody of the city who moderates."""
    city = await people.city(connection)
    return await people.person(connection, role="steward", organisation_id=city)


async def ticket(client: AsyncClient) -> str:
    """The ticket of a fresh form."""
    page = await text(client, "/daten/anfragen/neu")
    return re.findall(r'name="ticket" value="([^"]+)"', page)[0]


async def asked(client: AsyncClient, **more: str) -> str:
    """The secret address of a new request."""
    answer = await client.post("/daten/anfragen/neu", {**WISH, "ticket": await ticket(client), **more})
    assert answer.status_code == 302, answer.content.decode()
    return str(answer["Location"])


async def number(connection: Connection) -> int:
    """The id of the newest request."""
    row = await (await connection.execute("SELECT max(id) FROM catalogue.request")).fetchone()
    return row[0] if row and row[0] else 0


async def test_a_request_is_read_before_others_see_it_and_answered_in_public(
    visitor: AsyncClient, connection: Connection, steward: people.Somebody
) -> None:
    """Asked without a name, moderated, answered; whoever asked follows it by a secret address."""
    own = await asked(visitor, title="Brunnen <script>")
    new = await number(connection)
    assert "Danke, Ihre Anfrage ist da." in await text(visitor, own)
    await text(visitor, f"/daten/anfragen/{new}", 404)
    assert "Brunnen" not in await text(visitor, "/daten/anfragen")
    as_(visitor, steward)
    assert "Brunnen &lt;script&gt;" in await text(visitor, "/arbeit/anfragen")
    await visitor.post(f"/arbeit/anfragen/{new}", {"what": "moderate", "shown": "yes"})
    said = {"what": "answer", "progress": "planned", "body": "Kommt im Mai.", "dataset": "", "entry": ""}
    assert (await visitor.post(f"/arbeit/anfragen/{new}", said)).status_code == 302
    visitor.cookies.clear()
    page = await text(visitor, f"/daten/anfragen/{new}")
    assert "Kommt im Mai." in page
    assert "geplant" in page
    assert steward.name not in page
    assert "Brunnen &lt;script&gt;" in await text(visitor, "/daten/anfragen?q=brunnen&stand=planned")


async def test_a_refused_request_is_seen_only_by_whoever_asked(
    visitor: AsyncClient, connection: Connection, steward: people.Somebody
) -> None:
    """With the reason; then it can be removed."""
    own = await asked(visitor)
    address = f"/arbeit/anfragen/{await number(connection)}"
    as_(visitor, steward)
    no = {"what": "moderate", "shown": "no", "refusal": ""}
    assert "Bitte sagen Sie, warum" in (await visitor.post(address, no)).content.decode()
    await visitor.post(address, {**no, "refusal": "Nennt eine Person."})
    visitor.cookies.clear()
    assert "Nennt eine Person." in await text(visitor, own)
    await text(visitor, address.replace("arbeit", "daten"), 404)
    deleted = await as_(visitor, steward).post(f"{address}/loeschen")
    assert "Die Anfrage ist gelöscht" in (await visitor.get(deleted["Location"])).content.decode()
    await text(visitor, own, 404)


async def test_only_stewards_of_the_city_moderate(visitor: AsyncClient, connection: Connection) -> None:
    """Not an editor of the city, not the publisher of a department."""
    city = await people.city(connection)
    for somebody in (
        await people.person(connection, role="editor", organisation_id=city),
        await people.person(connection, role="publisher"),
    ):
        await text(as_(visitor, somebody), "/arbeit/anfragen", 403)


async def test_the_same_form_sent_twice_is_one_request(visitor: AsyncClient, connection: Connection) -> None:
    """A double click leads to the same address."""
    about = {**WISH, "ticket": await ticket(visitor)}
    first, second = [await visitor.post("/daten/anfragen/neu", about) for _ in range(2)]
    assert first["Location"] == second["Location"]
    row = await (
        await connection.execute("SELECT count(*) FROM catalogue.request WHERE body = %s", [WISH["body"]])
    ).fetchone()
    assert row is not None
    before = row[0]
    await visitor.post("/daten/anfragen/neu", about)
    row = await (
        await connection.execute("SELECT count(*) FROM catalogue.request WHERE body = %s", [WISH["body"]])
    ).fetchone()
    assert row == (before,)


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"website": "http://spam.example"}, "Dieses Feld muss leer bleiben."),
        ({"ticket": "made-up:1:2"}, "Die Seite war zu lange offen"),
        ({"body": "http://a.example http://b.example www.c.example"}, "höchstens zwei Adressen"),
        ({"title": ""}, "Bitte füllen Sie dieses Feld aus."),
        ({"body": "x" * 4001}, "höchstens 4000 haben Platz"),
    ],
)
async def test_programs_and_mistakes_are_stopped(
    visitor: AsyncClient, connection: Connection, more: dict[str, str], says: str
) -> None:
    """Each says why, keeps what was typed and stores nothing."""
    before = await number(connection)
    answer = await visitor.post(
        "/daten/anfragen/neu", {**WISH, "ticket": await ticket(visitor), "title": "Behalten bitte", **more}
    )
    page = answer.content.decode()
    assert says in page
    assert "title" in more or "Behalten bitte" in page
    assert await number(connection) == before


async def test_a_form_is_not_filled_in_within_seconds(
    visitor: AsyncClient, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A program is quicker than three seconds; whoever left a field empty reads only of that."""
    monkeypatch.setattr(guard, "TOO_FAST", 3)
    before = await number(connection)
    first = await ticket(visitor)
    answer = await visitor.post("/daten/anfragen/neu", {**WISH, "ticket": first})
    assert "Das ging sehr schnell." in answer.content.decode()
    assert first in answer.content.decode(), "whoever presses again need not wait from the beginning"
    empty = await visitor.post("/daten/anfragen/neu", {**WISH, "title": "", "ticket": await ticket(visitor)})
    assert "Bitte füllen Sie dieses Feld aus." in empty.content.decode()
    assert "Das ging sehr schnell." not in empty.content.decode()
    assert await number(connection) == before


async def test_one_address_asks_five_times_an_hour(visitor: AsyncClient, connection: Connection) -> None:
    """Others may go on; and when too many wait, nobody may."""
    for _ in range(guard.PER_HOUR):
        await asked(visitor)
    about = {**WISH, "ticket": await ticket(visitor)}
    assert (await visitor.post("/daten/anfragen/neu", about)).status_code == 429
    other = {"x-forwarded-for": "192.0.2.7"}
    assert (await visitor.post("/daten/anfragen/neu", about, headers=other)).status_code == 302
    await connection.execute(
        "INSERT INTO catalogue.request (title, body, secret_hash, ticket_hash)"
        " SELECT 'x', 'y', sha256(n::text::bytea), sha256(n::text::bytea) FROM generate_series(1, %s) AS n",
        [guard.MOST_WAITING],
    )
    fresh = {**WISH, "ticket": await ticket(visitor)}
    assert (await visitor.post("/daten/anfragen/neu", fresh, headers=other)).status_code == 429
    await connection.execute("DELETE FROM catalogue.request WHERE title = 'x'")


async def test_nothing_is_kept_of_who_asked(visitor: AsyncClient, connection: Connection) -> None:
    """No address, no agent, no person; the secret only as a digest."""
    own = await asked(visitor)
    row = await (
        await connection.execute(
            "SELECT to_jsonb(q)::text FROM catalogue.request AS q ORDER BY id DESC LIMIT 1"
        )
    ).fetchone()
    assert row is not None
    assert "127.0.0.1" not in row[0]
    assert own.rpartition("/")[2] not in row[0]
    answer = await visitor.get(own)
    assert answer["Referrer-Policy"] == "no-referrer"
    assert answer["Cache-Control"] == "no-store"


async def test_an_answer_names_only_datasets_that_the_reader_may_see(
    visitor: AsyncClient, connection: Connection, steward: people.Somebody
) -> None:
    """An internal dataset stands under the request for insiders only."""
    await datasets.save(connection, key="geheimes", room="internal", about={"title": {"de": "Geheimes"}})
    await asked(visitor)
    new = await number(connection)
    as_(visitor, steward)
    await visitor.post(f"/arbeit/anfragen/{new}", {"what": "moderate", "shown": "yes"})
    said = {"what": "answer", "progress": "available", "body": "Da.", "dataset": "gibt-es-nicht", "entry": ""}
    assert (
        "mit dieser Adresse gibt es nicht"
        in (await visitor.post(f"/arbeit/anfragen/{new}", said)).content.decode()
    )
    assert (await visitor.post(f"/arbeit/anfragen/{new}", {**said, "dataset": "geheimes"})).status_code == 302
    assert "/daten/geheimes" in await text(visitor, f"/daten/anfragen/{new}")
    visitor.cookies.clear()
    assert "geheimes" not in await text(visitor, f"/daten/anfragen/{new}")


async def test_two_clerks_and_two_clicks_make_no_mess(
    visitor: AsyncClient, connection: Connection, steward: people.Somebody
) -> None:
    """Who decides after somebody else is told so first; the same answer sent twice stands there once."""
    await asked(visitor)
    new = await number(connection)
    as_(visitor, steward)
    address = f"/arbeit/anfragen/{new}"
    assert 'name="seen" value="new"' in await text(visitor, address)
    saved = await visitor.post(address, {"what": "moderate", "shown": "yes", "seen": "new"})
    assert "Gespeichert." in await text(visitor, str(saved["Location"]))
    late = {"what": "moderate", "shown": "no", "refusal": "Werbung.", "seen": "new"}
    page = (await visitor.post(address, late)).content.decode()
    assert "hat inzwischen über diese Anfrage entschieden" in page
    assert 'name="seen" value="shown"' in page
    await text(visitor, f"/daten/anfragen/{new}")
    said = {"what": "answer", "progress": "planned", "body": "Kommt im Mai.", "dataset": "", "entry": ""}
    for _ in range(2):
        assert (await visitor.post(address, said)).status_code == 302
    assert (await text(visitor, f"/daten/anfragen/{new}")).count("Kommt im Mai.") == 1
    await visitor.post(address, {**said, "progress": "available"})
    assert (await text(visitor, f"/daten/anfragen/{new}")).count("Kommt im Mai.") == 2
    assert (await visitor.post(address, {**late, "seen": "shown"})).status_code == 302


async def test_a_clerk_chooses_what_fulfils_a_request_by_its_name(
    visitor: AsyncClient, connection: Connection, steward: people.Somebody
) -> None:
    """Datasets are proposed by the words of the request; others are named by their page's address."""
    for key, title in (("obstbaeume", "Obstbäume der Stadt"), ("baumkataster", "Baumkataster")):
        await datasets.save(connection, key=key, room="public", about={"title": {"de": title}})
    await operations.adopt_all(connection)
    await asked(visitor, title="Standorte der Obstbäume")
    address = f"/arbeit/anfragen/{await number(connection)}"
    as_(visitor, steward)
    await visitor.post(address, {"what": "moderate", "shown": "yes"})
    page = await text(visitor, address)
    assert re.search(r'name="fulfilled" value="obstbaeume"', page)
    assert "baumkataster" not in page
    said = {"what": "answer", "progress": "available", "body": "Da.", "fulfilled": "obstbaeume"}
    assert (await visitor.post(address, said)).status_code == 302
    assert "/daten/obstbaeume" in await text(visitor, address.replace("arbeit", "daten"))
    other = {**said, "dataset": "https://stadt.example/daten/baumkataster?seite=2"}
    assert (await visitor.post(address, other)).status_code == 302
    assert "/daten/baumkataster" in await text(visitor, address.replace("arbeit", "daten"))
