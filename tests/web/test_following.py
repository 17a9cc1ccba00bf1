# SPDX-License-Identifier: EUPL-1.2
"""Following without an account: from the page through what happens in the city to the browser."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import AsyncClient
from django.test.utils import override_settings

from stadtkern.core import datasets
from stadtkern.core import settings as core_settings
from stadtkern.core.database import Connection
from stadtkern.identity.push import jobs as sending
from stadtkern.web.following import jobs, views
from tests import pushing
from tests.insights import factories
from tests.pushing import Browser, Service

pytestmark = pytest.mark.anyio
_MOVE = (
    "UPDATE core.dataset SET room_id = (SELECT id FROM core.room WHERE key = %s) WHERE key = 'kleine-stadt'"
)


@pytest.fixture
async def service(connection: Connection) -> AsyncIterator[Service]:
    """A push service that may be talked to; nobody follows anything yet."""
    await connection.execute("DELETE FROM identity.browser")
    views.PATIENCE.forget()
    async with pushing.service() as made:
        with override_settings(PUSH_ALLOWED=("localhost",)):
            yield made


@pytest.fixture(scope="module")
async def town(database: str) -> factories.Town:
    """The small town, filled once per module."""
    from stadtkern.core import database as core_database

    async with await core_database.connect(url=database, autocommit=True) as opened:
        return await factories.small_town(opened)


@pytest.fixture
def settings(tmp_path: Any) -> core_settings.Settings:
    """An installation that may talk to the push service of the test."""
    return core_settings.load(environment={}, data=str(tmp_path), fetch_allowed=["localhost"])


async def _ask(pages: AsyncClient, browser: Browser, *, path: str = "/folgen", **what: Any) -> Any:
    body = {"subscription": browser.subscription, **what}
    return await pages.post(path, body, content_type="application/json")


async def _value(connection: Connection, stream: int, value: float) -> None:
    await connection.execute(
        "UPDATE things.datastream_state SET last_result = %s WHERE datastream_id = %s", (value, stream)
    )


async def _delivered(
    connection: Connection, settings: core_settings.Settings, service: Service, *browsers: Browser
) -> list[Any]:
    before = len(service.heard)
    while await sending.once(connection, settings=settings):
        pass
    by_path = {browser.endpoint.partition("/push/")[2]: browser for browser in browsers}
    return [
        by_path[line.split("/push/")[1].split(" ")[0]].open(body) for line, _, body in service.heard[before:]
    ]


async def test_a_value_that_passes_its_bound_is_told_once(
    pages: AsyncClient, connection: Connection, town: factories.Town, service: Service,
    settings: core_settings.Settings,
) -> None:  # fmt: skip
    """In the language of the page on which it was asked for; swinging around it is told once in a while."""
    stream = town.streams["Freie Plätze Arkaden"]
    await _value(connection, stream, 200.0)
    anna, ben = Browser(service.endpoint("anna")), Browser(service.endpoint("ben"))
    wish = {"do": "follow", "kind": "stream", "name": str(stream), "bound": 20, "above": False}
    answer = await _ask(pages, anna, **wish)
    assert answer.status_code == 200, answer.content
    assert answer.json()["follows"][0]["says"] == "sobald der Wert unter 20 Plätze liegt"
    assert (await _ask(pages, ben, path="/en/folgen", **wish)).status_code == 200
    now = town.now
    assert await jobs.look(connection, now=now) == 0
    await _value(connection, stream, 15.5)
    assert await jobs.look(connection, now=now) == 2
    told = await _delivered(connection, settings, service, anna, ben)
    told.sort(key=lambda each: each["url"], reverse=True)  # they are sent at the same time
    assert [each["title"] for each in told] == [
        "Parkhaus Arkaden: 15,5 Plätze",
        "Parkhaus Arkaden: 15.5 Plätze",
    ]
    assert told[0]["body"] == "Freie Plätze Arkaden: jetzt unter 20 Plätze."
    assert [each["url"] for each in told] == [f"/messreihen/{stream}", f"/en/messreihen/{stream}"]
    assert "now below" in told[1]["body"]
    for value, at, expected in ((30.0, 1, 0), (15.0, 2, 0), (30.0, 3, 0), (15.0, 60, 2)):
        await _value(connection, stream, value)
        assert await jobs.look(connection, now=now + timedelta(minutes=at)) == expected, (value, at)


async def test_a_place_that_falls_silent_and_speaks_again_is_told(
    pages: AsyncClient, connection: Connection, town: factories.Town, service: Service,
    settings: core_settings.Settings,
) -> None:  # fmt: skip
    """Hourly values may be late by three hours; nothing is told of what was so when one began."""
    anna = Browser(service.endpoint("anna"))
    thing = town.things["Zählstelle Promenade"]
    await connection.execute(
        "UPDATE things.datastream_state SET last_time = now() - interval '1 hour', last_end = NULL,"
        " first_time = now() - interval '70 days'"
        " WHERE datastream_id = %s", (town.streams["Fahrräder Promenade"],)
    )  # fmt: skip
    assert (await _ask(pages, anna, do="follow", kind="thing", name=str(thing))).status_code == 200
    from stadtkern.core import times

    now = times.now()
    assert await jobs.look(connection, now=now) == 0
    assert await jobs.look(connection, now=now + timedelta(hours=4)) == 1
    assert await jobs.look(connection, now=now + timedelta(hours=5)) == 0
    (told,) = await _delivered(connection, settings, service, anna)
    assert told["title"] == "Zählstelle Promenade"
    assert "keine Messwerte" in told["body"]
    await connection.execute(
        "UPDATE things.datastream_state SET last_time = %s WHERE datastream_id = %s",
        (now + timedelta(hours=5), town.streams["Fahrräder Promenade"]),
    )
    assert await jobs.look(connection, now=now + timedelta(hours=5)) == 1
    (told,) = await _delivered(connection, settings, service, anna)
    assert told["body"] == "Es kommen wieder Messwerte."


async def test_a_dataset_that_changes_is_told_once_a_day(
    database: str,
    pages: AsyncClient, connection: Connection, town: factories.Town, service: Service,
    settings: core_settings.Settings,
) -> None:  # fmt: skip
    """With its title; and no more when everybody may not see it any more."""
    from stadtkern.catalogue import upkeep
    from stadtkern.core import times

    await upkeep.once(url=database)
    anna = Browser(service.endpoint("anna"))
    answer = await _ask(pages, anna, do="follow", kind="dataset", name="kleine-stadt")
    assert answer.status_code == 200, answer.content
    now = times.now()
    assert await jobs.look(connection, now=now) == 0
    await connection.execute("UPDATE catalogue.dataset SET changed_at = now() + interval '1 minute'")
    assert await jobs.look(connection, now=now) == 1
    (told,) = await _delivered(connection, settings, service, anna)
    assert (told["title"], told["url"]) == ("Kleine Stadt", "/daten/kleine-stadt")
    await connection.execute("UPDATE catalogue.dataset SET changed_at = now() + interval '3 days'")
    assert await jobs.look(connection, now=now + timedelta(hours=19)) == 0
    await connection.execute(_MOVE, ("internal",))
    assert await jobs.look(connection, now=now + timedelta(hours=30)) == 0
    assert (await _ask(pages, anna, do="list")).json()["follows"][0]["title"] == "Das gibt es nicht mehr."
    await connection.execute(_MOVE, ("public",))


async def test_one_ends_what_one_follows_and_all_of_it(
    pages: AsyncClient, connection: Connection, town: factories.Town, service: Service
) -> None:
    """By the browser's own secret, from wherever it moves; then nothing is left of it."""
    anna = Browser(service.endpoint("anna"))
    for name in ("Zählstelle Neutor", "Zählstelle Promenade"):
        await _ask(pages, anna, do="follow", kind="thing", name=str(town.things[name]))
    moved = Browser(service.endpoint("moved"), auth=b"0123456789abcdef")
    found = (await _ask(pages, anna, do="move", to=moved.subscription)).json()["follows"]
    assert [each["title"] for each in found] == ["Zählstelle Neutor", "Zählstelle Promenade"]
    assert (await _ask(pages, anna, do="list")).status_code == 404
    left = (await _ask(pages, moved, do="leave", id=found[0]["id"])).json()["follows"]
    assert [each["title"] for each in left] == ["Zählstelle Promenade"]
    assert (await _ask(pages, moved, do="leave")).json() == {"follows": []}
    row = await (await connection.execute("SELECT count(*) FROM identity.browser")).fetchone()
    assert row == (0,)


