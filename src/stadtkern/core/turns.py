# SPDX-License-Identifier: EUPL-1.2
"""Pieces of work that keep the loop busy take turns with everybody else."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable
from typing import Any, TypeVar

_T = TypeVar("_T")
# Of each round; a piece that has begun is not interrupted.
_MOST_SECONDS = 0.002


class Turns:
    """Such pieces in each round of the loop until its time is spent, in the order of their coming.

    Where many requests arrive together, the loop would do the work of all of them before it looks at
    anything else: whoever needs it for a moment only, such as a database that waits for the rest of its
    parameters, would wait as long.
    """

    def __init__(self) -> None:
        self._line: deque[tuple[Callable[[], Any], asyncio.Future[Any]]] = deque()
        self._spent = 0.0
        self._ending = False

    async def take(self, work: Callable[[], _T]) -> _T:
        """Do it now, or in one of the next rounds. Raises what the work does."""
        if not self._line and self._spent < _MOST_SECONDS:
            return self._spend(work)
        turn: asyncio.Future[_T] = asyncio.get_running_loop().create_future()
        self._line.append((work, turn))
        return await turn

    def _spend(self, work: Callable[[], _T]) -> _T:
        if not self._ending:
            self._ending = True
            asyncio.get_running_loop().call_soon(self._next_round)
        began = time.perf_counter()
        try:
            return work()
        finally:
            self._spent += time.perf_counter() - began

    def _next_round(self) -> None:
        self._spent, self._ending = 0.0, False
        while self._line and self._spent < _MOST_SECONDS:
            work, turn = self._line.popleft()
            if turn.done():  # whoever waited for it went away
                continue
            try:
                turn.set_result(self._spend(work))
            except Exception as error:  # noqa: BLE001 – for whoever waits to deal with
                turn.set_exception(error)
