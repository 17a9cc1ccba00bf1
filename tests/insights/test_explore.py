# SPDX-License-Identifier: EUPL-1.2
"""Pages of things and series: complete without JavaScript, honest about gaps and doubts."""

from __future__ import annotations

import csv
import gzip
import io
import re

import pytest
from django.test import AsyncClient
from django.utils import translation

from stadtkern.catalogue import operations
from stadtkern.core import database
from stadtkern.core.database import Connection
from stadtkern.insights.explore.history import History
from stadtkern.insights.templatetags.series import flagged
from tests.insights import factories

pytestmark = pytest.mark.anyio


async def _text(visitor: AsyncClient, path: str) -> str:
    answer = await visitor.get(path)
    assert answer.status_code == 200, path
    return answer.content.decode()


async def _drawn(visitor: AsyncClient, query: str) -> str:
    return await _text(visitor, f"/diagramm?{query}")


async def test_things_are_found_by_name_street_and_kind(visitor: AsyncClient) -> None:
    """Search and filter stand in the address."""
    found = await _text(visitor, "/dinge?q=neutor")
    assert "Zählstelle Neutor" in found
    assert "Promenade" not in found
    assert "Parkhaus Theater" in await _text(visitor, "/dinge?q=Domplatz&art=parkhaus")
    assert "Pegel Mitte" in await _text(visitor, "/dinge?q=Grundwasserstand")
    assert "Dazu haben wir nichts gefunden" in await _text(visitor, "/dinge?q=%25_%27%3B--")
    assert 'dir="auto">Zählstelle Neutor</a>' in await _text(visitor, "/dinge?q=Neutohr")


async def test_series_are_found_by_words_and_taken_in(visitor: AsyncClient, town: factories.Town) -> None:
    """All words must stand in the name; what is chosen is not offered again."""
    number = town.streams["Fahrräder Promenade"]
    found = await _drawn(visitor, "suche=fahrr+promen")
    assert f'href="?reihe={number}"' in found
    assert "Hafenstraße" not in found
    adding = await _drawn(visitor, f"reihe={number}&suche=fahrräder")
    other = town.streams["Fahrräder Neutor"]
    assert f"?reihe={number}&amp;reihe={other}" in adding
    assert f"reihe={number}&amp;reihe={number}" not in adding
    assert "weder eine Messreihe noch eine Tabelle" in await _drawn(visitor, "suche=gibtesnicht")
    # The sentence stands below the picture, and is read out there only.
    assert "<desc" not in adding
    assert "<desc" in (await visitor.get(f"/diagramm/bild.svg?reihe={number}")).content.decode()
    guessed = await _drawn(visitor, "suche=Promnade")
    assert "dies klingt ähnlich" in guessed
    assert f'href="?reihe={number}"' in guessed


async def test_series_are_found_by_the_kind_of_place_and_by_their_dataset(
    visitor: AsyncClient, town: factories.Town, connection: Connection
) -> None:
    """People look for counters and car parks; the names of series seldom say so."""
    number = town.streams["Fahrräder Promenade"]
    counters = await _drawn(visitor, "suche=Fahrradzählstellen")
    assert f'href="?reihe={number}"' in counters
    assert "klingt ähnlich" not in counters
    assert "Grundwasser" not in counters
    await operations.adopt_all(connection)
    assert f'href="?reihe={number}"' in await _drawn(visitor, "suche=kleine+Stadt")


async def test_a_series_is_sought_without_losing_what_was_chosen(
    visitor: AsyncClient, town: factories.Town
) -> None:
    """Title, events, band and grouping stay while somebody looks for a second series."""
    number = town.streams["Fahrräder Promenade"]
    page = await _drawn(
        visitor, f"reihe={number}&gruppe=tag&band=ohne&titel=Winter&ereignisse=10.02.2026+Sturm"
    )
    search = page[page.index('aria-label="Messreihe suchen"') :].partition("</form>")[0]
    kept = dict(re.findall(r'type="hidden" name="([^"]*)" value="([^"]*)"', search))
    assert kept["titel"] == "Winter"
    assert kept["ereignisse"] == "10.02.2026 Sturm"
    assert (kept["band"], kept["gruppe"]) == ("ohne", "tag")


