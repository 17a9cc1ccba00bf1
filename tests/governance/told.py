# SPDX-License-Identifier: EUPL-1.2
"""What is told of each room: a picture of its place, a remark, and one public story about all of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date

from stadtkern.city.ratings import operations as ratings
from stadtkern.core.database import Connection
from stadtkern.insights.cockpit.definitions import Definition
from stadtkern.insights.pictures import images
from stadtkern.insights.pictures import operations as pictures
from stadtkern.insights.stories import operations
from stadtkern.insights.stories.entities import Block, Told
from stadtkern.ui import visit as visits
from tests import people
from tests.insights.test_pictures import png


async def picture(connection: Connection, *, thing_id: int, of: str) -> None:
    """A small one of the place."""
    somebody = await people.person(connection)
    await pictures.keep(
        connection, thing_id=thing_id, image=images.clean(png()), alt={"de": f"Blick auf {of}"}, credit="",
        by=somebody.id,
    )  # fmt: skip


async def rating(connection: Connection, *, dataset_id: int, key: str, of: str) -> None:
    """What a reader said about the dataset's page."""
    await ratings.take(
        connection, path=f"/daten/{key}", dataset_id=dataset_id, helped=False, remark=f"Mehr aus {of}!",
        ticket=key, day=date(2026, 2, 26),
    )  # fmt: skip


async def stories(connection: Connection, *, streams: Mapping[str, int], tables: Mapping[str, str]) -> None:
    """Two that anybody may read: 1 is only text, 2 has tiles and charts of every room, also of those to come.

    Editors see what others wrote, numbers of hidden series included: their forms are asked about the first.
    """
    await _story(connection, "Text", [Block(kind="text", text={"de": "Nur Worte."})])
    await _story(connection, "Eines", _blocks(streams, tables))


async def _story(connection: Connection, title: str, blocks: Iterable[Block]) -> None:
    writer, publisher = await people.person(connection), await people.person(connection)
    written = Told(title={"de": title}, summary={"de": "Kurz."}, blocks=tuple(blocks))
    number = await operations.begin(connection, by=writer.id, told=written)
    await operations.publish(connection, by=publisher.id, id=number, number=1)
    visits.DOOR.forget_city()


def _blocks(streams: Mapping[str, int], tables: Mapping[str, str]) -> Iterator[Block]:
    for stream in streams.values():
        definition = Definition(key="kachel", form="value", title={"de": "Wert"}, streams=(stream,))
        yield Block(kind="tile", tile=definition)
    for stream in streams.values():
        yield Block(kind="diagram", source=f"reihe={stream}")
    for key in tables.values():
        yield Block(kind="diagram", source=f"tabelle={key}&nach=name")
    yield Block(kind="map")
