# SPDX-License-Identifier: EUPL-1.2
"""What the blocks of a story show to one reader, now; what is not there for them says so."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import msgspec
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

from stadtkern.catalogue.charts import asking as asking_tables
from stadtkern.catalogue.charts import chart
from stadtkern.catalogue.charts.chart import Chart
from stadtkern.core.fragments import Fragment
from stadtkern.insights import kinds, streams
from stadtkern.insights.atlas import places as atlas
from stadtkern.insights.atlas.asking import Asked
from stadtkern.insights.atlas.places import Place
from stadtkern.insights.cockpit import board as cockpit
from stadtkern.insights.cockpit.tile import Tile
from stadtkern.insights.diagrams import asking, diagram
from stadtkern.insights.diagrams.diagram import Diagram
from stadtkern.insights.stories import prose, tiles
from stadtkern.insights.stories.entities import Block, Told
from stadtkern.insights.streams import Stream
from stadtkern.things import series
from stadtkern.ui import charts, formats, ground, maps
from stadtkern.ui.visit import Visit

MOST_VALUES = 6
MOST_PLACES = 500
# Further maps of a story are lists with a link.
MOST_MAPS = 6
# What all charts of tables of one page may take together, and what each of them gets at least.
_SECONDS, _LEAST_MILLISECONDS = 6.0, 150
_SECONDS_OF_COVERS = 1.0
_LINE = timedelta(hours=48)


class Value(msgspec.Struct, frozen=True):
    """A series with its newest value and the line of the last two days."""

    stream: Stream
    line: SafeString | str


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """A block as it is shown. `gone`: what it should show is not there for this reader.

    `opens`, `closes`: a tile that begins or ends a row of tiles.
    """

    number: int
    kind: str
    text: SafeString = mark_safe("")
    texts: Mapping[str, str] = {}
    diagram: Diagram | Chart | None = None
    values: Sequence[Value] = ()
    places: Sequence[Place] = ()
    places_kind: str = ""
    places_key: str = ""
    map: SafeString | None = None
    tile: Tile | None = None
    opens: bool = False
    closes: bool = False
    gone: bool = False

    @property
    def about(self) -> list[object]:
        """What the owners of the shown series say of their datasets, each once."""
        return list({v.stream.dataset.id: v.stream.dataset.about for v in self.values}.values())


async def parts(visit: Visit, told: Told, *, address: str = "") -> list[Part]:
    """All blocks in their order; what a page may cost is shared among them.

    `address`: of the public story, where its tiles are read again.
    """
    made = await _tiles(visit, told)
    clock = asyncio.get_running_loop().time
    until = clock() + _SECONDS
    found, maps_left = [], MOST_MAPS
    for number, block in enumerate(told.blocks, 1):
        if block.kind == "tile":
            text, tile = prose.html(formats.words(block.text)), made.get(number)
            found.append(
                Part(number=number, kind="tile", text=text, texts=block.text, tile=tile, gone=tile is None)
            )
            continue
        left = max(_LEAST_MILLISECONDS, int((until - clock()) * 1000))
        found.append(await _part(visit, block, number, milliseconds=left, drawn=maps_left > 0))
        maps_left -= block.kind == "map"
    return _in_rows(found, address=address)


async def covers(visit: Visit, tellings: Sequence[Told]) -> list[Diagram | Chart | None]:
    """The first diagram of each story, as far as a list may wait for it; the others stand there in words."""
    clock = asyncio.get_running_loop().time
    until = clock() + _SECONDS_OF_COVERS
    found: list[Diagram | Chart | None] = []
    for number, told in enumerate(tellings, 1):
        block = next((each for each in told.blocks if each.kind == "diagram"), None)
        left = int((until - clock()) * 1000)
        if block is None or left < _LEAST_MILLISECONDS:
            found.append(None)
            continue
        part = await _part(visit, block, number, milliseconds=left, drawn=False)
        found.append(part.diagram if part.diagram and part.diagram.filled else None)
    return found


async def tile(visit: Visit, told: Told, *, number: int, address: str, columns: int) -> Tile | None:
    """One tile of a story, to stand where it stood; None where there is nothing to show."""
    found = (await _tiles(visit, told, only=number)).get(number)
    return found and _placed(found, number, address=address, columns=columns)


async def _tiles(visit: Visit, told: Told, *, only: int = 0) -> dict[int, Tile]:
    """The tiles by the numbers of their blocks; all of them are read at once, as those of a board are."""
    definitions = [
        msgspec.structs.replace(block.tile, key=f"teil-{number}")
        for number, block in enumerate(told.blocks, 1)
        if block.tile is not None and only in (0, number)
    ]
    made = await cockpit.several(visit, definitions=definitions) if definitions else {}
    return {int(key.removeprefix("teil-")): tile for key, tile in made.items()}


def _in_rows(found: Sequence[Part], *, address: str) -> list[Part]:
    """Tiles that follow each other stand in a row, which ends where a text belongs to one of them."""
    rows: list[list[Part]] = []
    for part in found:
        joins = rows and part.tile and rows[-1][-1].tile and not rows[-1][-1].text
        if joins:
            rows[-1].append(part)
        else:
            rows.append([part])
    return [part for row in rows for part in _row(row, address=address)]


def _row(row: Sequence[Part], *, address: str) -> list[Part]:
    widths = tiles.widths([part.tile.wide if part.tile else True for part in row])
    return [
        msgspec.structs.replace(
            part,
            tile=_placed(part.tile, part.number, address=address, columns=columns),
            opens=part is row[0],
            closes=part is row[-1],
        )
        if part.tile
        else part
        for part, columns in zip(row, widths, strict=True)
    ]


def _placed(tile: Tile, number: int, *, address: str, columns: int) -> Tile:
    reread = f"{address}/kachel/{number}?breite={columns}" if address else ""
    return msgspec.structs.replace(tile, columns=columns, reread=reread)


async def _part(visit: Visit, block: Block, number: int, *, milliseconds: int, drawn: bool) -> Part:
    text = prose.html(formats.words(block.text))
    if block.kind == "diagram" and asking_tables.names_table(block.source):
        name = f"bild-{number}"
        table = await chart.build(visit, block.source, name=name, milliseconds=milliseconds)
        return Part(
            number=number, kind="diagram", text=text, texts=block.text, diagram=table, gone=table is None
        )
    if block.kind == "diagram":
        found = await diagram.build(visit, asking.of_address(block.source), name=f"bild-{number}")
        return Part(
            number=number, kind="diagram", text=text, texts=block.text, diagram=found, gone=found is None
        )
    if block.kind == "values":
        values = await _values(visit, asking.of_address(block.source).ids)
        return Part(number=number, kind="values", text=text, texts=block.text, values=values, gone=not values)
    if block.kind == "map":
        return await _map(visit, block, number, text, drawn=drawn)
    return Part(number=number, kind="text", text=text, texts=block.text)


async def _values(visit: Visit, ids: Sequence[int]) -> list[Value]:
    here = Fragment("d.id = ANY (%s)", (list(ids[:MOST_VALUES]),))
    found = {stream.id: stream for stream in await streams.streams(visit, here)} if ids else {}
    shown = [found[number] for number in ids if number in found]
    points = await series.hourly(
        visit.connection,
        datastream_ids=[stream.id for stream in shown],
        start=visit.now - _LINE,
        end=visit.now,
    )
    return [Value(stream, _line(stream, points.get(stream.id, ()))) for stream in shown]


def _line(stream: Stream, points: Sequence[series.Point]) -> SafeString | str:
    """Hour by hour, with gaps where nothing came; nothing for a series that is silent."""
    known: Mapping[datetime, float | None] = {
        point.start: point.total if stream.kind == "count" else point.mean for point in points
    }
    if len(known) < 3:
        return ""
    begin = min(known)
    hours = int((max(known) - begin) / timedelta(hours=1))
    values = [known.get(begin + timedelta(hours=hour)) for hour in range(hours + 1)]
    return charts.spark(values, title=gettext("Verlauf der letzten zwei Tage"))


async def _map(visit: Visit, block: Block, number: int, text: SafeString, *, drawn: bool) -> Part:
    kind = kinds.BY_KEY.get(block.source)
    land = await ground.outlines(visit)
    asked = Asked(kinds=(kind.key,) if kind else ())
    found = (await atlas.read(visit, asked=asked, land=land)).places[:MOST_PLACES]
    spots = [
        maps.Spot(
            lon=place.point[0],
            lat=place.point[1],
            label=f"{place.name}: {atlas.words_with_unit(place)}",
            value=1.0 if place.live else None,
            shape=place.kind.shape,
        )
        for place in found
        if place.point
    ]
    title = str(kind.many) if kind else gettext("Messorte der Stadt")
    picture = None
    if spots and drawn:
        picture = maps.draw(land=land, spots=spots, title=title, name=f"karte-{number}", radius=8.0)
    return Part(
        number=number,
        kind="map",
        text=text,
        texts=block.text,
        places=found,
        places_kind=title,
        places_key=kind.key if kind else "",
        map=picture,
        gone=not found,
    )
