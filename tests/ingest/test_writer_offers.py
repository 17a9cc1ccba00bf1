# SPDX-License-Identifier: EUPL-1.2
"""Readings of callers that are told what became of them instead of waiting for it."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import msgspec
import psycopg
import pytest
import structlog

from stadtkern.core import problems
from stadtkern.core.database import Connection
from stadtkern.core.settings import Settings
from stadtkern.ingest.writer import Writer
from stadtkern.ingest.writer.waiting import Telling
from stadtkern.things import readings
from tests.things.histories import NOON, datastreams, reading

pytestmark = pytest.mark.anyio
MINUTE = timedelta(minutes=1)


async def test_who_offers_is_told_once_and_what_cannot_be_taken_at_once_is_not_taken(
    connection: Connection, database: str, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stored, known already, refused after the writer's patience; one that fails to listen harms nobody."""
    (stream,) = await datastreams(connection)
    heard: list[object] = []
    rest = asyncio.Event()

    def deaf(answer: object) -> None:
        raise OSError(answer)

    def told(answer: object) -> None:
        heard.append(answer)
        rest.set()

    narrow = msgspec.structs.replace(settings, queue_limit=2)
    with structlog.testing.capture_logs() as logged:
        async with Writer(url=database, settings=narrow) as writer:
            assert writer.offer(reading(stream, NOON, 1.0), done=deaf)
            assert writer.offer(reading(stream, NOON, 1.0), done=told)
            assert not writer.offer(reading(stream, NOON + MINUTE, 2.0), done=told)
            assert not writer.offer(reading(stream, NOON, float("nan")), done=told)
            await asyncio.wait_for(rest.wait(), 60)
            (same,) = await writer.put([reading(stream, NOON, 1.0)])
            assert isinstance(same, readings.Stored)
            assert [answer.id for answer in heard if isinstance(answer, readings.Stored)] == [same.id]
            with monkeypatch.context() as patch:
                patch.setattr(writer, "_patience", 0.0)
                patch.setattr(writer, "_connected", _away)
                rest.clear()
                assert writer.offer(reading(stream, NOON + MINUTE, 2.0), done=told)
                await asyncio.wait_for(rest.wait(), 60)
            assert isinstance(heard[-1], readings.StoreUnavailable)
    assert not writer.offer(reading(stream, NOON + MINUTE, 2.0), done=told)
    assert len(heard) == 2
    assert [line["event"] for line in logged].count("somebody could not be told of a reading") == 1


async def test_who_offered_is_told_even_where_counting_fails() -> None:
    """What is stored is stored; others that are told meanwhile, and offer again, are told, too."""
    heard: list[object] = []
    rest = asyncio.Event()

    def miscount(answers: object) -> None:
        raise ValueError(answers)

    def again(answer: readings.Stored | problems.Problem) -> None:
        heard.append(answer)
        telling.add(lambda _: rest.set(), answer)

    telling = Telling(loop=asyncio.get_running_loop(), count=miscount)
    with structlog.testing.capture_logs() as logged:
        for number in (1, 2):
            telling.add(heard.append if number == 1 else again, readings.Stored(number, True))
        await asyncio.wait_for(rest.wait(), 60)
    assert heard == [readings.Stored(1, True), readings.Stored(2, True)]
    assert [line["event"] for line in logged] == ["readings could not be counted"] * 2


async def _away() -> Connection:
    raise psycopg.OperationalError("away")
