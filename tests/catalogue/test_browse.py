# SPDX-License-Identifier: EUPL-1.2
"""Pages on which everybody finds datasets, and what machines read of them."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from urllib.parse import urlencode
from xml.etree import ElementTree

import pytest
from django.test import AsyncClient

from stadtkern.catalogue import operations, upkeep
from stadtkern.catalogue.browse import sizes
from stadtkern.catalogue.search import best
from stadtkern.core import database as core_database
from stadtkern.core import datasets
from tests import people
from tests.features import factories as features
from tests.insights import factories

pytestmark = pytest.mark.anyio
BY = "http://dcat-ap.de/def/licenses/dl-by-de/2.0"
EVIL = '</script><script>alert("1")</script> <!-- & \u2028'
ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture(scope="module")
async def cookie(database: str) -> AsyncIterator[str]:
    """The small town, a table with a mischievous title, a closed room; a session that may enter it."""
    async with await core_database.connect(url=database, autocommit=True) as connection:
        await factories.small_town(connection)
        await upkeep.once(url=database)
        made = await operations.create(
            connection, by=None, kind="table", title={"de": f"Tabelle {EVIL}", "en": "Table"}, key="tabelle",
            description={"de": f"Worum es geht. {EVIL}\n\nUnd mehr."}, themes=("ENVI",), state="published",
            keywords={"de": ("Wort", EVIL)},
        )  # fmt: skip
        await operations.add_distribution(
            connection, by=None, dataset_id=made.id, access_url="https://stadt.example/t.csv", licence=BY,
            download_url="https://stadt.example/t.csv", attribution="Amt", format="CSV", byte_size=1_500_000,
        )  # fmt: skip
        await datasets.save_room(connection, key="keller", kind="restricted", title={"de": "Keller"})
        hidden = await operations.create(
            connection, by=None, kind="table", title={"de": "Kellerplan"}, room="keller", key="kellerplan",
            state="published", themes=("JUST",),
        )  # fmt: skip
        somebody = await people.person(connection)
        await connection.execute(
            "INSERT INTO core.room_grant (room_id, principal_id) VALUES (%s, %s)",
            (hidden.room.id, somebody.id),
        )
        yield somebody.cookie


async def test_the_list_shows_what_there_is_and_narrows_it_down(cookie: str, visitor: AsyncClient) -> None:
    """Datasets with kind, licence and formats; facets lead to lists of exactly as many."""
    page = (await visitor.get("/daten")).content.decode()
    assert "2 Datensätze" in page
    assert "thema=JUST" not in page
    assert "Kleine Stadt" in page
    assert "Datenlizenz Deutschland Namensnennung 2.0" in page
    narrowed = (await visitor.get("/daten?thema=ENVI")).content.decode()
    assert "1 Datensatz<" in narrowed
    assert "Filter aufheben" in narrowed
    assert "Kleine Stadt" not in narrowed
    nothing = (await visitor.get("/daten?q=Xylophonquark")).content.decode()
    assert "Dazu haben wir nichts gefunden" in nothing
    english = (await visitor.get("/en/daten")).content.decode()
    assert "2 datasets" in english


@pytest.mark.parametrize("path", ["/daten/kellerplan", "/daten/gibt-es-nicht", "/daten/kellerplan/werte.csv"])
async def test_what_one_may_not_know_does_not_exist(cookie: str, visitor: AsyncClient, path: str) -> None:
    """Closed rooms look like nothing at all, in pages, lists, facets, feed and sitemap."""
    assert (await visitor.get(path)).status_code == 404
    for surface in ("/daten", "/daten?q=Kellerplan", "/daten?thema=JUST", "/daten.atom", "/sitemap-1.xml"):
        answer = (await visitor.get(surface)).content.decode()
        assert "/daten/kellerplan" not in answer


async def test_who_may_enter_the_room_finds_it(cookie: str, visitor: AsyncClient) -> None:
    """The same pages for somebody with a grant; the sitemap stays everybody's."""
    visitor.cookies["sessionid"] = cookie
    page = await visitor.get("/daten/kellerplan")
    assert page.status_code == 200
    assert page["X-Robots-Tag"] == "noindex"
    assert "application/ld+json" not in page.content.decode()
    assert "3 Datensätze" in (await visitor.get("/daten")).content.decode()
    assert "kellerplan" not in (await visitor.get("/sitemap-1.xml")).content.decode()


async def test_a_dataset_of_series_shows_them_first(cookie: str, visitor: AsyncClient) -> None:
    """Newest values and lines, licence in words, and ways to take the data along."""
    page = (await visitor.get("/daten/kleine-stadt")).content.decode()
    assert "Fahrräder Neutor" in page
    assert "Nennen Sie die Quelle." in page
    assert page.index("Was darin steckt") < page.index('id="mitnehmen"') < page.index("Steckbrief")
    assert 'href="#mitnehmen"' in page
    # What is made when it is asked for says how much it is.
    assert re.search(r"\d Werte, etwa \d+ [kM]B</p>", page)
    answer = await visitor.get("/daten/kleine-stadt/schnittstelle")
    assert answer.status_code == 302
    assert answer["Location"].startswith("/sta/v1.1/")


