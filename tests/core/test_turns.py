# SPDX-License-Identifier: EUPL-1.2
"""Heavy work of many requests leaves the loop to others in between, on the loop of production, too."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from itertools import pairwise

import pytest
import uvloop

from stadtkern.core.turns import Turns

Loop = Callable[[], asyncio.AbstractEventLoop]
_LOOPS = pytest.mark.parametrize("loop", [asyncio.new_event_loop, uvloop.new_event_loop])


@_LOOPS
def test_each_piece_has_a_round_of_its_own(loop: Loop) -> None:
    """All come at once; whoever asks the loop for a moment comes to it between any two of them, in order."""
    seen: list[str] = []

    async def work() -> None:
        turns = Turns()

        async def piece(number: int) -> None:
            async with turns:
                seen.append(f"piece {number}")

        async def other() -> None:
            while "piece 4" not in seen:
                seen.append("other")
                await asyncio.sleep(0)

        await asyncio.gather(*map(piece, range(5)), other())

    with asyncio.Runner(loop_factory=loop) as runner:
        runner.run(asyncio.wait_for(work(), 60))
    pieces = [at for at, what in enumerate(seen) if what != "other"]
    assert [seen[at] for at in pieces] == [f"piece {number}" for number in range(5)]
    assert all("other" in seen[one:two] for one, two in pairwise(pieces))


@_LOOPS
@pytest.mark.parametrize("rounds", range(6))
def test_who_goes_away_keeps_nobodys_turn(loop: Loop, rounds: int) -> None:
    """Whether still in line, called already or at work."""
    seen: list[int] = []

    async def work() -> None:
        turns = Turns()

        async def piece(number: int) -> None:
            async with turns:
                await asyncio.sleep(0)
                seen.append(number)

        tasks = [asyncio.create_task(piece(number)) for number in range(4)]
        for _ in range(rounds):
            await asyncio.sleep(0)
        tasks[1].cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    with asyncio.Runner(loop_factory=loop) as runner:
        runner.run(asyncio.wait_for(work(), 60))
    assert [number for number in seen if number != 1] == [0, 2, 3]
