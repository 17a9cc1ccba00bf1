# SPDX-License-Identifier: EUPL-1.2
"""Who read or changed what in rooms that are not public: noted before the answer leaves the house."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextvars import ContextVar
from typing import Any, Literal

from psycopg.types.json import Jsonb
from psycopg_pool import AsyncConnectionPool

from stadtkern.core import database, statements, waiting
from stadtkern.core.database import Connection

Action = Literal["read", "change", "export", "role", "agreement", "log"]
AGAIN_SECONDS = 60.0
_LONGEST_ADDRESS = 2_000
_MOST_KNOWN = 20_000
_MOST_AT_ONCE = 10_000
_REFUSED = 400
_EVERY_SECONDS = 3_600.0
_SAFE = frozenset(("GET", "HEAD", "OPTIONS", "SUBSCRIBE"))

Send = Callable[[Any], Awaitable[None]]
Pool = Callable[[], AsyncConnectionPool[Connection]]


class Asking:
    """One request under way: who asks, and what that is not public was in view or surely touched."""

    __slots__ = (
        "_method", "_path", "_query", "action", "due", "in_view", "only", "principal_id", "surface",
        "token_id", "touched",
    )  # fmt: skip

    def __init__(self, *, surface: str, method: str, path: str, query: bytes = b""):
        self._method, self._path, self._query = method, path, query
        self.surface = surface
        self.action: Action = "read" if method in _SAFE else "change"
        self.principal_id: int | None = None
        self.token_id: int | None = None
        self.in_view: frozenset[int] = frozenset()
        self.touched: set[int] = set()
        self.only = False
        self.due = False

    def see(self, *, principal_id: int | None, token_id: int | None, closed: frozenset[int]) -> None:
        """What is not public came into view."""
        if not closed <= self.in_view:
            self.in_view |= closed
            self.due = True
        self.principal_id, self.token_id = principal_id, token_id

    def rename(self, address: str) -> None:
        """Tell the address in other words."""
        self._path, self._query = address, b""

    @property
    def address(self) -> str:
        """The method and what was asked for."""
        query = "?" + self._query.decode("latin-1") if self._query else ""
        return f"{self._method} {self._path}{query}"[:_LONGEST_ADDRESS]

    @property
    def concerned(self) -> frozenset[int]:
        """The datasets to be noted: those touched where the door knows, else all that were in view."""
        known = self.only or (self.action == "change" and self.touched)
        return self.in_view & self.touched if known else self.in_view


_asking: ContextVar[Asking | None] = ContextVar("stadtkern_asking", default=None)
_lately: dict[tuple[Any, ...], float] = {}


def begin(*, surface: str, method: str, path: str, query: bytes = b"") -> Asking:
    """A request begins in this context; gates tell what it sees."""
    asking = Asking(surface=surface, method=method, path=path, query=query)
    _asking.set(asking)
    return asking


def seen(*, principal_id: int | None, token_id: int | None, closed: frozenset[int]) -> None:
    """A gate let the present request see these datasets that are not public."""
    asking = _asking.get()
    if asking is not None and closed:
        asking.see(principal_id=principal_id, token_id=token_id, closed=closed)


def touched(*dataset_ids: int) -> None:
    """The present request surely reads or changes something of these datasets."""
    asking = _asking.get()
    if asking is not None and not asking.touched.issuperset(dataset_ids):
        asking.touched.update(dataset_ids)
        asking.due = asking.due or bool(asking.in_view)


def only(*dataset_ids: int) -> None:
    """The answer to the present request holds nothing of other datasets than these."""
    touched(*dataset_ids)
    asking = _asking.get()
    if asking is not None:
        asking.only = True


def call(address: str) -> None:
    """The present request's address as the log tells it, where the true one holds a secret."""
    asking = _asking.get()
    if asking is not None:
        asking.rename(address)


def export() -> None:
    """The answer to the present request is a file to take away."""
    asking = _asking.get()
    if asking is not None and asking.action == "read":
        asking.action = "export"