async def test_a_thing_says_what_it_is_and_why_it_is_here(visitor: AsyncClient, town: factories.Town) -> None:
    """Purpose, owner, place, value, chart, address."""
    page = await _text(visitor, f"/dinge/{town.things['Zählstelle Neutor']}")
    for words in (
        "Damit man es weiß.",
        "Amt für Beispiele",
        "Domplatz",
        "Fahrräder je Stunde",
        "/sta/v1.1/Things(",
    ):
        assert words in page
    assert page.count('role="img"') >= 1
    # What nobody has translated is read out as German on English pages, too.
    assert '<p class="sk-lead">Damit man es weiß.' in page
    english = await _text(visitor, f"/en/dinge/{town.things['Zählstelle Neutor']}")
    assert '<p class="sk-lead" lang="de">Damit man es weiß.' in english


async def test_a_thing_without_series_says_what_will_be_here(
    visitor: AsyncClient, town: factories.Town, connection: database.Connection
) -> None:
    """An empty page explains itself."""
    made = factories.Town(connection, dataset_id=town.dataset_id, now=town.now)
    thing = await made.thing("Neuer Mast", kind="mast", point=None)
    assert "Hier wird noch nichts gemessen" in await _text(visitor, f"/dinge/{thing}")


async def test_gaps_are_drawn_and_listed(visitor: AsyncClient, town: factories.Town) -> None:
    """Fifty missing hours: a grey field in the chart and a line in the list."""
    page = await _text(visitor, f"/messreihen/{town.streams['Fahrräder Neutor']}?zeitraum=woche")
    assert 'class="gap"' in page
    assert "1 Lücke ohne Messwerte" in page
    assert "(2 Tage)" in page


async def test_doubtful_values_are_counted_and_marked(visitor: AsyncClient, town: factories.Town) -> None:
    """The share in words, the rows with a sign and a word."""
    stream = town.streams["Fahrräder Promenade"]
    page = await _text(visitor, f"/messreihen/{stream}?zeitraum=monat&aufloesung=einzeln")
    assert re.search(r"[12],\d\s%\s*der Werte sind als zweifelhaft", page)
    assert "zweifelhaft</span>" in page


@pytest.mark.parametrize(("good", "said"), [(0.99999, "Weniger als 0,1"), (0.996, "0,4"), (0.5, "50")])
def test_few_doubtful_values_are_not_none(good: float, said: str) -> None:
    """One in a hundred thousand is less than a tenth of a percent, not zero."""
    history = History(
        bucket="day", points=(), step=None, gaps=(), pieces=(), usual=(), good_share=good, n=100_000
    )
    with translation.override("de"):
        assert flagged(history) == f"{said}\N{NO-BREAK SPACE}%"


@pytest.mark.parametrize("span", ["24h", "woche", "monat", "jahr", "alles"])
async def test_every_span_has_chart_and_table(visitor: AsyncClient, town: factories.Town, span: str) -> None:
    """Each chart is also a table."""
    page = await _text(visitor, f"/messreihen/{town.streams['Fahrräder Promenade']}?zeitraum={span}")
    assert '<svg class="sk-chart sk-chart--' in page
    assert '<th scope="row" class="when">' in page


async def test_the_usual_can_be_drawn_beside(visitor: AsyncClient, town: factories.Town) -> None:
    """One link adds the dashed line, another takes it away."""
    page = await _text(visitor, f"/messreihen/{town.streams['Fahrräder Promenade']}?vergleich=1")
    assert 'class="usual"' in page
    assert "Ohne Vergleich" in page


