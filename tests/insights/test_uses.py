# SPDX-License-Identifier: EUPL-1.2
"""The page of a dataset says where its series are shown, and names nothing that the reader may not see."""

from __future__ import annotations

import re

import pytest
from django.test import AsyncClient

from stadtkern.catalogue import upkeep
from stadtkern.core import datasets
from stadtkern.core.database import Connection
from stadtkern.insights.boards import operations as boards
from stadtkern.insights.cockpit.definitions import Audience, Content, Definition, Group
from stadtkern.insights.stories import operations as stories
from stadtkern.insights.stories.entities import Block, Told
from tests import people
from tests.insights import factories

pytestmark = pytest.mark.anyio


async def _board(connection: Connection, by: int, tile: Definition, title: str, audience: Audience) -> None:
    group = Group(key="thema", title={"de": "Thema"}, tiles=(tile,))
    content = Content(title={"de": title}, audience=audience, groups=(group,))
    key = await boards.add(connection, by=by, content=content)
    await boards.publish(connection, key=key, version=1)


async def _story(connection: Connection, by: int, publisher: int | None, title: str, source: str) -> None:
    told = Told(title={"de": title}, blocks=(Block(kind="diagram", source=source),))
    number = await stories.begin(connection, by=by, told=told)
    if publisher is not None:
        await stories.publish(connection, by=publisher, id=number, number=1)


async def _uses(client: AsyncClient, key: str) -> list[tuple[str, str]]:
    answer = await client.get(f"/daten/{key}")
    assert answer.status_code == 200
    section = answer.content.decode().partition('aria-labelledby="verwendet"')[2].partition("</section>")[0]
    return re.findall(r'<a href="([^"]+)">([^<]+)</a>', section)


async def test_boards_and_stories_are_named_to_those_who_may_see_them(
    visitor: AsyncClient, connection: Connection, database: str, town: factories.Town
) -> None:
    """By single series, by what is observed; inner boards and drafts of stories are not told to strangers."""
    await datasets.save(connection, key="leer", room="public", about={"title": {"de": "Leer"}})
    await upkeep.once(url=database)
    writer, publisher = await people.person(connection), await people.person(connection)
    stream = town.streams["Fahrräder Promenade"]
    single = Definition(key="a", form="value", title={"de": "A"}, streams=(stream,))
    other = Definition(key="a", form="value", title={"de": "A"}, properties=("https://x.example/nichts",))
    await _board(connection, writer.id, single, "Radboard", "public")
    await _board(connection, writer.id, single, "Innenboard", "internal")
    await _board(connection, writer.id, other, "Fremdboard", "public")
    await _story(connection, writer.id, publisher.id, "Winterrad", f"/diagramm?reihe={stream}")
    await _story(connection, writer.id, publisher.id, "Anderswo", f"/diagramm?reihe={stream + 100_000}")
    await _story(connection, writer.id, None, "Entwurfsrad", f"/diagramm?reihe={stream}")
    seen = await _uses(visitor, "kleine-stadt")
    assert dict(seen)["/datenfenster/winterrad"] == "Winterrad"
    assert {title for _, title in seen} == {"Überblick", "Radboard", "Winterrad"}
    assert dict(seen)["/"] == "Überblick"
    for address, _ in seen:
        assert (await visitor.get(address)).status_code == 200
    assert await _uses(visitor, "leer") == []
    await people.signed_in(connection, visitor, role="reader", kind="city")
    assert "Innenboard" in {title for _, title in await _uses(visitor, "kleine-stadt")}
