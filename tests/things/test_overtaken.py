# SPDX-License-Identifier: EUPL-1.2
"""Writers that overtake each other, deliver twice, come late and delete leave what a plain model says."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

import pytest

from stadtkern.core import database as core_database
from stadtkern.core.database import Connection
from stadtkern.ingest.writer import commit
from stadtkern.things import readings
from stadtkern.things.store import amend, batch, fold, prepared
from tests.things import histories
from tests.things.histories import NOON, check_rollups, check_state, datastreams, reading

pytestmark = pytest.mark.anyio

WRITERS, ROUNDS = 4, 8
FEATURES = (9001, 9002, 9003)
STEP = timedelta(seconds=10)
# Across the end of a month, so that partitions are made in between.
START = NOON + timedelta(days=3, hours=11)


class Place(NamedTuple):
    stream: int
    time: datetime


# What is in the store: for each place the results there, each with its number where the writer was told it.
Model = dict[Place, dict[float, int]]


class Writer:
    """One connection; its own rows lie between everybody's, and only it corrects and deletes them."""

    def __init__(self, number: int, streams: Sequence[tuple[int, str]], seed: int):
        self.number, self.streams = number, streams
        self.chance = random.Random(f"{seed}/{number}")
        self.own: Model = {}
        self.shared: set[tuple[Place, float]] = set()
        self.created: Counter[Place] = Counter()
        self.told: list[tuple[Place, float, int]] = []

    async def work(self, url: str) -> None:
        async with await core_database.connect(url=url, autocommit=True) as connection:
            for turn in range(ROUNDS):
                await self.deliver(connection, turn)
                if self.own and turn % 2:
                    await self.correct(connection)

    async def deliver(self, connection: Connection, turn: int) -> None:
        items = [item for stream in self.chosen() for item in self.some(stream, turn)]
        if self.chance.random() < 0.3:
            self.chance.shuffle(items)
        if self.chance.random() < 0.2:
            ready = prepared.prepare(batch.of_readings(items))
            done = await commit.store(connection, ready=ready)
            answers = list(zip(done.id.tolist(), done.new.tolist(), strict=True))
        else:
            found, _ = await commit.commit(connection, items=items)
            assert all(isinstance(answer, readings.Stored) for answer in found), found
            answers = [(one.id, one.new) for one in found if isinstance(one, readings.Stored)]
        self.note(items, answers)

    def chosen(self) -> list[tuple[int, str]]:
        return self.chance.sample(self.streams, self.chance.choice([1, 1, 2, len(self.streams)]))

    def some(self, stream: tuple[int, str], turn: int) -> list[readings.Reading]:
        """A stretch that begins somewhere around the present, with or without everybody's places."""
        begin = self.chance.choice([turn * 30, turn * 30, self.chance.randrange(ROUNDS * 30), 0])
        length = self.chance.choice([1, 1, 2, 20, 60, 250])
        pick = self.chance.choice(["own", "own", "shared", "both", "gaps"])
        found = []
        for at in range(begin, begin + length):
            if pick == "gaps" and self.chance.random() < 0.7:
                continue
            shared = pick == "shared" or (pick != "own" and self.chance.random() < 0.5)
            found.append(self.one(stream, at, shared=shared))
        if found and self.chance.random() < 0.15:
            found += self.chance.sample(found, 1)
        return found or [self.one(stream, begin, shared=True)]

    def one(self, stream: tuple[int, str], at: int, *, shared: bool) -> readings.Reading:
        time = START + at * STEP + (timedelta(0) if shared else timedelta(milliseconds=1 + self.number))
        result = float(at % 7) if shared else float(self.chance.randrange(3))
        place = None if stream[0] % 3 == 0 else FEATURES[(at + stream[0]) % len(FEATURES)]
        return reading(stream[0], time, result, feature_id=place)

    def note(self, items: Sequence[readings.Reading], answers: Sequence[tuple[int, bool]]) -> None:
        policies = dict(self.streams)
        for item, (number, created) in zip(items, answers, strict=True):
            place = Place(item.datastream_id, item.phenomenon_time)
            self.created[place] += created
            result = float(item.result)
            if not item.phenomenon_time.microsecond:
                self.shared.add((place, result))
                self.told.append((place, result, number))
                continue
            known = self.own.setdefault(place, {})
            match policies[place.stream]:
                case "append":
                    known[result] = number
                case "replace":
                    known.clear()
                    known[result] = number
                case "ignore" if not known:
                    known[result] = number

    async def correct(self, connection: Connection) -> None:
        """Take one's own rows out, or move them to where nobody else writes."""
        for place in self.chance.sample(sorted(self.own), min(len(self.own), 3)):
            (result, number), *_ = self.own[place].items()
            del self.own[place][result]
            moved = Place(place.stream, place.time + timedelta(microseconds=self.chance.randrange(1, 900)))
            async with connection.transaction():
                if self.chance.random() < 0.5 or moved in self.own:
                    await amend.delete(connection, observation_id=number)
                    self.created[place] -= 1
                    continue
                changes = {"phenomenon_time": moved.time, "result": 17.0}
                await amend.update(connection, observation_id=number, changes=changes)
            self.created[place] -= 1
            self.created[moved] += 1
            self.own[moved] = {17.0: number}
        self.own = {place: known for place, known in self.own.items() if known}


