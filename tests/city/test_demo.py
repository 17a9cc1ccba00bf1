# SPDX-License-Identifier: EUPL-1.2
"""Musterstadt as a newcomer gets it: loaded once, labelled honestly, with a token that works."""

from __future__ import annotations

import asyncio
import re
import stat
import time

import pytest
import shapely.geometry
from rich.console import Console

from stadtkern.catalogue import upkeep
from stadtkern.city import demo, districts
from stadtkern.city.demo import place, sets, window
from stadtkern.core import access, database, datasets, times
from stadtkern.core.database import Connection
from stadtkern.core.settings import Settings
from stadtkern.insights import demo as told
from stadtkern.insights.demo import table
from stadtkern.insights.stories import queries as stories
from tests import browsing

pytestmark = pytest.mark.anyio


@pytest.fixture(name="url", scope="module")
def _url(database: str) -> str:
    return database


@pytest.fixture(scope="module")
def lines(url: str, settings: Settings) -> list[str]:
    """What `serve --demo` prints after loading; the first attempt was stopped half way."""
    quiet = Console(quiet=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(window.Mover, "keep", _stopped)
        with pytest.raises(InterruptedError):
            asyncio.run(demo.prepare(url=url, settings=settings, console=quiet))
    return asyncio.run(demo.prepare(url=url, settings=settings, console=quiet))


async def _stopped(*_: object) -> None:
    raise InterruptedError


async def test_an_interrupted_load_is_completed(lines: list[str], connection: Connection) -> None:
    """The counters have their weeks to come (one was silent then)."""
    sql = (
        "SELECT count(DISTINCT datastream_id), count(*) FROM city.replay_value v "
        "JOIN core.dataset s ON s.id = v.dataset_id WHERE s.key = %s"
    )
    assert await (await connection.execute(sql, (sets.BICYCLES.key,))).fetchone() == (25, 16_996)


async def test_a_second_start_finds_all_done(lines: list[str], url: str, settings: Settings) -> None:
    """Quickly, and with the same token."""
    secret = (settings.data / "demo-token").read_text()
    began = time.process_time()
    again = await demo.prepare(url=url, settings=settings, console=Console(quiet=True))
    assert time.process_time() - began < 2
    assert again == lines
    assert (settings.data / "demo-token").read_text() == secret


async def test_every_dataset_says_where_it_comes_from(lines: list[str], connection: Connection) -> None:
    """Licence and attribution; replayed with the number of weeks, or simulated."""
    for each in sets.SETS:
        about = (await datasets.find(connection, key=each.key)).about
        assert about["title"]["de"]
        assert about["licence"]
        assert about["attribution"]
        assert bool(about["replay"]) == ("replay_weeks" in about)
        assert not (about["replay"] and about["simulated"])
        assert "{weeks}" not in about["description"]["de"]


async def test_replayed_data_end_now(lines: list[str], connection: Connection) -> None:
    """The newest value of the counters is less than two hours old, none lies in the future."""
    sql = (
        "SELECT s.key, max(t.last_time) FROM things.datastream_state t JOIN things.datastream d "
        "ON d.id = t.datastream_id JOIN core.dataset s ON s.id = d.dataset_id GROUP BY 1"
    )
    newest = dict(await (await connection.execute(sql)).fetchall())
    for key in (sets.BICYCLES.key, sets.PARKING.key, sets.PROBES.key):
        assert 0 <= (times.now() - newest[key]).total_seconds() < 7200


async def test_places_are_made_up_and_say_so(lines: list[str], connection: Connection) -> None:
    """Each lies inside the city's outline and is marked."""
    (city,) = await districts.outlines(connection, level="city")
    outline = shapely.geometry.shape(city.geometry)
    rows = await (await connection.execute("SELECT location, properties FROM things.location")).fetchall()
    assert len(rows) == 23 + 20 + 20
    for location, properties in rows:
        assert outline.contains(shapely.geometry.shape(location))
        assert properties["position"] == "approximate"
        assert properties["fictitious"] is True
        assert "erfunden" in properties["position_note"]["de"]


async def test_things_know_their_purpose_owner_and_beginning(
    lines: list[str], connection: Connection
) -> None:
    """In German and English."""
    sql = "SELECT properties FROM things.thing WHERE properties ->> 'simulated' = 'true'"
    rows = await (await connection.execute(sql)).fetchall()
    assert len(rows) == 21
    for (properties,) in rows:
        assert properties["owner"]
        assert properties["since"]
        assert set(properties["purpose"]) == {"de", "en"}


async def test_the_token_may_write_and_only_its_owner_may_read_it(
    lines: list[str], connection: Connection, url: str, settings: Settings
) -> None:
    """Rights on the demo's datasets, a file of mode 0600."""
    path = settings.data / "demo-token"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    async with database.pool(url=url) as pool, access.Gate(pool=pool) as gate:
        authorization = f"Bearer {path.read_text().strip()}"
        principal = await gate.principal(authorization=authorization)
        for each in sets.SETS:
            dataset = await datasets.find(connection, key=each.key)
            await gate.require(principal, dataset_id=dataset.id, verb="create")
            await gate.require(principal, dataset_id=dataset.id, verb="entities")
    assert any("curl" in line for line in lines)


async def test_the_town_hall_is_not_for_everybody(lines: list[str], connection: Connection, url: str) -> None:
    """The restricted room is restricted."""
    async with database.pool(url=url) as pool, access.Gate(pool=pool) as gate:
        scope = await gate.scope(connection, access.ANONYMOUS)
    hidden = await datasets.find(connection, key=sets.RESTRICTED.key)
    assert not scope.allows(hidden.id)
    assert scope.allows((await datasets.find(connection, key=sets.PROBES.key)).id)


async def test_observations_are_about_the_place_of_their_thing(
    lines: list[str], connection: Connection
) -> None:
    """Imported and simulated ones alike; the archive has no place."""
    sql = (
        "SELECT s.key, count(*), count(o.feature_id) FROM things.observation o JOIN things.datastream d "
        "ON d.id = o.datastream_id JOIN core.dataset s ON s.id = d.dataset_id GROUP BY 1"
    )
    for key, count, placed in await (await connection.execute(sql)).fetchall():
        assert placed == (0 if key in (sets.ENERGY.key, sets.RESTRICTED.key) else count)


async def test_car_parks_know_their_capacity(lines: list[str], connection: Connection) -> None:
    """As a number, and counters since which day they count."""
    sql = "SELECT properties -> 'capacity' FROM things.thing WHERE properties ->> 'key' = %s"
    row = await (await connection.execute(sql, ("muenster-parken-14",))).fetchone()
    assert row == (743,)
    sql = "SELECT properties ->> 'since' FROM things.thing WHERE properties ->> 'key' = %s"
    row = await (await connection.execute(sql, ("muenster-fahrrad-300037405",))).fetchone()
    assert row == ("2023-11-07",)


async def test_the_story_and_its_table_come_once(lines: list[str], connection: Connection, url: str) -> None:
    """Every part shows something to everybody in three languages; a second start adds nothing."""
    await upkeep.once(url=url)
    assert await told.show(url=url)
    assert not await told.show(url=url)
    async with browsing.pages(url=url) as visitor:
        (told_,) = await stories.public(connection)
        for language, word in (("", "Zwanzigmal"), ("/en", "Twenty times"), ("/leicht", "Pro·menade")):
            page = (await visitor.get(f"{language}/datenfenster/{told_.key}")).content.decode()
            assert "5.333.836" in page or "5,333,836" in page
            assert page.count('class="sk-tile') >= 2
            assert "sk-story__map" in page
            assert not re.search("nicht mehr zeigen|no longer be shown|{[a-z]", page)
            assert word.replace("·", "") in page.replace("·", "").replace("\u00ad", "")
        about = (await visitor.get(f"/daten/{table.KEY}")).content.decode()
        assert f"/datenfenster/{told_.key}" in about
        assert (await visitor.get(f"/diagramm?tabelle={table.MONTHS}")).status_code == 200
    dataset = await datasets.find(connection, key=table.KEY)
    assert dataset.about["title"]["de"].startswith("Radzählstellen")


def test_outlines_have_german_names() -> None:
    """City, districts and quarters."""
    names = {outline.name for outline in place.outlines()}
    assert {"Musterstadt", "Neudorf-Süd", "Hüttenheim", "Duisburg-Mitte", "Großenbaum"} <= names
    assert districts.containing(place.outlines(), longitude=6.77, latitude=51.43) is not None
