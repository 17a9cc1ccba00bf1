# SPDX-License-Identifier: EUPL-1.2
"""What one MQTT client follows, and what is on its way to it; may outlive a connection."""

from __future__ import annotations

from collections import OrderedDict, deque
from typing import Protocol

from stadtkern.core import problems
from stadtkern.core.access import Principal
from stadtkern.ingest.doors import replies
from stadtkern.ingest.doors.packets import Will
from stadtkern.things.topics.topic import Topic
from stadtkern.things.topics.wild import Pattern

WINDOW = 100
MOST_WAITING = 1_000
MOST_BYTES = 1_048_576
MOST_SUBSCRIPTIONS = 500
MOST_PARTICULAR = 100
# Characters of all topics of a session that is kept beyond a restart.
MOST_TEXT = 262_144


class TooManyTopics(problems.Problem):
    """This client follows as many different topics with options as one may.

    Use the same options for several topics, which then count once, or leave options out.
    """

    status = 422


class Line(Protocol):
    """A connection as its session sees it."""

    version: int

    def send(self, packet: bytes) -> None:
        """Write a packet."""

    @property
    def crowded(self) -> bool:
        """Whether the client reads more slowly than we write."""


class Subscription:
    """A topic that somebody follows."""

    __slots__ = ("qos", "shape", "topic")

    def __init__(self, topic: Topic | None, qos: int):
        self.topic = topic
        self.shape = topic.shape() if topic is not None and topic.particular else None
        self.qos = qos


class Message:
    """A message that must arrive."""

    __slots__ = ("payload", "retain", "topic")

    def __init__(self, topic: bytes, payload: bytes, retain: bool):
        self.topic = topic
        self.payload = payload
        self.retain = retain


class Session:
    """One client by its name, apart for each token: nobody can take over the session of another."""

    def __init__(
        self, *, client_id: str, principal: Principal, secret: str | None, expiry: int, address: str
    ):
        self.address = address
        self.secret = secret
        self.client_id = client_id
        self.principal = principal
        self.expiry = expiry
        self.left_at: float | None = None
        self.will: Will | None = None
        self.restored = False
        self.subscriptions: dict[str, Subscription] = {}
        self.patterns: dict[str, tuple[Pattern, int]] = {}
        self.line: Line | None = None
        self.window = WINDOW
        self.dropped = 0
        self._waiting: deque[Message] = deque()
        self._under_way: OrderedDict[int, Message] = OrderedDict()
        self._number = 0
        self._size = 0

    @property
    def key(self) -> tuple[int, str]:
        """Token and name."""
        return (self.principal.token_id or 0, self.client_id)

    @property
    def lasting(self) -> bool:
        """Whether it is kept beyond a restart: of clients with a token that want a session to last."""
        return self.principal.token_id is not None and self.expiry > 0

    @property
    def payer(self) -> int | str:
        """At whose expense it is: a token, or without one an address."""
        return self.principal.token_id or self.address

    def room(self, text: str) -> bool:
        """Whether one more topic may be followed."""
        followed = [*self.subscriptions, *self.patterns]
        size = sum(map(len, followed)) + len(text) if self.lasting else 0
        return len(followed) < MOST_SUBSCRIPTIONS and size <= MOST_TEXT

    def check(self, topic: Topic) -> None:
        """Raise TooManyTopics where this would be one more particular topic than one may follow."""
        if topic.particular:
            shapes = {each.shape for each in self.subscriptions.values()} - {None, topic.shape()}
            if len(shapes) >= MOST_PARTICULAR:
                raise TooManyTopics(f"at most {MOST_PARTICULAR}")

    def attach(self, line: Line, *, window: int) -> None:
        """A connection is there: what was not acknowledged is sent again, then what waits."""
        self.line, self.left_at = line, None
        self.window = max(1, min(WINDOW, window))
        for number, message in self._under_way.items():
            line.send(replies.again(self._packet(message, number, line)))
        self._go_on()

    def detach(self, *, now: float) -> None:
        """The connection is gone."""
        self.line, self.left_at = None, now

    def deliver(self, topic: str, payload: bytes, *, retain: bool = False, qos: int | None = None) -> None:
        """Send a document to whoever follows the topic; with QoS 1 it waits for a client that is away."""
        if qos is None:
            subscription = self.subscriptions.get(topic)
            if subscription is None:
                return
            qos = subscription.qos
        message = Message(topic.encode(), payload, retain)
        if qos == 0:
            if self.line is not None and not self.line.crowded:
                self.line.send(self._packet(message, 0, self.line))
            else:
                self.dropped += 1
            return
        self._waiting.append(message)
        self._size += len(payload)
        while len(self._waiting) > MOST_WAITING or (self._size > MOST_BYTES and len(self._waiting) > 1):
            self._next()  # the oldest goes: the newest value counts
            self.dropped += 1
        self._go_on()

    def acknowledged(self, number: int) -> None:
        """A message arrived; make room for the next."""
        if self._under_way.pop(number, None) is not None:
            self._go_on()

    def _go_on(self) -> None:
        line = self.line
        while line is not None and self._waiting and len(self._under_way) < self.window and not line.crowded:
            number = self._free_number()
            self._under_way[number] = message = self._next()
            line.send(self._packet(message, number, line))

    def _next(self) -> Message:
        message = self._waiting.popleft()
        self._size -= len(message.payload)
        return message

    def _free_number(self) -> int:
        while True:
            self._number = self._number % 0xFFFF + 1
            if self._number not in self._under_way:
                return self._number

    def _packet(self, message: Message, number: int, line: Line) -> bytes:
        return replies.publish(
            message.topic, message.payload, number=number, retain=message.retain, version=line.version
        )