async def test_overtaking_writers_leave_what_a_model_says(connection: Connection, database: str) -> None:
    await play(connection, database, seed=1)


async def play(connection: Connection, database: str, *, seed: int) -> None:
    streams = [
        (number, policy)
        for policy in ("append", "replace", "ignore")
        for number in await datastreams(connection, count=2, conflict=policy)
    ]
    await histories.features(connection, *FEATURES)
    writers = [Writer(number, streams, seed) for number in range(WRITERS)]
    stop = asyncio.Event()
    folding = asyncio.create_task(_fold(database, stop))
    try:
        async with asyncio.timeout(60):
            await asyncio.gather(*(writer.work(database) for writer in writers))
    finally:
        stop.set()
        await folding
    for stream, _ in streams:
        await compare(connection, stream, writers)


async def _fold(url: str, stop: asyncio.Event) -> None:
    async with await core_database.connect(url=url, autocommit=True) as connection:
        while not stop.is_set():
            await fold.fold_once(connection)


async def compare(connection: Connection, stream: int, writers: Sequence[Writer]) -> None:
    """Rows, numbers that were told, states, counts of features and buckets of one datastream."""
    cursor = await connection.execute(
        "SELECT phenomenon_time, result, id, feature_id FROM things.observation WHERE datastream_id = %s",
        [stream],
    )
    stored = await cursor.fetchall()
    wanted = {
        (place.time, value) for writer in writers for place, value in writer.shared if place.stream == stream
    }
    wanted |= {
        (place.time, value)
        for writer in writers
        for place, known in writer.own.items()
        if place.stream == stream
        for value in known
    }
    found = {(time, result): number for time, result, number, _ in stored}
    assert len(found) == len(stored)
    assert set(found) == wanted, sorted(set(found) ^ wanted)[:5]
    told = [one for writer in writers for one in writer.told if one[0].stream == stream]
    assert all(found[place.time, value] == number for place, value, number in told)
    made: Counter[Place] = sum((writer.created for writer in writers), Counter())
    assert sum(n for place, n in made.items() if place.stream == stream) == len(stored)
    cursor = await connection.execute(
        "SELECT feature_id, n FROM things.feature_count WHERE datastream_id = %s AND n <> 0", [stream]
    )
    counted = dict(await cursor.fetchall())
    assert counted == Counter(place for *_, place in stored if place is not None)
    await check_state(connection, stream)
    await check_rollups(connection, stream, kind="measurement")
