# SPDX-License-Identifier: EUPL-1.2
"""Maps and tables of datasets on other people's pages: what strangers see, whoever looks."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import AsyncClient

from stadtkern.catalogue import operations
from stadtkern.catalogue.entities import Dataset
from stadtkern.core.database import Connection
from stadtkern.features.entities import Column
from tests.catalogue.offices import Office, as_, text
from tests.features.factories import collection

pytestmark = pytest.mark.anyio

NAMED = (Column(name="Name", type="text"),)
BROWSER = {"user-agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"}
SQUARE = [[[7.0, 52.0], [7.1, 52.0], [7.1, 52.1], [7.0, 52.1], [7.0, 52.0]]]


async def drawn(
    connection: Connection, office: Office, rows: Any, *, geometry: Any = "Geometry", **more: Any
) -> Dataset:
    """A published dataset with named geometries."""
    made = await operations.create(
        connection,
        by=None,
        organisation_id=office.id,
        kind="features",
        title={"de": 'Orte "<am Fluss>"'},
        **{"state": "published", **more},
    )
    await collection(
        connection, rows=rows, columns=NAMED, geometry=geometry, dataset_id=made.id, key=made.key
    )
    return made


async def test_areas_and_lines_are_drawn_with_their_names(
    visitor: AsyncClient, connection: Connection, office: Office
) -> None:
    """Also without any outlines of the city below; what is tiny is a dot; names are escaped and listed."""
    shapes = [
        ["<b>See</b>", {"type": "Polygon", "coordinates": SQUARE}],
        ["Weg", {"type": "LineString", "coordinates": [[7.0, 52.0], [7.1, 52.1]]}],
        ["Stein", {"type": "Polygon", "coordinates": [[[7, 52], [7.00001, 52], [7, 52.00001], [7, 52]]]}],
        ["Brunnen", {"type": "Point", "coordinates": [7.05, 52.05]}],
        ["nirgends", None],
    ]
    made = await drawn(connection, office, shapes)
    page = await text(visitor, f"/daten/{made.key}/einbetten/karte")
    assert page.count('<path class="figure"') == 1
    assert page.count('<path class="figure figure--line"') == 1
    assert page.count("<circle") == 2
    assert "&lt;b&gt;See&lt;/b&gt;" in page
    assert "nirgends" not in page
    page = await text(visitor, f"/daten/{made.key}")
    assert "<li>Weg</li>" in page


async def test_other_pages_may_frame_them_and_nothing_runs_in_them(
    visitor: AsyncClient, connection: Connection, office: Office
) -> None:
    """The lines to copy stand on the dataset's page; a look at them counts as such."""
    made = await drawn(
        connection, office, [["Ufer", {"type": "Polygon", "coordinates": SQUARE}]], geometry="Polygon"
    )
    page = await text(visitor, f"/daten/{made.key}")
    for what in ("karte", "tabelle"):
        address = f"/daten/{made.key}/einbetten/{what}"
        assert address in page
        answer = await visitor.get(address, headers=BROWSER)
        policy = answer["Content-Security-Policy"]
        assert "frame-ancestors *" in policy
        assert "script-src 'none'" in policy
        assert "X-Frame-Options" not in answer
        assert not answer.cookies
        assert "Ufer" in answer.content.decode()
    assert "&amp;quot;&amp;lt;am Fluss&amp;gt;&amp;quot;" in page


async def test_what_is_not_public_is_framed_for_nobody(
    visitor: AsyncClient, connection: Connection, office: Office
) -> None:
    """Not for those who see the dataset either, and no lines are offered."""
    rows = [["Keller", {"type": "Polygon", "coordinates": SQUARE}]]
    for more in ({"room": "internal"}, {"state": "draft"}):
        made = await drawn(connection, office, rows, **more)
        as_(visitor, office.editor)
        assert "einbetten" not in await text(visitor, f"/daten/{made.key}")
        for what in ("karte", "tabelle"):
            await text(visitor, f"/daten/{made.key}/einbetten/{what}", 404)


async def test_where_there_is_nothing_to_show_there_is_no_page(
    visitor: AsyncClient, connection: Connection, office: Office
) -> None:
    """A table without places has no map, and a link elsewhere neither map nor table."""
    plain = await operations.create(
        connection, by=None, organisation_id=office.id, kind="table", title={"de": "T"}, state="published"
    )
    await collection(
        connection, rows=[["x"]], columns=NAMED, geometry=None, dataset_id=plain.id, key=plain.key
    )
    await text(visitor, f"/daten/{plain.key}/einbetten/karte", 404)
    assert "1 Zeile" in await text(visitor, f"/daten/{plain.key}/einbetten/tabelle")
    link = await operations.create(
        connection, by=None, organisation_id=office.id, kind="link", title={"de": "L"}, state="published"
    )
    await text(visitor, f"/daten/{link.key}/einbetten/tabelle", 404)
    assert "einbetten" not in await text(visitor, f"/daten/{link.key}")


async def test_numbers_stand_as_they_were_given(
    visitor: AsyncClient, connection: Connection, office: Office
) -> None:
    """As many decimal places as there are; one large number divides its whole column; years stay whole."""
    made = await operations.create(
        connection, by=None, organisation_id=office.id, kind="table", title={"de": "Z"}, state="published"
    )
    columns = (
        Column(name="a", type="number"),
        Column(name="b", type="integer"),
        Column(name="c", type="integer"),
    )
    rows = [[7.3, 1966, 1967], [24.125, 123_456, 2024], [4.0, -5, 2025], [1e-30, 0, None]]
    await collection(connection, rows=rows, columns=columns, geometry=None, dataset_id=made.id, key=made.key)
    page = await text(visitor, f"/daten/{made.key}/einbetten/tabelle")
    for shown in ("7,3", "24,125", "4", "1.966", "123.456", "-5", "1967", "2024"):
        assert f">{shown}</td>" in page.replace("−", "-"), shown


async def test_large_pictures_stay_small(
    visitor: AsyncClient, connection: Connection, office: Office
) -> None:
    """Of five hundred places three hundred are drawn, a dozen named, and the others counted."""
    rows = [
        [f"Weg {n}", {"type": "LineString", "coordinates": [[7, 52], [7 + n / 1e4, 52.1]]}]
        for n in range(500)
    ]
    made = await drawn(connection, office, rows)
    page = await text(visitor, f"/daten/{made.key}")
    assert page.count('class="figure figure--line"') == 300
    assert "und 288 weitere Orte" in page
