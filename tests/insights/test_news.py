# SPDX-License-Identifier: EUPL-1.2
"""The front page tells what is new: a story, datasets that came, what people asked for."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from django.test import AsyncClient

from stadtkern.catalogue import operations
from stadtkern.catalogue.requests import operations as requests
from stadtkern.core.database import Connection
from stadtkern.insights.stories import operations as stories
from stadtkern.insights.stories.entities import Told
from tests import people
from tests.insights import factories

pytestmark = pytest.mark.anyio


@pytest.fixture(autouse=True)
async def clean(connection: Connection) -> AsyncIterator[None]:
    """Nothing new before, nothing after."""
    yield
    for table in ("insights.story", "catalogue.request", "catalogue.dataset"):
        await connection.execute(f"DELETE FROM {table}")


async def _planted(
    connection: Connection, title: str, *, kind: str = "table", state: str = "published"
) -> None:
    office = await people.organisation(connection)
    about: dict[str, Any] = {"title": {"de": title}, "description": {"de": "Wo stehen sie?"}}
    await operations.create(
        connection, by=None, organisation_id=office, kind=kind, state=state, **about
    )  # fmt: skip


async def _front(visitor: AsyncClient) -> str:
    answer = await visitor.get("/")
    assert answer.status_code == 200
    return answer.content.decode().partition('id="neu"')[2].partition("</section>")[0]


async def test_the_front_page_tells_what_is_new(
    visitor: AsyncClient, town: factories.Town, connection: Connection
) -> None:
    """One of each kind with a way there; nothing that is hidden, empty or on the page already."""
    assert await _front(visitor) == ""
    await _planted(connection, "Trinkbrunnen 🚰 <b>")
    await _planted(connection, "Noch im Entwurf", state="draft")
    await _planted(connection, "Reihen ohne Werte", kind="series")
    writer, publisher = await people.person(connection), await people.person(connection)
    story = await stories.begin(
        connection,
        by=writer.id,
        told=Told(title={"de": "Der Winter"}, summary={"de": "Wer fährt?"}, blocks=()),
    )
    await stories.publish(connection, by=publisher.id, id=story, number=1)
    for number, shown in enumerate((True, False), 1):
        await requests.ask(
            connection, title=f"Wunsch {number}", body="x", purpose="", language="de", ticket=f"t{number}"
        )
        row = await (await connection.execute("SELECT max(id) FROM catalogue.request")).fetchone()
        assert row is not None
        if shown:
            await requests.moderate(connection, by=publisher.id, id=row[0], shown=True)
    page = await _front(visitor)
    assert page.index("Der Winter") < page.index("Trinkbrunnen 🚰 &lt;b&gt;") < page.index("Wunsch 1")
    assert page.count("<li>") == 3
    for hidden in ("Noch im Entwurf", "Reihen ohne Werte", "Wunsch 2", 'href="/daten/kleine-stadt"'):
        assert hidden not in page


async def test_every_piece_of_news_leads_somewhere(
    visitor: AsyncClient, town: factories.Town, connection: Connection
) -> None:
    """With nothing else, up to three datasets; each address answers."""
    for number in range(4):
        await _planted(connection, f"Neues {number}")
    page = await _front(visitor)
    links = [part.partition('"')[0] for part in page.split('<a href="')[1:]]
    assert len(links) == 3
    for link in links:
        assert (await visitor.get(link)).status_code == 200
