# SPDX-License-Identifier: EUPL-1.2
"""What outlives a connection at our own MQTT door: sessions over a restart, and last wills."""

from __future__ import annotations

import asyncio
import socket
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from stadtkern.core import access, tokens
from stadtkern.core.settings import Settings
from stadtkern.ingest.doors import leftovers, wills
from stadtkern.ingest.doors.packets import Will
from stadtkern.ingest.doors.session import Session
from tests.ingest import mqtt_clients
from tests.things import factories, histories

pytestmark = pytest.mark.anyio


async def stored(client: Any, stream: int) -> list[Any]:
    """The results of a Datastream."""
    found = await client.get(f"{factories.STA}/Datastreams({stream})/Observations?$orderby=phenomenonTime")
    return [each["result"] for each in found.json()["value"]]


async def test_a_session_goes_on_after_a_restart(
    settings: Settings, client: Any, token: str, things: dict[str, int], database: str
) -> None:
    """The client need not subscribe again; what happened meanwhile and the newest value are told."""
    topic = f"v1.1/Datastreams({things['one']})/Observations"
    async with mqtt_clients.service(settings) as door:

        def begin() -> None:
            with mqtt_clients.client(door.port, secret=token, name="screen", clean=False) as screen:
                assert not screen.present
                for each in (topic, "v1.1/+/Observations", "v1.1/Things"):
                    assert screen.subscribe(each) == 1
                screen.unsubscribe("v1.1/Things")
                screen.store(topic, {"phenomenonTime": "2026-01-01T00:00:00Z", "result": 1})
                screen.until(lambda: screen.of(topic))

        await mqtt_clients.apart(begin)
    headers = {"Authorization": f"Bearer {token}"}
    other = topic.replace(f"({things['one']})", f"({things['two']})")
    for path, number in ((topic, 2), (other, 3)):
        body = {"phenomenonTime": f"2026-01-0{number}T00:00:00Z", "result": number}
        posted = await client.post(f"{factories.STA}/{path[5:]}", json=body, headers=headers)
        assert posted.status_code == 201
    async with mqtt_clients.service(settings) as door:

        def again() -> None:
            with mqtt_clients.client(door.port, secret=token, name="screen", clean=False) as screen:
                assert screen.present
                screen.until(lambda: screen.of(other), what="what happened while the door was closed")
                newest = lambda: [each["result"] for each in screen.of(topic)][-1:] == [2]  # noqa: E731
                screen.until(newest, what="the newest value")
                assert not screen.of("v1.1/Things")
            with mqtt_clients.client(door.port, secret=token, name="screen", clean=True) as screen:
                assert not screen.present

        await mqtt_clients.apart(again)
    async with await mqtt_clients.database_of(database) as connection:
        assert not await (await connection.execute("SELECT FROM things.follower")).fetchall()


async def test_a_session_ends_with_its_token(
    settings: Settings, token: str, things: dict[str, int], dataset: int, database: str
) -> None:
    """Nobody comes back after that, and nothing is kept of them; strangers are not kept at all."""
    topic = f"v1.1/Datastreams({things['one']})/Observations"
    async with await mqtt_clients.database_of(database) as connection:
        made = await tokens.create(connection, name="brief", scopes={dataset: frozenset({"read"})})

        async def followers() -> list[Any]:
            return await (await connection.execute("SELECT client_id FROM things.follower")).fetchall()

        async with mqtt_clients.service(settings) as door:

            def begin() -> None:
                for name, secret in (("stranger", None), ("brief", made.secret)):
                    with mqtt_clients.client(door.port, secret=secret, name=name, clean=False) as screen:
                        assert screen.subscribe(topic) == 1

            await mqtt_clients.apart(begin)
            assert await followers() == [("brief",)]
        async with mqtt_clients.service(settings) as door:
            await tokens.revoke(connection, token_id=made.id)

            async def gone() -> bool:
                return await followers() == []

            await histories.until(gone)

            def refused() -> bool:
                with mqtt_clients.client(door.port, secret=made.secret, name="brief", clean=False) as screen:
                    return bool(screen.connected.is_failure)

            assert await mqtt_clients.apart(refused)


