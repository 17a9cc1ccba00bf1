# SPDX-License-Identifier: EUPL-1.2
"""The front page says what the city is like now, compared with the usual, and never shows stale as live."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import AsyncClient

from stadtkern.core import times
from tests.insights import factories

pytestmark = pytest.mark.anyio


async def _text(visitor: AsyncClient, path: str = "/") -> str:
    answer = await visitor.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


async def test_the_front_page_names_city_day_and_time(visitor: AsyncClient) -> None:
    """Whose page it is, and of when."""
    page = await _text(visitor)
    assert "Beispielstadt jetzt" in page
    assert "Donnerstag, 26. Februar 2026, 15:58 Uhr" in page


async def test_counts_come_with_their_comparison(visitor: AsyncClient) -> None:
    """Every figure has a sentence; a day like all others is said to be one."""
    page = await _text(visitor)
    assert "Radverkehr heute" in page
    assert re.search(r"Räder an 3 Zählstellen – <strong>etwa so viele wie sonst</strong> bis 15\s*Uhr", page)
    assert "üblicher Donnerstag" in page


async def test_free_spaces_bays_trees_and_water_have_their_tiles(visitor: AsyncClient) -> None:
    """What is observed decides which tiles there are."""
    page = await _text(visitor)
    assert re.search(r"Parkhäuser.*frei", page, re.DOTALL)
    assert "1 von 2" in page
    assert "1</span> durstig" in page or "1 durstig" in re.sub(r"<[^>]+>", "", page)
    assert "unter dem üblichen Bereich" in page


async def test_source_licence_and_replay_are_named(visitor: AsyncClient) -> None:
    """The licence asks for attribution, honesty for the word Wiedergabe."""
    page = await _text(visitor)
    assert "Stadt Beispiel" in page
    assert "dl-de/by-2-0" in page
    assert "Wiedergabe" in page


async def test_what_is_late_does_not_look_live(
    visitor: AsyncClient, town: factories.Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three days without values: since when, instead of a green dot."""
    monkeypatch.setattr(times, "now", lambda: town.now + timedelta(days=3))
    page = await _text(visitor)
    assert "Seit 26. Februar 2026" in page
    assert "sk-fresh--live" not in page


async def test_right_after_midnight_yesterday_is_shown(
    visitor: AsyncClient, town: factories.Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody learns anything from a zero."""
    monkeypatch.setattr(times, "now", lambda: town.now.replace(hour=23, minute=20))
    assert "Radverkehr gestern" in await _text(visitor)


async def test_a_tile_can_be_read_again_alone(visitor: AsyncClient) -> None:
    """The fragment is the same section as on the page."""
    page, tile = await _text(visitor), await _text(visitor, "/tafeln/stadt-jetzt/parkhaeuser")
    assert tile.strip().startswith('<section class="sk-tile')
    assert tile.strip()[:200] in page
    assert (await visitor.get("/tafeln/stadt-jetzt/gibt-es-nicht")).status_code == 404


async def test_the_map_is_also_a_list_under_the_same_filter(visitor: AsyncClient) -> None:
    """List and GeoJSON hold the same places; those without a position are in the list only."""
    page = await _text(visitor, "/karte?art=rad")
    assert "3 Messorte" in page
    assert "Parkhaus Arkaden" not in page
    places = (await visitor.get("/karte/places.json?art=rad")).json()
    assert [f["properties"]["name"] for f in places["features"]] == [
        "Zählstelle Hafenstraße", "Zählstelle Neutor", "Zählstelle Promenade",
    ]  # fmt: skip
    assert "1 ohne bekannten Ort" in await _text(visitor, "/karte")
    assert (await visitor.get("/karte/districts.json")).json()["features"][0]["properties"]["name"] == "Mitte"


async def test_english_is_complete_and_under_its_own_address(visitor: AsyncClient) -> None:
    """No cookie and no header decides, only the path."""
    page = await _text(visitor, "/en/")
    assert "Beispielstadt now" in page
    assert '<html lang="en">' in page
    visitor.cookies["django_language"] = "en"
    answer = await visitor.get("/", headers={"accept-language": "en"})
    assert "Beispielstadt jetzt" in answer.content.decode()


async def test_a_series_that_ended_long_ago_is_history_not_an_alarm(
    visitor: AsyncClient, town: factories.Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After two months the last day is named without a warning."""
    monkeypatch.setattr(times, "now", lambda: town.now + timedelta(days=90))
    page = await _text(visitor, "/dinge?art=rad")
    assert "Letzter Wert vom 26. Februar 2026" in page
    assert "sk-fresh--stale" not in page