@pytest.mark.parametrize("odd", ["-3", "1e300", '"viele"', '{"de": 5}', "true"])
async def test_odd_words_of_owners_break_no_dataset(
    cookie: str, visitor: AsyncClient, database: str, odd: str
) -> None:
    """Decimal places and beat of a series are free JSON."""
    odd = f'{{"digits": {odd}, "interval_seconds": {odd}}}'
    async with await core_database.connect(url=database, autocommit=True) as connection:
        await connection.execute("UPDATE things.datastream SET properties = %s", [odd])
        answer = await visitor.get("/daten/kleine-stadt")
        await connection.execute("UPDATE things.datastream SET properties = NULL")
    assert answer.status_code == 200
    assert "Fahrräder Neutor" in answer.content.decode()


async def test_search_engines_read_one_harmless_document(cookie: str, visitor: AsyncClient) -> None:
    """The JSON-LD is one element that nothing in a title can end, and says what schema.org asks for."""
    page = (await visitor.get("/daten/tabelle")).content.decode()
    scripts = re.findall(r"<script\b([^>]*)>(.*?)</script>", page, re.DOTALL)
    inline = [(kind, text) for kind, text in scripts if text]
    assert [kind for kind, _ in inline] == [' type="application/ld+json"']
    said = json.loads(inline[0][1])
    assert said["@type"] == "Dataset"
    assert said["name"] == f"Tabelle {EVIL}"
    assert said["license"] == "https://www.govdata.de/dl-de/by-2-0"
    assert said["distribution"][0]["contentSize"] == "1500000 B"
    assert len(said["description"]) >= 50
    assert "1,5 MB" in page


async def test_the_feed_is_atom_and_knows_the_search(cookie: str, visitor: AsyncClient) -> None:
    """Entries with identity, link and time; a narrowed search has a feed of its own."""
    feed = ElementTree.fromstring((await visitor.get("/daten.atom")).content)
    assert len(feed.findall(f"{ATOM}entry")) == 2
    narrowed = ElementTree.fromstring((await visitor.get("/daten.atom?thema=ENVI")).content)
    entries = narrowed.findall(f"{ATOM}entry")
    assert [entry.findtext(f"{ATOM}title") for entry in entries] == [f"Tabelle {EVIL}"]
    assert narrowed.findtext(f"{ATOM}id") != feed.findtext(f"{ATOM}id")
    assert all((entry.findtext(f"{ATOM}id") or "").startswith("urn:uuid:") for entry in entries)


async def test_the_sitemap_names_every_public_dataset(cookie: str, visitor: AsyncClient) -> None:
    """The index leads to parts, and a part that is not there is not found."""
    index = ElementTree.fromstring((await visitor.get("/sitemap.xml")).content)
    assert [
        place.text.rpartition("/")[2] for place in index.iter() if place.tag.endswith("loc") and place.text
    ] == ["sitemap-1.xml"]
    part = (await visitor.get("/sitemap-1.xml")).content.decode()
    assert "/daten/kleine-stadt<" in part
    assert (await visitor.get("/sitemap-2.xml")).status_code == 404


async def test_a_table_shows_its_first_rows_and_its_places(
    cookie: str, visitor: AsyncClient, database: str
) -> None:
    """The data come before the downloads, and the map before them where there are places."""
    async with await core_database.connect(url=database, autocommit=True) as connection:
        made = await operations.create(
            connection, by=None, kind="features", title={"de": "Stadtbäume"}, state="published"
        )
        await features.collection(connection, dataset_id=made.id)
    page = (await visitor.get(f"/daten/{made.key}")).content.decode()
    assert "100 Zeilen" in page
    assert page.partition("Daten mitnehmen")[0].count("<tr>") == 11
    assert 'id="karte-title"' in page
    assert page.index("Auf der Karte") < page.index("die ersten davon") < page.index("Daten mitnehmen")


@pytest.mark.parametrize("weighed", [1, 300])
async def test_every_question_has_an_answer(
    cookie: str, visitor: AsyncClient, monkeypatch: pytest.MonkeyPatch, weighed: int
) -> None:
    """Whatever stands in the address, alone and with the others, the list and the feed answer."""
    monkeypatch.setattr(best, "FIRST", weighed)
    texts = ["", "baum", "kleine stadt", "'", "&|!():*", "%_\\", "\0", "ab", "\U0001f333", "Klenie Stdat"]
    others = [
        {}, {"thema": "ENVI"}, {"ausschnitt": "7,51,8,52"}, {"ausschnitt": "1,2"}, {"von": "2020-01-01"},
        {"bis": "2020-01-01"}, {"sortierung": "titel"}, {"sortierung": "neu"}, {"seite": "499"},
        {"stelle": "x"}, {"lizenz": "'"}, {"art": "series", "von": "0001-01-01", "bis": "9999-12-31"},
    ]  # fmt: skip
    for text in texts:
        for narrowed in others:
            query = urlencode({"q": text, **narrowed})
            answer = await visitor.get(f"/daten?{query}")
            assert answer.status_code == 200, query
    assert (await visitor.get("/daten.atom?q=%00%01baum&von=2020-01-01")).status_code == 200


@pytest.mark.parametrize(
    ("size", "says"),
    [(1, "1 kB"), (949_999, "900 kB"), (960_000, "1 MB"), (51_200_000, "50 MB"), (999_999_999, "1 GB"),
     (2.4e12, "2.000 GB")],
)  # fmt: skip
def test_sizes_that_are_estimated_have_one_digit_and_the_unit_that_fits(size: float, says: str) -> None:
    """Nobody reads 1,000 kB where 1 MB is meant."""
    assert sizes._roughly(size) == says
