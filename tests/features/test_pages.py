# SPDX-License-Identifier: EUPL-1.2
"""Pages of the service: the frame of all pages of the city, maps with lists, what was wrong in words."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import httpx
import psycopg
import pytest
from psycopg.types.json import Jsonb

from stadtkern.city import districts
from stadtkern.core import datasets, problems
from stadtkern.core.database import Connection
from stadtkern.features.api import call as calls
from stadtkern.features.api import failures, picture
from stadtkern.features.entities import Column
from tests import browsing, people
from tests.features.factories import collection
from tests.things.factories import STA

pytestmark = pytest.mark.anyio
_LINK = re.compile(r'<a [^>]*?href="([^"]*)"[^>]*>(.*?)</a>', re.DOTALL)
# Modules that the service asks when it reads; what is stored, compared or charted is told by other pages.
_READING = tuple(
    f"stadtkern.features.{name}"
    for name in (
        "api.",
        "cql",
        "grammar",
        "compiler",
        "literals",
        "references",
        "spatial",
        "versions.queries",
    )
)
_TAG = re.compile(r"<[^>]+>")


def links(page: str, name: str) -> list[tuple[str, str]]:
    """Addresses and texts of the links in the first element of this class."""
    inside = re.split(r"</(?:nav|footer)>", page.partition(f'class="{name}"')[2])[0]
    return [(address, _TAG.sub("", text).strip()) for address, text in _LINK.findall(inside)]


@pytest.mark.parametrize("role", [None, "reader", "stories"])
@pytest.mark.parametrize("language", ["de", "en"])
async def test_header_and_footer_are_those_of_all_pages(
    client: httpx.AsyncClient, database: str, connection: Connection, language: str, role: str | None
) -> None:
    """Without Django, for visitors and for those who work here; who adds a page adds it to `menu.py`."""
    who = (
        await people.person(connection, role="editor")
        if role == "reader"
        else await people.person(connection)
    )
    has = Jsonb({"stories_public": role == "stories"})
    await connection.execute("UPDATE core.city SET properties = properties || %s", [has])
    await connection.commit()
    cookie = {"cookie": f"sessionid={who.cookie}"} if role else {}
    async with browsing.pages(url=database) as visitor:
        if role:
            visitor.cookies["sessionid"] = who.cookie
        theirs = (await visitor.get("/en/schnittstellen" if language == "en" else "/schnittstellen")).content
    page, asked = theirs.decode(), {"f": "html", "lang": language}
    ours = (await client.get("/ogc", params=asked, headers=cookie)).text
    for name in ("sk-nav", "sk-menu", "sk-inside"):
        assert links(ours, name) == links(page, name), name
    assert any(address.endswith("arbeit") for address, _ in links(ours, "sk-nav")) == (role == "reader")
    named = links(page, "sk-footer")
    same = [each for each in named if each[1] not in ("English", "Deutsch")]
    assert [each for each in links(ours, "sk-footer") if each in named] == same
    assert {text for _, text in named} <= {text for _, text in links(ours, "sk-footer")}
    for name in ("sk-brand", "sk-header__search", "sk-header__person"):
        assert f'class="{name}' in ours
        assert f'class="{name}' in page


async def test_pages_wear_the_citys_looks(client: httpx.AsyncClient, connection: Connection) -> None:
    """Colour and logo, the line above, the imprint; nothing that could be run."""
    looks = {"accent": "#7a1f5c", "logo": "abc123", "official": True, "imprint_url": "javascript:alert(1)"}
    await connection.execute("UPDATE core.city SET properties = properties || %s", [Jsonb(looks)])
    page = (await client.get("/ogc/collections?f=html")).text
    assert '<link rel="stylesheet" href="/auftritt.css?v=7a1f5c">' in page
    assert 'src="/auftritt/logo?v=abc123"' in page
    assert "Offizielle Website der Stadtverwaltung" in page
    assert "javascript:" not in page


async def test_items_stand_on_a_map_and_in_a_list(client: httpx.AsyncClient, connection: Connection) -> None:
    """On the city's outlines; each leads to its page, which has a map of its own."""
    ring = [[7.5, 51.9], [7.7, 51.9], [7.7, 52.0], [7.5, 52.0], [7.5, 51.9]]
    outline = districts.District(
        code="1", name="Stadt", level="city", geometry={"type": "Polygon", "coordinates": [ring]}
    )
    await districts.save(connection, districts=[outline])
    rows = [[f"Baum <{n}>", 1.5, {"type": "Point", "coordinates": [7.6, 51.95 + n / 100]}] for n in range(3)]
    made = await collection(
        connection, rows=rows, columns=[Column(name="name", type="text"), Column(name="h", type="number")],
        geometry="Point",
    )  # fmt: skip
    page = (await client.get(f"/ogc/collections/{made.key}/items?f=html")).text
    assert page.count('class="place"') == 3
    assert 'class="land"' in page
    assert "<title>Baum &lt;1&gt;</title>" in page
    assert f"/ogc/collections/{made.key}/items/2?f=html" in page
    assert '<td class="number">1,5</td>' in page
    one = (await client.get(f"/ogc/collections/{made.key}/items/2?f=html")).text
    assert "<h1>Baum &lt;1&gt;</h1>" in one
    assert one.count('class="place"') == 1
    about = (await client.get(f"/ogc/collections/{made.key}?f=html")).text
    assert 'class="figure"' in about


