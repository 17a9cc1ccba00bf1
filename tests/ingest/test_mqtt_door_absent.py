# SPDX-License-Identifier: EUPL-1.2
"""What waits at our own MQTT door for clients that are away: bounded, with the rights of then."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from paho.mqtt.enums import MQTTProtocolVersion

from stadtkern.core import datasets, tokens
from stadtkern.core.settings import Settings
from stadtkern.ingest.doors import mqtt, parcels
from tests.ingest import mqtt_clients
from tests.things import factories, histories

pytestmark = pytest.mark.anyio


def _topic(stream: int) -> str:
    return f"v1.1/Datastreams({stream})/Observations"


async def _store(client: Any, token: str, stream: int, results: Sequence[int], *, day: int = 1) -> None:
    """Store readings over HTTP, one second apart, each told by itself."""
    rows = [[f"2026-04-{day:02}T{i // 3600:02}:{i // 60 % 60:02}:{i % 60:02}Z", i] for i in results]
    body = [
        {
            "Datastream": {"@iot.id": stream},
            "components": ["phenomenonTime", "result"],
            "dataArray": rows,
        }
    ]
    answer = await client.post(
        f"{factories.STA}/CreateObservations", json=body, headers={"Authorization": f"Bearer {token}"}
    )
    assert answer.status_code == 201, answer.text


async def _goes(door: mqtt.Mqtt, *topics: str, **more: Any) -> None:
    """A client follows topics and goes; its session stays."""

    def work() -> None:
        with mqtt_clients.client(door.port, clean=False, **more) as screen:
            for topic in topics:
                assert screen.subscribe(topic) == 1

    await mqtt_clients.apart(work)


async def _waiting(database: str, *names: str) -> int:
    """How many observations wait in the database for these clients, each counted once."""
    async with await mqtt_clients.database_of(database) as connection:
        cursor = await connection.execute(
            "SELECT count(DISTINCT (p.token_id, p.client_id, t.key, o.value))"
            " FROM ingest.parcel AS p, jsonb_each(p.told) AS t, jsonb_array_elements(t.value) AS o"
            " WHERE t.key LIKE '%%/Observations' AND p.client_id = ANY (%s)",
            (list(names),),
        )
        row = await cursor.fetchone()
        return int(row[0])


def _told(screen: mqtt_clients.Client, topic: str) -> list[int]:
    """The results of a topic, without the newest that is told to whoever begins to follow."""
    return [body["result"] for name, body, retained in screen.messages if name == topic and not retained]


async def _come_to(database: str, count: int, *names: str) -> None:
    seen = -1

    async def there() -> bool:
        nonlocal seen
        seen = await _waiting(database, *names)
        return seen == count

    try:
        await histories.until(there)
    except TimeoutError:
        pytest.fail(f"{seen} messages wait, not {count}")


async def test_what_waits_for_an_absent_client_outlives_us(
    settings: Settings, client: Any, token: str, things: dict[str, int], database: str
) -> None:
    """What was stored before, between and after two restarts is told in order, and then forgotten."""
    topic, about = _topic(things["one"]), f"v1.1/Datastreams({things['one']})"
    async with mqtt_clients.service(settings) as door:
        await _goes(door, topic, about, secret=token, name="wall")
        for number in range(3):
            await _store(client, token, things["one"], [number])
        await _come_to(database, 3, "wall")
    await _store(client, token, things["one"], [3])
    async with mqtt_clients.service(settings):
        await _come_to(database, 4, "wall")
        await _store(client, token, things["one"], [4])
        await _come_to(database, 5, "wall")
    async with mqtt_clients.service(settings) as door:
        async with mqtt_clients.near(door.port, clean=False, secret=token, name="wall") as screen:

            def back() -> None:
                assert screen.present
                screen.until(lambda: len(set(_told(screen, topic))) == 5, what="all that waited")
                assert list(dict.fromkeys(_told(screen, topic))) == [0, 1, 2, 3, 4]
                screen.until(lambda: screen.of(about), what="the Datastream")
                assert len(screen.of(about)) == 1, "a Datastream that changed five times is told as it is"

            await mqtt_clients.apart(back)
            # An event that was told as we closed may be told again: it stays until all is acknowledged.
            await _come_to(database, 0, "wall")

        def again() -> list[Any]:
            with mqtt_clients.client(door.port, clean=False, secret=token, name="wall") as screen:
                screen.store(topic, {"phenomenonTime": "2026-04-01T01:00:00Z", "result": 5})
                screen.until(lambda: screen.of(topic), what="what is new")
                return screen.of(topic)

        assert [each["result"] for each in await mqtt_clients.apart(again)] == [5], "nothing comes twice"
        await _come_to(database, 0, "wall")


async def test_whoever_comes_back_for_the_last_time_is_told_what_waited(
    settings: Settings, client: Any, token: str, things: dict[str, int], database: str
) -> None:
    """A client whose session is to end with this connection; afterwards nothing is left of it."""
    topic = _topic(things["one"])
    async with mqtt_clients.service(settings) as door:
        await _goes(door, topic, secret=token, name="last")
        await _store(client, token, things["one"], [7], day=4)
        await _come_to(database, 1, "last")

        def back() -> None:
            screen = mqtt_clients.Client(
                door.port, secret=token, name="last", version=MQTTProtocolVersion.MQTTv5
            )
            try:
                screen.connect(clean_start=False)
                assert screen.present
                screen.until(lambda: _told(screen, topic) == [7], what="what waited")
            finally:
                screen.close()

        await mqtt_clients.apart(back)
        async with await mqtt_clients.database_of(database) as asking:

            async def forgotten() -> bool:
                left = "SELECT count(*) FROM things.follower WHERE client_id = 'last'"
                return await (await asking.execute(left)).fetchone() == (0,)

            await histories.until(forgotten)


async def test_what_one_may_not_see_any_more_is_not_told(
    settings: Settings, client: Any, token: str, things: dict[str, int], dataset: int, database: str
) -> None:
    """Rights are asked for when the client is back, whatever they were when something happened."""
    topic = _topic(things["two"])
    async with mqtt_clients.service(settings) as door, await mqtt_clients.database_of(database) as asking:
        other = await datasets.save(asking, key="elsewhere", room="public", about={"title": {"de": "Wo"}})
        made = await tokens.create(asking, name="curious", scopes={other: ["read"]})
        await _goes(door, topic, secret=made.secret, name="curious")
        await _goes(door, topic, name="stranger")
        await _store(client, token, things["two"], [1, 2], day=2)
        await _come_to(database, 2, "curious")
        moved = "UPDATE core.dataset SET room_id = (SELECT id FROM core.room WHERE key = %s) WHERE id = %s"
        await asking.execute(moved, ("internal", dataset))
        for who in ({"secret": made.secret, "name": "curious"}, {"name": "stranger"}):
            async with mqtt_clients.near(door.port, clean=False, **who) as screen:
                assert screen.present
                own = f"v1.1/Things({things['thing']})"  # a refusal comes behind what waited
                await mqtt_clients.apart(lambda own=own, screen=screen: screen.subscribe(own))
                await _come_to(database, 0, "curious")
                assert screen.of(topic) == []
        await asking.execute(moved, ("public", dataset))


async def test_of_much_that_waits_the_newest_stays(
    settings: Settings, client: Any, token: str, things: dict[str, int], database: str
) -> None:
    """A client that is away for long costs no more than its bound; one without a session costs nothing."""
    topic = _topic(things["one"])
    async with mqtt_clients.service(settings) as door:
        await _goes(door, topic, secret=token, name="slow")
        async with mqtt_clients.near(door.port, secret=token, name="clean") as beside:
            await mqtt_clients.apart(lambda: beside.subscribe(topic))
            for start in range(0, 2_400, 400):
                await _store(client, token, things["one"], range(start, start + 400), day=3)
            last = lambda: beside.of(topic) and beside.of(topic)[-1]["result"] == 2_399  # noqa: E731
            await mqtt_clients.apart(lambda: beside.until(last, what="the last at the client that is there"))

        async def bounded() -> bool:
            return 800 <= await _waiting(database, "slow") <= parcels.MOST_MESSAGES * 3 // 2

        await histories.until(bounded)

        def back() -> list[int]:
            with mqtt_clients.client(door.port, clean=False, secret=token, name="slow") as screen:
                screen.until(lambda: len(_told(screen, topic)) >= 800, what="the newest")
                screen.until(lambda: _told(screen, topic)[-1] == 2_399, what="the last")
                return _told(screen, topic)

        results = await mqtt_clients.apart(back)
        assert results == list(range(2_400 - len(results), 2_400))
        await _come_to(database, 0, "slow")


async def test_who_begins_anew_finds_nothing_waiting(
    settings: Settings, client: Any, token: str, things: dict[str, int], database: str
) -> None:
    """A clean start ends the session and what it held; so does the end of a token."""
    topic = _topic(things["two"])
    async with mqtt_clients.service(settings) as door, await mqtt_clients.database_of(database) as asking:
        made = await tokens.create(asking, name="ending", scopes={1: ["read"]})
        await _goes(door, topic, secret=token, name="anew")
        await _goes(door, topic, secret=made.secret, name="ending")
        await _store(client, token, things["two"], [7], day=4)
        await _come_to(database, 2, "anew", "ending")
        await tokens.revoke(asking, token_id=made.id)
        await _come_to(database, 1, "anew", "ending")

        async with mqtt_clients.near(door.port, secret=token, name="anew") as screen:
            assert not screen.present
            await _come_to(database, 0, "anew", "ending")
        async with mqtt_clients.near(door.port, secret=token, name="anew", clean=False) as screen:
            assert not screen.present


async def test_a_client_without_a_token_is_waited_for_while_we_run(
    settings: Settings, client: Any, token: str, things: dict[str, int], database: str
) -> None:
    """In memory, with the same bound; nothing of it is in the database."""
    topic = _topic(things["one"])
    async with mqtt_clients.service(settings) as door:
        await _goes(door, "v1.1/+/Observations", name="passer-by")
        async with mqtt_clients.near(door.port, secret=token) as beside:
            await mqtt_clients.apart(lambda: beside.subscribe(topic))
            await _store(client, token, things["one"], [1, 2, 3], day=5)
            await mqtt_clients.apart(lambda: beside.until(lambda: len(beside.of(topic)) >= 3))

        def back() -> list[int]:
            with mqtt_clients.client(door.port, clean=False, name="passer-by") as screen:
                assert screen.present
                screen.until(lambda: len(_told(screen, topic)) == 3, what="all three")
                return _told(screen, topic)

        assert await mqtt_clients.apart(back) == [1, 2, 3]
        assert await _waiting(database, "passer-by") == 0
