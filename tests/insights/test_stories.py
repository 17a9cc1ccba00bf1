# SPDX-License-Identifier: EUPL-1.2
"""Editors tell stories with live data; those who may make them public; every version stays."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import Any
from xml.etree import ElementTree

import pytest
from django.test import AsyncClient

from stadtkern.core.database import Connection
from stadtkern.insights.stories import operations, queries
from stadtkern.insights.stories.entities import Block, Told
from stadtkern.ui import visit as visits
from tests import people
from tests.insights import factories

pytestmark = pytest.mark.anyio
WORK = "/arbeit/datenfenster"


@pytest.fixture(autouse=True)
async def clean(connection: Connection) -> AsyncIterator[None]:
    """No story before, none after."""
    yield
    await connection.execute("DELETE FROM insights.story")
    await connection.execute("UPDATE core.city SET properties = properties - 'stories_four_eyes'")


async def _text(client: AsyncClient, address: str, status: int = 200) -> str:
    answer = await client.get(address)
    assert answer.status_code == status, (address, answer.status_code)
    return answer.content.decode()


def _form(*blocks: dict[str, str], do: str = "save", **head: str) -> dict[str, str]:
    fields = {"title_de": "Radfahren im Winter", "summary_de": "Kurz.", "do": do, **head}
    fields |= {"count": str(len(blocks))}
    for number, block in enumerate(blocks):
        fields |= {f"b{number}-{name}": value for name, value in block.items()}
    return fields


def _words(text: str) -> dict[str, str]:
    return {"kind": "text", "text_de": text}


async def _begun(client: AsyncClient, *blocks: dict[str, str], **head: str) -> int:
    answer = await client.post(f"{WORK}/neu", _form(*blocks, **head))
    assert answer.status_code == 302, answer.content.decode()
    return int(answer["Location"].partition("?")[0].rsplit("/", 1)[1])


async def _story(connection: Connection, *blocks: Block, title: str = "Radfahren im Winter") -> int:
    """A public story, made by somebody and published by somebody else."""
    writer, publisher = await people.person(connection), await people.person(connection)
    told = Told(title={"de": title}, summary={"de": "Wer fährt weiter?"}, blocks=blocks)
    number = await operations.begin(connection, by=writer.id, told=told)
    await operations.publish(connection, by=publisher.id, id=number, number=1)
    visits.DOOR.forget_city()
    return number


async def test_a_story_is_written_arranged_saved_and_shown(
    visitor: AsyncClient, town: factories.Town, connection: Connection
) -> None:
    """Buttons arrange without saving; saving keeps everything; the preview shows live data."""
    await people.signed_in(connection, visitor, role="editor")
    stream = town.streams["Fahrräder Promenade"]
    moved = await visitor.post(f"{WORK}/neu", _form(_words("eins"), _words("zwei"), do="down-0"))
    page = moved.content.decode()
    assert "noch nicht gespeichert" in page
    assert page.index(">\nzwei<") < page.index(">\neins<")
    assert "noch nicht gespeichert" not in await _text(visitor, f"{WORK}/neu")
    number = await _begun(
        visitor,
        _words("## Lizenz\n\nHallo **Welt**, [Lizenz](/l) & jede Lizenz <b>, Lizenz"),
        {
            "kind": "diagram",
            "source": f"http://x.example/diagramm?reihe={stream}&gruppe=tag#bild",
            "text_de": "Je Tag.",
        },
        {"kind": "values", "source": f"/messreihen/{stream}?zeitraum=jahr", "text_de": "Jetzt."},
        {"kind": "map", "place": "rad", "text_de": "Dort."},
    )
    shown = await _text(visitor, f"{WORK}/{number}/vorschau")
    assert "<strong>Welt</strong>" in shown
    # Where the word of the glossary comes first, outside headings and links.
    assert '&amp; jede <span class="sk-term" data-term><a href="/glossar#lizenz"' in shown
    assert shown.count('id="was-lizenz"') == 1
    assert "&lt;b&gt;, Lizenz" in shown
    assert "Zusammen" in shown
    assert "data-live=" in shown
    assert "3 Messorte als Liste" in shown
    # What is said of pictures has no English: readers of English pages hear it as German.
    assert (await _text(visitor, f"/en{WORK}/{number}/vorschau")).count('dir="auto" lang="de"><p>') == 3
    await _text(visitor, "/datenfenster/radfahren-im-winter", 404)


async def test_what_is_wrong_stands_beside_its_field_and_nothing_is_lost(
    visitor: AsyncClient, connection: Connection
) -> None:
    """No title, a diagram without a series, an empty text: one answer names all of it."""
    await people.signed_in(connection, visitor, role="editor")
    broken = _form({"kind": "diagram", "source": "https://x.example/"}, _words(""), title_de="")
    answer = await visitor.post(f"{WORK}/neu", broken)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "In dieser Adresse steht keine Messreihe" in page
    assert "https://x.example/" in page
    assert page.count('class="kern-error"') == 3
    assert await queries.every(connection) == []


async def test_two_who_write_at_once_do_not_overwrite_each_other(
    visitor: AsyncClient, connection: Connection
) -> None:
    """The second is told and keeps their text."""
    await people.signed_in(connection, visitor, role="editor")
    number = await _begun(visitor, _words("eins"))
    first = await visitor.post(f"{WORK}/{number}", _form(_words("zwei"), base="1"))
    assert first.status_code == 302
    second = await visitor.post(f"{WORK}/{number}", _form(_words("meins"), base="1"))
    assert second.status_code == 409
    page = second.content.decode()
    assert "Inzwischen ist Version 2 gespeichert worden" in page
    assert "meins" in page
    assert 'name="base" value="2"' in page
    newest = (await queries.versions(connection, id=number))[0]
    assert (newest.number, newest.told.blocks[0].text) == (2, {"de": "zwei"})


async def test_editors_ask_and_publishers_publish(
    visitor: AsyncClient, town: factories.Town, connection: Connection
) -> None:
    """It waits in their work, becomes public, is found in menu, search and feed, and can be withdrawn."""
    await people.signed_in(connection, visitor, role="editor")
    number = await _begun(visitor, _words("Ein Satz."))
    release = f"{WORK}/{number}/freigabe"
    assert (await visitor.post(release, {"do": "publish", "number": "1"})).status_code == 403
    assert (await visitor.post(release, {"do": "ask", "number": "1"})).status_code == 302
    assert "/datenfenster" not in await _text(visitor, "/daten")
    await people.signed_in(connection, visitor, role="publisher")
    assert "soll veröffentlicht werden" in await _text(visitor, "/arbeit")
    assert (await visitor.post(release, {"do": "publish", "number": "1"})).status_code == 302
    del visitor.cookies["sessionid"]
    story = "/datenfenster/radfahren-im-winter"
    assert "Ein Satz." in await _text(visitor, story)
    assert 'href="/datenfenster"' in await _text(visitor, "/daten")
    assert story in await _text(visitor, "/suche?q=winter")
    feed = ElementTree.fromstring(await _text(visitor, "/datenfenster.rss"))
    assert [item.findtext("title") for item in feed.iter("item")] == ["Radfahren im Winter"]
    await people.signed_in(connection, visitor, role="publisher")
    assert (await visitor.post(release, {"do": "withdraw", "number": "1"})).status_code == 302
    assert "nicht öffentlich" in await _text(visitor, release)
    del visitor.cookies["sessionid"]
    bookmarked = await _text(visitor, story, 410)
    assert "zeigen wir nicht mehr" in bookmarked
    assert "Radfahren" not in bookmarked
    assert "/datenfenster" not in await _text(visitor, "/quellen")


async def _save_as(connection: Connection, number: int, by: int, *texts: str) -> None:
    for text in texts:
        before = (await queries.versions(connection, id=number))[0]
        told = Told(title=before.told.title, blocks=(Block(kind="text", text={"de": text}),))
        await operations.save(connection, by=by, id=number, base=before.number, told=told)


async def test_four_eyes_keep_writers_from_publishing(visitor: AsyncClient, connection: Connection) -> None:
    """Only the city's administrators switch it on; who wrote since the last publication is a writer."""
    writer = await people.signed_in(connection, visitor, role="publisher")
    assert (await visitor.post(WORK, {"four_eyes": "1"})).status_code == 403
    await people.signed_in(connection, visitor, role="administrator", kind="city")
    assert (await visitor.post(WORK, {"four_eyes": "1"})).status_code == 302
    visitor.cookies["sessionid"] = writer.cookie
    number = await _begun(visitor, _words("x"))
    release = f"{WORK}/{number}/freigabe"
    assert "mitgeschrieben" in await _text(visitor, release)
    refused = await visitor.post(release, {"do": "publish", "number": "1"})
    assert refused.status_code == 403
    assert "nicht mitgeschrieben" in refused.content.decode()
    other = await people.signed_in(connection, visitor, role="publisher")
    assert (await visitor.post(release, {"do": "publish", "number": "1"})).status_code == 302
    assert await operations.makers(connection, id=number, number=1) == set()
    assert other.id != writer.id
    await _save_as(connection, number, writer.id, "unreif", "fertig")
    await operations.publish(connection, by=other.id, id=number, number=3)
    with pytest.raises(operations.SecondPersonNeeded):  # nobody else has ever released this older one
        await operations.publish(connection, by=writer.id, id=number, number=2)
    await operations.remove(connection, id=number)
    assert await queries.one(connection, id=number) is not None


