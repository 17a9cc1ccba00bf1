# SPDX-License-Identifier: EUPL-1.2
"""The list of datasets: suggestions, filters in words that can be taken back, and an area to draw."""

from __future__ import annotations

import re
from itertools import accumulate

import pytest
from django.test import AsyncClient

from stadtkern.catalogue import upkeep
from stadtkern.core import database as core_database
from stadtkern.ui import maps
from tests.catalogue.offices import text
from tests.insights import factories

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module", autouse=True)
async def town(database: str) -> None:
    """The small town in the catalogue."""
    async with await core_database.connect(url=database, autocommit=True) as connection:
        await factories.small_town(connection)
    await upkeep.once(url=database)


async def test_datasets_are_suggested(visitor: AsyncClient) -> None:
    """By title, with their address; one letter is too few, whatever is typed is answered."""
    found = (await visitor.get("/daten/vorschlaege?q=klein")).json()["suggestions"]
    assert [(each["text"], each["kind"]) for each in found] == [("Kleine Stadt", "Zeitreihen")]
    assert (await visitor.get(found[0]["url"])).status_code == 200
    for q in ("k", "", "%00", "'%25_", "x" * 500, "شجرة", "🌳🌳"):
        assert (await visitor.get(f"/daten/vorschlaege?q={q}")).json() == {"suggestions": []}
    page = await text(visitor, "/daten")
    assert 'data-suggestions="/daten/vorschlaege"' in page


async def test_words_time_and_area_can_be_taken_back(visitor: AsyncClient) -> None:
    """Each is a filter in words; its link leaves the others."""
    asked = "/daten?q=stadt&von=2020-01-01&ausschnitt=7,51,8,52.5&art=series"
    page = await text(visitor, asked)
    chips = {
        says.strip(): href.replace("&amp;", "&")
        for href, says in re.findall(r'<a class="sk-chip" href="([^"]+)">([^<]+)', page)
    }
    assert list(chips) == ["gezeichneter Ausschnitt", "„stadt“", "seit 1. Januar 2020", "Zeitreihen"]
    assert "ausschnitt" not in chips["gezeichneter Ausschnitt"]
    assert "von=2020-01-01" in chips["gezeichneter Ausschnitt"]
    assert "q=" not in chips["„stadt“"]
    assert "von" not in chips["seit 1. Januar 2020"]
    assert '<option value="7.0000,51.0000,8.0000,52.5000" selected>' in page


async def test_a_day_that_cannot_be_read_is_told(visitor: AsyncClient) -> None:
    """It counts as not asked, with a word about how to write it; as people write it here, it is read."""
    wrong = (await visitor.get("/daten?von=31.02.2025")).content.decode()
    assert "28.02.2026 oder 2026-02-28" in wrong
    right = (await visitor.get("/daten?von=1.2.2025")).content.decode()
    assert "war nicht zu lesen" not in right
    assert 'name="von" value="2025-02-01"' in right


async def test_the_edges_are_those_of_the_drawing(visitor: AsyncClient) -> None:
    """A corner of the picture is where the script takes it to be."""
    await visitor.get("/daten")
    square = {
        "type": "Feature", "properties": {},
        "geometry": {"type": "Polygon", "coordinates": [[[7, 51], [8, 51], [8, 52], [7, 52], [7, 51]]]},
    }  # fmt: skip
    land = [square]
    west, south, east, north = maps.edges(land)
    drawn = maps.draw(land=land, spots=[], title="x", name="x")
    width, height = map(float, re.findall(r'viewBox="0 0 (\d+) (\d+)"', drawn)[0])
    path = drawn.partition(' d="')[2].partition("Z")[0].removeprefix("M").replace("l", " ")
    numbers = [float(found) for found in re.findall(r"-?\d*\.?\d+", path)]
    places = list(zip(accumulate(numbers[::2]), accumulate(numbers[1::2]), strict=True))
    lons = {round(west + x / width * (east - west), 2) for x, _ in places}
    lats = {round(north - y / height * (north - south), 2) for _, y in places}
    assert lons <= {7.0, 8.0}
    assert lats <= {51.0, 52.0}
    assert len(places) >= 3


async def test_list_and_page_say_the_same_of_how_fresh_it_is(visitor: AsyncClient) -> None:
    """From the newest reading of all series, by the same measure."""
    fresh = re.compile(r'sk-fresh--(\w+)">(.*?)</')
    in_list = fresh.findall((await text(visitor, "/daten")).partition('<ol class="sk-hits">')[2])
    on_page = fresh.findall((await text(visitor, "/daten/kleine-stadt")).partition("Wie aktuell?")[2])
    assert in_list[0] == on_page[0]
