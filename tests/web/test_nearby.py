# SPDX-License-Identifier: EUPL-1.2
"""What is near a place, and that nobody's place is kept."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from django.test import AsyncClient

from stadtkern.core import audit, datasets, times
from stadtkern.core.database import Connection
from tests import browsing
from tests.insights import factories

pytestmark = pytest.mark.anyio

_PLACED = """
UPDATE things.location SET bounds = box(p.at, p.at)
FROM (SELECT id, point((location #>> '{coordinates,0}')::float, (location #>> '{coordinates,1}')::float) AS at
      FROM things.location) AS p WHERE p.id = location.id
"""


@pytest.fixture(scope="module")
async def town(database: str) -> factories.Town:
    """The small town, filled once per module."""
    from stadtkern.core import database as core_database

    async with await core_database.connect(url=database, autocommit=True) as connection:
        made = await factories.small_town(connection)
        await connection.execute(_PLACED)
        return made


@pytest.fixture
async def visitor(
    town: factories.Town, database: str, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[AsyncClient]:
    """Somebody at a fixed time."""
    monkeypatch.setattr(times, "now", lambda: town.now)
    async with browsing.pages(url=database) as client:
        yield client


async def _shown(visitor: AsyncClient, address: str) -> str:
    answer = await visitor.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


async def test_the_nearest_stands_first_with_its_distance(visitor: AsyncClient) -> None:
    """Around a thing it is itself; what is farther than the radius is not there."""
    page = await _shown(visitor, "/naehe?ort=Arkaden&umkreis=5000")
    assert "Rund um Parkhaus Arkaden" in page
    order = [page.index(f">{name}<") for name in ("Parkhaus Arkaden", "Zählstelle Hafenstraße")]
    assert order == sorted(order)
    assert "10 m" in page
    assert "Hier ·" in page
    assert "Zählstelle Hafenstraße" not in await _shown(visitor, "/naehe?ort=Arkaden&umkreis=500")


async def test_what_others_are_around_does_not_count_among_them(visitor: AsyncClient) -> None:
    """Nobody is its own neighbour; where there is none, that is what the page says."""
    for radius, says in (
        (500, "liegt kein weiterer Messort"),
        (5000, "weitere Messorte im Umkreis von 5 km:"),
    ):
        assert says in await _shown(visitor, f"/naehe?ort=Hafenstraße&umkreis={radius}")


async def test_a_district_is_chosen_without_a_script(visitor: AsyncClient) -> None:
    """Its middle is the middle; an unknown one is said to be unknown."""
    assert "Rund um Mitte" in await _shown(visitor, "/naehe?stadtteil=1&umkreis=5000")
    for wrong in ("/naehe?stadtteil=9", "/naehe?ort=gibtesnichtxx", "/naehe?messort=999999999999999999999"):
        assert "Rund um" not in await _shown(visitor, wrong)
    assert "Diesen Ort kennen wir nicht" in await _shown(visitor, "/naehe?ort=gibtesnichtxx")


async def test_a_position_comes_in_a_body_and_is_answered_with_what_is_near(visitor: AsyncClient) -> None:
    """Nothing may keep the answer, and no cookie comes with it."""
    answer = await visitor.post("/naehe", {"lat": "51.9601", "lon": "7.6001", "umkreis": "1000"})
    assert answer.status_code == 200
    assert "Parkhaus Theater" in answer.content.decode()
    assert answer["Cache-Control"] == "no-store"
    assert not answer.cookies
    far = await visitor.post("/naehe", {"lat": "0", "lon": "0"})
    assert "kein Messort" in far.content.decode()


@pytest.mark.parametrize(
    "given", [{}, {"lat": "x", "lon": "7"}, {"lat": "nan", "lon": "7"}, {"lat": "91", "lon": "7"}]
)
async def test_what_is_no_position_is_refused(visitor: AsyncClient, given: dict[str, str]) -> None:
    """Without an answer to guess from."""
    assert (await visitor.post("/naehe", given)).status_code == 422


async def test_a_position_is_rounded_and_kept_nowhere(
    visitor: AsyncClient, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The log of reads knows the path only, and only this page may ask the browser for a position."""
    noted: list[str] = []
    begin = audit.begin
    monkeypatch.setattr(audit, "begin", lambda **given: noted.append(str(given)) or begin(**given))
    await visitor.post("/naehe", {"lat": "51.960123", "lon": "7.600123"})
    assert not any("51.96" in each for each in noted)
    assert "geolocation=(self)" in (await visitor.get("/naehe"))["Permissions-Policy"]
    assert "geolocation=()" in (await visitor.get("/ueber"))["Permissions-Policy"]


async def test_what_one_may_not_see_is_not_near(visitor: AsyncClient, connection: Connection) -> None:
    """Neither by its place nor by its name."""
    hidden = await datasets.save(connection, key="geheim", room="internal", about={})
    town = factories.Town(connection, dataset_id=hidden, now=factories.NOW)
    await town.thing("Geheime Zählstelle", kind="bicycle_counter", point=(7.6, 51.9601))
    await connection.execute(_PLACED)
    for address in ("/naehe?ort=Arkaden&umkreis=500", "/naehe?ort=Geheime"):
        assert "Geheime Z" not in await _shown(visitor, address)
