# SPDX-License-Identifier: EUPL-1.2
"""When messages without a time came: each at an instant of its own, in every attempt the same."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from stadtkern.core import times
from stadtkern.ingest.doors import arrivals, mqtt
from stadtkern.ingest.writer.writer import Writer
from stadtkern.things import readings
from tests.ingest import mqtt_clients, mqtt_raw

pytestmark = pytest.mark.anyio


async def _stored(database: str, datastream: int, *, at_least: float) -> list[tuple[datetime, float]]:
    async with await mqtt_clients.database_of(database) as asking:
        cursor = await asking.execute(
            "SELECT phenomenon_time, result FROM things.observation WHERE datastream_id = %s"
            " AND result >= %s ORDER BY phenomenon_time, slot",
            (datastream, at_least),
        )
        return [(row[0], row[1]) for row in await cursor.fetchall()]


async def test_no_two_messages_come_at_the_same_instant(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the clock stands still or goes back a little; where somebody sets it back it is believed."""
    clock = datetime(2026, 7, 1, tzinfo=UTC)
    monkeypatch.setattr(times, "now", lambda: clock)
    stamps, step = arrivals.Stamps(), timedelta(microseconds=1)
    assert [stamps.next() - clock for _ in range(3)] == [0 * step, step, 2 * step]
    clock += 10 * step
    assert stamps.next() == clock
    clock -= 5 * step
    assert stamps.next() == clock + 6 * step
    clock -= timedelta(hours=1)
    assert stamps.next() == clock


async def test_equal_readings_that_come_together_are_as_many_observations(
    door: mqtt.Mqtt, token: str, things: dict[str, int], database: str
) -> None:
    """A counter that says 1 ten times at once has counted ten times; the order is that of sending."""
    topic = f"v1.1/Datastreams({things['one']})/Observations"
    bodies = [b'{"result": 300}'] * 10 + [b'{"result": 301}', b'{"result": 302}'] * 5
    async with mqtt_raw.entered(door.port, token) as (reader, writer):
        writer.write(b"".join(mqtt_raw.publish(topic, body, number) for number, body in enumerate(bodies, 1)))
        assert await mqtt_raw.acknowledged(reader, len(bodies)) == list(range(1, len(bodies) + 1))
    stored = await _stored(database, things["one"], at_least=300)
    assert [result for _, result in stored] == [300.0] * 10 + [301.0, 302.0] * 5
    assert len({moment for moment, _ in stored}) == len(bodies)


@pytest.mark.parametrize("many", [1, 3])
async def test_what_is_stored_again_because_the_answer_was_lost_is_the_same(
    door: mqtt.Mqtt,
    token: str,
    things: dict[str, int],
    database: str,
    monkeypatch: pytest.MonkeyPatch,
    many: int,
) -> None:
    """The commit happened and nobody heard of it: the next attempt, alone, has the time of the first."""
    put, attempts = Writer.put, 0
    seen: dict[float, set[datetime]] = {}

    async def putting(self: Writer, items: Any) -> Any:
        nonlocal attempts
        attempts += 1
        for item in items:
            seen.setdefault(item.result, set()).add(item.phenomenon_time)
        answers = await put(self, items)
        if attempts == 1:
            raise readings.StoreUnavailable("nobody heard the answer")
        return answers

    monkeypatch.setattr(Writer, "put", putting)
    topic, first = f"v1.1/Datastreams({things['two']})/Observations", 400 + 10 * many
    bodies = [b'{"result": %d}' % (first + each) for each in range(many)]
    async with mqtt_raw.entered(door.port, token) as (reader, writer):
        writer.write(b"".join(mqtt_raw.publish(topic, body, number) for number, body in enumerate(bodies, 1)))
        assert await mqtt_raw.acknowledged(reader, many) == list(range(1, many + 1))
    assert attempts > 1
    stored = await _stored(database, things["two"], at_least=first)
    assert [result for _, result in stored] == [float(first + each) for each in range(many)]
    assert [seen[result] for _, result in stored] == [{moment} for moment, _ in stored]
