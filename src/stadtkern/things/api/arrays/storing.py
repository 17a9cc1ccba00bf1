# SPDX-License-Identifier: EUPL-1.2
"""Brings the rows of a data array into the store chunk by chunk: some are read while others are written."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Callable, Iterator
from typing import TypeVar

import msgspec
import numpy as np

from stadtkern.core import problems
from stadtkern.core.access import Principal, Rights
from stadtkern.core.turns import Turns
from stadtkern.things import readings
from stadtkern.things.api import door
from stadtkern.things.api.arrays import answer
from stadtkern.things.api.arrays.alike import Cut
from stadtkern.things.api.arrays.few import Taken
from stadtkern.things.api.arrays.scan import Piece, Scanner
from stadtkern.things.api.arrays.spool import Spool
from stadtkern.things.api.call import Call
from stadtkern.things.operations import rows
from stadtkern.things.operations.problems import UnknownReference
from stadtkern.things.operations.rows import FEATURE, Part, Read
from stadtkern.things.operations.streams import Facts
from stadtkern.things.store.batch import Batch, Integers

# Rows that are read in one go, in a thread; a few chunks make a commit.
CHUNK = 12_500
_CHUNK_BYTES = 1_048_576
_CHUNK_PIECES = 2_000
_UNDER_WAY = 8
# Fewer are read at once without a thread.
_FEW = 1_000
MOST_FEATURES = 1_000
_PAUSE_SECONDS = 0.2
_PATIENCE_SECONDS = 60.0

_T = TypeVar("_T")
Known = Facts | problems.Problem
# What is said of some rows, and why none of them could be handed over.
Said = tuple[bytes, problems.Problem | None]


class Chunk(msgspec.Struct, kw_only=True, eq=False):
    """Rows that follow each other in the body: those that can be read, their places, and what is wrong."""

    size: int = 0
    parts: list[Part] = msgspec.field(default_factory=list)
    begins: list[int] = msgspec.field(default_factory=list)
    faults: dict[int, problems.Problem] = msgspec.field(default_factory=dict)

    def add(self, part: Part) -> None:
        """Take rows."""
        self.parts.append(part)
        self.begins.append(self.size)
        self.size += part.size

    def places(self) -> Integers:
        """Where in the chunk the rows of the parts are."""
        if not self.faults:
            return np.arange(self.size)
        spans = zip(self.begins, self.parts, strict=True)
        return np.concatenate(
            [np.empty(0, np.int64), *(np.arange(begin, begin + part.size) for begin, part in spans)]
        )

    def refuse(self, size: int, problem: problems.Problem) -> None:
        """Take rows that cannot be stored."""
        self.faults.update(dict.fromkeys(range(self.size, self.size + size), problem))
        self.size += size


class Storing:
    """The rows of one request on their way."""

    def __init__(self, call: Call, principal: Principal, spool: Spool, scanner: Scanner | Taken | Cut):
        self._call = call
        self._principal = principal
        self._spool = spool
        self._scanner = scanner
        self._facts: dict[tuple[int, bool], Known] = {}
        self._rights: Rights | None = None
        self._allowed: dict[int, bool] = {}
        self._answered = False
        self._given_up = False
        self._prefix = f"{call.service}/Observations("

    async def answers(self) -> AsyncGenerator[bytes]:
        """Entries of the answer with commas between them, chunk by chunk, each after its commit.

        Raises Busy or StoreUnavailable in place of the first; later such rows are named in the answer.
        """
        under_way: deque[asyncio.Task[Said]] = deque()
        scanner = self._scanner
        if not isinstance(scanner, Scanner) and (found := await self._whole(scanner)) is not None:
            text, failure = await self._store(Chunk(size=found.size), found)
            if failure is not None:
                raise failure
            yield text
            return
        if isinstance(scanner, Cut):
            scanner = await self._spool.thoroughly()
        await self._call.state.streams.learn(list({group.number for group in scanner.groups}))
        try:
            for pieces in _cut(scanner):
                chunk = await self._chunk(scanner, pieces)
                found = await _read(chunk)
                under_way.append(asyncio.create_task(self._store(chunk, found), name="data-array"))
                while under_way and (len(under_way) >= _UNDER_WAY or under_way[0].done()):
                    yield await self._next(under_way)
            while under_way:
                yield await self._next(under_way)
        finally:
            for task in under_way:
                task.cancel()
            await asyncio.gather(*under_way, return_exceptions=True)

    async def _next(self, under_way: deque[asyncio.Task[Said]]) -> bytes:
        text, failure = await under_way.popleft()
        if failure is not None and not self._answered:
            raise failure
        self._answered = True
        return text

    async def _chunk(self, scanner: Scanner | Taken, pieces: list[Piece]) -> Chunk:
        chunk = Chunk()
        begin = pieces[0].begin
        text = self._spool.piece(begin, pieces[-1].end)
        for piece in pieces:
            group = scanner.groups[piece.group]
            key = (group.number, group.multi)
            known = self._facts.get(key) or await self._ask(*key)
            if isinstance(known, problems.Problem):
                chunk.refuse(piece.size, known)
                continue
            chunk.add(
                Part(
                    text=piece.text or text[piece.begin - begin : piece.end - begin],
                    size=piece.size,
                    datastream_id=group.number,
                    components=group.components,
                    facts=known,
                )
            )
        return chunk

    async def _whole(self, taken: Taken | Cut) -> Read | None:
        """All rows at once, where there are few, everything is known, and anything may be added there."""
        total = sum(taken.sizes)
        usual = taken.components and len(taken.numbers) <= _CHUNK_PIECES and all(taken.sizes)
        if not usual or not 0 < total <= CHUNK:
            return None
        state, numbers = self._call.state, tuple(taken.numbers)
        if (facts := state.streams.together(numbers)) is None:
            await state.streams.learn(list(set(numbers)))
            facts = state.streams.together(numbers)
        if facts is None:
            return None
        rights = await state.gate.rights(self._principal)
        if not all(rights.allow("create", dataset_id=number) for number in facts.datasets):
            return None

        def work() -> Read | None:
            return rows.whole(
                texts=taken.texts,
                sizes=taken.sizes,
                numbers=numbers,
                facts=facts,
                components=taken.components,
            )

        return await self._do(work, rows=total)

    async def _ask(self, number: int, multi: bool) -> Known:
        """What is known of a datastream, or why nothing can be added to it."""
        state = self._call.state
        found: Known
        if self._rights is None:
            self._rights = await state.gate.rights(self._principal)
        rights = self._rights
        facts: Facts | None = await state.streams.find(number)
        if (
            facts is not None
            and not multi
            and rights.allow("create", dataset_id=facts.dataset_id, datastream_id=number)
        ):
            self._facts[number, multi] = facts
            return facts
        try:
            found = await door.permitted(self._call, self._principal, number, multi=multi)
        except problems.Problem as problem:
            found = problem
        self._facts[number, multi] = found
        return found

    async def _store(self, chunk: Chunk, found: Read) -> Said:
        """Store what can be stored; what is said of the chunk's rows."""
        ids = np.zeros(chunk.size, np.int64)
        places = chunk.places()
        faults, failure = chunk.faults, None
        if found.features:
            await self._ask_features(found)
        if found.rows is not None:
            at = places[found.places]
            try:
                stored = await self._put(found.rows)
            except problems.Problem as problem:
                failure = problem
                faults.update(dict.fromkeys(at.tolist(), problem))
            else:
                ids[at] = stored.id
                faults.update({int(at[row]): problem for row, problem in stored.problems.items()})
        faults.update({int(places[row]): problem for row, problem in found.problems.items()})

        def work() -> bytes:
            return answer.shown(ids, faults, prefix=self._prefix)

        return await self._do(work, rows=chunk.size), failure

    async def _do(self, work: Callable[[], _T], *, rows: int) -> _T:
        """In a thread, or where a few rows are not worth one, in turns with the arrays of others."""
        if rows > _FEW:
            return await asyncio.to_thread(work)
        turns: Turns = self._call.state.turns
        return await turns.take(work)

    async def _put(self, rows: Batch) -> readings.Columns:
        loop = asyncio.get_running_loop()
        until = loop.time() + _PATIENCE_SECONDS
        while True:
            if self._given_up:
                raise readings.StoreUnavailable("it was not tried, since the rows before failed")
            try:
                stored: readings.Columns = await self._call.state.sink.put_columns(rows)
                return stored
            except readings.Busy:
                if not self._answered or loop.time() > until:
                    raise
                await asyncio.sleep(_PAUSE_SECONDS)
            except readings.StoreUnavailable:
                self._given_up = True
                raise

    async def _ask_features(self, found: Read) -> None:
        """Leave rows out that refer to features that are not there, or may not be known."""
        state = self._call.state
        for number in found.features - self._allowed.keys():
            if len(self._allowed) >= MOST_FEATURES:
                break
            self._allowed[number] = await state.streams.may_refer(
                gate=state.gate, principal=self._principal, feature_id=number
            )
        refused = [number for number in found.features if not self._allowed.get(number)]
        if not refused or found.rows is None or found.rows.feature_id is None:
            return
        bad = np.isin(found.rows.feature_id, refused)
        for row in np.flatnonzero(bad).tolist():
            number = int(found.rows.feature_id[row])
            detail = f"no FeatureOfInterest with the id {number}"
            if number not in self._allowed:
                detail = f"more than {MOST_FEATURES} features in one request"
            found.problems[int(found.places[row])] = UnknownReference(detail, where=FEATURE)
        found.rows, found.places = found.rows.take(~bad), found.places[~bad]


async def _read(chunk: Chunk) -> Read:
    if chunk.size <= _FEW:
        return rows.read(chunk.parts)
    return await asyncio.to_thread(rows.read, chunk.parts)


def _cut(scanner: Scanner | Taken) -> Iterator[list[Piece]]:
    """The pieces in order, as many at a time as make a chunk."""
    taken: list[Piece] = []
    size = length = 0
    for piece in scanner.pieces:
        full = size + piece.size > CHUNK or length + piece.end - piece.begin > _CHUNK_BYTES
        if taken and (full or len(taken) >= _CHUNK_PIECES):
            yield taken
            taken, size, length = [], 0, 0
        taken.append(piece)
        size += piece.size
        length += piece.end - piece.begin
    if taken:
        yield taken
