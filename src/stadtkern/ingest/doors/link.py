# SPDX-License-Identifier: EUPL-1.2
"""Our session at a broker in front: acknowledges when it is told to, and comes back by itself."""

from __future__ import annotations

import asyncio
import contextlib
import json
import ssl
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, Self
from urllib.parse import unquote, urlsplit

import structlog

from stadtkern.core import problems
from stadtkern.ingest.doors import asking, packets
from stadtkern.ingest.doors.asking import Welcome
from stadtkern.ingest.doors.line import KEEP_ALIVE_SECONDS, WINDOW, Incoming, Line
from stadtkern.ingest.doors.outgoing import Outgoing

log = structlog.get_logger(__name__)

CLIENT_ID = "stadtkern"
EXPIRY_SECONDS = 30 * 86_400
CONTROL = "$CONTROL/dynamic-security/v1"
_ANSWER_SECONDS = 15.0
_LEAVING_SECONDS = 3.0
_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 5.0
_PORTS = {"mqtt": 1883, "mqtts": 8883}


class InvalidBrokerAddress(problems.Problem):
    """The address of the MQTT broker cannot be used.

    STADTKERN_MQTT_URL takes the form `mqtt://user:password@host:port`, or `mqtts://…` with TLS.
    """


class BrokerRefuses(problems.Problem):
    """The broker does not carry out a command.

    Does it run with the dynamic-security plugin, and is our account its administrator? See docs/mqtt.md.
    """


