# SPDX-License-Identifier: EUPL-1.2
"""Easy language: its own addresses, its own words, and German where nobody has written easily yet."""

from __future__ import annotations

import pytest
from django.test import AsyncClient
from django.utils import translation

from stadtkern.city import languages
from stadtkern.city.glossary import queries
from stadtkern.core import database as databases
from stadtkern.ui import formats
from stadtkern.ui.templatetags import parts

pytestmark = pytest.mark.anyio


async def _text(client: AsyncClient, address: str, status: int = 200) -> str:
    answer = await client.get(address)
    assert answer.status_code == status, (address, answer.status_code)
    return answer.content.decode()


@pytest.mark.parametrize(
    ("address", "to", "found"),
    [
        ("/", "de-simple", "/leicht/"),
        ("/leicht/", "de", "/"),
        ("/leicht/daten?q=a%20b&thema=x", "en", "/en/daten?q=a%20b&thema=x"),
        ("/en/karte", "de-simple", "/leicht/karte"),
        ("/leichtathletik", "en", "/en/leichtathletik"),
        ("/enorm", "de", "/enorm"),
        ("/en", "de", "/"),
        ("/en?a=b", "de", "/?a=b"),
        ("/en//other.example/", "de", "/other.example/"),
    ],
)
def test_the_same_page_in_another_language(address: str, to: str, found: str) -> None:
    """Path and query stay; only whole beginnings count as a language."""
    assert languages.moved(address, to=to) == found


def test_german_stands_in_for_easy_language_and_for_english() -> None:
    """The nearest text there is."""
    both = {"de": "schwer", "de-simple": "leicht"}
    assert [languages.said(both, language=code) for code in ("de-simple", "de", "en")] == [
        "leicht", "schwer", "schwer",
    ]  # fmt: skip
    assert languages.said({"de": "schwer"}, language="de-simple") == "schwer"
    assert languages.said({"fr": "seul"}, language="de-simple") == "seul"
    assert languages.said({}, language="de") == ""


def test_each_line_stands_for_itself() -> None:
    """Paragraphs, lists and what is marked up already."""
    made = parts._block("Ein Satz.\nNoch einer.")
    assert made == "<p>Ein Satz.<br>\nNoch einer.</p>"
    assert parts._block("- eins\n- zwei") == "<ul><li>eins</li><li>zwei</li></ul>"
    assert parts._block("<h2>Titel</h2>") == "<h2>Titel</h2>"
    assert parts._block('<a href="/x">Weiter</a>') == '<p><a href="/x">Weiter</a></p>'


async def test_the_switch_keeps_the_page_and_its_question(pages: AsyncClient) -> None:
    """In the footer, each language named in itself; the page says in which it is."""
    german = await _text(pages, "/suche?q=rad")
    assert 'href="/leicht/suche?q=rad" lang="de-simple" hreflang="de-simple">Leichte Sprache</a>' in german
    easy = await _text(pages, "/leicht/suche?q=rad")
    assert '<html lang="de-simple">' in easy
    assert 'href="/suche?q=rad" lang="de" hreflang="de">Deutsch</a>' in easy
    assert 'href="/en/suche?q=rad" lang="en" hreflang="en">English</a>' in easy
    assert (await pages.get("/leicht/ueber"))["Content-Language"] == "de-simple"


@pytest.mark.parametrize("path", ["ueber", "barrierefreiheit", "datenschutz"])
async def test_what_one_must_know_is_written_in_easy_language(pages: AsyncClient, path: str) -> None:
    """A text of its own: no long word undivided, no long sentence, and no excuse above it."""
    page = await _text(pages, f"/leicht/{path}")
    main = page.partition("<main")[2].partition("</main>")[0]
    assert "sk-partly" not in main
    words = main.replace("<", " <").replace(">", "> ").split()
    assert [word for word in words if word.isalpha() and len(word) > 17] == []
    assert "sk-partly" not in await _text(pages, f"/{path}")


async def test_other_pages_say_what_is_not_easy_yet(pages: AsyncClient) -> None:
    """A friendly line in easy language, and nothing of it elsewhere."""
    assert "sk-partly" in await _text(pages, "/leicht/quellen")
    assert "sk-partly" not in await _text(pages, "/quellen")
    assert "Diese Seite gibt es nicht" in await _text(pages, "/leicht/gibt-es-nicht", 404)


async def test_forms_and_menus_speak_easily(pages: AsyncClient) -> None:
    """Words of the catalogue; what it does not say stands there in German, also Django's own."""
    form = await _text(pages, "/leicht/barrierefreiheit/melden")
    assert "Was ist passiert?" in form
    assert ">Abschicken<" in form
    answer = await pages.post("/leicht/barrierefreiheit/melden", {"subject": ""})
    assert "Bitte füllen Sie dieses Feld aus." in answer.content.decode()


async def test_words_of_the_glossary_are_explained_easily(pages: AsyncClient, database: str) -> None:
    """The variant where it is written; the German forms of a word are still found in texts."""
    assert "Mess·ort" in await _text(pages, "/leicht/glossar")
    async with await databases.connect(url=database, autocommit=True) as connection:
        found = await queries.glossary(connection)
    term = found.find("messort")
    assert term is not None
    assert {"Mess·ort", "Messort", "Messorte"} <= set(term.forms(languages.EASY))
    marked = [piece.text for piece in found.pieces("An jedem Messort", language=languages.EASY) if piece.term]
    assert marked == ["Messort"]
    with translation.override(languages.EASY):
        assert formats.words(term.short).startswith("Das ist ein Ort")
        assert formats.words(term.long) == ""


async def test_the_bare_name_of_a_language_leads_to_its_front_page(pages: AsyncClient) -> None:
    """As people type it; the query stays."""
    for address, there in (("/leicht", "/leicht/"), ("/en?mode=wall", "/en/?mode=wall")):
        answer = await pages.get(address)
        assert (answer.status_code, answer["Location"]) == (302, there)
