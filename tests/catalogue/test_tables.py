# SPDX-License-Identifier: EUPL-1.2
"""A dataset's whole table: sorted, searched, narrowed, turned page by page, taken along as it is shown."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from django.test import AsyncClient

from stadtkern.catalogue import operations
from stadtkern.catalogue.browse import selection, tables
from stadtkern.core.database import Connection
from stadtkern.features import cql, queries
from stadtkern.features.entities import Column
from tests.catalogue.offices import Office, text
from tests.features import factories

pytestmark = pytest.mark.anyio
COLUMNS = [
    Column(name="art", type="text", title={"de": "Baumart"}, description={"de": "Deutscher Name"}),
    Column(name="hoehe", type="number", unit="m"),
    Column(name="jahr", type="integer"),
    Column(name="gefaellt", type="boolean"),
    Column(name="am", type="date"),
]
KINDS = ("Linde", "Eiche", 'O\'Hara "x" 100% _', "شجرة 🌳", "n" * 200)


async def planted(connection: Connection, office: Office, n: int = 120, **more: Any) -> str:
    """The key of a dataset with a table of trees."""
    made = await operations.create(
        connection, by=None, organisation_id=office.id, kind="table",
        description={"de": "x"}, **{"state": "published", "title": {"de": "Bäume"}, **more},
    )  # fmt: skip
    rows = [
        (
            KINDS[i % 5], (-1.0) ** i * i * 1e4 + 0.5, 1900 + i, i % 2 == 0,
            None if i % 10 == 0 else f"2020-01-{i % 28 + 1:02d}",
        )
        for i in range(n)
    ]  # fmt: skip
    await factories.collection(
        connection, rows=rows, dataset_id=made.id, key=made.key, columns=COLUMNS, geometry=None
    )
    return made.key


def first_cells(page: str) -> list[str]:
    """The first column of the rows shown."""
    return re.findall(r"<tr><td[^>]*>([^<]*)", page.partition("<tbody>")[2])


def query(**given: Any) -> str:
    """An address's query."""
    return "?" + urlencode(given, doseq=True)


async def test_pages_orders_and_conditions(
    visitor: AsyncClient, connection: Connection, office: Office
) -> None:
    """In the address, so that back, reload and links work; columns sort both ways."""
    key = await planted(connection, office)
    address = f"/daten/{key}/tabelle"
    page = await text(visitor, address)
    assert "120 Zeilen" in page
    assert "Seite 1 von 3" in page
    assert len(first_cells(page)) == tables.ROWS
    assert len(first_cells(await text(visitor, f"{address}?seite=3"))) == 20
    highest = await text(visitor, f"{address}?sortierung=-hoehe")
    assert 'aria-sort="descending"' in highest
    assert "1.180.000,5" in highest.partition("<tbody>")[2][:400]
    assert "sortierung=hoehe" in highest
    found = await text(visitor, address + query(spalte="art", wie="enthaelt", wert="LINDE"))
    assert "24 Zeilen" in found
    assert set(first_cells(found)) == {"Linde"}
    both = query(spalte=["art", "jahr"], wie=["ist", "ab"], wert=["Linde", "2.000,0"])
    assert "4 Zeilen" in await text(visitor, address + both)
    assert "12 Zeilen" in await text(visitor, address + query(spalte="am", wie="leer", wert=""))
    assert "60 Zeilen" in await text(visitor, address + query(spalte="gefaellt", wie="ist", wert="ja"))
    assert "4 Zeilen" in await text(visitor, address + query(spalte="am", wie="ist", wert="03.01.2020"))
    assert "24 Zeilen" in await text(visitor, address + query(q="linde"))


