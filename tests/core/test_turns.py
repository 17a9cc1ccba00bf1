# SPDX-License-Identifier: EUPL-1.2
"""Heavy work of many requests leaves the loop to others in between, on the loop of production, too."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from itertools import pairwise

import pytest
import uvloop

from stadtkern.core import turns
from stadtkern.core.turns import Turns

Loop = Callable[[], asyncio.AbstractEventLoop]
_LOOPS = pytest.mark.parametrize("loop", [asyncio.new_event_loop, uvloop.new_event_loop])


class Clock:
    """Goes on only when it is told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def perf_counter(self) -> float:
        """Seconds."""
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """What the turns go by."""
    mine = Clock()
    monkeypatch.setattr(turns, "time", mine)
    return mine


@_LOOPS
@pytest.mark.parametrize(("milliseconds", "together"), [(3.0, 1), (1.5, 2), (0.25, 8)])
def test_a_round_has_time_for_some_pieces_only(
    loop: Loop, clock: Clock, milliseconds: float, together: int
) -> None:
    """All come at once; whoever asks the loop for a moment comes to it after every few of them, in order."""
    pieces = 3 * together
    seen: list[int | str] = []

    async def work() -> None:
        mine = Turns()

        def piece(number: int) -> int:
            clock.now += milliseconds / 1000
            seen.append(number)
            return number

        async def other() -> None:
            while pieces - 1 not in seen:
                seen.append("other")
                await asyncio.sleep(0)

        answers = await asyncio.gather(
            *(mine.take(partial(piece, number)) for number in range(pieces)), other()
        )
        assert answers == [*range(pieces), None]

    with asyncio.Runner(loop_factory=loop) as runner:
        runner.run(asyncio.wait_for(work(), 60))
    assert [what for what in seen if what != "other"] == [*range(pieces)]
    others = [at for at, what in enumerate(seen) if what == "other"]
    runs = [two - one - 1 for one, two in pairwise([-1, *others, len(seen)]) if two - one > 1]
    assert runs == [together] * 3


@_LOOPS
@pytest.mark.parametrize("rounds", range(6))
def test_who_goes_away_keeps_nobodys_turn(loop: Loop, clock: Clock, rounds: int) -> None:
    """Whether still in line, or done already; an error is told to those whose it is."""
    seen: list[int] = []

    async def work() -> None:
        mine = Turns()

        def piece(number: int) -> None:
            clock.now += 1
            seen.append(number)
            if number == 2:
                raise LookupError("two")

        async def asks(number: int) -> None:
            await mine.take(partial(piece, number))

        tasks = [asyncio.create_task(asks(number)) for number in range(5)]
        for _ in range(rounds):
            await asyncio.sleep(0)
        tasks[1].cancel()
        answers = await asyncio.gather(*tasks, return_exceptions=True)
        assert [type(answers[number]) for number in (0, 2, 3, 4)] == [
            type(None),
            LookupError,
            type(None),
            type(None),
        ]

    with asyncio.Runner(loop_factory=loop) as runner:
        runner.run(asyncio.wait_for(work(), 60))
    assert [number for number in seen if number != 1] == [0, 2, 3, 4]