async def test_versions_tell_what_changed_and_come_back(visitor: AsyncClient, connection: Connection) -> None:
    """An old version becomes the newest; the public one stays until somebody publishes."""
    number = await _story(connection, Block(kind="text", text={"de": "alt\ngleich"}))
    await people.signed_in(connection, visitor, role="editor")
    sent = _form(_words("neu\ngleich"), base="1", summary_de="Wer fährt weiter?", note="Kürzer")
    await visitor.post(f"{WORK}/{number}", sent)
    page = await _text(visitor, f"{WORK}/{number}/versionen/2")
    assert re.search(r"<del>.*?</span>alt</del>", page)
    assert re.search(r"<ins>.*?</span>neu</ins>", page)
    assert "Kürzer" in page
    await visitor.post(f"{WORK}/{number}/versionen", {"number": "1"})
    newest = (await queries.versions(connection, id=number))[0]
    assert (newest.number, newest.told.blocks[0].text["de"]) == (3, "alt\ngleich")
    assert newest.note == "Zurückgeholt aus Version 1"
    story = await queries.one(connection, id=number)
    assert story is not None
    assert story.public_number == 1
    missing = await visitor.post(f"{WORK}/{number}/versionen", {"number": "99"})
    assert missing.status_code == 404


async def test_readers_see_only_data_that_they_may_see(
    visitor: AsyncClient, town: factories.Town, connection: Connection
) -> None:
    """What is hidden or gone says so, without its name; before publishing the page warns."""
    stream = town.streams["Fahrräder Promenade"]
    number = await _story(
        connection,
        Block(kind="diagram", source=f"reihe={stream}"),
        Block(kind="values", source=f"reihe={stream}"),
        Block(kind="diagram", source="reihe=999999"),
    )
    story = "/datenfenster/radfahren-im-winter"
    assert "Promenade" in await _text(visitor, story)
    move = "UPDATE core.dataset SET room_id = (SELECT id FROM core.room WHERE key = %s) WHERE id = %s"
    await connection.execute(move, ["internal", town.dataset_id])
    try:
        page = await _text(visitor, story)
        assert "Promenade" not in page
        assert page.count("lässt sich nicht mehr zeigen") == 2
        await people.signed_in(connection, visitor, role="publisher")
        assert "Nicht alle können alles davon sehen" in await _text(visitor, f"{WORK}/{number}/freigabe")
    finally:
        await connection.execute(move, ["public", town.dataset_id])


