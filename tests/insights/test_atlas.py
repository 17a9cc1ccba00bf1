# SPDX-License-Identifier: EUPL-1.2
"""The map: layers, filters, moments and maps of datasets, in the browser's document and in the list alike."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.http import QueryDict
from django.test import AsyncClient, RequestFactory
from psycopg.types.json import Jsonb

from stadtkern.core import database, times
from stadtkern.insights.atlas import asking
from tests.features import factories as tables
from tests.insights import factories
from tests.insights.test_explore import _text

pytestmark = pytest.mark.anyio

ZONE = ZoneInfo("Europe/Berlin")
LEFT = [[[7.5, 51.9], [7.575, 51.9], [7.575, 52.0], [7.5, 52.0], [7.5, 51.9]]]


async def _found(visitor: AsyncClient, query: str) -> dict[str, dict[str, Any]]:
    answer = await visitor.get(f"/karte/places.json{query}")
    assert answer.status_code == 200
    return {each["properties"]["name"]: each for each in answer.json()["features"]}


def _asked(query: str, *, now: datetime = factories.NOW) -> asking.Asked:
    request = RequestFactory().get("/karte")
    request.GET = QueryDict(query)
    return asking.read(request, now=now, zone=ZONE)


def test_the_address_says_everything_and_is_kept() -> None:
    """Reading what was written gives the same map again."""
    asked = _asked(
        "q=Dom&art=rad&art=baum&sammlung=baeume&gewaehlt=1&bezirk=1&stand=still&tag=2026-02-25&stunde=9"
        "&karte=12.5/51.95/7.6&ding=7"
    )
    assert _asked(asked.address()[1:]) == asked
    assert asked.at == datetime(2026, 2, 25, 9, tzinfo=ZONE)
    assert "stand" not in asked.address("stand")
    assert _asked("gewaehlt=1").shows("rad") is False
    assert _asked("").shows("rad") is True


def test_a_day_may_be_typed_the_german_way() -> None:
    """Where a browser has no field for dates."""
    assert _asked("tag=25.2.2026&stunde=9") == _asked("tag=2026-02-25&stunde=9")


@pytest.mark.parametrize(
    "query",
    ["art=nix&sammlung=../../x&bezirk=%00&stand=x&karte=a/b/c&ding=99999999999999999999999&seite=-1",
     "karte=12.5/51.95/7.6<script>&q=" + "%F0%9F%8C%B3" * 300, "stunde=99&ding=-1&sammlung=" + "x" * 300],
)  # fmt: skip
def test_what_cannot_be_used_is_left_out(query: str) -> None:
    """Nobody sees an error for a broken address."""
    asked = _asked(query)
    assert (asked.kinds, asked.collections, asked.view, asked.thing, asked.page) == ((), (), "", 0, 1)


@pytest.mark.parametrize("query", ["tag=31.02.2024", "tag=9999-12-31&stunde=23", "tag=1800-01-01"])
async def test_a_day_that_cannot_be_shown_says_so(visitor: AsyncClient, query: str) -> None:
    """Now is shown instead, with a word about it."""
    assert _asked(query).at is None
    assert "Sie sehen den Stand von jetzt." in await _text(visitor, f"/karte?{query}")


async def test_layers_are_counted_and_can_all_be_off(visitor: AsyncClient) -> None:
    """The number beside a kind is that under the other filters; no layer at all is a choice, too."""
    page = await _text(visitor, "/karte?art=rad&gewaehlt=1")
    assert 'value="rad" checked' in page
    assert 'value="parkhaus"><svg' in page
    assert "3 Messorte" in page
    assert await _found(visitor, "?gewaehlt=1") == {}
    assert len(await _found(visitor, "?gewaehlt=1&art=rad&art=baum")) == 5


async def test_a_district_narrows_map_and_list(visitor: AsyncClient, connection: database.Connection) -> None:
    """Only what lies inside; of a district that is not there, nothing."""
    await connection.execute(
        "INSERT INTO city.district (code, name, level, geometry, bounds)"
        " VALUES ('west', 'Westend', 'quarter', %s, box(point(7.5, 51.9), point(7.575, 52.0)))",
        (Jsonb({"type": "Polygon", "coordinates": LEFT}),),
    )
    from stadtkern.ui import ground

    ground._cache.clear()
    assert set(await _found(visitor, "?bezirk=west")) == {"Zählstelle Neutor"}
    page = await _text(visitor, "/karte?bezirk=west")
    assert "1 Messort<" in page
    assert "ganze Stadt zeigen" in page
    assert await _found(visitor, "?bezirk=nirgends") == {}
    assert "Stadtteil Westend zeigen" in await _text(visitor, "/karte?q=weste")
    hits = (await visitor.get("/karte/vorschlaege?q=weste")).json()["suggestions"]
    assert hits[0]["url"] == "/karte?bezirk=west"


async def test_places_are_found_by_name_and_street(visitor: AsyncClient, town: factories.Town) -> None:
    """Names lead to the place on the map, streets to all places there."""
    hits = (await visitor.get("/karte/vorschlaege?q=neutor")).json()["suggestions"]
    assert hits[0]["url"] == f"/karte?ding={town.things['Zählstelle Neutor']}"
    assert hits[-1]["kind"] == "Adresse"
    assert len(await _found(visitor, "?q=Domplatz")) == 9
    assert await _found(visitor, "?q=%25_%27%3B--") == {}
    alike = f'<a href="/karte?ding={town.things["Zählstelle Neutor"]}#liste" dir="auto">Zählstelle Neutor</a>'
    assert alike in await _text(visitor, "/karte?q=Neutohr")


async def test_documents_that_the_browser_has_are_not_sent_again(
    visitor: AsyncClient, town: factories.Town
) -> None:
    """Outlines and an hour gone by stay as they are; other filters are another document."""
    for path in ("/karte/districts.json", "/karte/places.json?tag=2026-02-25&stunde=13"):
        etag = (await visitor.get(path))["ETag"]
        again = await visitor.get(path, headers={"If-None-Match": etag})
        assert (again.status_code, again.content) == (304, b"")
    other = await visitor.get("/karte/places.json?art=rad", headers={"If-None-Match": etag})
    assert other.status_code == 200


async def test_an_hour_gone_by_shows_what_was_then(visitor: AsyncClient, town: factories.Town) -> None:
    """Totals of counts and means of levels within the hour; what did not report says nothing."""
    then = await _found(visitor, "?tag=2026-02-25&stunde=13")
    now = await _found(visitor, "")
    promenade = then["Zählstelle Promenade"]["properties"]
    assert promenade["value"].endswith("Räder")
    assert promenade["value"] != now["Zählstelle Promenade"]["properties"]["value"]
    early = await _found(visitor, "?tag=2025-01-01&stunde=13")
    assert {each["properties"]["mood"] for each in early.values()} == {"silent"}
    page = await _text(visitor, "/karte?tag=2026-02-25&stunde=13")
    assert "Werte der Stunde ab 25. Februar 2026, 13:00 Uhr" in page
    assert "zurück zu jetzt" in page


async def test_what_is_silent_is_told_from_what_is_closed(
    visitor: AsyncClient, town: factories.Town, connection: database.Connection,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """Where the source still reports others, silence that has a meaning is no fault."""
    stream = town.streams["Freie Plätze Theater"]
    await connection.execute(
        "UPDATE things.datastream_state SET last_time = last_time - interval '8 hours', last_end = NULL"
        " WHERE datastream_id = %s", (stream,),
    )  # fmt: skip
    assert "Parkhaus Theater" in await _found(visitor, "?stand=still")
    await connection.execute(
        "UPDATE things.datastream SET properties = %s WHERE id = %s",
        (Jsonb({"silence": {"de": "geschlossen", "en": "closed"}}), stream),
    )
    found = (await _found(visitor, ""))["Parkhaus Theater"]["properties"]
    assert (found["value"], found["mood"]) == ("geschlossen", "off")
    assert "Parkhaus Theater" not in await _found(visitor, "?stand=still")
    page = await _text(visitor, "/karte?q=theater")
    assert "geschlossen" in page
    assert "sk-fresh--stale" not in page
    # When nothing at all comes any more, it is silence again.
    monkeypatch.setattr(times, "now", lambda: town.now + timedelta(days=2))
    assert (await _found(visitor, ""))["Parkhaus Theater"]["properties"]["mood"] == "silent"


async def test_maps_of_datasets_lie_on_the_map_under_the_same_filters(
    visitor: AsyncClient, connection: database.Connection
) -> None:
    """In the browser's document, in the drawing and in the list."""
    made = await tables.collection(connection, rows=tables.trees(40, west=7.55, south=51.95))
    document = (await visitor.get(f"/karte/daten/{made.key}.json")).json()
    assert (len(document["features"]), document["more"]) == (40, False)
    lindens = (await visitor.get(f"/karte/daten/{made.key}.json?q=linde")).json()["features"]
    assert {each["properties"]["name"] for each in lindens} == {"Linde"}
    page = await _text(visitor, f"/karte?gewaehlt=1&sammlung={made.key}&q=linde")
    assert "8 Einträge" in page
    assert "Eiche" not in page
    none = await _text(visitor, f"/karte?sammlung={made.key}&bezirk=nirgends")
    assert "In dieser Karte passt nichts zu den Filtern." in none
    assert (await visitor.get("/karte/daten/gibtesnicht.json")).status_code == 404


