# SPDX-License-Identifier: EUPL-1.2
"""Editors find what their stories show; charts of tables stand there, and many maps cost little."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import pytest
from django.test import AsyncClient

from stadtkern.core.database import Connection
from stadtkern.insights.stories import shown
from stadtkern.insights.stories.entities import Block
from tests import people
from tests.catalogue import offices
from tests.catalogue.test_tables import planted
from tests.insights import factories
from tests.insights import test_stories as stories

pytestmark = pytest.mark.anyio


@pytest.fixture(autouse=True)
async def clean(connection: Connection) -> AsyncIterator[None]:
    """No story before, none after."""
    yield
    await connection.execute("DELETE FROM insights.story")


async def test_editors_read_by_name_what_a_part_shows(
    visitor: AsyncClient, town: factories.Town, connection: Connection
) -> None:
    """In the form and between versions; what is gone is said where it can be taken out."""
    await people.signed_in(connection, visitor, role="editor")
    stream = town.streams["Fahrräder Promenade"]
    text = {"kind": "text", "text_de": "x"}
    made = await visitor.post(f"{stories.WORK}/neu", stories._form(text))
    address = str(made.headers["location"])
    assert "Gespeichert." in await stories._text(visitor, address)
    address = address.partition("?")[0]
    blocks = [
        text,
        {"kind": "diagram", "source": f"reihe={stream}"},
        {"kind": "values", "source": "reihe=99999"},
    ]
    await visitor.post(address, stories._form(*blocks, base="1", text_en="y"))
    form = await stories._text(visitor, address)
    assert re.search(r"Gewählt:\s*<strong[^>]*>Fahrräder Promenade", form)
    assert "Diese Daten gibt es nicht mehr" in form
    changes = await stories._text(visitor, f"{address}/versionen/2")
    assert "▸ Diagramm: Fahrräder Promenade" in changes
    assert f"reihe={stream}" not in changes


async def test_charts_are_found_and_taken_without_an_address(
    visitor: AsyncClient, town: factories.Town, connection: Connection
) -> None:
    """Editors look for data in the form; what they wrote stays, and several values stand together."""
    table = await planted(connection, await offices.an_office(connection), title={"de": "Straßenbäume"})
    await people.signed_in(connection, visitor, role="editor")
    blocks = [{"kind": "diagram", "text_de": "Bleibt stehen"}, {"kind": "values"}]
    looked = {"b0-find": "Straßenbäume", "b1-find": "Fahrräder Promenade"}
    found = (
        await visitor.post(f"{stories.WORK}/neu", {**stories._form(*blocks, do="find-0"), **looked})
    ).content.decode()
    assert f'value="take-0:tabelle={table}"' in found
    assert "Bleibt stehen" in found
    # Enter in the search presses the form's first button, which saves.
    entered = stories._form(*blocks, do="save")
    pressed = await visitor.post(f"{stories.WORK}/neu", {**entered, "b0-find": "Straßenbäume"})
    assert f'value="take-0:tabelle={table}"' in pressed.content.decode()
    stream = town.streams["Fahrräder Promenade"]
    values = (
        await visitor.post(f"{stories.WORK}/neu", {**stories._form(*blocks, do="find-1"), **looked})
    ).content.decode()
    assert f'value="take-1:reihe={stream}"' in values
    assert f"tabelle={table}" not in values
    taken = stories._form(*blocks, do=f"take-0:tabelle={table}")
    assert f">tabelle={table}</textarea>" in (
        (await visitor.post(f"{stories.WORK}/neu", taken))
        .content.decode()
        .replace("\n", "")
        .replace("\r", "")
    )
    second = [{"kind": "values", "source": "reihe=7"}]
    both = (
        await visitor.post(f"{stories.WORK}/neu", stories._form(*second, do=f"take-0:reihe={stream}"))
    ).content.decode()
    assert f"reihe=7&amp;reihe={stream}" in both
    nothing = await visitor.post(
        f"{stories.WORK}/neu", {**stories._form(*blocks, do="find-0"), "b0-find": "gibtesnicht"}
    )
    assert "Dazu haben wir nichts gefunden" in nothing.content.decode()


async def test_stories_show_charts_of_tables_and_few_maps(
    visitor: AsyncClient, town: factories.Town, connection: Connection
) -> None:
    """The dataset names the story that shows its table; of many maps the first are drawn, all are listed."""
    key = await planted(connection, await offices.an_office(connection))
    await stories._story(
        connection, Block(kind="diagram", source=f"tabelle={key}&nach=gefaellt"),
        *[Block(kind="map")] * (shown.MOST_MAPS + 2),
    )  # fmt: skip
    page = await stories._text(visitor, "/datenfenster/radfahren-im-winter")
    assert "Bäume nach gefaellt" in page
    assert page.count('class="sk-bars__bar"') == 2
    assert page.count("sk-story__map") == shown.MOST_MAPS
    assert page.count("als Liste") == shown.MOST_MAPS + 2
    assert "/datenfenster/radfahren-im-winter" in await stories._text(visitor, f"/daten/{key}")
    await people.signed_in(connection, visitor, role="editor")
    begun = await stories._text(visitor, f"{stories.WORK}/neu?diagramm=tabelle%3D{key}%26nach%3Dgefaellt")
    assert f"tabelle={key}&amp;nach=gefaellt" in begun