async def test_filters_are_taken_back_one_by_one(
    visitor: AsyncClient, connection: Connection, office: Office
) -> None:
    """Each stands there in words, with the address of everything but itself."""
    key = await planted(connection, office)
    asked = query(spalte=["art", "hoehe"], wie=["ist", "bis"], wert=["Eiche", "0"], sortierung="-jahr")
    page = await text(visitor, f"/daten/{key}/tabelle{asked}")
    chips = [
        (says.strip(), parse_qs(urlsplit(href.replace("&amp;", "&")).query))
        for href, says in re.findall(r'<a class="sk-chip" href="([^"]+)">([^<]+)', page)
    ]
    assert [says for says, _ in chips] == ["Baumart ist genau Eiche", "hoehe ist höchstens 0"]
    assert chips[0][1] == {"spalte": ["hoehe"], "wie": ["bis"], "wert": ["0"], "sortierung": ["-jahr"]}


@pytest.mark.parametrize(
    "asked",
    [
        query(spalte="hoehe", wie="ab", wert="viel"),
        query(spalte="am", wie="ist", wert="31.02.2024"),
        query(spalte="jahr", wie="bis", wert="9" * 199),
        query(spalte="nein", wie="ist", wert="x"),
        query(spalte="art", wie="drop", wert="x"),
        query(sortierung="nein", seite="-1"),
        query(seite="99999", q="\0'%_\\"),
        query(tabelle="fremd"),
    ],
)
async def test_whatever_stands_in_the_address_is_answered(
    visitor: AsyncClient, connection: Connection, office: Office, asked: str
) -> None:
    """What no column can hold is said, what there is not is left out, another table is not there."""
    key = await planted(connection, office, n=10)
    answer = await visitor.get(f"/daten/{key}/tabelle{asked}")
    page = answer.content.decode()
    if "fremd" in asked:
        assert answer.status_code == 404
        return
    assert answer.status_code == 200
    wrong = any(part in asked for part in ("viel", "31.02", "9999999"))
    assert ("passt nicht zu dieser Spalte" in page) == wrong


async def test_what_is_shown_is_what_is_taken_along(
    visitor: AsyncClient, connection: Connection, office: Office
) -> None:
    """The filter of the downloads finds exactly the rows of the page, whatever signs stand in it."""
    key = await planted(connection, office, n=60)
    known = await queries.find(connection, factories.EVERYTHING, key=key)
    from django.http import QueryDict

    asked = [("art", "ist", kind) for kind in KINDS]
    asked += [("art", "enthaelt", "100%"), ("art", "enthaelt", "_"), ("hoehe", "bis", "-1.000,5"),
              ("jahr", "ab", "1930"), ("gefaellt", "ist", "nein"), ("am", "leer", ""),
              ("am", "ab", "10.01.2020")]  # fmt: skip
    for column, way, value in asked:
        given = QueryDict(query(spalte=column, wie=way, wert=value)[1:])
        chosen = selection.read(given, table=known, named=False)
        shown = await queries.page(
            connection, factories.EVERYTHING, collection=known, filter=chosen.filter(), limit=100
        )
        taken = await queries.page(
            connection, factories.EVERYTHING, collection=known, filter=cql.read(chosen.cql()), limit=100
        )
        assert [row.id for row in shown.rows] == [row.id for row in taken.rows] != [], (column, value)


async def test_the_page_of_the_dataset_explains_its_columns_and_programs(
    visitor: AsyncClient, connection: Connection, office: Office
) -> None:
    """Columns with type, unit and meaning, lines for programs; nothing runs from a title."""
    key = await planted(connection, office, n=3, title={"de": "Bäume </script><b>"})
    made = await visitor.get(f"/daten/{key}")
    page = made.content.decode()
    assert "Deutscher Name" in page
    assert "<code>hoehe</code>" in page
    assert f"/ogc/collections/{key}/download.csv" in page
    for name in ("curl", "python", "r", "javascript", "excel", "qgis"):
        assert f'id="programm-{name}"' in page
    assert f"/daten/{key}/tabelle" in page
    assert "</script><b>" not in page


async def test_a_table_in_a_closed_room_is_not_there(
    visitor: AsyncClient, connection: Connection, office: Office
) -> None:
    """As its dataset."""
    key = await planted(connection, office, n=2, room="internal")
    await text(visitor, f"/daten/{key}/tabelle", 404)
    await text(visitor, "/daten/gibt-es-nicht/tabelle", 404)