async def test_a_hidden_map_is_not_there(visitor: AsyncClient, connection: database.Connection) -> None:
    """Neither its rows nor its name."""
    made = await tables.collection(connection, rows=tables.trees(3), room="internal")
    assert (await visitor.get(f"/karte/daten/{made.key}.json")).status_code == 404
    page = await _text(visitor, f"/karte?sammlung={made.key}")
    assert f'value="{made.key}"><span' not in page
    assert "Linde</th>" not in page


async def test_odd_names_and_values_stay_on_the_map(
    visitor: AsyncClient, town: factories.Town, connection: database.Connection
) -> None:
    """200 characters, Arabic, emoji, markup, huge and negative numbers, a place of one point only."""
    made = factories.Town(connection, dataset_id=town.dataset_id, now=town.now)
    for name, value in (("ä" * 200, 1e300), ("محطة القياس 🌳", -273.15), ("<b>x</b> & 'y'", 0.0)):
        thing = await made.thing(name, kind="mast", point=(7.6, 51.95))
        await made.stream(
            thing, name=name, observes="Etwas", definition="https://example.org/etwas", symbol="°C",
            kind="measurement", rows=iter([(town.now - timedelta(minutes=1), value, None)]),
        )  # fmt: skip
    found = await _found(visitor, "?art=weitere&gewaehlt=1")
    assert found["ä" * 200]["properties"]["value"] == "1E300 °C"
    assert found["محطة القياس 🌳"]["properties"]["value"] == "−273 °C"
    page = await _text(visitor, "/karte?art=weitere&gewaehlt=1")
    assert "&lt;b&gt;x&lt;/b&gt; &amp; &#x27;y&#x27;" in page
    assert "<b>x</b>" not in page


async def test_the_map_is_complete_in_english(visitor: AsyncClient) -> None:
    """No German word of ours is left."""
    page = await _text(visitor, "/en/karte?tag=2026-02-25&stunde=13")
    for word in ("Ebenen", "Stadtteil<", "Zustand", "Drucken", "Messorte<", "Uhrzeit"):
        assert word not in page