class Link:
    """One persistent session at the broker, over one connection after the other."""

    def __init__(
        self,
        *,
        url: str,
        topics: Sequence[str],
        received: Callable[[Sequence[Incoming]], None],
        connected: Callable[[], None],
    ):
        self._topics = tuple(topics)
        self._received = received
        self._connected = connected
        self._answers: dict[str, asyncio.Future[dict[str, Any]]] = {}
        self._command = 0
        self._outgoing = Outgoing()
        self._address = _Address.read(url)
        self._keeper: asyncio.Task[None] | None = None
        self._line: Line | None = None
        self._welcome: asyncio.Future[Welcome] | None = None
        self._gone = asyncio.Event()
        self.line = 0
        self.up = False

    @property
    def account(self) -> str:
        """Our user name at the broker."""
        return self._address.username

    def start(self) -> None:
        """Connect, now or when the broker comes; messages that it kept for us follow."""
        self._keeper = asyncio.create_task(self._keep(), name="mqtt-link")

    def rest(self) -> None:
        """Come back no more; a connection that stands is used on."""
        if self._keeper is not None:
            self._keeper.cancel()

    async def stop(self) -> None:
        """Leave; the broker keeps our session."""
        self.up = False
        self.rest()
        if self._keeper is not None:
            await asyncio.gather(self._keeper, return_exceptions=True)
        if self._line is not None:
            await self._leave(self._line)

    async def _leave(self, line: Line) -> None:
        line.leave()
        try:
            await asyncio.wait_for(self._gone.wait(), _LEAVING_SECONDS)
        except TimeoutError:
            line.abort("it does not read our goodbye")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._gone.wait(), _LEAVING_SECONDS)

    def follow(self) -> None:
        """Subscribe; of what the broker retained we want our own list only."""
        own = [topic for topic in self._topics if topic.startswith(f"{CLIENT_ID}/")]
        self._subscribe(own, retained=True)
        self._subscribe([topic for topic in self._topics if topic not in own], retained=False)

    def acknowledge(self, messages: Sequence[Incoming]) -> None:
        """Tell the broker that these are on disk. Those of an earlier connection it sends again anyway."""
        if self._line is not None:
            line = self._line
            line.acknowledge([message for message in messages if message.line == line.number])

    async def publish(self, messages: Sequence[tuple[str, bytes, bool]], *, seconds: float = 30.0) -> bool:
        """Publish (topic, payload, retain) with QoS 1; whether the broker has confirmed them all in time."""
        if not self.up:
            return False
        try:
            return await asyncio.wait_for(self._send(messages), seconds)
        except TimeoutError:
            return False

    async def command(self, *commands: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Have the dynamic-security plugin carry out commands. Raises BrokerRefuses."""
        if not commands:
            return []
        self._command += 1
        names = [f"{self._command}.{i}" for i in range(len(commands))]
        loop = asyncio.get_running_loop()
        futures = [loop.create_future() for _ in names]
        self._answers.update(zip(names, futures, strict=True))
        self._order([{**each, "correlationData": name} for each, name in zip(commands, names, strict=True)])
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
        self._order([command])

    def welcomed(self, line: Line, welcome: Welcome) -> None:
        """The broker has answered to CONNECT."""
        if self._welcome is not None and not self._welcome.done():
            self._welcome.set_result(welcome)
        if welcome.reason != packets.SUCCESS:  # those who speak MQTT 3.1.1 only say no with 1 to 5
            line.leave()
            return
        again = self._outgoing.begin(
            window=welcome.window, most_bytes=welcome.most_bytes, present=welcome.present
        )
        line.send(again)
        self._line, self.line, self.up = line, line.number, True
        self._subscribe([f"{CONTROL}/response"], retained=False)
        self._connected()

    def arrived(self, line: Line, messages: Sequence[Incoming]) -> None:
        """Answers to our commands stay here, all else is handed on."""
        answers = [message for message in messages if message.topic == f"{CONTROL}/response"]
        if answers:
            line.acknowledge(answers)
            for message in answers:
                try:
                    self._answered(message.payload)
                except Exception:  # an answer that nobody foresaw must not end the connection
                    log.exception("an answer of the MQTT broker could not be read")
            messages = [message for message in messages if message not in answers]
        if messages:
            self._received(messages)

    def ended(self, line: Line, why: str) -> None:
        """A connection is gone."""
        if self.up and line is self._line:
            log.warning("the connection to the MQTT broker ended", reason=why)
        self.up, self._line = False, None
        self.line += 1
        self._outgoing.end()
        if self._welcome is not None and not self._welcome.done():
            self._welcome.set_exception(ConnectionError(why))
        self._gone.set()

    async def _keep(self) -> None:
        """Be connected, one connection after the other."""
        pause = _FIRST_PAUSE
        while True:
            try:
                async with asyncio.timeout(_ANSWER_SECONDS):
                    welcome = await self._connect()
            except (OSError, TimeoutError, ValueError) as error:  # ValueError: a name that cannot be encoded
                if pause == _FIRST_PAUSE:
                    log.warning("the MQTT broker is away", reason=str(error) or "no answer")
            else:
                if welcome.reason != packets.SUCCESS:
                    log.error("the MQTT broker does not let us in", reason=welcome.reason)
                else:
                    pause = _FIRST_PAUSE
                await self._gone.wait()
            await asyncio.sleep(pause)
            pause = min(_LONGEST_PAUSE, pause * 2)

    async def _connect(self) -> Welcome:
        """Open a connection and say hello; its line is ours once the broker has answered."""
        loop = asyncio.get_running_loop()
        address = self._address
        self._gone.clear()
        self._welcome = loop.create_future()
        hello = asking.connect(
            client_id=CLIENT_ID, username=address.username, password=address.password,
            keep_alive=KEEP_ALIVE_SECONDS, expiry=EXPIRY_SECONDS, window=WINDOW,
        )  # fmt: skip
        _, line = await loop.create_connection(
            lambda: Line(host=self, hello=hello, number=self.line + 1, outgoing=self._outgoing),
            address.host, address.port, ssl=address.security(),
        )  # fmt: skip
        try:
            return await self._welcome
        except BaseException:
            line.abort("it did not answer in time")
            raise

    async def _send(self, messages: Sequence[tuple[str, bytes, bool]]) -> bool:
        due, done = self._outgoing.add(messages)
        if self._line is not None:
            self._line.send(due)
        return await done

    def _order(self, commands: Sequence[Mapping[str, Any]]) -> None:
        due, _ = self._outgoing.add([(CONTROL, json.dumps({"commands": commands}).encode(), False)])
        if self._line is not None:
            self._line.send(due)

    def _subscribe(self, topics: Sequence[str], *, retained: bool) -> None:
        if self._line is not None and topics:
            self._line.send(asking.subscribe(self._outgoing.free(), topics, retained=retained))

    def _answered(self, payload: bytes) -> None:
        for answer in json.loads(payload).get("responses", ()):
            future = self._answers.get(str(answer.get("correlationData")))
            if future is not None and not future.done():
                future.set_result(answer)


class _Address(NamedTuple):
    """Where the broker is, and who we are there."""

    host: str
    port: int
    username: str
    password: str
    encrypted: bool

    @classmethod
    def read(cls, url: str) -> Self:
        """Raises InvalidBrokerAddress."""
        try:
            parts = urlsplit(url)
            host, port = parts.hostname or "", parts.port
            host.encode("idna")
        except ValueError as error:  # UnicodeError is one, too
            raise InvalidBrokerAddress(str(error)) from error
        if parts.scheme not in _PORTS or not host:
            raise InvalidBrokerAddress()
        names = unquote(parts.username or ""), unquote(parts.password or "")
        return cls(host, port or _PORTS[parts.scheme], *names, parts.scheme == "mqtts")

    def security(self) -> ssl.SSLContext | None:
        """How the connection is protected."""
        return ssl.create_default_context() if self.encrypted else None