class Noting:
    """A `send` (ASGI) that writes the entry before it lets anything of the answer pass.

    Refusals are not noted. Who cannot be noted gets no answer: the error goes up. `status` is that of the
    answer, 0 as long as nothing of it was sent.
    """

    __slots__ = ("_asking", "_pool", "_send", "status")

    def __init__(self, send: Send, *, asking: Asking, pool: Pool):
        self._send = send
        self._asking = asking
        self._pool = pool
        self.status = 0

    def __call__(self, message: Any) -> Awaitable[None]:
        """Send, what is to be noted after its entry."""
        if self._asking.due and message.get("status", self.status) < _REFUSED:
            return self._noted(message)
        return self.plainly(message)

    def plainly(self, message: Any) -> Awaitable[None]:
        """Send without an entry, for answers that tell nothing but what went wrong."""
        self.status = message.get("status", self.status)
        return self._send(message)

    async def _noted(self, message: Any) -> None:
        await _write(self._asking, self._pool())
        await self.plainly(message)


async def note(pool: AsyncConnectionPool[Connection], asking: Asking) -> None:
    """Write the entry of something that is no HTTP request."""
    if asking.due:
        await _write(asking, pool)


async def _write(asking: Asking, pool: AsyncConnectionPool[Connection]) -> None:
    concerned = asking.concerned
    key = (asking.principal_id, asking.token_id, asking.action, asking.address, concerned)
    if not concerned or _noted(key):
        asking.due = False
        return
    async with pool.connection() as connection:
        await record(
            connection,
            action=asking.action,
            surface=asking.surface,
            principal_id=asking.principal_id,
            token_id=asking.token_id,
            dataset_ids=sorted(concerned & asking.touched),
            in_view=sorted(concerned),
            address=asking.address,
        )
    asking.due, _lately[key] = False, time.monotonic()


def _noted(key: tuple[Any, ...]) -> bool:
    """Whether this was noted within the last minute."""
    now = time.monotonic()
    if len(_lately) > _MOST_KNOWN:
        for old in [key for key, at in _lately.items() if now - at > AGAIN_SECONDS]:
            del _lately[old]
        if len(_lately) > _MOST_KNOWN:
            _lately.clear()
    return now - _lately.get(key, float("-inf")) <= AGAIN_SECONDS


async def record(
    connection: Connection,
    *,
    action: Action,
    surface: str,
    principal_id: int | None,
    token_id: int | None = None,
    dataset_ids: Iterable[int] = (),
    in_view: Iterable[int] = (),
    address: str = "",
    detail: Mapping[str, Any] | None = None,
) -> None:
    """Add an entry in the connection's transaction. `in_view` names datasets; their rooms are noted."""
    touched_ids = list(dataset_ids)
    await connection.execute(
        statements.load("core")["note_access"],
        {
            "action": action,
            "surface": surface,
            "principal_id": principal_id,
            "token_id": token_id,
            "dataset_ids": touched_ids,
            "in_view": list({*touched_ids, *in_view}),
            "address": address,
            "detail": Jsonb(detail or {}),
        },
    )


async def act_as(connection: Connection, *, principal_id: int) -> None:
    """Say who makes the changes of the present transaction; triggers note them under that number."""
    await connection.execute(statements.load("core")["act_as"], {"principal_id": str(principal_id)})


async def forget(connection: Connection) -> int:
    """Remove some of the entries whose time is over; returns how many."""
    cursor = await connection.execute(statements.load("core")["forget_old_entries"], {"most": _MOST_AT_ONCE})
    return cursor.rowcount


async def keep(*, url: str, stop: asyncio.Event) -> None:
    """Remove entries whose time is over, once an hour, until told to stop."""
    while not stop.is_set():
        async with await database.connect(url=url, autocommit=True) as connection:
            while await forget(connection) == _MOST_AT_ONCE and not stop.is_set():
                continue
        await waiting.pause(stop, seconds=_EVERY_SECONDS)
