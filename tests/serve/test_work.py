# SPDX-License-Identifier: EUPL-1.2
"""Loops end when they are told to, also where they wait for something else at that moment."""

from __future__ import annotations

import asyncio

import pytest

from stadtkern.core import outbox
from stadtkern.core.settings import Settings
from stadtkern.serve import work

pytestmark = pytest.mark.anyio


async def test_a_loop_that_does_not_hear_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stop must not take as long as the longest wait of a loop; one that hears ends by itself."""
    monkeypatch.setattr(work, "_GRACE_SECONDS", 0.05)
    ended: list[str] = []

    async def deaf(_: asyncio.Event) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("deaf")

    async def hearing(stop: asyncio.Event) -> None:
        await stop.wait()
        ended.append("hearing")

    stop = asyncio.Event()
    running = [asyncio.create_task(work._kept_running(loop.__name__, loop, stop)) for loop in (deaf, hearing)]
    await asyncio.sleep(0)
    stop.set()
    async with asyncio.timeout(60):
        await asyncio.gather(*running)
    assert sorted(ended) == ["deaf", "hearing"]


async def test_a_loop_that_falls_is_started_again() -> None:
    """With a pause that grows."""
    stop = asyncio.Event()
    runs: list[int] = []

    async def falling(_: asyncio.Event) -> None:
        runs.append(1)
        if len(runs) == 1:
            raise RuntimeError("once")

    async with asyncio.timeout(60):
        await work._kept_running("falling", falling, stop)
    assert len(runs) == 2


def test_the_store_is_looked_after(settings: Settings, database: str) -> None:
    """What nobody asks for happens only where its loop is among those that run."""
    loops = work._loops(settings=settings, url=database, subscriptions=outbox.Subscriptions())
    assert {"fold", "ranges", "disposal", "retention", "archive"} <= loops.keys()