async def test_a_browser_that_moves_to_where_it_is_known_follows_all_of_it_once(
    pages: AsyncClient, connection: Connection, town: factories.Town, service: Service
) -> None:
    """Pages may speak of the new address before the worker moves; the place of another is not taken."""
    anna, moved = Browser(service.endpoint("anna")), Browser(service.endpoint("moved"))
    for browser, names in ((anna, ("Linde", "Zählstelle Neutor")), (moved, ("Linde",))):
        for name in names:
            await _ask(pages, browser, do="follow", kind="thing", name=str(town.things[name]))
    taken = Browser(moved.endpoint, auth=b"0123456789abcdef")
    assert (await _ask(pages, anna, do="move", to=taken.subscription)).status_code == 422
    await connection.execute(
        "INSERT INTO identity.push (browser_id, topic, facts, expires_at)"
        " SELECT id, 'follow-1', '{}', now() FROM identity.browser WHERE endpoint = %s", (anna.endpoint,)
    )  # fmt: skip
    found = (await _ask(pages, anna, do="move", to=moved.subscription)).json()["follows"]
    assert sorted(each["title"] for each in found) == ["Linde", "Zählstelle Neutor"]
    row = await (
        await connection.execute(
            "SELECT (SELECT count(*) FROM identity.browser), count(*) FROM identity.push"
        )
    ).fetchone()
    assert row == (1, 1)


