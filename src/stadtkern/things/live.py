# SPDX-License-Identifier: EUPL-1.2
"""New values as they come in: one server-sent event stream per browser."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from types import TracebackType
from typing import Any, Self

import msgspec
import psycopg
from psycopg_pool import AsyncConnectionPool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from stadtkern.core import access, credentials, listening, problems, times
from stadtkern.core.database import Connection
from stadtkern.core.fragments import Fragment
from stadtkern.things import series

CHANNEL = "observations"
MOST_DATASTREAMS = 2_000
MOST_SUBSCRIBERS = 2_000
GATHER_SECONDS = 0.1
PAUSE_SECONDS = 1.0
HEARTBEAT_SECONDS = 15.0
RECHECK_SECONDS = 30.0

_encode = msgspec.json.Encoder().encode


class InvalidSubscription(problems.Problem):
    """This stream cannot be opened.

    Name between 1 and 2,000 datastreams, for example `/live?datastreams=1,2,3`, or the steps between them
    in base 36, `/live?steps=1.1.1`, so that long addresses stay short.
    """


class TooManyStreams(problems.Problem):
    """Too many browsers listen at the moment.

    Reload the page now and then, or try again in a minute.
    """

    status = 503

    def __init__(self) -> None:
        super().__init__(headers={"Retry-After": "60"})


class Subscriber:
    """One open stream: what it wants to hear, and what it has not been told yet."""

    def __init__(self, datastream_ids: Iterable[int]):
        self.wanted = frozenset(datastream_ids)
        self.pending: dict[int, series.Latest] = {}
        self.wake = asyncio.Event()

    def tell(self, values: dict[int, series.Latest]) -> None:
        """Keep the newest value of each datastream; older ones that were not sent are dropped."""
        for datastream_id in self.wanted & values.keys():
            self.pending[datastream_id] = values[datastream_id]
            self.wake.set()

    def take(self) -> dict[int, series.Latest]:
        """What is new since the last call."""
        taken, self.pending = self.pending, {}
        self.wake.clear()
        return taken


class Hub:
    """Hears of commits from PostgreSQL and tells the streams of this process."""

    def __init__(self, *, pool: AsyncConnectionPool[Connection]):
        self._subscribers: set[Subscriber] = set()
        self._listener = listening.Listener(
            pool=pool, channel=CHANNEL, news=self._changed, gather=GATHER_SECONDS
        )
        self.closing = False

    def close(self) -> None:
        """End all streams: a server that stops waits for its connections."""
        self.closing = True
        for subscriber in self._subscribers:
            subscriber.wake.set()

    async def __aenter__(self) -> Self:
        await self._listener.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._listener.__aexit__(kind, error, trace)

    @property
    def size(self) -> int:
        """How many listen."""
        return len(self._subscribers)

    @property
    def full(self) -> bool:
        """Whether as many listen as may."""
        return len(self._subscribers) >= MOST_SUBSCRIBERS

    @contextlib.contextmanager
    def subscribe(self, datastream_ids: Iterable[int]) -> Any:
        """Hear of these datastreams for the time of the block. Raises TooManyStreams."""
        if self.full:
            raise TooManyStreams()
        subscriber = Subscriber(datastream_ids)
        self._subscribers.add(subscriber)
        try:
            yield subscriber
        finally:
            self._subscribers.discard(subscriber)

    async def _changed(self, connection: Connection, heard: Sequence[str]) -> None:
        """Fetch the newest values once and tell everyone; after a gap, all that are wanted."""
        wanted = self._wanted()
        if not wanted:
            return
        await self._tell(connection, listening.numbers(heard) & wanted if heard else wanted)

    def _wanted(self) -> frozenset[int]:
        return frozenset().union(*(subscriber.wanted for subscriber in self._subscribers))

    async def _tell(self, connection: Connection, wanted: AbstractSet[int]) -> None:
        if not wanted:
            return
        values = await series.latest(connection, datastream_ids=sorted(wanted))
        for subscriber in list(self._subscribers):
            subscriber.tell(values)


def routes() -> list[BaseRoute]:
    """The door `/live`."""
    return [Route("/live", _live, methods=["GET"])]


async def _live(request: Request) -> Response:
    try:
        ids = _wanted(request.query_params)
        allowed = await _allowed(request, ids)
        if not allowed:
            raise problems.NotFound("none of these datastreams is there")
        if request.app.state.live.full or request.app.state.live.closing:
            raise TooManyStreams()
    except psycopg.OperationalError:
        return _refusal(problems.Unavailable())
    except problems.Problem as problem:
        return _refusal(problem)
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(_events(request, allowed), media_type="text/event-stream", headers=headers)


def _refusal(problem: problems.Problem) -> Response:
    return JSONResponse(
        problem.document(), problem.status, problem.headers, media_type="application/problem+json"
    )


def _wanted(params: Mapping[str, str]) -> list[int]:
    if steps := params.get("steps"):
        found = list(itertools.accumulate(_number(part, base=36) for part in steps.split(".")))
    else:
        found = [_number(part) for part in params.get("datastreams", "").split(",") if part]
    if not found or len(found) > MOST_DATASTREAMS or found[-1] >= 2**63:
        raise InvalidSubscription(where="datastreams")
    return found


def _number(text: str, *, base: int = 10) -> int:
    digits = text.isdecimal() if base == 10 else text.isalnum()
    if not (text.isascii() and digits and len(text) < 19 and (base == 10 or len(text) < 13)):
        raise InvalidSubscription(where="datastreams")
    return int(text, base)


async def _allowed(request: Request, ids: Sequence[int]) -> list[int]:
    """Those that may be seen by who asks, if the token or session still holds. Raises Unauthorised."""
    gate: access.Gate = request.app.state.gate
    principal = await gate.principal(
        authorization=request.headers.get("authorization"),
        cookie=credentials.session(request.scope["headers"]),
    )
    async with request.app.state.pool.connection() as connection:
        scope = await gate.scope(connection, principal)
        text, params = Fragment(
            "SELECT d.id FROM things.datastream AS d WHERE d.id = ANY (%s) AND ", (list(ids),)
        ) + scope.on_stream("d")
        return [row[0] for row in await (await connection.execute(text, params)).fetchall()]


async def _events(request: Request, ids: list[int]) -> AsyncIterator[bytes]:
    """Events until the client leaves or may not listen any more; then it comes back and is told why."""
    hub: Hub = request.app.state.live
    gate: access.Gate = request.app.state.gate
    with contextlib.suppress(problems.Problem, psycopg.OperationalError), hub.subscribe(ids) as subscriber:
        async with request.app.state.pool.connection() as connection:
            subscriber.tell(await series.latest(connection, datastream_ids=ids))
        yield b"retry: 3000\n\n"
        loop = asyncio.get_running_loop()
        allowed, epoch, checked = frozenset(ids), gate.epoch, loop.time()
        while not hub.closing:
            news = subscriber.take()
            if epoch != gate.epoch or loop.time() - checked > RECHECK_SECONDS:
                epoch, checked = gate.epoch, loop.time()
                allowed = frozenset(await _allowed(request, ids))
            yield (
                b"".join(_event(i, value) for i, value in news.items() if i in allowed) or b": still here\n\n"
            )
            await asyncio.sleep(PAUSE_SECONDS)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(subscriber.wake.wait(), HEARTBEAT_SECONDS)


def _event(datastream_id: int, value: series.Latest) -> bytes:
    data = {"datastream": datastream_id, "time": times.format_instant(value.time), "result": value.result}
    return b"event: observation\ndata: " + _encode(data) + b"\n\n"