async def test_times_and_numbers_are_those_of_the_city(
    client: httpx.AsyncClient, connection: Connection
) -> None:
    """By the city's clock, in summer and in winter, with thousands apart; years and short numbers are not."""
    summer, winter = datetime(2026, 7, 1, 22, 30, tzinfo=UTC), datetime(2026, 1, 1, 11, 0, tzinfo=UTC)
    rows: list[list[Any]] = [
        [1_234_567, -12_345.5, summer], [2026, 2026.5, winter],
        [9_999, 1e21, datetime.max.replace(tzinfo=UTC)],
    ]  # fmt: skip
    columns = [Column(name="n", type="integer"), Column(name="x", type="number")]
    columns.append(Column(name="t", type="instant"))
    made = await collection(connection, rows=rows, columns=columns, geometry=None)
    address = f"/ogc/collections/{made.key}/items?f=html"
    told = {
        "de": (
            "1.234.567",
            "−12.345,5",
            "02.07.2026, 00:30 Uhr",
            "01.01.2026, 12:00 Uhr",
            "2026",
            "2026,5",
            "9999",
        ),
        "en": (
            "1,234,567",
            "−12,345.5",
            "02 July 2026, 00:30",
            "01 January 2026, 12:00",
            "2026",
            "2026.5",
            "9999",
        ),
    }
    for language, cells in told.items():
        page = (await client.get(f"{address}&lang={language}")).text
        assert [cell for cell in cells if f">{cell}</td>" not in page] == []
        assert "UTC" not in page


async def test_a_page_stays_in_its_language(client: httpx.AsyncClient, connection: Connection) -> None:
    """Through links and the next page; to programs `lang` is a property like any other."""
    rows: list[list[Any]] = [["x"], ["y"]]
    columns = [Column(name="name", type="text")]
    made = await collection(connection, rows=rows, columns=columns, geometry=None)
    asked = f"/ogc/collections/{made.key}/items"
    page = (await client.get(asked, params={"f": "html", "lang": "en", "limit": "1"})).text
    assert '<html lang="en">' in page
    onward = re.search(r'rel="next" href="([^"]+)"', page)
    assert onward is not None
    assert "lang=en" in onward[1]
    second = await client.get(onward[1].replace("&amp;", "&"))
    assert '<html lang="en">' in second.text
    assert 'rel="first"' in second.text
    assert "limit=1" in second.text.partition('rel="first"')[2][:200]
    assert "lang=de" in second.text
    refused = await client.get(asked, params={"f": "json", "lang": "en"})
    assert refused.status_code == 400


