# SPDX-License-Identifier: EUPL-1.2
"""A chart goes from its page into a story that is there: chosen, appended as a version, open to write on."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from django.test import AsyncClient

from stadtkern.core.database import Connection
from stadtkern.insights.stories import operations, queries
from stadtkern.insights.stories.entities import MOST_BLOCKS, Block, Told
from tests import people
from tests.catalogue import offices
from tests.catalogue.test_tables import planted
from tests.insights import factories
from tests.insights import test_stories as stories

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("clean")]
clean = stories.clean
_TAKE = f"{stories.WORK}/aufnehmen"


async def test_editors_put_a_chart_into_a_story_that_is_there(
    visitor: AsyncClient, town: factories.Town, connection: Connection
) -> None:
    """From the chart's page to the editor; what was public stays so, and the chart makes a version."""
    stream = town.streams["Fahrräder Promenade"]
    number = await stories._story(connection, Block(kind="text", text={"de": "Anfang"}))
    source = f"reihe={stream}&gruppe=tag&titel=x"
    assert "/arbeit/datenfenster/aufnehmen" not in await stories._text(visitor, f"/diagramm?reihe={stream}")
    await people.signed_in(connection, visitor, role="editor")
    offered = await stories._text(visitor, f"/diagramm?reihe={stream}&gruppe=tag")
    assert f'href="{_TAKE}?diagramm=reihe%3D{stream}%26gruppe%3Dtag"' in offered
    chosen = await stories._text(visitor, f"{_TAKE}?diagramm={quote(f'reihe={stream}&gruppe=tag', safe='')}")
    assert "Radfahren im Winter" in chosen
    assert 'type="search" name="suche"' not in chosen
    answer = await visitor.post(_TAKE, {"diagramm": source, "story": str(number)})
    assert answer["Location"] == f"{stories.WORK}/{number}?aufgenommen=1#teil-1"
    page = await stories._text(visitor, answer["Location"].partition("#")[0])
    assert "als Teil 2" in page
    newest, before = await queries.versions(connection, id=number)
    assert (newest.number, newest.note, before.number) == (2, "Diagramm aufgenommen", 1)
    assert [block.kind for block in newest.told.blocks] == ["text", "diagram"]
    assert newest.told.blocks[1].source == f"reihe={stream}&gruppe=tag&titel=x"
    one = await queries.one(connection, id=number)
    assert one is not None
    assert one.public_number == 1


async def test_charts_of_tables_go_the_same_way(visitor: AsyncClient, connection: Connection) -> None:
    """With the filters that their page had."""
    key = await planted(connection, await offices.an_office(connection))
    number = await stories._story(connection)
    await people.signed_in(connection, visitor, role="editor")
    source = f"tabelle={key}&nach=gefaellt"
    answer = await visitor.post(_TAKE, {"diagramm": f"/diagramm?{source}", "story": str(number)})
    assert answer.status_code == 302
    kept = (await queries.versions(connection, id=number))[0].told.blocks[0]
    assert kept == Block(kind="diagram", source=source)


async def test_what_cannot_be_put_anywhere_is_said(
    visitor: AsyncClient, town: factories.Town, connection: Connection
) -> None:
    """No chart, a chart one may not see, a full story, one that is gone: told, and nothing stored."""
    stream = town.streams["Fahrräder Promenade"]
    number = await stories._story(connection, *[Block(kind="text", text={"de": "x"})] * MOST_BLOCKS)
    nobody = await visitor.post(_TAKE, {"diagramm": f"reihe={stream}", "story": str(number)})
    assert nobody["Location"].startswith("/anmelden")
    await people.signed_in(connection, visitor, role="reader")
    await stories._text(visitor, f"{_TAKE}?diagramm=reihe%3D{stream}", 403)
    await people.signed_in(connection, visitor, role="editor")
    for nothing in ("", "reihe=999999", "tabelle=gibtesnicht", "tabelle=%00", "https://x.example/"):
        page = await stories._text(visitor, f"{_TAKE}?diagramm={quote(nothing, safe='')}", 404)
        assert "gibt es nicht (mehr)" in page
        assert (await visitor.post(_TAKE, {"diagramm": nothing, "story": str(number)})).status_code == 404
    full = await visitor.post(_TAKE, {"diagramm": f"reihe={stream}", "story": str(number)})
    assert (full.status_code, "kein Platz mehr" in full.content.decode()) == (409, True)
    gone = await visitor.post(_TAKE, {"diagramm": f"reihe={stream}", "story": "999999"})
    assert gone.status_code == 404
    assert len(await queries.versions(connection, id=number)) == 1


async def test_many_stories_can_be_searched(
    visitor: AsyncClient, town: factories.Town, connection: Connection
) -> None:
    """By words of their titles in any language."""
    stream = town.streams["Fahrräder Promenade"]
    by = (await people.signed_in(connection, visitor, role="editor")).id
    for n in range(9):
        await operations.begin(
            connection, by=by, told=Told(title={"de": f"Erzählung {n}", "en": f"Story {n}"}, blocks=())
        )
    address = f"{_TAKE}?diagramm=reihe%3D{stream}"
    assert (await stories._text(visitor, address)).count("Hier aufnehmen") == 9
    assert (await stories._text(visitor, f"{address}&suche=story+7")).count("Hier aufnehmen") == 1
    assert "Kein Daten-Fenster hat diese Wörter" in await stories._text(visitor, f"{address}&suche=x1")