async def test_names_of_any_length_and_times_of_any_year_can_be_told(
    pages: AsyncClient, connection: Connection, town: factories.Town, service: Service,
    settings: core_settings.Settings,
) -> None:  # fmt: skip
    """One message that cannot be written would keep all others waiting."""
    anna, thing = Browser(service.endpoint("anna")), town.things["Zählstelle Neutor"]
    assert (await _ask(pages, anna, do="follow", kind="thing", name=str(thing))).status_code == 200
    await connection.execute("UPDATE identity.follow SET met = true")
    await connection.execute("UPDATE things.thing SET name = %s WHERE id = %s", ("عين🚲" * 2_000, thing))
    await connection.execute(
        "UPDATE things.datastream_state SET last_time = '9999-12-31 23:59:59Z', last_end = NULL"
        " WHERE datastream_id IN (SELECT id FROM things.datastream WHERE thing_id = %s)", (thing,)
    )  # fmt: skip
    assert await jobs.look(connection, now=town.now) == 1
    (told,) = await _delivered(connection, settings, service, anna)
    assert told["title"].startswith("عين🚲")
    await connection.execute("UPDATE things.thing SET name = 'Zählstelle Neutor' WHERE id = %s", (thing,))


@pytest.mark.parametrize(
    ("what", "status"),
    [
        ({"do": "follow", "kind": "stream", "name": "1", "bound": None}, 422),
        ({"do": "follow", "kind": "stream", "name": "1", "bound": "20"}, 422),
        ({"do": "follow", "kind": "stream", "name": "1", "bound": True}, 422),
        ({"do": "follow", "kind": "stream", "name": "1", "bound": 1e300}, 422),
        ({"do": "follow", "kind": "stream", "name": "9" * 30, "bound": 1}, 422),
        ({"do": "follow", "kind": "thing", "name": "0"}, 422),
        ({"do": "follow", "kind": "person", "name": "1"}, 422),
        ({"do": "follow", "kind": "dataset", "name": "\0"}, 422),
        ({"do": "leave", "id": "1"}, 404),
        ({"do": "list"}, 404),
        ({"do": "dance"}, 404),
        ({}, 404),
    ],
)
async def test_what_cannot_be_followed_is_refused(
    pages: AsyncClient, town: factories.Town, service: Service, what: dict[str, Any], status: int
) -> None:
    """As a problem that says so, and nothing is stored."""
    answer = await _ask(pages, Browser(service.endpoint("wrong")), **what)
    assert answer.status_code == status
    assert answer["Content-Type"] == "application/problem+json"


async def test_an_endpoint_inside_is_refused_and_so_is_no_json(
    pages: AsyncClient, town: factories.Town
) -> None:
    """Before anything is sent there."""
    browser = Browser("https://192.168.0.1/push")
    answer = await _ask(pages, browser, do="follow", kind="thing", name=str(town.things["Linde"]))
    assert answer.status_code == 422
    deep = "[" * 3_000 + "]" * 3_000
    for body in ("", "[", "[]", "null", '"x"', "x" * 9_000, deep):
        assert (await pages.post("/folgen", body, content_type="application/json")).status_code == 422


async def test_what_is_not_for_everybody_cannot_be_followed(
    pages: AsyncClient, connection: Connection, town: factories.Town, service: Service
) -> None:
    """It answers as what is not there, on the page, too."""
    hidden = await datasets.save(connection, key="geheim", room="internal", about={})
    inside = factories.Town(connection, dataset_id=hidden, now=town.now)
    thing = await inside.thing("Geheimer Ort", kind="well", point=None)
    answer = await _ask(pages, Browser(service.endpoint("spy")), do="follow", kind="thing", name=str(thing))
    assert answer.status_code == 422
    pages_say = [
        (await pages.get(f"/folgen?{query}")).content.decode()
        for query in (f"messort={thing}", "messort=999999", "datensatz=geheim", "datensatz=gibtesnicht")
    ]
    assert all("Dem können Sie nicht folgen" in page for page in pages_say)
    assert not any("Geheim" in page for page in pages_say)


async def test_what_is_gone_is_followed_no_more(
    pages: AsyncClient, connection: Connection, town: factories.Town, service: Service
) -> None:
    """And a browser that follows nothing is forgotten after an hour."""
    anna = Browser(service.endpoint("anna"))
    await _ask(pages, anna, do="follow", kind="thing", name=str(town.things["Linde"]))
    await connection.execute("UPDATE identity.follow SET target = 999999")
    await connection.execute("UPDATE identity.browser SET created_at = now() - interval '2 hours'")
    await jobs.tidy(connection)
    row = await (await connection.execute("SELECT count(*) FROM identity.browser")).fetchone()
    assert row == (0,)


async def test_a_city_without_push_has_no_such_page(pages: AsyncClient, town: factories.Town) -> None:
    """The setting takes the page away."""
    with override_settings(PUSH=False):
        assert (await pages.get("/folgen")).status_code == 404