async def test_what_is_wrong_is_a_page_for_who_reads_pages(client: httpx.AsyncClient) -> None:
    """And a document for programs; status and headers are the same."""
    browser = {"Accept": "text/html,*/*;q=0.8"}
    page = await client.get("/ogc/collections/gibtesnicht", headers=browser)
    assert (page.status_code, page.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert "<h1>Das gibt es hier nicht</h1>" in page.text
    assert "sk-nav" in page.text
    document = await client.get("/ogc/collections/gibtesnicht")
    assert document.headers["content-type"] == "application/problem+json"
    assert (await client.get("/ogc?f=xml", headers=browser)).status_code == 400
    wrong = (await client.get("/ogc/collections/things/items?limit=viele", headers=browser)).text
    assert "Eine Angabe in der Adresse hat keinen brauchbaren Wert." in wrong
    assert "Es geht um: <code>limit</code>" in wrong
    assert '<p lang="en"><code>' in wrong.partition('<details class="sk-explains">')[2]
    refused = await client.post("/ogc", headers=browser)
    assert (refused.status_code, refused.headers["allow"]) == (405, "GET, HEAD, OPTIONS")


@pytest.mark.parametrize(
    ("geometry", "drawn"),
    [
        ({"type": "Point", "coordinates": [7.6, 51.9]}, "<circle"),
        ({"type": "MultiPoint", "coordinates": [[7.6, 51.9], [7.7, 51.9]]}, "<circle"),
        ({"type": "LineString", "coordinates": [[7.6, 51.9], [7.7, 52.0]]}, "figure--line"),
        ({"type": "Polygon", "coordinates": [[[7, 51], [8, 51], [8, 52], [7, 51]]]}, 'class="figure"'),
        ({"type": "Polygon", "coordinates": [[[7, 51], [7, 51], [7, 51], [7, 51]]]}, "<circle"),
        ({"type": "GeometryCollection",
          "geometries": [{"type": "Point", "coordinates": [7, 51]},
                         {"type": "LineString", "coordinates": [[7, 51], [8, 52]]}]}, "figure--line"),
        ({"type": "Point", "coordinates": []}, ""),
        ({"type": "GeometryCollection", "geometries": []}, ""),
    ],
)  # fmt: skip
def test_every_geometry_is_drawn(geometry: dict[str, Any], drawn: str) -> None:
    """One point or none, an area without any extent: something sensible, never a fault."""
    svg = picture.draw([picture.Drawn(geometry, "x", "")], outlines=[], title="Karte")
    assert drawn in svg
    assert bool(svg) == bool(drawn)
    assert "nan" not in svg
    assert "inf" not in svg


async def test_what_is_wrong_is_told_without_a_database_for_its_page(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The frame of a page is read from the database; where that is away, the words come without it."""

    async def lost(self: calls.Call) -> None:
        raise psycopg.OperationalError("the server closed the connection")

    monkeypatch.setattr(calls.Call, "dressed", lost)
    answer = await client.get("/ogc/collections/missing?f=html")
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("application/problem+json")


def test_every_problem_of_a_reader_is_said_in_german() -> None:
    """A page in English for what went wrong would be none of this city's pages."""
    said = set(failures._GERMAN)
    raised = {
        kind.__name__ for kind in problems.Problem.__subclasses__() if kind.__module__.startswith(_READING)
    }
    assert len(raised) > 10
    assert raised - said == set()


async def test_values_with_parts_are_lists_with_titles(client: httpx.AsyncClient, token: str) -> None:
    """What properties are called stands beside them, not their names in data, as far as it is known."""
    properties = {"owner": "Grünflächenamt", "since": "2021-04-01", "x<y": {"de": "ja doch", "en": "yes"}}
    body = {"name": "Brunnen", "description": "-", "properties": properties}
    made = await client.post(f"{STA}/Things", json=body, headers={"Authorization": f"Bearer {token}"})
    number = made.headers["location"].rpartition("(")[2].rstrip(")")
    page = (await client.get(f"/ogc/collections/things/items/{number}?f=html")).text
    assert "<dt>Verantwortlich</dt><dd>Grünflächenamt</dd>" in page
    assert "<dt>Seit</dt><dd>01.04.2021</dd>" in page
    assert "<dt>x&lt;y</dt><dd>ja doch</dd>" in page


async def test_a_collection_says_what_its_dataset_says(
    client: httpx.AsyncClient, connection: Connection
) -> None:
    """Title and description as they are now, with the way to its page; texts stand as they are."""
    more = {"de": "Wo Kinder spielen." + " Sandkasten," * 30}
    about = {"title": {"de": "Spielplätze"}, "description": more}
    dataset_id = await datasets.save(connection, key="spielplaetze", room="public", about=about)
    columns = [Column(name="note", type="text", title={"de": "Bemerkung"})]
    await collection(
        connection, key="spielplaetze", dataset_id=dataset_id, columns=columns, rows=[["=1+1"]], geometry=None
    )
    document = (await client.get("/ogc/collections/spielplaetze")).json()
    assert (document["title"], document["description"]) == ("Spielplätze", more["de"])
    listed = (await client.get("/ogc/collections?f=html")).text
    assert re.search(r"Wo Kinder spielen\.( Sandkasten,)+ Sandkasten …</p>", listed)  # not a piece of a word
    (described,) = [link for link in document["links"] if link["rel"] == "describedby"]
    assert described["href"].endswith("/daten/spielplaetze")
    page = (await client.get("/ogc/collections/spielplaetze?f=html&lang=en")).text
    assert (
        '/en/daten/spielplaetze"><span class="kern-label">Origin, licence and description</span></a>' in page
    )
    assert "<td>=1+1</td>" in (await client.get("/ogc/collections/spielplaetze/items?f=html")).text
