# SPDX-License-Identifier: EUPL-1.2
"""One search finds datasets, places, words and pages, also with typing errors, and nothing hidden."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import AsyncClient

from stadtkern.core import access
from stadtkern.core import database as core_database
from stadtkern.core.database import Connection
from stadtkern.web.search import likeness
from tests.insights import factories

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
async def town(database: str) -> factories.Town:
    """The small town, filled once."""
    async with await core_database.connect(url=database, autocommit=True) as connection:
        return await factories.small_town(connection)


@pytest.fixture
def visitor(town: factories.Town, pages: AsyncClient) -> AsyncClient:
    """Somebody who searches."""
    return pages


async def _suggested(client: AsyncClient, text: str, prefix: str = "") -> list[dict[str, Any]]:
    answer = await client.get(f"{prefix}/suche/vorschlaege", {"q": text})
    assert answer.status_code == 200, text
    found: list[dict[str, Any]] = answer.json()["suggestions"]
    assert len(found) <= 9
    return found


async def _titles(client: AsyncClient, text: str, prefix: str = "") -> list[str]:
    return [each["text"] for each in await _suggested(client, text, prefix)]


async def test_each_kind_of_thing_is_found(visitor: AsyncClient, town: factories.Town) -> None:
    """With the address it leads to and the word for what it is."""
    thing = {
        "text": "Zählstelle Neutor",
        "url": f"/dinge/{town.things['Zählstelle Neutor']}",
        "kind": "Messort",
    }
    assert thing in await _suggested(visitor, "neut")
    assert {"text": "Lizenz", "url": "/glossar#lizenz", "kind": "Begriff"} in await _suggested(
        visitor, "lizenz"
    )
    assert "Glossar" in await _titles(visitor, "glossar")
    assert "Quellen und Lizenzen" in await _titles(visitor, "weiterverwenden")
    assert {"text": "Datenschutz", "url": "/datenschutz", "kind": "Seite"} in await _suggested(
        visitor, "datenschuz"
    )


async def test_a_place_is_found_by_what_it_measures(visitor: AsyncClient) -> None:
    """The name of a series is enough."""
    assert "Zählstelle Neutor" in await _titles(visitor, "Fahrräder")


async def test_typing_errors_are_forgiven_where_nothing_is_written_so(visitor: AsyncClient) -> None:
    """Places, words and pages; the page says that it guesses."""
    assert "Zählstelle Neutor" in await _titles(visitor, "Neutohr")
    assert "Lizenz" in await _titles(visitor, "lizens")
    assert "Barrierefreiheit" in await _titles(visitor, "barierefreiheit")
    assert "Quellen und Lizenzen" in await _titles(visitor, "quelen")
    assert await _titles(visitor, "Neuto7") != []
    assert await _titles(visitor, "Ne7") == []
    page = (await visitor.get("/suche", {"q": "Neutohr"})).content.decode()
    assert "dies klingt ähnlich" in page
    assert "dies klingt ähnlich" not in (await visitor.get("/suche", {"q": "Neutor"})).content.decode()


async def test_english_pages_answer_in_english(visitor: AsyncClient) -> None:
    """Words and addresses of the same language."""
    found = await _suggested(visitor, "attribution", "/en")
    assert {"text": "Attribution", "url": "/en/glossar#namensnennung", "kind": "Word"} in found


async def test_what_is_not_english_says_so(visitor: AsyncClient) -> None:
    """On English pages German words about a place are marked as German (WCAG 2.2, 3.1.2)."""
    assert '<p class="sk-small sk-muted" lang="de">' in await _page(visitor, "/en/suche")
    assert 'lang="de">' not in (await _page(visitor, "/suche")).partition("<main")[2].partition("</main")[0]


async def _page(visitor: AsyncClient, path: str) -> str:
    return (await visitor.get(path, {"q": "Neutor"})).content.decode()


async def test_nothing_found_says_what_one_can_do(visitor: AsyncClient) -> None:
    """Wish for data, or report the word; what was typed is kept and harmless."""
    page = (await visitor.get("/suche", {"q": "xq<b>zzy"})).content.decode()
    assert "haben wir nichts gefunden" in page
    assert "xq&lt;b&gt;zzy" in page
    assert "<b>zzy" not in page
    assert "/glossar/fehlt?wort=xq%3Cb%3Ezzy" in page


@pytest.mark.parametrize(
    "text", ["", "a", "%", "_", "%%%", "\\", "'", '"', "\0neu", "x" * 5000, "🚲", "حركة", "((("]
)
async def test_odd_questions_are_answered(visitor: AsyncClient, text: str) -> None:
    """Signs that mean something to the database mean nothing here."""
    await _suggested(visitor, text)
    assert (await visitor.get("/suche", {"q": text})).status_code == 200


async def test_signs_of_patterns_are_ordinary_signs(visitor: AsyncClient) -> None:
    """A percent sign does not stand for everything."""
    assert await _titles(visitor, "N%r") == []
    assert "/dinge/" not in str(await _suggested(visitor, "%%%"))


async def test_what_is_hidden_is_not_found(
    visitor: AsyncClient, town: factories.Town, connection: Connection
) -> None:
    """Neither by its name nor by something like it."""
    assert "Zählstelle Neutor" in await _titles(visitor, "Neutor")
    row = await (
        await connection.execute("SELECT id FROM core.room WHERE kind = 'internal' LIMIT 1")
    ).fetchone()
    assert row is not None
    before = await (
        await connection.execute("SELECT room_id FROM core.dataset WHERE id = %s", [town.dataset_id])
    ).fetchone()
    assert before is not None
    move = "UPDATE core.dataset SET room_id = %s WHERE id = %s"
    await connection.execute(move, [row[0], town.dataset_id])
    try:
        from stadtkern.ui import visit

        assert isinstance(visit.DOOR.gate, access.Gate)
        await visit.DOOR.close()
        await visit.DOOR.open()
        assert await _suggested(visitor, "Neutor") == []
        assert await _suggested(visitor, "Neutohr") == []
    finally:
        await connection.execute(move, [before[0], town.dataset_id])


def test_likeness_orders_beginnings_before_parts_before_errors() -> None:
    """And takes nothing for everything."""
    assert likeness.rank("liz", ["Lizenz"]) == 2
    assert likeness.rank("enz", ["Lizenz"]) == 1
    assert 0.5 <= likeness.rank("lizens", ["Lizenz"]) < 1
    assert likeness.rank("baum", ["Lizenz"]) == 0
    assert likeness.rank(" ", ["Lizenz"]) == 0


def test_a_search_of_fifty_words_is_no_more_work_than_one_of_few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Suggestions are made with each letter, while others wait: the first word like nothing ends it."""
    compared = []
    alike = likeness._likeness
    monkeypatch.setattr(likeness, "_likeness", lambda one, other: compared.append(one) or alike(one, other))
    names = [f"Messung der Güte von Luft {number}" for number in range(60)]
    assert likeness.rank(" ".join("abcdefghijklmnopqrstuvwxyz" * 2), names) == 0
    assert len(compared) < 60 * 10
    assert likeness.rank("guete luft luft", ["Güte von Luft"]) == 1
    assert likeness.rank("lufft gute", names) > 0.5