async def test_only_drafts_are_removed_and_only_after_asking(
    visitor: AsyncClient, connection: Connection
) -> None:
    """A public one must be withdrawn first."""
    number = await _story(connection)
    await people.signed_in(connection, visitor, role="publisher")
    address = f"{WORK}/{number}/entfernen"
    assert "Ziehen Sie es zuerst zurück" in (await visitor.post(address)).content.decode()
    assert await queries.one(connection, id=number) is not None
    await operations.withdraw(connection, id=number)
    assert "gehen mit" in await _text(visitor, address)
    assert (await visitor.post(address)).status_code == 302
    assert await queries.one(connection, id=number) is None


async def test_strangers_and_partners_have_no_place_there(
    visitor: AsyncClient, connection: Connection
) -> None:
    """The city's pages are the city's: signed out one is asked in, partners are refused."""
    number = await _story(connection)
    pages = ("", "/neu", *(f"/{number}{end}" for end in ("", "/vorschau", "/freigabe", "/versionen")))
    for page in pages:
        assert (await visitor.get(WORK + page)).status_code == 302
    await people.signed_in(connection, visitor, role="publisher", kind="partner")
    for page in pages:
        assert (await visitor.get(WORK + page)).status_code == 403, page
    assert "Bearbeiten" not in await _text(visitor, "/datenfenster/radfahren-im-winter")


async def test_titles_of_any_script_and_length_get_an_address(connection: Connection) -> None:
    """Arabic and emoji; the same title twice; 150 letters."""
    made: list[Any] = []
    for title in ("Über Öl & Maß", "Über Öl & Maß", "مدينة 🚲", "🚲", "x" * 150):
        await _story(connection, title=title)
        made.append((await queries.public(connection))[0].key)
    assert made == ["ueber-oel-mass", "ueber-oel-mass-2", "datenfenster", "datenfenster-2", "x" * 60]


async def test_the_list_shows_the_first_diagram_of_each_story(
    visitor: AsyncClient, town: factories.Town, connection: Connection
) -> None:
    """Where a story's data are gone or it has no diagram, its words stand alone."""
    stream = town.streams["Fahrräder Promenade"]
    await _story(connection, Block(kind="diagram", source=f"reihe={stream}&gruppe=tag"))
    both = f"reihe={stream}&reihe={town.streams['Fahrräder Neutor']}&gruppe=tag"
    await _story(connection, Block(kind="diagram", source=both), title="Zwei Stellen")
    await _story(connection, Block(kind="diagram", source="reihe=999999"), title="Ohne Daten")
    await _story(connection, Block(kind="text", text={"de": "Nur Worte."}), title="Nur Worte")
    page = await _text(visitor, "/datenfenster")
    assert page.count('class="sk-cover"') == 2
    assert "<svg" in page.partition('class="sk-cover"')[2].partition("</figure>")[0]
    assert page.count('class="sk-key__line"') == 2  # which line is which
    assert page.count("Wer fährt weiter?") == 4
