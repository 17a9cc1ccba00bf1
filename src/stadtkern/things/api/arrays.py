# SPDX-License-Identifier: EUPL-1.2
"""The data array extension (18-088, clause 14): many observations in one request; good rows are kept."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial

import msgspec
from starlette.responses import Response

from stadtkern.core import problems
from stadtkern.core.access import Principal, Unauthorised
from stadtkern.things import readings
from stadtkern.things.api import answers, door, methods
from stadtkern.things.api.call import Call
from stadtkern.things.operations import create, payload, rows
from stadtkern.things.operations.problems import InvalidJson, InvalidValue, MissingProperty
from stadtkern.things.operations.rows import Group
from stadtkern.things.operations.streams import Facts
from stadtkern.things.store import batch
from stadtkern.things.store.batch import Batch

CHUNK = 10_000
COLUMN_CHUNK = 50_000
MOST_FEATURES = 1_000
_LARGE = 100_000
_decode = msgspec.json.Decoder(list[Group]).decode
# Found more often than there are groups, one of them may stand twice in a group.
_HEADS = tuple(b'"%b"' % name.encode() for name in rows.KEYS)


@dataclass(slots=True)
class _Answer:
    """What is said of each row, in order; beside it the rows that go to the writer next, and their places."""

    call: Call
    shown: list[str] = field(default_factory=list)
    chunk: list[readings.Reading] = field(default_factory=list)
    places: list[int] = field(default_factory=list)
    columns: list[Batch] = field(default_factory=list)
    column_places: list[range] = field(default_factory=list)
    under_way: asyncio.Task[None] | None = None

    def add(self, row: readings.Reading | problems.Problem) -> None:
        """Take the next row."""
        if isinstance(row, problems.Problem):
            self.shown.append(_error(row))
            return
        self.places.append(len(self.shown))
        self.shown.append("")
        self.chunk.append(row)

    def add_columns(self, rows: Batch) -> None:
        """Take the next rows, all of them times and numbers."""
        begin = len(self.shown)
        self.shown.extend([""] * len(rows))
        self.columns.append(rows)
        self.column_places.append(range(begin, len(self.shown)))

    @property
    def full(self) -> bool:
        """Whether enough was read to write it."""
        return len(self.chunk) >= CHUNK or sum(map(len, self.columns)) >= COLUMN_CHUNK

    async def flush(self) -> None:
        """Hand the rows over; one chunk is written while the next is read."""
        await self.settle()
        self.under_way = asyncio.create_task(
            self._put_all(self.chunk, self.places, self.columns, self.column_places), name="data-array"
        )
        self.chunk, self.places, self.columns, self.column_places = [], [], [], []

    async def settle(self) -> None:
        """Wait for the chunk that is being written."""
        task, self.under_way = self.under_way, None
        if task is not None:
            await task

    async def _put_all(
        self, chunk: list[readings.Reading], places: list[int], columns: list[Batch], spans: list[range]
    ) -> None:
        prefix = f"{self.call.service}/Observations("
        if chunk:
            stored = await self.call.state.sink.put(chunk)
            for place, item in zip(places, stored, strict=True):
                self.shown[place] = (
                    _error(item) if isinstance(item, problems.Problem) else f"{prefix}{item.id})"
                )
        if columns:
            found = await self.call.state.sink.put_columns(batch.joined(columns))
            shown = await asyncio.to_thread(_addresses, prefix, found.id.tolist())
            for row, problem in found.problems.items():
                shown[row] = _error(problem)
            at = 0
            for span in spans:
                self.shown[span.start : span.stop] = shown[at : at + len(span)]
                at += len(span)


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
            found = await _facts(call, principal, number, multi=group.datastream is None)
            columns = None
            if isinstance(found, Facts):
                columns = await _columns(group, number, found)
            if columns is not None:
                answer.add_columns(columns)
            else:
                features = await _features(call, principal, group, where=f"[{index}]")
                await _one_by_one(answer, _rows(group, number, found, features, where=f"[{index}]"))
            if answer.full:
                await answer.flush()
        await answer.flush()
    finally:
        await answer.settle()
    return answers.document(answer.shown, status=201)


async def _columns(group: Group, number: int, facts: Facts) -> Batch | None:
    """A large group is read in a thread, so that the loop goes on feeding the database meanwhile."""
    read = partial(rows.columns_of, group, datastream_id=number, facts=facts)
    return await asyncio.to_thread(read) if len(memoryview(group.data)) > _LARGE else read()


def _addresses(prefix: str, numbers: list[int]) -> list[str]:
    return [f"{prefix}{number})" for number in numbers]


async def _one_by_one(answer: _Answer, items: Iterator[readings.Reading | problems.Problem]) -> None:
    for row in items:
        answer.add(row)
        if answer.full:
            await answer.flush()


async def _groups(call: Call) -> Iterator[tuple[Group, int]]:
    """Read the body and check all heads, before anything is stored."""
    methods.body_kind(call)
    body = await call.body(limit=call.state.settings.bulk_body_limit)
    try:
        groups = _decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise InvalidJson(str(error), where="body") from error
    except RecursionError as error:
        raise InvalidJson("nested too deeply", where="body") from error
    if any(body.count(head) > len(groups) for head in _HEADS):
        payload.once(body)
    for index, group in enumerate(groups):
        rows.check(group, where=f"[{index}]")
        if create.reference(group.datastream or group.multi_datastream) is None:
            raise MissingProperty(
                'a Datastream is referred to: {"@iot.id": 1}', where=f"[{index}].Datastream"
            )
    return ((group, index) for index, group in enumerate(groups))


async def _facts(call: Call, principal: Principal, number: int, *, multi: bool) -> Facts | problems.Problem:
    try:
        return await door.permitted(call, principal, number, multi=multi)
    except problems.Problem as problem:
        return problem


async def _features(call: Call, principal: Principal, group: Group, *, where: str) -> set[int]:
    """Those features that the rows refer to and that may be referred to."""
    state = call.state
    named = rows.features_of(group, where=where)
    if len(named) > MOST_FEATURES:
        raise InvalidValue(f"more than {MOST_FEATURES} features in one group", where=f"{where}.dataArray")
    return {
        number
        for number in named
        if await state.streams.may_refer(gate=state.gate, principal=principal, feature_id=number)
    }


def _rows(
    group: Group, number: int, found: Facts | problems.Problem, features: set[int], *, where: str
) -> Iterator[readings.Reading | problems.Problem]:
    if isinstance(found, problems.Problem):
        return iter([found] * rows.count(group, where=where))
    return rows.readings_of(group, datastream_id=number, facts=found, features=features, where=where)


def _error(problem: problems.Problem) -> str:
    where = f" ({problem.where})" if problem.where else ""
    return f"error: {problem.title}: {problem}{where}"
