# SPDX-License-Identifier: EUPL-1.2
"""MQTT seen from outside: publish and wait for the acknowledgement, subscribe and wait for messages."""

from __future__ import annotations

import json
import os
import queue
import threading
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from conformance.service import Service

SECONDS = 15.0
QUIET = 0.3
_silent: set[str] = set()
RECEIVE = "receive-updates-via-mqtt/receive-updates"
CREATE = "create-observations-via-mqtt/observations-creation"
_REQ = "http://www.opengis.net/spec/iot_sensing/1.1/req/"


def endpoint(sta: Service, requirement: str) -> str:
    """Where MQTT is spoken: STA_MQTT, or what the root says of the requirement; else the test is skipped."""
    told = os.environ.get("STA_MQTT")
    if told:
        return told
    settings = sta.get("").get("serverSettings", {})
    found = [url for url in settings.get(_REQ + requirement, {}).get("endpoints", [])
             if url.startswith(("mqtt:", "tcp:"))]  # fmt: skip
    if not found:
        pytest.skip("the root names no MQTT endpoint, and STA_MQTT is not set")
    return str(found[0])


class Client:
    """A connection to the broker."""

    def __init__(self, address: str):
        parts = urlsplit(address)
        self.messages: queue.Queue[tuple[str, Any]] = queue.Queue()
        self._acknowledged: dict[int, threading.Event] = {}
        self._ready = threading.Event()
        self.client = paho.Client(CallbackAPIVersion.VERSION2, protocol=paho.MQTTv311)
        user = parts.username or os.environ.get("STA_USER") or "token"
        password = parts.password or os.environ.get("STA_PASSWORD") or os.environ.get("STA_TOKEN")
        if password:
            self.client.username_pw_set(user, password)
        self.client.on_message = self._message
        self.client.on_connect = lambda *_: self._ready.set()
        self.client.on_subscribe = lambda _c, _u, mid, *_: self._event(mid).set()
        assert address not in _silent, f"no connection to {address}"
        self.client.connect(parts.hostname or "localhost", parts.port or 1883)
        self.client.loop_start()
        if not self._ready.wait(SECONDS):
            _silent.add(address)
            raise AssertionError(f"no connection to {address}")

    def _event(self, number: int) -> threading.Event:
        return self._acknowledged.setdefault(number, threading.Event())

    def _message(self, _client: object, _data: object, message: Any) -> None:
        self.messages.put((message.topic, json.loads(message.payload)))

    def publish(self, topic: str, body: object) -> None:
        """Publish with QoS 1 and wait until the broker has it."""
        payload = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.client.publish(topic, payload, qos=1).wait_for_publish(SECONDS)

    def subscribe(self, topic: str) -> None:
        """Subscribe and wait until the broker has said so; messages kept for newcomers are dropped."""
        code, number = self.client.subscribe(topic, qos=1)
        assert code == paho.MQTT_ERR_SUCCESS
        assert self._event(number or 0).wait(SECONDS), f"no answer to the subscription of {topic}"
        self.quiet(QUIET)

    def next(self) -> Any:
        """The next message."""
        try:
            return self.messages.get(timeout=SECONDS)[1]
        except queue.Empty:
            raise AssertionError(f"no message within {SECONDS:g} s") from None

    def until(self, fits: Callable[[Any], bool]) -> Any:
        """The next message that fits."""
        seen = []
        while True:
            seen.append(self.next())
            if fits(seen[-1]):
                return seen[-1]
            assert len(seen) < 50, f"none of these fits: {seen}"

    def quiet(self, seconds: float) -> list[Any]:
        """What comes within some time."""
        came, end = [], time.monotonic() + seconds
        while (rest := end - time.monotonic()) > 0:
            try:
                came.append(self.messages.get(timeout=rest)[1])
            except queue.Empty:
                break
        return came

    def close(self) -> None:
        """Leave."""
        self.client.disconnect()
        self.client.loop_stop()


def eventually(found: Callable[[], Any], what: str) -> Any:
    """Ask again until there is an answer, for some seconds."""
    end, pause = time.monotonic() + SECONDS, threading.Event()
    while time.monotonic() < end:
        answer = found()
        if answer:
            return answer
        pause.wait(0.05)
    raise AssertionError(f"{what} did not happen within {SECONDS:g} s")
