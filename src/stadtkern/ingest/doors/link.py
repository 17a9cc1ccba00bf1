# SPDX-License-Identifier: EUPL-1.2
"""Our line to a broker in front (paho): acknowledges when it is told to, and comes back by itself."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit

import paho.mqtt.client as paho
import structlog
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions

from stadtkern.core import problems

log = structlog.get_logger(__name__)

CLIENT_ID = "stadtkern"
WINDOW = 2_000
EXPIRY_SECONDS = 30 * 86_400
CONTROL = "$CONTROL/dynamic-security/v1"
_ANSWER_SECONDS = 15.0
_PORTS = {"mqtt": 1883, "mqtts": 8883}


class InvalidBrokerAddress(problems.Problem):
    """The address of the MQTT broker cannot be used.

    STADTKERN_MQTT_URL takes the form `mqtt://user:password@host:port`, or `mqtts://…` with TLS.
    """


class BrokerRefuses(problems.Problem):
    """The broker does not carry out a command.

    Does it run with the dynamic-security plugin, and is our account its administrator? See docs/mqtt.md.
    """


class Incoming(NamedTuple):
    """A message from the broker; `line` tells the connection it came on."""

    topic: str
    payload: bytes
    qos: int
    number: int
    line: int


class Link:
    """One persistent session at the broker. Callbacks run on the loop that made the link."""

    def __init__(
        self,
        *,
        url: str,
        topics: Sequence[str],
        received: Callable[[Incoming], None],
        connected: Callable[[], None],
    ):
        self._loop = asyncio.get_running_loop()
        self._topics = tuple(topics)
        self._received = received
        self._connected = connected
        self._arrived: list[Incoming] = []
        self._scheduled = False
        self._answers: dict[str, asyncio.Future[dict[str, Any]]] = {}
        self._command = 0
        self.line = 0
        self.up = False
        self._client, self._host, self._port = _client(url)
        self._client.on_connect = self._on_connect
        self._client.on_disconnect = self._on_disconnect
        self._client.on_message = self._on_message

    @property
    def account(self) -> str:
        """Our user name at the broker."""
        return (self._client.username or "").strip()

    def start(self) -> None:
        """Connect, now or when the broker comes; messages that it kept for us follow."""
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        properties.SessionExpiryInterval = EXPIRY_SECONDS
        properties.ReceiveMaximum = WINDOW
        self._client.reconnect_delay_set(min_delay=1, max_delay=5)
        self._client.connect_async(
            self._host, self._port, keepalive=30, clean_start=False, properties=properties
        )
        self._client.loop_start()

    def stop(self) -> None:
        """Leave; the broker keeps our session."""
        self.up = False
        self._client.disconnect()
        self._client.loop_stop()

    def follow(self) -> None:
        """Subscribe; of what the broker retained we want our own list only."""
        other = SubscribeOptions(qos=1, noLocal=True, retainHandling=SubscribeOptions.RETAIN_DO_NOT_SEND)
        own = SubscribeOptions(qos=1, noLocal=True)
        self._client.subscribe(
            [(topic, own if topic.startswith(f"{CLIENT_ID}/") else other) for topic in self._topics]
        )

    def acknowledge(self, message: Incoming) -> None:
        """Tell the broker that a message is on disk. One of an earlier connection it sends again anyway."""
        if message.qos and message.line == self.line:
            self._client.ack(message.number, message.qos)

    async def publish(self, messages: Sequence[tuple[str, bytes, bool]], *, seconds: float = 30.0) -> bool:
        """Publish (topic, payload, retain) with QoS 1; whether the broker has confirmed them all in time."""
        if not self.up:
            return False
        waiting = [self._client.publish(topic, payload, 1, retain) for topic, payload, retain in messages]
        return await asyncio.to_thread(self._confirmed, waiting, seconds)

    def _confirmed(self, waiting: Sequence[paho.MQTTMessageInfo], seconds: float) -> bool:
        """In a thread: wait for the broker, but not for one that is gone."""
        deadline = time.monotonic() + seconds
        try:
            for each in waiting:
                while not each.is_published():
                    if not self.up or time.monotonic() > deadline:
                        return False
                    each.wait_for_publish(0.25)
        except (RuntimeError, ValueError):
            return False
        return True

    async def command(self, *commands: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Have the dynamic-security plugin carry out commands. Raises BrokerRefuses."""
        if not commands:
            return []
        self._command += 1
        names = [f"{self._command}.{i}" for i in range(len(commands))]
        futures = [self._loop.create_future() for _ in names]
        self._answers.update(zip(names, futures, strict=True))
        told = [{**each, "correlationData": name} for each, name in zip(commands, names, strict=True)]
        self._client.publish(CONTROL, json.dumps({"commands": told}), 1)
        try:
            answers = await asyncio.wait_for(asyncio.gather(*futures), _ANSWER_SECONDS)
        except TimeoutError as error:
            raise BrokerRefuses(f"no answer to {commands[0].get('command')}") from error
        finally:
            for name in names:
                self._answers.pop(name, None)
        for answer in answers:
            if "error" in answer and "already" not in answer["error"]:
                raise BrokerRefuses(f"{answer.get('command')}: {answer['error']}")
        return [answer.get("data", {}) for answer in answers]

    def tell(self, command: Mapping[str, Any]) -> None:
        """Send a command without waiting for what becomes of it."""
        self._client.publish(CONTROL, json.dumps({"commands": [command]}), 1)

    def _on_connect(self, client: Any, _: Any, __: Any, reason: Any, ___: Any) -> None:
        if reason.is_failure:
            log.error("the MQTT broker does not let us in", reason=str(reason))
            return
        client.subscribe(f"{CONTROL}/response", 1)
        self.line += 1
        self.up = True
        self._loop.call_soon_threadsafe(self._connected)

    def _on_disconnect(self, _: Any, __: Any, ___: Any, reason: Any, ____: Any) -> None:
        if self.up:
            log.warning("the connection to the MQTT broker ended", reason=str(reason))
        self.up = False
        self.line += 1

    def _on_message(self, _: Any, __: Any, message: Any) -> None:
        """In paho's thread: hand over in heaps, so that the loop is woken once for many."""
        self._arrived.append(Incoming(message.topic, message.payload, message.qos, message.mid, self.line))
        if not self._scheduled:
            self._scheduled = True
            self._loop.call_soon_threadsafe(self._hand_over)

    def _hand_over(self) -> None:
        self._scheduled = False
        taken, self._arrived = self._arrived, []
        for message in taken:
            if message.topic == f"{CONTROL}/response":
                self._answered(message)
            else:
                self._received(message)

    def _answered(self, message: Incoming) -> None:
        self.acknowledge(message)
        for answer in json.loads(message.payload).get("responses", ()):
            future = self._answers.get(str(answer.get("correlationData")))
            if future is not None and not future.done():
                future.set_result(answer)


def _client(url: str) -> tuple[paho.Client, str, int]:
    parts = urlsplit(url)
    if parts.scheme not in _PORTS or not parts.hostname:
        raise InvalidBrokerAddress()
    client = paho.Client(
        CallbackAPIVersion.VERSION2, client_id=CLIENT_ID, protocol=MQTTProtocolVersion.MQTTv5, manual_ack=True
    )
    client.max_inflight_messages = WINDOW
    if parts.username:
        client.username_pw_set(unquote(parts.username), unquote(parts.password or ""))
    if parts.scheme == "mqtts":
        client.tls_set()
    return client, parts.hostname, parts.port or _PORTS[parts.scheme]
