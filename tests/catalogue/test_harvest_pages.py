# SPDX-License-Identifier: EUPL-1.2
"""Who publishes looks after sources: adds, starts, changes and removes them, and sees what went wrong."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import pytest
from django.test import AsyncClient

from stadtkern.catalogue.harvest import jobs
from stadtkern.core.database import Connection
from tests import browsing, people
from tests.catalogue import harvesting, records
from tests.core import sources

pytestmark = pytest.mark.anyio

PATH = "/arbeit/ernten"


@pytest.fixture
async def visitor(database: str) -> AsyncIterator[AsyncClient]:
    """Somebody at the pages, not signed in."""
    async with browsing.pages(url=database) as client:
        yield client


@pytest.fixture
async def web() -> AsyncIterator[sources.Source]:
    """A web server of somebody else."""
    async with sources.running() as started:
        yield started


def _given(url: str, organisation: int | None, **more: object) -> dict[str, object]:
    return {
        "title": "Land <b>NRW</b>", "url": url, "kind": "dcat", "organisation": organisation,
        "room": "public",
        "every_hours": 24, "grace_days": 7, "publish": "on",
    } | more  # fmt: skip


async def _text(visitor: AsyncClient, path: str) -> str:
    answer = await visitor.get(path)
    assert answer.status_code == 200, path
    return str(answer.content.decode())


async def test_a_source_lives_from_adding_to_removing(
    visitor: AsyncClient, connection: Connection, web: sources.Source
) -> None:
    """Added, harvested, failed, changed, started, removed; its datasets stay."""
    me = await people.signed_in(connection, visitor, role="publisher")
    assert "Noch wird nichts geerntet" in await _text(visitor, PATH)
    web.replies["/c"] = harvesting.document([records.record(1)])
    made = await visitor.post(f"{PATH}/neu", _given(f"{web.url}/c", me.organisation_id))
    assert made.status_code == 302
    path = str(made["Location"])
    assert "noch nicht gelaufen" in await _text(visitor, path)
    assert await jobs.once(connection, fetcher=harvesting.FETCHER, own=harvesting.OWN)
    page = await _text(visitor, path)
    assert "gelungen" in page
    assert "Land &lt;b&gt;NRW&lt;/b&gt;" in page
    web.replies["/c"] = sources.answer(status="500 Broken")
    assert (await visitor.post(path)).status_code == 302
    assert await jobs.once(connection, fetcher=harvesting.FETCHER, own=harvesting.OWN)
    page = await _text(visitor, path)
    assert "gescheitert" in page
    assert "status 500" in page
    assert "gescheitert" in await _text(visitor, PATH)
    changed = {"title": "Neuer Name", "every_hours": 168, "grace_days": 30}
    assert (await visitor.post(f"{path}/bearbeiten", changed)).status_code == 302
    page = await _text(visitor, f"/en{path}")
    assert "Neuer Name" in page
    assert "paused" in page
    assert "Remove the source?" in await _text(visitor, f"/en{path}/loeschen")
    assert (await visitor.post(f"{path}/loeschen")).status_code == 302
    assert (await visitor.get(path)).status_code == 404
    cursor = await connection.execute("SELECT count(*) FROM catalogue.dataset WHERE source IS NOT NULL")
    assert await cursor.fetchone() == (1,)


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("url", "ftp://portal.example", "keine öffentliche Adresse"),
        ("url", "http://user:secret@portal.example/", "keine öffentliche Adresse"),
        ("url", "javascript:alert(1)", "keine öffentliche Adresse"),
        ("title", "", 'role="alert"'),
        ("grace_days", "0", 'role="alert"'),
        ("every_hours", "1", 'role="alert"'),
        ("organisation", "1", 'role="alert"'),
        ("room", "geheim", 'role="alert"'),
    ],
)
async def test_what_cannot_be_harvested_is_said_beside_the_field(
    visitor: AsyncClient, connection: Connection, field: str, value: str, words: str
) -> None:
    """Also an organisation in which somebody does not publish; nothing is stored."""
    me = await people.signed_in(connection, visitor, role="publisher")
    given = _given("https://portal.example/catalog.ttl", me.organisation_id) | {field: value}
    answer = await visitor.post(f"{PATH}/neu", given)
    assert answer.status_code == 200
    assert words in answer.content.decode()
    cursor = await connection.execute(
        "SELECT count(*) FROM catalogue.harvest_source WHERE organisation_id = %s", [me.organisation_id]
    )
    assert await cursor.fetchone() == (0,)


async def test_an_address_is_harvested_once(visitor: AsyncClient, connection: Connection) -> None:
    """The second time the form says so."""
    me = await people.signed_in(connection, visitor, role="publisher")
    given = _given("https://portal.example/c", me.organisation_id)
    assert (await visitor.post(f"{PATH}/neu", given)).status_code == 302
    assert "schon geerntet" in (await visitor.post(f"{PATH}/neu", given)).content.decode()


async def test_sources_of_others_are_not_there(visitor: AsyncClient, connection: Connection) -> None:
    """Lower roles may not; another organisation's publisher finds nothing; the city's administrator all."""
    me = await people.signed_in(connection, visitor, role="publisher")
    made = await visitor.post(f"{PATH}/neu", _given("https://portal.example/d", me.organisation_id))
    path = str(made["Location"])
    await people.signed_in(connection, visitor, role="publisher")
    for each in (path, f"{path}/bearbeiten", f"{path}/loeschen", f"{PATH}/99999999999999999999"):
        assert (await visitor.get(each)).status_code == 404
        assert (await visitor.post(each)).status_code == 404
    assert "portal.example/d" not in await _text(visitor, PATH)
    await people.signed_in(connection, visitor, role="steward")
    assert (await visitor.get(PATH)).status_code == 403
    chief = await people.person(
        connection, role="administrator", organisation_id=await people.city(connection)
    )
    visitor.cookies["sessionid"] = chief.cookie
    assert "portal.example/d" in await _text(visitor, PATH)
    visitor.cookies.clear()
    assert (await visitor.get(PATH)).status_code in (302, 401)


async def test_forms_are_protected(database: str, connection: Connection) -> None:
    """Another site cannot send them in somebody's name."""
    async with browsing.pages(url=database):
        strict = AsyncClient(enforce_csrf_checks=True)
        me = await people.signed_in(connection, strict, role="publisher")
        answer = await strict.post(f"{PATH}/neu", _given("https://portal.example/e", me.organisation_id))
        assert answer.status_code == 403
        page = (await strict.get(f"{PATH}/neu")).content.decode()
        assert re.search("csrfmiddlewaretoken", page)
