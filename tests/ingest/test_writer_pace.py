# SPDX-License-Identifier: EUPL-1.2
"""The middle of a commit is told by what the one before took, on the loop of production, too."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
import uvloop

from stadtkern.ingest.writer.pace import Pace


@pytest.mark.parametrize("loop", [asyncio.new_event_loop, uvloop.new_event_loop])
def test_who_waits_for_the_middle_is_called_once_within_each_commit(
    loop: Callable[[], asyncio.AbstractEventLoop],
) -> None:
    """However short it is, nobody has to come by for that; a commit that ends early calls nobody."""
    called: list[bool] = []

    async def work() -> None:
        reached = asyncio.Event()

        def note() -> None:
            called.append(pace.halfway)
            reached.set()

        pace = Pace(then=note)
        for number in range(50):
            with pace.of_one(few=True):
                assert not pace.halfway
                for _ in range(60 * (number % 4)):
                    await asyncio.sleep(0)
                await reached.wait()
                reached.clear()
        with pace.of_one(few=True):
            assert len(called) == 50
        with pace.of_one(few=True):
            await reached.wait()

    with asyncio.Runner(loop_factory=loop) as runner:
        runner.run(asyncio.wait_for(work(), 60))
    assert called == [True] * 51
