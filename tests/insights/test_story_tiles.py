# SPDX-License-Identifier: EUPL-1.2
"""Tiles in stories: chosen without scripts, shown live to who may see what feeds them, kept in versions."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote

import pytest
from django.test import AsyncClient

from stadtkern.core.database import Connection
from stadtkern.insights import uses
from stadtkern.insights.cockpit import known
from stadtkern.insights.cockpit.definitions import Definition
from stadtkern.insights.stories import queries, tiles
from stadtkern.insights.stories.entities import MOST_BLOCKS, Block
from tests import people
from tests.insights import factories
from tests.insights import test_stories as stories

pytestmark = pytest.mark.anyio
_STORY = "/datenfenster/radfahren-im-winter"


@pytest.fixture(autouse=True)
async def clean(connection: Connection) -> AsyncIterator[None]:
    """No story before, none after."""
    yield
    await connection.execute("DELETE FROM insights.story")


def _tile(form: str, title: str, *streams: int, **more: object) -> Block:
    given = {"title": {"de": title, "en": f"{title} in English"}, "streams": streams, **more}
    return Block(kind="tile", tile=Definition(key="kachel", form=form, **given))  # type: ignore[arg-type]


async def test_tiles_are_chosen_filled_in_saved_and_shown(
    visitor: AsyncClient, town: factories.Town, connection: Connection
) -> None:
    """Kind, data, words: each with a button; what is saved is a tile as boards have them, in every view."""
    await people.signed_in(connection, visitor, role="editor")
    added = (await visitor.post(f"{stories.WORK}/neu", stories._form(do="add-tile"))).content.decode()
    assert "Wert jetzt" in added
    assert "Balken zwischen Grenzen" in added
    block = {"kind": "tile", "tile": "gauge", "title_de": "Feuchte"}
    chosen = (await visitor.post(f"{stories.WORK}/neu", stories._form(block, do="kind-0"))).content.decode()
    assert 'name="b0-high"' in chosen
    found = await visitor.post(
        f"{stories.WORK}/neu", {**stories._form(block, do="find-0"), "b0-find": "Bodenfeuchte"}
    )
    query = f"messgroesse={quote(factories.SOIL, safe='')}"
    assert f'value="take-0:{query}"' in found.content.decode()
    stream = town.streams["Bodenfeuchte Linde"]
    taken = {**block, "source": f"reihe={stream}"}
    both = await visitor.post(f"{stories.WORK}/neu", stories._form(taken, do=f"take-0:{query}"))
    assert f"{query}&amp;reihe={stream}" in both.content.decode()
    full = {**block, "source": query, "low": "0", "high": "40,5", "threshold": "15", "above": "1"}
    full |= {"title_en": "Moisture", "text_de": "Genug Wasser?"}
    number = await stories._begun(visitor, full)
    kept = (await queries.versions(connection, id=number))[0].told.blocks[0]
    assert kept.tile is not None
    assert (kept.tile.high, kept.tile.properties, kept.tile.above) == (40.5, (factories.SOIL,), True)
    preview = await stories._text(visitor, f"{stories.WORK}/{number}/vorschau")
    assert "über der Grenze von 15" in preview
    assert "hx-get" not in preview
    again = await stories._text(visitor, f"{stories.WORK}/{number}")
    assert 'value="40,5"' in again
    changed = {**full, "threshold": "20", "high": "50"}
    await visitor.post(f"{stories.WORK}/{number}", stories._form(changed, base="1"))
    compared = await stories._text(visitor, f"{stories.WORK}/{number}/versionen/2")
    assert "Grenzwert: 15</del>" in compared
    assert "Grenzwert: 20</ins>" in compared


async def test_days_until_words_and_maps_are_tiles_too(
    visitor: AsyncClient, town: factories.Town, connection: Connection
) -> None:
    """The first two need no data and are seen by everybody, the map is drawn; fields of data come back."""
    await people.signed_in(connection, visitor, role="editor")
    begun = {"kind": "tile", "tile": "countdown", "title_de": "Bis zum Fest"}
    fields = (await visitor.post(f"{stories.WORK}/neu", stories._form(begun, do="kind-0"))).content.decode()
    assert 'name="b0-until"' in fields
    assert 'name="b0-source"' not in fields
    back = {**begun, "tile": "value"}
    assert (
        'name="b0-source"'
        in (await visitor.post(f"{stories.WORK}/neu", stories._form(back, do="kind-0"))).content.decode()
    )
    number = await stories._begun(
        visitor,
        {**begun, "until": "2099-05-01", "body_de": "Auf dem Markt.", "link": "/karte"},
        {"kind": "tile", "tile": "text", "title_de": "Gut zu wissen", "body_de": "Eintritt frei."},
        {"kind": "tile", "tile": "places", "title_de": "Wo gefahren wird", "noun_de": "Räder",
         "source": f"messgroesse={quote(factories.BICYCLES, safe='')}"},
    )  # fmt: skip
    kept = (await queries.versions(connection, id=number))[0].told.blocks
    assert [block.tile.form for block in kept if block.tile] == ["countdown", "text", "places"]
    again = await stories._text(visitor, f"{stories.WORK}/{number}")
    assert 'value="2099-05-01"' in again
    shown = await stories._text(visitor, f"{stories.WORK}/{number}/vorschau")
    assert "Eintritt frei." in shown
    assert re.search(r"26\.\d{3} Tage", shown)
    assert "Wo gefahren wird" in shown
    assert "nicht mehr zeigen" not in shown


async def test_what_is_wrong_with_a_tile_stands_beside_its_fields(
    visitor: AsyncClient, connection: Connection
) -> None:
    """No data, no title, bounds that cross, kinds that are none: nothing is stored, everything is named."""
    await people.signed_in(connection, visitor, role="editor")
    crossed = {"kind": "tile", "tile": "gauge", "title_de": "x", "low": "9", "high": "1", "source": "reihe=1"}
    for block, says in (
        ({"kind": "tile", "tile": "value", "title_de": "x", "source": "/daten/baeume"}, "woher die Werte"),
        ({"kind": "tile", "tile": "value", "title_de": "", "source": "reihe=1"}, "b0-title_de"),
        ({"kind": "tile", "tile": "gibtesnicht", "title_de": "x", "source": "reihe=1"}, "b0-tile"),
        ({"kind": "tile", "tile": "text", "title_de": "x"}, "b0-body_de"),
        ({"kind": "tile", "tile": "countdown", "title_de": "x", "until": "31.02.2026"}, "b0-until"),
        ({"kind": "tile", "tile": "value", "title_de": "x", "source": "reihe=1e9&reihe=-4"}, "woher die Wer"),
        ({**crossed, "above": "0"}, "Das Ende muss größer sein"),
        ({**crossed, "high": "1e300", "above": "0"}, "Bitte geben Sie eine Zahl ein"),
        ({"kind": "tile", "tile": "value", "title_de": "🚲" * 90, "source": "reihe=1"}, "80"),
    ):
        answer = await visitor.post(f"{stories.WORK}/neu", stories._form(block))
        page = answer.content.decode()
        assert (answer.status_code, says in page, 'class="kern-error"' in page) == (422, True, True), block
    assert await queries.every(connection) == []


async def test_tiles_show_only_what_their_reader_may_see_and_say_what_is_silent(
    visitor: AsyncClient, town: factories.Town, connection: Connection
) -> None:
    """German and English; hidden and deleted series leave the note, and nothing to read again."""
    bicycles, water = town.streams["Fahrräder Promenade"], town.streams["Grundwasserstand Mitte"]
    bay = town.streams["Belegt Rathaus"]
    number = await stories._story(
        connection,
        _tile("value", "Räder", bicycles),
        _tile("bays", "Stellplatz", bay, noun={"de": "frei", "en": "free"}),
        _tile("flow", "Gezählt", properties=(factories.BICYCLES,)),
        _tile("level", "Pegel", water),
        _tile("value", "Verschwunden", 999_999),
    )
    page = await stories._text(visitor, _STORY)
    assert page.count("Diese Kachel lässt sich nicht mehr zeigen") == 1
    assert "Verschwunden" not in page
    assert f'href="/messreihen/{bicycles}"' in page
    assert page.count('class="sk-tiles"') == 1
    assert f'hx-get="{_STORY}/kachel/2?breite=6"' in page
    english = await stories._text(visitor, f"/en{_STORY}")
    assert "Stellplatz in English" in english
    assert "This tile can no longer be shown" in english
    assert f'hx-get="/en{_STORY}/kachel/2' in english
    part = await stories._text(visitor, f"{_STORY}/kachel/2?breite=6")
    assert 'id="kachel-teil-2"' in part
    for gone in (0, 5, 6, 99):
        await stories._text(visitor, f"{_STORY}/kachel/{gone}", 404)
    block = (await queries.versions(connection, id=number))[0].told.blocks[0]
    assert uses.Held(frozenset({bicycles}), frozenset()).shown(block)
    assert not uses.Held(frozenset({water}), frozenset()).shown(block)
    move = "UPDATE core.dataset SET room_id = (SELECT id FROM core.room WHERE key = %s) WHERE id = %s"
    await connection.execute(move, ["internal", town.dataset_id])
    try:
        hidden = await stories._text(visitor, _STORY)
        assert hidden.count("Diese Kachel lässt sich nicht mehr zeigen") == 5
        assert not any(word in hidden for word in ("Stellplatz", "Promenade", "Pegel", "Gezählt"))
        await stories._text(visitor, f"{_STORY}/kachel/2", 404)
        await people.signed_in(connection, visitor, role="publisher")
        assert "Nicht alle können alles davon sehen" in await stories._text(
            visitor, f"{stories.WORK}/{number}/freigabe"
        )
    finally:
        await connection.execute(move, ["public", town.dataset_id])


async def test_silence_is_said_and_many_tiles_cost_as_few_statements_as_one(
    visitor: AsyncClient, town: factories.Town, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A series that stopped shows no value as if it were new; forty tiles are read at once."""
    here = factories.Town(connection, dataset_id=town.dataset_id, now=town.now)
    thing = await here.thing("Stiller Ort", kind="well", point=None)
    quiet = await here.stream(
        thing, name="Still", observes="Still", definition="https://example.org/still", symbol="m",
        kind="measurement", rows=iter([]),
    )  # fmt: skip
    reads: list[int] = []
    read = known.read

    async def counted(*arguments: Any, **more: Any) -> known.Known:
        reads.append(len(more["fed"]))
        return await read(*arguments, **more)

    monkeypatch.setattr(known, "read", counted)
    await stories._story(connection, *[_tile("value", "Still", quiet)] * MOST_BLOCKS)
    page = await stories._text(visitor, _STORY)
    assert page.count("noch keine Messwerte") == MOST_BLOCKS
    assert reads == [MOST_BLOCKS]


async def test_tiles_stand_two_beside_each_other() -> None:
    """Wide ones and the last of an odd number take the whole row."""
    assert tiles.widths([False]) == [12]
    assert tiles.widths([False, False, False]) == [6, 6, 12]
    assert tiles.widths([False, True, False, False]) == [12, 12, 6, 6]
