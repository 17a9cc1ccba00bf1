# SPDX-License-Identifier: EUPL-1.2
"""Words are explained where they occur; anybody reports a missing one or a barrier; editors see to it."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import AsyncClient

from stadtkern.city.glossary import operations, queries
from stadtkern.city.glossary.entities import Glossary, Term
from stadtkern.core.database import Connection
from stadtkern.ui import guard
from stadtkern.web.words import views
from tests import people

pytestmark = pytest.mark.anyio
MESSAGES = "/arbeit/rueckmeldungen"


@pytest.fixture
def visitor(pages: AsyncClient, monkeypatch: pytest.MonkeyPatch) -> AsyncClient:
    """Somebody who writes faster than people do."""
    monkeypatch.setattr(guard, "TOO_FAST", 0)
    views.PATIENCE.forget()
    return pages


async def _text(client: AsyncClient, address: str, status: int = 200) -> str:
    answer = await client.get(address)
    assert answer.status_code == status, (address, answer.status_code)
    return answer.content.decode()


async def _sent(client: AsyncClient, address: str, **given: str) -> Any:
    ticket = re.findall(r'name="ticket" value="([^"]+)"', await _text(client, address))[0]
    return await client.post(address, {"ticket": ticket, **given})


def _term(key: str, name: str, *also: str) -> Term:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    return Term(key=key, name={"de": name}, also={"de": also}, short={"de": "x"}, long={}, changed_at=at)


def _marked(text: str, *terms: Term, language: str = "de") -> list[str]:
    pieces = list(Glossary(terms).pieces(text, language=language))
    assert "".join(piece.text for piece in pieces) == text
    return [piece.text for piece in pieces if piece.term]


def test_a_word_is_marked_once_and_only_as_a_whole() -> None:
    """Parts of other words and addresses stay as they are; the longest form wins."""
    api, daten = _term("api", "API", "APIs"), _term("offen", "offene Daten", "Daten")
    assert _marked("Die APIs und die API", api) == ["APIs"]
    assert _marked("Kapital, API-Schlüssel, x/API, a.API", api) == []
    assert _marked("(API)", api) == ["API"]
    assert _marked("offene Daten sind Daten", daten) == ["offene Daten"]
    assert _marked("a+b (c) [d]", _term("x", "(c)"), _term("y", "a+b")) == ["a+b", "(c)"]
    assert _marked("API", api, language="en") == []
    assert _marked("", api) == []


async def test_the_glossary_explains_what_the_migration_brought(visitor: AsyncClient) -> None:
    """In both languages, by letter, each with an address of its own."""
    german, english = await _text(visitor, "/glossar"), await _text(visitor, "/en/glossar")
    assert 'id="datensatz"' in german
    assert "unter einer Lizenz" in german
    assert 'id="datensatz"' in english
    assert "under one licence" in english
    assert german.index("Datensatz</dt>") < german.index("Offene Daten</dt>")


async def test_a_word_is_explained_where_the_page_has_it_first(visitor: AsyncClient) -> None:
    """Described by the tooltip, which stands on the page once."""
    page = await _text(visitor, "/schnittstellen")
    assert page.count('id="was-messort"') == 1
    assert '<a href="/glossar#messort" aria-describedby="was-messort">Messorte</a>' in page


async def test_a_missing_word_becomes_an_entry(visitor: AsyncClient, connection: Connection) -> None:
    """Reported without a name, seen in the queue, explained, and gone from the queue."""
    answer = await _sent(visitor, "/glossar/fehlt", subject="Flur<b>abstand", place="/dinge/3")
    assert answer.status_code == 302
    assert "Danke, Ihr Hinweis ist angekommen." in await _text(visitor, answer["Location"])
    await _text(visitor, "/arbeit/rueckmeldungen", 302)
    await people.signed_in(connection, visitor, role="editor")
    queue = await _text(visitor, "/arbeit/rueckmeldungen")
    assert "Noch ist nichts erledigt." in await _text(visitor, "/arbeit/rueckmeldungen?stand=erledigt")
    assert "Flur&lt;b&gt;abstand" in queue
    number = re.findall(r"/arbeit/rueckmeldungen/(\d+)", queue)[0]
    form = await _text(visitor, f"/arbeit/glossar/neu?aus={number}")
    assert 'value="Flur&lt;b&gt;abstand"' in form
    about = {
        "name_de": "Flurabstand",
        "short_de": "Wie tief das Grundwasser liegt.",
        "also_de": "Flurabstände, ",
    }
    answer = await visitor.post(f"/arbeit/glossar/neu?aus={number}", about)
    assert (answer.status_code, answer["Location"]) == (302, "/arbeit/glossar/flurabstand?getan=aus-meldung")
    assert "Flur&lt;b&gt;abstand" not in await _text(visitor, "/arbeit/rueckmeldungen")
    glossary = await queries.glossary(connection)
    term = glossary.find("flurabstand")
    assert term is not None
    assert term.forms("de") == ["Flurabstand", "Flurabstände"]
    again = await visitor.post("/arbeit/glossar/neu", about)
    assert "erklärt das Glossar schon" in again.content.decode()


async def test_a_term_is_changed_and_removed_after_asking(
    visitor: AsyncClient, connection: Connection
) -> None:
    """The address stays when the name changes; half an English entry is refused."""
    await operations.add(
        connection, by=(await people.person(connection)).id, name={"de": "Ährenfeld"}, also={},
        short={"de": "Ein Feld."}, long={},
    )  # fmt: skip
    await people.signed_in(connection, visitor, role="editor")
    await _text(visitor, "/arbeit/glossar/aehrenfeld")
    half = {"name_de": "Feld", "short_de": "Ein Feld.", "name_en": "Field"}
    answer = await visitor.post("/arbeit/glossar/aehrenfeld", half)
    assert "Bitte füllen Sie Wort und Erklärung aus" in answer.content.decode()
    await visitor.post("/arbeit/glossar/aehrenfeld", {**half, "short_en": "A field."})
    assert "A field." in await _text(visitor, "/en/glossar")
    assert "entfernen?" in await _text(visitor, "/arbeit/glossar/aehrenfeld/entfernen")
    assert (await visitor.post("/arbeit/glossar/aehrenfeld/entfernen")).status_code == 302
    await _text(visitor, "/arbeit/glossar/aehrenfeld", 404)


@pytest.mark.parametrize("role", [None, "reader"])
async def test_words_are_changed_by_editors_only(
    visitor: AsyncClient, connection: Connection, role: str | None
) -> None:
    """Everybody else is refused, by GET and by POST."""
    await people.signed_in(connection, visitor, role=role)
    for address in ("/arbeit/glossar", "/arbeit/glossar/neu", "/arbeit/glossar/api", "/arbeit/rueckmeldungen",
                    "/arbeit/glossar/api/entfernen", "/arbeit/rueckmeldungen/1"):  # fmt: skip
        await _text(visitor, address, 403)
        assert (await visitor.post(address, {"what": "delete"})).status_code == 403
    assert (await queries.glossary(connection)).find("api") is not None


async def test_words_and_messages_are_the_citys_own(visitor: AsyncClient, connection: Connection) -> None:
    """A partner's people have no say in what stands on everybody's pages, and see no contact."""
    assert (await _sent(visitor, "/glossar/fehlt", subject="Vorfluter")).status_code == 302
    await people.signed_in(connection, visitor, role="administrator", kind="partner")
    work = await _text(visitor, "/arbeit")
    for address in (
        "/arbeit/glossar",
        "/arbeit/glossar/neu",
        "/arbeit/glossar/api",
        "/arbeit/rueckmeldungen",
    ):
        assert f'href="{address}"' not in work
        await _text(visitor, address, 403)
    added = await visitor.post("/arbeit/glossar/neu", {"name_de": "Werbung", "short_de": "Kaufen!"})
    assert added.status_code == 403
    assert (await visitor.post("/arbeit/glossar/api/entfernen")).status_code == 403
    assert {term.key for term in (await queries.glossary(connection)).terms} >= {"api"}
    assert (await queries.glossary(connection)).find("werbung") is None
    await people.signed_in(connection, visitor, role="editor", kind="municipal")
    assert "Rückmeldung" in (await _text(visitor, "/arbeit")).split("Ihre Datensätze")[0]


async def test_barriers_are_for_stewards_and_contacts_go_when_settled(
    visitor: AsyncClient, connection: Connection
) -> None:
    """An editor of words does not see how to reach somebody, nor that there is a message."""
    given = {"subject": "Sackgasse", "body": "Ich komme nicht hinein.", "contact": "ada@stadt.example"}
    assert (await _sent(visitor, "/barrierefreiheit/melden", **given)).status_code == 302
    row = await (
        await connection.execute("SELECT max(id) FROM city.message WHERE kind = 'barrier'")
    ).fetchone()
    assert row is not None
    address = f"/arbeit/rueckmeldungen/{row[0]}"
    await people.signed_in(connection, visitor, role="editor")
    await _text(visitor, address, 404)
    assert "Sackgasse" not in await _text(visitor, "/arbeit/rueckmeldungen")
    await people.signed_in(connection, visitor, role="steward")
    assert "ada@stadt.example" in await _text(visitor, address)
    assert (await visitor.post(address, {"what": "settle"})).status_code == 302
    assert "ada@stadt.example" not in await _text(visitor, address)
    kept = await connection.execute("SELECT count(*) FROM city.message WHERE contact <> ''")
    assert await kept.fetchone() == (0,)
    assert (await visitor.post(address, {"what": "delete"})).status_code == 302
    await _text(visitor, address, 404)


async def test_what_was_done_to_a_message_is_said_and_can_be_taken_back(
    visitor: AsyncClient, connection: Connection
) -> None:
    """The list says which entry is settled; a button there opens it again; deleting is said, too."""
    await _sent(visitor, "/glossar/fehlt", subject="Rigole <b>", place="")
    await people.signed_in(connection, visitor, role="editor")
    queue = await _text(visitor, MESSAGES)
    address = re.findall(r'href="(/arbeit/rueckmeldungen/\d+)"><strong>Rigole', queue)[0]
    for _ in range(2):  # twice the button does no harm
        settled = await visitor.post(address, {"what": "settle"})
        said = await _text(visitor, str(settled["Location"]))
        assert re.search(r'role="status"><p>„Rigole &lt;b&gt;“ ist erledigt', said)
    again = f'action="{address}"'
    assert again in said
    opened = await visitor.post(address, {"what": "reopen"})
    said = await _text(visitor, str(opened["Location"]))
    assert "„Rigole &lt;b&gt;“ ist wieder offen" in said
    assert f'href="{address}"' in said
    deleted = await visitor.post(address, {"what": "delete"})
    said = await _text(visitor, str(deleted["Location"]))
    assert "Die Meldung ist gelöscht" in said
    for odd in ("getan=erledigt&nr=999999", "getan=erledigt&nr=²", f"getan=erledigt&nr={9**30}", "getan=x"):
        assert "„Rigole" not in await _text(visitor, f"{MESSAGES}?{odd}")


async def test_a_word_that_was_removed_meanwhile_is_not_lost(
    visitor: AsyncClient, connection: Connection
) -> None:
    """Whoever saves it reads that it is gone and saves it anew; what was done is said each time."""
    await people.signed_in(connection, visitor, role="editor")
    given = {"name_de": "Rigole", "short_de": "Ein Graben für Regenwasser."}
    made = await visitor.post("/arbeit/glossar/neu", given)
    assert "steht jetzt im Glossar" in await _text(visitor, str(made["Location"]))
    address = str(made["Location"]).partition("?")[0]
    changed = await visitor.post(address, {**given, "short_de": "Ein Graben."})
    assert "wird ab jetzt so erklärt" in await _text(visitor, str(changed["Location"]))
    removed = await visitor.post(f"{address}/entfernen")
    assert "Das Wort ist entfernt" in await _text(visitor, str(removed["Location"]))
    late = await visitor.post(address, {**given, "short_de": "Lange überlegt."})
    page = late.content.decode()
    assert late.status_code == 410
    assert "inzwischen entfernt worden" in page
    assert 'action="/arbeit/glossar/neu"' in page
    assert "Lange überlegt." in page


async def test_programs_and_double_clicks_are_kept_out(visitor: AsyncClient, connection: Connection) -> None:
    """The trap, advertising, no ticket, too many within the hour; the same form twice is one message."""
    address = "/glossar/fehlt"
    assert "muss leer bleiben" in (await _sent(visitor, address, subject="a", website="x")).content.decode()
    spam = "http://a http://b http://c"
    assert "höchstens zwei" in (await _sent(visitor, address, subject=spam)).content.decode()
    assert "zu lange offen" in (await visitor.post(address, {"subject": "a"})).content.decode()
    ticket = guard.ticket()
    for _ in range(2):
        answer = await visitor.post(address, {"subject": "doppelt", "ticket": ticket})
        assert answer.status_code == 302
    kept = await connection.execute("SELECT count(*) FROM city.message WHERE subject = 'doppelt'")
    assert await kept.fetchone() == (1,)
    for _ in range(guard.PER_HOUR):
        answer = await _sent(visitor, address, subject="viel")
    assert answer.status_code == 429


async def test_odd_questions_do_not_break_the_pages(visitor: AsyncClient, connection: Connection) -> None:
    """Numbers out of range, signs that are no text."""
    await people.signed_in(connection, visitor, role="steward")
    await _text(visitor, "/arbeit/rueckmeldungen?seite=99999&stand=x")
    await _text(visitor, "/arbeit/rueckmeldungen?seite=²")
    await _text(visitor, "/arbeit/rueckmeldungen/99999999999999999999", 404)
    await _text(visitor, "/arbeit/glossar/neu?aus=99999999999999999999999")
    await _text(visitor, "/glossar/fehlt?wort=%00%3Cscript%3E")
    assert (await _sent(visitor, "/glossar/fehlt", subject="a\0b")).status_code in (200, 302)