async def test_the_table_pages_through_every_value_once(visitor: AsyncClient, town: factories.Town) -> None:
    """Newest first, no value twice, none left out."""
    path = f"/messreihen/{town.streams['Freie Plätze Arkaden']}?zeitraum=24h"
    seen: list[str] = []
    address = path
    for _ in range(20):
        page = await _text(visitor, address)
        seen += re.findall(r'class="when">([^<]+)<', page)
        further = re.search(r'href="(\?[^"]+)#tabelle" rel="next"', page)
        if further is None:
            break
        address = path.partition("?")[0] + further[1].replace("&amp;", "&")
    assert len(seen) == len(set(seen)) == 96


async def test_the_download_holds_the_span_and_opens_anywhere(
    visitor: AsyncClient, town: factories.Town
) -> None:
    """Commas, points, UTC; the file name says what it is."""
    stream = town.streams["Freie Plätze Arkaden"]
    answer = await visitor.get(f"/messreihen/{stream}/werte.csv?zeitraum=24h")
    assert answer["Content-Disposition"].startswith('attachment; filename="freie-plaetze-arkaden_2026-02-25')
    body = b"".join([part async for part in answer]).decode()
    rows = list(csv.DictReader(io.StringIO(body)))
    assert len(rows) == 96
    assert rows[-1]["phenomenonTime"] == "2026-02-26T14:45:00Z"
    assert rows[-1]["unit"] == "Plätze"
    assert float(rows[-1]["result"]) > 0


async def test_a_compressing_browser_gets_the_whole_file_and_a_small_page(
    visitor: AsyncClient, town: factories.Town
) -> None:
    """Pages are compressed; the download is not cut off behind its first piece."""
    stream = town.streams["Freie Plätze Arkaden"]
    accepts = {"accept-encoding": "gzip"}
    page = await visitor.get(f"/messreihen/{stream}", headers=accepts)
    assert page["Content-Encoding"] == "gzip"
    assert "Arkaden" in gzip.decompress(page.content).decode()
    answer = await visitor.get(f"/messreihen/{stream}/werte.csv?zeitraum=alles", headers=accepts)
    assert not answer.has_header("Content-Encoding")
    assert b"".join([part async for part in answer]).count(b"\r\n") > 2_000


async def test_the_chart_can_be_had_as_numbers(visitor: AsyncClient, town: factories.Town) -> None:
    """None between pieces keeps the gap open in the browser too."""
    answer = await visitor.get(f"/messreihen/{town.streams['Fahrräder Neutor']}/verlauf.json")
    points = answer.json()["points"]
    assert any(value is None for _, value in points)
    assert points == sorted(points, key=lambda point: point[0])


@pytest.mark.parametrize(
    "query",
    [
        "von=31.02.2024",
        "von=2026-02-10&bis=2026-02-01",
        "von=12024-01-01",
        "zeitraum=x",
        "zeitraum=%00",
        "aufloesung=x",
        "vor=x~y",
        "seite=999999999",
        "seite=-1",
        "reihe=%F0%9F%9A%B2",
    ],
)
async def test_bad_addresses_are_answered_with_a_page(
    visitor: AsyncClient, town: factories.Town, query: str
) -> None:
    """Never an error for a typing mistake."""
    stream, thing = town.streams["Fahrräder Promenade"], town.things["Zählstelle Promenade"]
    await _text(visitor, f"/messreihen/{stream}?{query}")
    await _text(visitor, f"/dinge/{thing}?{query}")
    await _text(visitor, f"/dinge?{query}&q=%00&art=%00")


@pytest.mark.parametrize(
    "path", ["/dinge/0", "/dinge/99999999999999999999", "/messreihen/424242", "/nix", "/en/nix"]
)
async def test_what_is_not_there_is_a_friendly_404(visitor: AsyncClient, path: str) -> None:
    """What happened, what it means, what to do."""
    answer = await visitor.get(path)
    assert answer.status_code == 404
    assert "kern-btn" in answer.content.decode()
