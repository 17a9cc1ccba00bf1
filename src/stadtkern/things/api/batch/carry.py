# SPDX-License-Identifier: EUPL-1.2
"""Carries the parts of a batch out one after the other, through the same routes as other requests."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
import psycopg
import psycopg_pool
import structlog
from starlette.responses import Response
from starlette.types import Message

from stadtkern.core.problems import Problem, Unavailable
from stadtkern.things.api import answers
from stadtkern.things.api.batch import addresses, shared
from stadtkern.things.api.batch.parts import Header, Part, Unit
from stadtkern.things.api.batch.problems import (
    AnswersTooLarge,
    NotInChangeSet,
    PartBroke,
    PartDependsOnFailed,
    UnknownPart,
)
from stadtkern.things.api.call import PREFIX, Call
from stadtkern.things.operations import run
from stadtkern.things.operations.problems import BodyTooLarge
from stadtkern.things.queries import patience
from stadtkern.things.store import partitions

log = structlog.get_logger(__name__)

_LARGE = 65_536
_WRITING = ("POST", "PATCH", "PUT", "DELETE")

Dispatch = Callable[[Call], Awaitable[Response]]


class Said(msgspec.Struct, kw_only=True):
    """The answer to one part."""

    id: str
    status: int
    headers: list[Header] = msgspec.field(default_factory=list)
    body: bytes = b""

    def header(self, name: bytes) -> str | None:
        """A header, by its name in lower case."""
        return next((value.decode("latin-1") for key, value in self.headers if key == name), None)


class _Failed(Exception):
    """A part of a change set failed; the transaction is rolled back."""


class Carrier:
    """One batch on its way. What a part needs of others is known by their ids."""

    def __init__(self, call: Call, dispatch: Dispatch, *, names: set[str], stop: bool, answers: int):
        self._call = call
        self._dispatch = dispatch
        self._names = names
        self._stop = stop
        self._entities: addresses.Entities = {}
        self._done: set[str] = set()
        self._failed: set[str] = set()
        self._stopped = ""
        self._room = self._most = answers

    async def carry(self, unit: Unit) -> list[Said]:
        """The answers to a unit's parts; of a change set that fails nothing is kept."""
        said = await (self._together(unit) if unit.together else self._alone(unit.parts[0]))
        failed = next((item for item in said if item.status >= 400), None)
        ids = {part.id for part in unit.parts} | {unit.name}
        (self._done if failed is None else self._failed).update(ids - {""})
        if failed is not None and self._stop and not self._stopped:
            self._stopped = failed.id or "before"
        return said

    async def _alone(self, part: Part) -> list[Said]:
        return [await self._one(part, self._call.scope["app"], set())]

    async def _together(self, unit: Unit) -> list[Said]:
        """All parts in one transaction, begun anew where the archive must first bring something back."""
        state, known, said = self._call.state, dict(self._entities), list[Said]()

        async def attempt() -> None:
            self._entities = dict(known)
            said.clear()
            await self._attempt(unit, said)

        try:
            await patience.patiently(state.pool, attempt)
        except _Failed:
            self._entities = known
            return self._undone(unit, said)
        except Problem as problem:
            self._entities = known
            at = min(len(said), len(unit.parts) - 1)
            return self._undone(unit, [*said[:at], _failure(unit.parts[at], problem)])
        finally:
            state.streams.forget()
        return said

    async def _attempt(self, unit: Unit, said: list[Said]) -> None:
        call = self._call
        state, members = call.state, {part.id for part in unit.parts}
        principal = await self._of(unit.parts[0], "", call.scope["app"]).principal()
        async with run.writing(
            pool=state.pool, gate=state.gate, settings=state.settings, principal=principal
        ) as change:
            application = shared.application(state, change.connection)
            try:
                for part in unit.parts:
                    said.append(await self._one(part, application, members))
                    if said[-1].status >= 400:
                        raise _Failed
            except BaseException:
                partitions.forget(change.connection)
                raise

    def _undone(self, unit: Unit, said: list[Said]) -> list[Said]:
        """The failed part's own answer; of the others, that they were taken back."""
        failed = said[-1]
        place = len(said) - 1
        name = failed.id or str(place + 1)
        problem = PartDependsOnFailed(f"part {name!r} of the change set failed", where=name)
        return [
            failed if number == place else _failure(part, problem) for number, part in enumerate(unit.parts)
        ]

    async def _one(self, part: Part, application: Any, members: set[str]) -> Said:
        try:
            path, said = await self._answer(part, application, members)
        except Problem as problem:
            if members and isinstance(problem, patience.LACKING):
                raise
            return _failure(part, problem)
        if said.status < 400 and part.id:
            entity = addresses.entity_of(path, said.header(b"location"))
            if entity is not None:
                self._entities[part.id] = entity
        return said

    async def _answer(self, part: Part, application: Any, members: set[str]) -> tuple[str, Said]:
        call = self._call
        if part.fault is not None:
            raise part.fault
        await self._admit(part)
        if self._stopped:
            raise PartDependsOnFailed(f"the batch ended at {self._stopped!r}", where=self._stopped)
        path, query = addresses.split(part.url, service=call.service, host=call.header(b"host") or "")
        self._check_needs(part, addresses.referred(path, part.body, self._names), members)
        path = addresses.resolve(path, self._entities, self._names)
        if members and (part.method not in _WRITING or path == "CreateObservations"):
            shown = f"{part.method} {path[:60]}"
            raise NotInChangeSet(shown, where="url")
        body = await self._filled(part.body) if part.method in _WRITING else b""
        sub = self._of(part, path, application, query=query, body=body, lean=bool(members))
        response = await self._respond(sub, within=bool(members))
        return path, await self._collect(part, response, sub)

    async def _admit(self, part: Part) -> None:
        """Refuse a part before its body is looked at. Raises Unauthorised, BodyTooLarge."""
        if part.method in _WRITING:
            await self._of(part, "", self._call.scope["app"]).writer()
        settings = self._call.state.settings
        address = part.url.partition("?")[0].rstrip("/").rpartition("/")[2]
        limit = settings.bulk_body_limit if address == "CreateObservations" else settings.body_limit
        if len(part.body) > limit:
            raise BodyTooLarge(
                f"{len(part.body)} bytes; at most {limit} are taken", where="body", limit=limit
            )

    async def _filled(self, body: bytes) -> bytes:
        """The body with `$id` replaced; a large one is read beside the other requests."""
        filled = functools.partial(
            addresses.fill, body, self._entities, self._names, service=self._call.service
        )
        return filled() if len(body) < _LARGE else await asyncio.to_thread(filled)

    async def _respond(self, sub: Call, *, within: bool) -> Response:
        try:
            return await self._dispatch(sub)
        except patience.LACKING as problem:
            if within:
                raise
            return answers.failure(problem)
        except Problem as problem:
            return answers.failure(problem)
        except (psycopg.OperationalError, psycopg_pool.PoolTimeout) as error:
            raise Unavailable from error
        except Exception:  # one part must not take along what is to be said of the others
            log.exception("a part of a batch failed", method=sub.method, path=sub.path)
            return answers.failure(PartBroke())

    def _check_needs(self, part: Part, referred: set[str], members: set[str]) -> None:
        for name in [*part.depends, *sorted(referred)]:
            if name in self._failed:
                raise PartDependsOnFailed(f"part {name!r} failed", where=name)
            if name not in self._done and name not in members:
                known = "stands later" if name in self._names else "is not there"
                raise UnknownPart(f"{name[:60]!r} {known}", where="dependsOn")

    def _of(
        self,
        part: Part,
        path: str,
        application: Any,
        *,
        query: bytes = b"",
        body: bytes = b"",
        lean: bool = False,
    ) -> Call:
        """The part as a request; it has the batch's own authorisation unless it brings one."""
        outer = [pair for pair in self._call.scope["headers"] if pair[0] in (b"authorization", b"cookie")]
        own = {name for name, _ in part.headers}
        inherited = [] if b"authorization" in own else outer
        headers = [pair for pair in part.headers if not (lean and pair[0] == b"prefer")]
        scope = {
            **self._call.scope,
            "app": application,
            "method": part.method,
            "path": f"{PREFIX}/{path}",
            "query_string": query,
            "headers": [*inherited, *headers],
        }
        messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

        async def receive() -> Message:
            if messages:
                return messages.pop()
            await self._call.gone()
            return {"type": "http.disconnect"}

        return Call(scope, receive)

    async def _collect(self, part: Part, response: Response, sub: Call) -> Said:
        said = Said(id=part.id, status=500)
        pieces: list[bytes] = []

        async def send(message: Message) -> None:
            if message["type"] == "http.response.start":
                said.status = message["status"]
                said.headers = [
                    pair for pair in message.get("headers", ()) if not pair[0].startswith(b"access-control-")
                ]
                return
            piece = message.get("body", b"")
            self._room -= len(piece)
            if self._room < 0:
                raise AnswersTooLarge(f"more than {self._most} bytes", where="body")
            pieces.append(piece)

        await response(sub.scope, sub.receive, send)
        said.body = b"".join(pieces)
        return said


def _failure(part: Part, problem: Problem) -> Said:
    response = answers.failure(problem)
    return Said(
        id=part.id, status=response.status_code, headers=response.raw_headers, body=bytes(response.body)
    )
