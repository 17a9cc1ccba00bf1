# SPDX-License-Identifier: EUPL-1.2
"""MQTT clients as devices and dashboards use them (paho), and an MQTT service of a test's own."""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from stadtkern.core import database, outbox
from stadtkern.core.settings import Settings
from stadtkern.ingest.doors import mqtt
from tests.things import factories

PATIENCE = 60.0


class Client:
    """One client. What it receives is kept in order; waiting for something is always bounded."""

    def __init__(
        self,
        port: int,
        *,
        secret: str | None = None,
        name: str = "",
        clean: bool = True,
        trusted: Path | None = None,
        **more: Any,
    ):
        version = more.pop("version", MQTTProtocolVersion.MQTTv311)
        username = more.pop("username", "anything")
        arguments: dict[str, Any] = {"clean_session": clean} if version < 5 else {}
        self.paho = paho.Client(
            CallbackAPIVersion.VERSION2,
            client_id=name,
            protocol=version,
            manual_ack=True,
            **arguments,
            **more,
        )
        self.port = port
        self.messages: list[tuple[str, Any, bool]] = []
        self.acknowledged: dict[int, Any] = {}
        self.granted: dict[int, list[Any]] = {}
        self.ended: set[int] = set()
        self.connected: Any = None
        self.present: bool | None = None
        self.lost: Any = None
        self.followed: dict[str, int] = {}
        self._news = threading.Condition()
        if secret is not None:
            self.paho.username_pw_set(username, secret)
        if trusted is not None:  # whoever shows this certificate, over TLS
            self.paho.tls_set(ca_certs=str(trusted))
        self.paho.on_message = self._on_message
        self.paho.on_connect = self._on_connect
        self.paho.on_disconnect = self._on_disconnect
        self.paho.on_publish = self._on_publish
        self.paho.on_subscribe = self._on_subscribe
        self.paho.on_unsubscribe = self._on_unsubscribe

    def _note(self) -> None:
        with self._news:
            self._news.notify_all()

    def _on_message(self, _: Any, __: Any, message: Any) -> None:
        try:
            document = json.loads(message.payload)
        except ValueError:
            document = message.payload
        # Before anybody hears of it: whoever leaves at once has acknowledged what was seen.
        self.paho.ack(message.mid, message.qos)
        self.messages.append((message.topic, document, message.retain))
        self._note()

    def _on_connect(self, _: Any, __: Any, flags: Any, reason: Any, ___: Any) -> None:
        self.connected, self.present, self.lost = reason, flags.session_present, None
        if self.followed and not flags.session_present and not reason.is_failure:
            self.paho.subscribe(list(self.followed.items()))
        self._note()

    def _on_disconnect(self, _: Any, __: Any, ___: Any, reason: Any, ____: Any) -> None:
        self.lost = reason
        self._note()

    def _on_publish(self, _: Any, __: Any, number: int, reason: Any, ___: Any) -> None:
        self.acknowledged[number] = reason
        self._note()

    def _on_subscribe(self, _: Any, __: Any, number: int, reasons: Any, ___: Any) -> None:
        self.granted[number] = list(reasons)
        self._note()

    def _on_unsubscribe(self, _: Any, __: Any, number: int, ___: Any, ____: Any) -> None:
        self.ended.add(number)
        self._note()

    def until(self, condition: Callable[[], Any], *, what: str = "", patience: float = PATIENCE) -> Any:
        """Wait until something holds; fails after a while."""
        deadline = time.monotonic() + patience
        with self._news:
            while not (found := condition()):
                assert time.monotonic() < deadline, (
                    f"waited in vain: {what or condition}; {self.messages[-3:]}"
                )
                self._news.wait(0.05)
        return found

    def connect(self, **more: Any) -> Client:
        """Connect and wait for the answer."""
        self.connected = None
        self.paho.connect("127.0.0.1", self.port, **more)
        self.paho.loop_start()
        self.until(lambda: self.connected is not None or self.lost is not None, what="an answer to CONNECT")
        return self

    def close(self) -> None:
        """Leave."""
        self.paho.disconnect()
        self.paho.loop_stop()

    def publish(self, topic: str, document: Any, *, qos: int = 1, **more: Any) -> int:
        """Send without waiting."""
        payload = document if isinstance(document, bytes) else json.dumps(document)
        return self.paho.publish(topic, payload, qos=qos, **more).mid

    def store(self, topic: str, document: Any, *, qos: int = 1, **more: Any) -> Any:
        """Send and wait for the acknowledgement; returns its reason."""
        number = self.publish(topic, document, qos=qos, **more)
        self.until(lambda: number in self.acknowledged, what=f"an acknowledgement of {document!r:.80}")
        return self.acknowledged[number]

    def subscribe(self, topic: str, *, qos: int = 1) -> Any:
        """Follow a topic and wait for the answer."""
        self.followed[topic] = qos
        _, number = self.paho.subscribe(topic, qos)
        self.until(lambda: number in self.granted, what=f"an answer to SUBSCRIBE {topic}")
        return self.granted[number][0]

    def unsubscribe(self, *topics: str) -> None:
        """Follow topics no more, and wait until the other side knows it."""
        _, number = self.paho.unsubscribe(list(topics))
        self.until(lambda: number in self.ended, what=f"an answer to UNSUBSCRIBE {topics}")

    def of(self, topic: str) -> list[Any]:
        """The documents received on a topic."""
        return [document for name, document, _ in self.messages if name == topic]


