# SPDX-License-Identifier: EUPL-1.2
"""Charts of tables: counted, added up and laid along the calendar, whatever stands in the rows."""

from __future__ import annotations

import csv
import html
import io
import re
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any
from xml.etree import ElementTree

import pytest
from django.test import AsyncClient

from stadtkern.catalogue import operations
from stadtkern.catalogue.charts import asking, choosing
from stadtkern.core.database import Connection
from stadtkern.features.entities import Column
from tests.catalogue.offices import Office, text
from tests.catalogue.test_tables import KINDS, planted, query
from tests.features import factories

pytestmark = pytest.mark.anyio
DAYS = (Column(name="am", type="date"), Column(name="regen", type="number", unit="mm"))
SUMS = (
    Column(name="ort", type="text", title={"de": "Stadtteil"}),
    Column(name="saldo", type="number", title={"de": "Saldo"}),
)


async def laid(
    connection: Connection, office: Office, columns: Sequence[Column], rows: Sequence[Any], **more: Any
) -> str:
    """The key of a table with these rows."""
    made = await operations.create(
        connection, by=None, organisation_id=office.id, kind="table",
        description={"de": "x"}, **{"state": "published", "title": {"de": "Probe"}, **more},
    )  # fmt: skip
    await factories.collection(
        connection, rows=rows, dataset_id=made.id, key=made.key, columns=columns, geometry=None
    )
    return made.key


def bars(page: str) -> list[tuple[str, str]]:
    """Label and words of each bar."""
    found = re.findall(
        r'sk-bars__label" dir="auto">([^<]*)</span> <span class="sk-bars__said">([^<]*)<', page
    )
    return [(html.unescape(label), words) for label, words in found]


def said(page: str) -> str:
    """The sentence below the picture."""
    return re.findall(r"data-sentence>([^<]*)<", page)[0]


async def rows(client: AsyncClient, asked: str) -> list[list[str]]:
    """The file of the numbers."""
    answer = await client.get(f"/diagramm/werte.csv{asked}")
    assert answer.status_code == 200
    return list(csv.reader(io.StringIO(answer.content.decode())))


async def test_a_table_chooses_its_own_chart(
    visitor: AsyncClient, connection: Connection, office: Office
) -> None:
    """The page of the dataset begins with a picture, which leads to where it can be changed and taken."""
    key = await planted(connection, office, title={"de": "Bäume am Weg"})
    page = await text(visitor, f"/daten/{key}")
    assert "Einträge nach Baumart" in page  # below the title of the dataset, which need not be said again
    assert "Bäume am Weg nach Baumart" in await text(visitor, f"/diagramm?tabelle={key}")
    assert bars(page) == [(kind, "24") for kind in sorted(KINDS)]
    assert f'href="/diagramm?tabelle={key}"' in page
    assert key in await text(visitor, "/diagramm?suche=B%C3%A4ume+Weg")


async def test_the_first_are_shown_and_the_rest_is_said(
    visitor: AsyncClient, connection: Connection, office: Office
) -> None:
    """Nothing is left out silently: further values, empty keys, empty numbers."""
    values = [[f"Art {n:02d}", float(n)] for n in range(12) for _ in range(n + 1)] + [[None, None], ["", 1.0]]
    key = await laid(connection, office, SUMS, values)
    page = await text(visitor, "/diagramm" + query(tabelle=key, nach="ort", hoechstens=5))
    assert [label for label, _ in bars(page)] == [f"Art {n:02d}" for n in (11, 10, 9, 8, 7)] + ["ohne Angabe"]
    assert "80 Zeilen. Am meisten: Art 11 mit 12, das sind 15\N{NO-BREAK SPACE}% von allem." in said(page)
    assert "7 weitere Werte mit zusammen 28 Zeilen sind nicht gezeigt." in said(page)
    summed = await text(
        visitor, "/diagramm" + query(tabelle=key, nach="ort", rechnung="summe", zahl="saldo", hoechstens=5)
    )
    assert bars(summed)[0] == ("Art 11", "132")
    assert "In 1 Zeile fehlt „Saldo“." in said(summed)
    assert "Am höchsten: 132 (Art 11)." in said(summed)  # the lowest is not among the bars