def vanishes(client: mqtt_clients.Client) -> None:
    """The connection is cut; there is no goodbye."""
    client.paho.loop_stop()
    found = client.paho.socket()
    assert isinstance(found, socket.socket)
    found.shutdown(socket.SHUT_RDWR)
    found.close()


def with_will(
    port: int, stream: int, result: float, *, token: str | None, **more: Any
) -> mqtt_clients.Client:
    """A client whose will is an observation."""
    expiry, more_delay = more.pop("expiry", None), more.pop("delay", 3600)
    if expiry is not None:
        more["version"] = 5
    made = mqtt_clients.Client(port, secret=token, **more)
    body = f'{{"result": {result}}}'.encode()
    delay = Properties(PacketTypes.WILLMESSAGE) if made.paho.protocol == 5 else None
    if delay is not None:
        delay.WillDelayInterval = more_delay
    made.paho.will_set(f"v1.1/Datastreams({stream})/Observations", body, qos=1, properties=delay)
    if expiry is None:
        return made.connect()
    made.paho.connect("127.0.0.1", port, clean_start=False, properties=expiry)
    made.paho.loop_start()
    made.until(lambda: made.connected is not None)
    return made


async def test_a_last_will_is_stored_when_its_client_vanishes(
    settings: Settings, client: Any, token: str, things: dict[str, int]
) -> None:
    """As an observation at the time it vanished, with its rights; not after a goodbye, not when we close."""
    async with mqtt_clients.service(settings) as door:

        def work() -> None:
            with_will(door.port, things["two"], 10, token=token, name="polite").close()
            vanishes(with_will(door.port, things["two"], 11, token=None, name="stranger"))
            vanishes(with_will(door.port, things["two"], 12, token=token, name="lost"))

        before = datetime.now(UTC)
        await mqtt_clients.apart(work)

        async def there() -> bool:
            return 12 in await stored(client, things["two"])

        await histories.until(there)
        last = await mqtt_clients.apart(
            lambda: with_will(door.port, things["two"], 13, token=token, name="last")
        )
    await mqtt_clients.apart(last.close)
    assert not {10, 11, 13} & set(await stored(client, things["two"]))
    found = await client.get(
        f"{factories.STA}/Datastreams({things['two']})/Observations?$filter=result eq 12"
    )
    time = datetime.fromisoformat(found.json()["value"][0]["phenomenonTime"].replace("Z", "+00:00"))
    assert before <= time <= before + timedelta(minutes=1)


async def test_a_will_waits_for_its_client_to_come_back(
    settings: Settings, client: Any, token: str, things: dict[str, int]
) -> None:
    """It is stored after its delay or when the session ends (MQTT 5, clause 3.1.3.2.2), not before."""
    expiry = Properties(PacketTypes.CONNECT)
    expiry.SessionExpiryInterval = 3600
    async with mqtt_clients.service(settings) as door:

        def work() -> None:
            first = with_will(door.port, things["one"], 20, token=token, name="patient", version=5)
            vanishes(first)  # its session ends with the connection, so the will is due
            vanishes(
                with_will(door.port, things["one"], 21, token=token, name="lasting", expiry=expiry, delay=1)
            )

        await mqtt_clients.apart(work)

        async def both() -> bool:
            return {20, 21} <= set(await stored(client, things["one"]))

        await histories.until(both)


async def test_a_will_is_spared_when_its_client_comes_back_in_time() -> None:
    """Also when it takes its session over from the connection that is lost."""
    stored: list[str] = []
    told = asyncio.Event()

    async def store(session: Session, will: Will, _: datetime) -> None:
        stored.append(session.client_id)
        told.set()

    kept = wills.Wills(store=store, leftovers=leftovers.Leftovers(count=[].append))
    for name, delay in (("back", 60), ("away", 60), ("taken", 60)):
        principal = access.Principal(kind="token", token_id=1)
        session = Session(client_id=name, principal=principal, secret="x", expiry=3600, address="")
        session.will = Will("t", name.encode(), delay)
        kept.lost(session, comes_back=name == "taken")
        if name == "back":
            kept.back(session)
    now = asyncio.get_running_loop().time()
    kept.sweep(now=now)
    kept.sweep(now=now + 61)
    await asyncio.wait_for(told.wait(), 60)
    await kept.close()
    assert stored == ["away"]
