# SPDX-License-Identifier: EUPL-1.2
"""The page of a place as its QR code opens it: against usual, closed, silent, poster, report."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import segno
from django.test import AsyncClient
from psycopg.types.json import Jsonb

from stadtkern.core import database
from stadtkern.insights.explore import poster
from stadtkern.ui import guard
from tests.insights import factories
from tests.insights.test_explore import _text

pytestmark = pytest.mark.anyio


async def test_values_stand_against_what_is_usual(visitor: AsyncClient, town: factories.Town) -> None:
    """Counts by the last full hour, levels by the mean of this hour; states have nothing usual."""
    counter = await _text(visitor, f"/dinge/{town.things['Zählstelle Promenade']}")
    assert "Räder in der letzten vollen Stunde – " in counter
    assert "um diese Zeit" in counter
    assert "um diese Zeit" in await _text(visitor, f"/dinge/{town.things['Parkhaus Theater']}")
    assert "um diese Zeit" not in await _text(
        visitor, f"/dinge/{town.things['Behindertenstellplatz Rathaus']}"
    )


async def test_the_newest_values_are_a_table_too(visitor: AsyncClient, town: factories.Town) -> None:
    """Eight rows of the chart's numbers and the way to all of them."""
    page = await _text(visitor, f"/dinge/{town.things['Zählstelle Promenade']}")
    assert page.count('<th scope="row" class="when">') == 8
    assert "Alle Werte ansehen" in page


async def test_a_closed_place_is_not_stale(
    visitor: AsyncClient, town: factories.Town, connection: database.Connection
) -> None:
    """It says what its silence means and since when; without a meaning it says that nothing comes."""
    stream, thing = town.streams["Freie Plätze Arkaden"], town.things["Parkhaus Arkaden"]
    await connection.execute(
        "UPDATE things.datastream_state SET last_time = %s, last_end = NULL WHERE datastream_id = %s",
        (town.now - timedelta(hours=8), stream),
    )
    assert "sk-fresh--stale" in await _text(visitor, f"/dinge/{thing}")
    await connection.execute(
        "UPDATE things.datastream SET properties = %s WHERE id = %s",
        (Jsonb({"silence": {"de": "geschlossen"}}), stream),
    )
    page = await _text(visitor, f"/dinge/{thing}")
    assert "geschlossen" in page
    assert "seit 7:58 Uhr" in page or "seit 07:58 Uhr" in page
    assert "sk-fresh--stale" not in page
    assert "um diese Zeit" not in page
    listed = await _text(visitor, "/dinge?q=arkaden")
    assert ("geschlossen" in listed, "sk-fresh--stale" in listed) == (True, False)
    assert "Die übrigen: geschlossen." in await _text(visitor, "/")


async def test_the_short_address_leads_to_the_page(visitor: AsyncClient, town: factories.Town) -> None:
    """Also for a place that is not there, of which the page itself then says so."""
    thing = town.things["Zählstelle Neutor"]
    answer = await visitor.get(f"/m/{thing}")
    assert (answer.status_code, answer["Location"]) == (302, f"/dinge/{thing}")
    assert (await visitor.get("/m/99999999999999999999999")).status_code == 302


async def test_the_poster_says_what_it_is_and_carries_the_code(
    visitor: AsyncClient, town: factories.Town
) -> None:
    """Name, purpose and short address, as words and as code; 404 where there is nothing."""
    thing = town.things["Zählstelle Neutor"]
    page = await _text(visitor, f"/dinge/{thing}/aushang")
    for words in ("Zählstelle Neutor", "Damit man es weiß.", f"/m/{thing}", 'class="sk-qr"', "style-src"):
        assert (words in page) == (words != "style-src")
    assert f">localhost:8000/m/{thing}</p>" in page  # nobody types what browsers find by themselves
    assert (await visitor.get("/dinge/424242/aushang")).status_code == 404