async def test_rows_lie_along_the_calendar(
    visitor: AsyncClient, connection: Connection, office: Office
) -> None:
    """Days without rows count as none, and as gaps where they have no mean; the file has ISO days."""
    first = date(2024, 1, 1)
    values = [[(first + timedelta(days=n)).isoformat(), n * 1.5] for n in range(40) if n != 3]
    key = await laid(connection, office, DAYS, [*values, [None, 1.0]])
    counted = query(tabelle=key, nach="am", rechnung="anzahl", je="tag")
    found = await rows(visitor, counted)
    assert found[:2] == [["am", "Zeilen"], ["2024-01-01", "1"]]
    assert found[4] == ["2024-01-04", "0"]
    page = await text(visitor, "/diagramm" + counted)
    assert 'class="bar"' in page
    assert "1 Zeile hat kein Datum" in said(page)
    months = await rows(visitor, query(tabelle=key, nach="am", rechnung="summe", zahl="regen", je="monat"))
    assert months == [
        ["am", "regen (mm)", "Zeilen"],
        ["2024-01-01", "693", "30"],
        ["2024-02-01", "472.5", "9"],
    ]
    mean = await text(visitor, "/diagramm" + query(tabelle=key, nach="am", rechnung="mittel", je="tag"))
    assert len(re.findall(r'd="(M[^"]*)"', mean.partition("series-1")[0] + mean)[0].split("M")) >= 2
    assert (await rows(visitor, query(tabelle=key, nach="am", rechnung="mittel", je="tag")))[4][1] == ""


async def test_what_is_filtered_in_the_table_stays_so_in_the_chart(
    visitor: AsyncClient, connection: Connection, office: Office
) -> None:
    """The page of the table leads here with its conditions, which are said and can be taken back."""
    key = await planted(connection, office)
    asked = query(spalte="jahr", wie="ab", wert="2000")
    page = await text(visitor, f"/daten/{key}/tabelle{asked}")
    address = re.findall(r'href="(/diagramm\?[^"]+)"', page)[0].replace("&amp;", "&")
    chart = await text(visitor, address + "&nach=gefaellt")
    assert [words for _, words in bars(chart)] == ["10", "10"]
    assert "nur Zeilen mit: jahr ist mindestens 2000" in chart
    assert re.search(r'href="\?tabelle=[^"]*nach=gefaellt"', chart)


@pytest.mark.parametrize(
    "values",
    [
        [],
        [["nur einer", 1.0]],
        [["a", None], ["b", None]],
        [["a", -5.0], ["b", 5.0], ["c", 0.0]],
        [["a", 1.7e308], ["a", 1.7e308], ["b", -1.7e308]],
        [["a", 1e-300], ["b", -1e300]],
        [["n" * 200, 1.0], ["شجرة 🌳", 2.0], ["<b>\"&'", 3.0], ["=cmd()", 4.0]],
    ],
)
async def test_whatever_stands_in_the_rows_is_answered(
    visitor: AsyncClient, connection: Connection, office: Office, values: Sequence[Any]
) -> None:
    """One row, none, empty, negative and huge numbers, long and foreign names: page, file and picture."""
    key = await laid(connection, office, SUMS, values)
    for how, column in [*((how, "ort") for how in asking.HOWS), ("anzahl", "saldo")]:
        asked = query(tabelle=key, nach=column, rechnung=how, zahl="saldo")
        page = await text(visitor, f"/diagramm{asked}")
        assert "sk-frame__foot" in page
        assert "<b>" not in page
    found = await rows(visitor, asked)
    assert not any(cell.startswith("=") for row in found for cell in row)
    picture = await visitor.get(f"/diagramm/bild.svg{asked}")
    assert picture.status_code == 200
    ElementTree.fromstring(picture.content)
    assert (await visitor.get(f"/daten/{key}")).status_code == 200


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (query(nach="nein", rechnung="x", zahl="ort", je="stunde", hoechstens="999999"), True),
        (query(nach="ort", titel="T" * 3000, wert="\0", spalte="ort", wie="ist"), False),
        (query(nach="saldo", je="tag", seite="99999999999"), False),
        ("?nach=%FF%FE&rechnung=%00", True),
    ],
)
async def test_whatever_stands_in_the_address_is_answered(
    visitor: AsyncClient, connection: Connection, office: Office, asked: str, told: bool
) -> None:
    """What cannot be used is left out, and said where somebody chose it."""
    key = await laid(connection, office, SUMS, [["a", 1.0], ["a", 2.0], ["b", 3.0]])
    page = await text(visitor, f"/diagramm?tabelle={key}&{asked[1:]}")
    assert ("gibt es hier nicht zur Auswahl" in page) == told