@contextlib.contextmanager
def client(port: int, **more: Any) -> Iterator[Client]:
    """A connected client for the time of the block."""
    made = Client(port, **more)
    try:
        yield made.connect()
    finally:
        made.close()


@contextlib.asynccontextmanager
async def near(port: int, **more: Any) -> AsyncIterator[Client]:
    """The same for a test on whose loop the door lives."""
    made = Client(port, **more)
    try:
        yield await asyncio.to_thread(made.connect)
    finally:
        await asyncio.to_thread(made.close)


@contextlib.asynccontextmanager
async def service(settings: Settings, *, opened: bool = True, **more: Any) -> AsyncIterator[mqtt.Mqtt]:
    """MQTT with a relay of its own, as in the work process; the port is one that the system gives."""
    stop = asyncio.Event()
    settings = msgspec.structs.replace(settings, **{"mqtt_port": 0, **more})
    made = mqtt.Mqtt(settings=settings, url=settings.database_url or "")
    subscriptions = outbox.Subscriptions()
    made.hear(subscriptions)
    tasks = [
        asyncio.create_task(made.run(stop)),
        asyncio.create_task(
            outbox.relay(url=settings.database_url or "", stop=stop, subscriptions=subscriptions)
        ),
    ]
    opening = asyncio.create_task(made.opened.wait())
    try:
        if opened:
            await asyncio.wait([opening, *tasks], timeout=PATIENCE, return_when=asyncio.FIRST_COMPLETED)
            assert made.opened.is_set(), tasks
            await asyncio.wait_for(made.settled.wait(), PATIENCE)
        yield made
    finally:
        stop.set()
        opening.cancel()
        tasks[1].cancel()  # it would look for stop only after its next round
        await asyncio.gather(*tasks, return_exceptions=True)


async def apart(work: Callable[[], Any]) -> Any:
    """Run what a client does in a thread, since the door lives on this loop."""
    return await asyncio.to_thread(work)


def database_of(url: str) -> Any:
    """A connection to the module's database."""
    return database.connect(url=url, autocommit=True)


async def make_things(client: Any, token: str) -> dict[str, int]:
    """A Thing with two Datastreams, made over HTTP."""
    document = factories.thing(
        properties={"owner": "city"}, Locations=[factories.location()],
        Datastreams=[factories.datastream(name="one"), factories.datastream(name="two")],
    )  # fmt: skip
    answer = await client.post(
        f"{factories.STA}/Things", json=document, headers={"Authorization": f"Bearer {token}"}
    )
    assert answer.status_code == 201, answer.text
    thing = answer.json()["@iot.id"]
    found = await client.get(f"{factories.STA}/Things({thing})/Datastreams?$orderby=id")
    first, second = (each["@iot.id"] for each in found.json()["value"])
    return {"thing": thing, "one": first, "two": second}


def enters(port: int, **more: Any) -> Client:
    """A client that tries until the broker knows it."""
    client = Client(port, **more)
    client.connect()
    client.until(lambda: client.connected is not None and not client.connected.is_failure, what="admission")
    return client


def follows(client: Client, *topics: str) -> None:
    """Subscribe, again until the broker has its rules."""
    for topic in topics:
        client.until(lambda topic=topic: client.subscribe(topic) == 1, what=f"the right to follow {topic}")