def test_the_code_holds_the_address_and_its_margin() -> None:
    """Every dark module of the encoder stands in the drawing, four modules from the edge."""
    text = "https://daten.stadt.example/m/123"
    rows = [list(row) for row in segno.make_qr(text, error="m").matrix]
    drawn = poster.code(text, title="x")
    dark = {
        (int(x) + further - 4, int(y) - 4)
        for x, y, wide in re.findall(r"M(\d+) (\d+)h(\d+)v1h-\3z", drawn)
        for further in range(int(wide))
    }
    assert dark == {(x, y) for y, row in enumerate(rows) for x, module in enumerate(row) if module}
    assert f'viewBox="0 0 {len(rows) + 8} {len(rows) + 8}"' in drawn
    assert "M4 4h7v1h-7z" in drawn
    assert len(drawn) < 5_000  # 96 of them stand on one page


async def test_a_fault_can_be_reported(
    visitor: AsyncClient,
    town: factories.Town,
    connection: database.Connection,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The page leads to a form that names it; what is sent waits for the stewards, once."""
    monkeypatch.setattr(guard, "TOO_FAST", 0)
    thing = town.things["Zählstelle Neutor"]
    page = await _text(visitor, f"/dinge/{thing}")
    assert f'href="/stimmt-nicht?ding={thing}"' in page
    form = await _text(visitor, f"/stimmt-nicht?ding={thing}")
    assert f'value="Zählstelle Neutor (http://localhost:8000/m/{thing})"' in form
    assert f'<a href="/dinge/{thing}">Zählstelle Neutor</a>' in form
    assert 'value="/m/7"' in await _text(visitor, "/stimmt-nicht?seite=/m/7")
    for odd in ("x", "-1", "9" * 18, "9" * 40):
        assert "/m/" not in await _text(visitor, f"/stimmt-nicht?ding={odd}")
    ticket = form.split('name="ticket" value="')[1].split('"')[0]
    sent = {"subject": "Die Anzeige steht.", "place": f"/m/{thing}", "ticket": ticket, "website": ""}
    wrong = await visitor.post("/stimmt-nicht", {**sent, "subject": ""})
    assert "kern-error" in wrong.content.decode()
    answer = await visitor.post("/stimmt-nicht", sent)
    assert (answer.status_code, answer["Location"]) == (302, "/stimmt-nicht?danke=1")
    cursor = await connection.execute("SELECT kind, place FROM city.message")
    assert await cursor.fetchall() == [("place", f"/m/{thing}")]


async def test_labels_of_many_places_stand_on_sheets(visitor: AsyncClient, town: factories.Town) -> None:
    """Chosen in the address; odd numbers and hidden ones are left out; sizes fill their sheets."""
    ids = [town.things[name] for name in ("Zählstelle Neutor", "Zählstelle Promenade", "Parkhaus Theater")]
    chosen = "&".join(f"ding={number}" for number in ids)
    page = await _text(visitor, f"/dinge/schilder?{chosen}&ding=424242&ding=x&ding={10**30}&groesse=gross")
    assert (page.count('class="sk-qr"'), page.count('class="sk-sheet ')) == (3, 2)
    assert all(f">localhost:8000/m/{number}<" in page for number in ids)
    assert "QR code to: Zählstelle Neutor" in await _text(visitor, f"/en/dinge/schilder?ding={ids[0]}")
    assert 'class="sk-sheet' not in await _text(visitor, "/dinge/schilder?groesse=nix")
    found = await _text(visitor, "/dinge/schilder?q=neutor")
    assert ("Zählstelle Neutor" in found, "Parkhaus Theater" in found) == (True, False)
    assert "nichts gefunden" in await _text(visitor, "/dinge/schilder?q=gibtesnicht")


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Fahrräder je Stunde, Promenade", "Zählstelle Promenade: Fahrräder je Stunde"),
        ("Fahrräder je Stunde, Zählstelle Promenade", "Zählstelle Promenade: Fahrräder je Stunde"),
        ("Fahrräder, stadtauswärts", "Zählstelle Promenade: Fahrräder, stadtauswärts"),
    ],
)
async def test_the_name_of_a_place_is_said_once(
    visitor: AsyncClient, connection: database.Connection, town: factories.Town, name: str, shown: str
) -> None:
    """Owners often name a series after its place, in part or in full."""
    stream = town.streams["Fahrräder Promenade"]
    await connection.execute("UPDATE things.datastream SET name = %s WHERE id = %s", (name, stream))
    page = await _text(visitor, f"/folgen?messreihe={stream}")
    assert f">{shown}</a>" in page