async def test_signs_that_nothing_can_hold_are_left_out_however_they_are_written(
    visitor: AsyncClient, connection: Connection, office: Office
) -> None:
    key = await laid(connection, office, SUMS, [["a", 1.0], ["b", 3.0]])
    picture = await visitor.get(f"/diagramm/bild.svg?tabelle={key}&titel=x%00%01%0B%EF%BF%BEy")
    assert "xy" in "".join(ElementTree.fromstring(picture.content).itertext())
    for part, status in (("", 200), ("/werte.csv", 404), ("/bild.svg", 404), ("/einbetten", 404)):
        answer = await visitor.get(f"/diagramm{part}?tabelle=%00nichts%00")
        assert (part, answer.status_code) == (part, status)
    assert (await visitor.get(f"/diagramm?tabelle=%00{key}")).status_code == 200


async def test_days_beyond_the_calendar_are_left_out_and_said(
    visitor: AsyncClient, connection: Connection, office: Office
) -> None:
    """The years 1 and 9999 stand for typing errors in real files; ten thousand days become months."""
    values = [["0001-01-01", 1.0], ["9999-12-31", 1.0], ["1990-01-01", 1.0], ["2020-01-01", 1.0]]
    key = await laid(connection, office, DAYS, values)
    page = await text(visitor, "/diagramm" + query(tabelle=key, nach="am", je="tag", rechnung="anzahl"))
    assert "2 Zeilen haben kein Datum" in said(page)
    assert "So fein wären es zu viele Werte" in page


async def test_nobody_sees_charts_of_what_is_closed(
    visitor: AsyncClient, connection: Connection, office: Office
) -> None:
    """Neither by address nor in frames, files and pictures, nor after the dataset was shown and closed."""
    key = await planted(connection, office)
    asked = query(tabelle=key, nach="art")
    assert bars(await text(visitor, f"/diagramm{asked}"))
    await connection.execute(
        "UPDATE core.dataset SET room_id = (SELECT min(id) FROM core.room WHERE kind = 'internal')"
        " WHERE key = %s",
        (key,),
    )
    await connection.execute("SELECT pg_notify('access', '')")
    closed = await text(visitor, f"/diagramm{asked}")
    assert "gibt es nicht (mehr) oder es ist nicht öffentlich" in closed
    assert "Linde" not in closed
    for part in ("werte.csv", "bild.svg", "einbetten"):
        assert (await visitor.get(f"/diagramm/{part}{asked}")).status_code == 404


def date_time() -> Any:
    """Now, in UTC."""
    from stadtkern.core import times

    return times.now()


def test_years_and_numbers_are_told_apart() -> None:
    """Numbers that only number something are not added up."""
    names = ("pflanzjahr", "objectid", "einwohner", "plz", "jahrgang_nr")
    table = _table([Column(name=name, type="integer") for name in names])
    assert [table.columns[at].name for at in choosing.numbers(table)] == ["einwohner"]
    assert choosing.years(table.columns[0])


def _table(columns: Sequence[Column]) -> Any:
    from stadtkern.features.entities import Collection

    return Collection(
        id=1, dataset_id=1, key="k", title={}, description={}, columns=tuple(columns), geometry=None,
        srid=4326, bounds=None, n=1, version=1, table_name="t_1_1", modified_at=date_time(),
    )  # fmt: skip
