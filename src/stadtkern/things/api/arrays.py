# SPDX-License-Identifier: EUPL-1.2
"""The data array extension (18-088, clause 14): many observations in one request; good rows are kept."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field

import msgspec
from starlette.responses import Response

from stadtkern.core import problems
from stadtkern.core.access import Principal, Unauthorised
from stadtkern.things import readings
from stadtkern.things.api import answers, door
from stadtkern.things.api.call import Call
from stadtkern.things.operations import create, rows
from stadtkern.things.operations.problems import InvalidJson, MissingProperty
from stadtkern.things.operations.rows import Group
from stadtkern.things.operations.streams import Facts

CHUNK = 10_000
_decode = msgspec.json.Decoder(list[Group]).decode


@dataclass(slots=True)
class _Answer:
    """What is said of each row, in order; `chunk` and `places` are the rows that go to the writer next."""

    call: Call
    shown: list[str] = field(default_factory=list)
    chunk: list[readings.Reading] = field(default_factory=list)
    places: list[int] = field(default_factory=list)
    under_way: asyncio.Task[None] | None = None

    def add(self, row: readings.Reading | problems.Problem) -> None:
        """Take the next row."""
        if isinstance(row, problems.Problem):
            self.shown.append(_error(row))
            return
        self.places.append(len(self.shown))
        self.shown.append("")
        self.chunk.append(row)

    async def flush(self) -> None:
        """Hand the rows over; one chunk is written while the next is read."""
        await self.settle()
        if self.chunk:
            self.under_way = asyncio.create_task(self._put(self.chunk, self.places), name="data-array")
            self.chunk, self.places = [], []

    async def settle(self) -> None:
        """Wait for the chunk that is being written."""
        task, self.under_way = self.under_way, None
        if task is not None:
            await task

    async def _put(self, chunk: list[readings.Reading], places: list[int]) -> None:
        prefix = f"{self.call.service}/Observations("
        stored = await self.call.state.sink.put(chunk)
        for place, item in zip(places, stored, strict=True):
            self.shown[place] = _error(item) if isinstance(item, problems.Problem) else f"{prefix}{item.id})"


async def take(call: Call) -> Response:
    """Store rows; answers with one address or error per row, in order."""
    principal = await call.principal()
    if principal.token_id is None:
        raise Unauthorised
    groups = await _groups(call)
    answer = _Answer(call)
    try:
        for group, index in groups:
            number = create.reference(group.datastream or group.multi_datastream) or 0
            found = await _facts(call, principal, number)
            for row in _rows(group, number, found, where=f"[{index}]"):
                answer.add(row)
                if len(answer.chunk) >= CHUNK:
                    await answer.flush()
        await answer.flush()
    finally:
        await answer.settle()
    return answers.document(answer.shown, status=201)


async def _groups(call: Call) -> Iterator[tuple[Group, int]]:
    """Read the body and check all heads, before anything is stored."""
    body = await call.body(limit=call.state.settings.bulk_body_limit)
    try:
        groups = _decode(body)
    except msgspec.MsgspecError as error:
        raise InvalidJson(str(error), where="body") from error
    except RecursionError as error:
        raise InvalidJson("nested too deeply", where="body") from error
    for index, group in enumerate(groups):
        rows.check(group, where=f"[{index}]")
        if create.reference(group.datastream or group.multi_datastream) is None:
            raise MissingProperty(
                'a Datastream is referred to: {"@iot.id": 1}', where=f"[{index}].Datastream"
            )
    return ((group, index) for index, group in enumerate(groups))


async def _facts(call: Call, principal: Principal, number: int) -> Facts | problems.Problem:
    try:
        return await door.permitted(call, principal, number)
    except problems.Problem as problem:
        return problem


def _rows(
    group: Group, number: int, found: Facts | problems.Problem, *, where: str
) -> Iterator[readings.Reading | problems.Problem]:
    if isinstance(found, problems.Problem):
        return iter([found] * rows.count(group, where=where))
    return rows.readings_of(group, datastream_id=number, facts=found, where=where)


def _error(problem: problems.Problem) -> str:
    where = f" ({problem.where})" if problem.where else ""
    return f"error: {problem.title}: {problem}{where}"
