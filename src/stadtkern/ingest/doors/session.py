# SPDX-License-Identifier: EUPL-1.2
"""What one MQTT client follows, and what is on its way to it; may outlive a connection."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable, Iterable
from typing import Protocol

from stadtkern.core import problems
from stadtkern.core.access import Principal
from stadtkern.ingest.doors import replies
from stadtkern.ingest.doors.packets import Will
from stadtkern.ingest.doors.parcels import MOST_MESSAGES, Parcel, Reference
from stadtkern.things.topics.topic import Topic
from stadtkern.things.topics.wild import Pattern

WINDOW = 100
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
    """A message that must arrive; most tell of a change, and some belong to a parcel that is kept."""

    __slots__ = ("about", "parcel", "payload", "retain", "topic")

    def __init__(
        self,
        topic: bytes,
        payload: bytes,
        *,
        retain: bool = False,
        about: Reference | None = None,
        parcel: Parcel | None = None,
    ):
        self.topic = topic
        self.payload = payload
        self.retain = retain
        self.about = about
        self.parcel = parcel


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
        # Whether the database knows of it: it lasts, or it did and ends with this connection.
        self.noted = False
        # Whether it is told of changes at once: its client is there and has been told what waited.
        self.live = False
        self.epoch = -1
        # Parcels that are under way, and those that arrived but are still in the database.
        self.parcels: dict[int, Parcel] = {}
        self.arrived: list[int] = []
        # What waits for a client that is away: there in the database, and of who is not kept there, here.
        self.held = self.held_size = 0
        self.kept: deque[Reference] = deque(maxlen=MOST_MESSAGES)
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

    def over(self, now: float) -> bool:
        """Whether its client has been away for longer than it was to last."""
        return self.left_at is not None and now - self.left_at >= self.expiry

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

    def attach(self, line: Line, *, window: int, epoch: int) -> None:
        """A connection is there: what was under way is sent again, unless rights may have changed since."""
        self.line, self.left_at, self.live = line, None, False
        self.window = max(1, min(WINDOW, window))
        if epoch != self.epoch:
            self._shelve([*self._under_way.values(), *self._waiting])
            self._under_way.clear()
            self._keep_only(lambda message: message.about is None and not message.retain)
        for number, message in self._under_way.items():
            line.send(replies.again(self._packet(message, number, line)))
        self._go_on()

    def detach(self, *, now: float, epoch: int) -> None:
        """The connection is gone; of what waited only is kept what it is about."""
        self.line, self.left_at, self.live, self.epoch = None, now, False, epoch
        self._shelve(self._waiting)
        self._keep_only(lambda message: message.about is None)
        flying = {number for number, _ in self.under_way}
        self.parcels = {
            number: parcel for number, parcel in self.parcels.items() if parcel.begun or number in flying
        }

    def _keep_only(self, wanted: Callable[[Message], bool]) -> None:
        self._waiting = deque(filter(wanted, self._waiting))
        self._size = sum(len(message.payload) for message in self._waiting)

    def _shelve(self, messages: Iterable[Message]) -> None:
        """Remember what messages are about where the database does not; their documents are made anew."""
        if not self.lasting:
            self.kept.extend(
                each.about for each in messages if each.about is not None and each.parcel is None
            )

    def shelve_again(self, abouts: Iterable[Reference]) -> None:
        """Put back what could not be told, before what has come since."""
        self.kept = deque((*abouts, *self.kept), maxlen=MOST_MESSAGES)

    def deliver(self, topic: str, payload: bytes, *, retain: bool = False, qos: int | None = None) -> None:
        """Send a document to whoever follows the topic; with QoS 1 it waits for a client that is away."""
        if qos is None:
            subscription = self.subscriptions.get(topic)
            if subscription is None:
                return
            qos = subscription.qos
        self._send(Message(topic.encode(), payload, retain=retain), qos=qos)

    def tell(self, about: Reference, payload: bytes, *, qos: int, parcel: Parcel | None = None) -> None:
        """Send what is to be told of a change to a client that is there."""
        if parcel is not None:
            self.parcels[parcel.id] = parcel
        self._send(Message(about.topic.encode(), payload, about=about, parcel=parcel), qos=qos)

    def _send(self, message: Message, *, qos: int) -> None:
        if qos == 0:
            if self.line is not None and not self.line.crowded:
                self.line.send(self._packet(message, 0, self.line))
            else:
                self.dropped += 1
            self._arrived(message)
            return
        self._waiting.append(message)
        self._size += len(message.payload)
        while len(self._waiting) > MOST_MESSAGES or (self._size > MOST_BYTES and len(self._waiting) > 1):
            self._arrived(self._next())  # the oldest goes: the newest value counts
            self.dropped += 1
        self._go_on()

    def acknowledged(self, number: int) -> None:
        """A message arrived; make room for the next."""
        message = self._under_way.pop(number, None)
        if message is not None:
            self._arrived(message)
            self._go_on()

    def settle(self, parcel: Parcel, about: Reference) -> None:
        """This need not be told any more; a parcel of which that holds for everything may be forgotten."""
        parcel.open.pop(about, None)
        parcel.begun = True
        if not parcel.open:
            self.parcels.pop(parcel.id, None)
            self.arrived.append(parcel.id)

    @property
    def under_way(self) -> set[tuple[int, Reference]]:
        """What has been sent and not acknowledged, by the number of its parcel."""
        return {
            (message.parcel.id, message.about)
            for message in self._under_way.values()
            if message.parcel is not None and message.about is not None
        }

    def _arrived(self, message: Message) -> None:
        if message.parcel is not None and message.about is not None:
            self.settle(message.parcel, message.about)

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
