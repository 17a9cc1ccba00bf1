# SPDX-License-Identifier: EUPL-1.2
"""Who speaks MQTT comes and goes; what was held meanwhile arrives."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest

from stadtkern.core import tokens
from stadtkern.core.settings import Settings
from tests.ingest import mosquitto, mqtt_clients
from tests.things import factories

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
async def things(client: Any, token: str) -> dict[str, int]:
    """A Thing with two Datastreams."""
    return await mqtt_clients.make_things(client, token)


async def test_what_came_while_we_were_away_arrives_once(
    settings: Settings,
    tmp_path_factory: pytest.TempPathFactory,
    things: dict[str, int],
    dataset: int,
    database: str,
) -> None:
    """The broker keeps messages for our session; it is killed meanwhile, and holds them still."""
    mosquitto.required()
    topic = f"v1.1/Datastreams({things['two']})/Observations"
    with mosquitto.running(folder=tmp_path_factory.mktemp("other"), settings=settings) as broker:
        async with mqtt_clients.service(settings, mqtt_url=broker.url):
            async with await mqtt_clients.database_of(database) as connection:
                made = await tokens.create(connection, name="device", scopes={dataset: ["create"]})
            who = {"username": f"token-{made.id}", "secret": made.secret}
            sender = await mqtt_clients.apart(lambda: mqtt_clients.enters(broker.devices, **who))

        def away() -> None:
            for second in range(50):
                moment = f"2026-03-01T00:00:{second:02}Z"
                sender.store(topic, {"phenomenonTime": moment, "result": second})
            sent = time.time_ns()
            sender.until(lambda: broker.saved() > sent, what="the broker's own saving")
            broker.kill()
            broker.start()
            sender.close()

        await mqtt_clients.apart(away)
        async with (
            mqtt_clients.service(settings, mqtt_url=broker.url) as again,
            await mqtt_clients.database_of(database) as connection,
        ):
            await mqtt_clients.apart(lambda: sender.until(lambda: again.counters.stored >= 50))
            cursor = await connection.execute(
                "SELECT result FROM things.observation WHERE datastream_id = %s AND phenomenon_time"
                " BETWEEN '2026-03-01' AND '2026-03-02' ORDER BY phenomenon_time",
                (things["two"],),
            )
            assert [row[0] for row in await cursor.fetchall()] == list(range(50))


async def test_one_process_at_a_time_speaks_mqtt(settings: Settings) -> None:
    """A second one waits and takes over when the first is gone."""
    async with mqtt_clients.service(settings):
        second = mqtt_clients.service(settings, opened=False)
        waiting = await second.__aenter__()
        assert not waiting.opened.is_set()
    await asyncio.wait_for(waiting.opened.wait(), mqtt_clients.PATIENCE)
    assert await mqtt_clients.apart(lambda: mqtt_clients.Client(waiting.port).connect().close()) is None
    await second.__aexit__(None, None, None)


async def test_a_large_commit_is_told_by_the_newest_of_each_datastream(
    settings: Settings, client: Any, token: str, things: dict[str, int]
) -> None:
    """A screen wants no million messages of an import."""
    rows = [[f"2026-08-01T{i // 3600:02}:{i // 60 % 60:02}:{i % 60:02}Z", i] for i in range(1_200)]
    stream = {"Datastream": {"@iot.id": things["one"]}}
    body = [{**stream, "components": ["phenomenonTime", "result"], "dataArray": rows}]
    topic = f"v1.1/Datastreams({things['one']})/Observations"
    async with (
        mqtt_clients.service(settings) as door,
        mqtt_clients.near(door.port) as screen,
    ):
        await mqtt_clients.apart(lambda: screen.subscribe(topic))
        screen.messages.clear()
        answer = await client.post(
            f"{factories.STA}/CreateObservations", json=body, headers={"Authorization": f"Bearer {token}"}
        )
        assert answer.status_code == 201, answer.text
        await mqtt_clients.apart(lambda: screen.until(lambda: screen.of(topic)))
        assert [each["result"] for each in screen.of(topic)] == [1_199]
