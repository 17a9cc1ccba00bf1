# SPDX-License-Identifier: EUPL-1.2
"""How long commits of few rows usually take, and when half of that is over."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Iterator

# What takes longer tells of trouble, not of what is usual.
_LONGEST_SECONDS = 0.1


class Pace:
    """Calls `then` in the middle of each commit, by what the one before took; `halfway` says that it was."""

    def __init__(self, *, then: Callable[[], None]):
        self._then = then
        self._usual = 0.0
        self.halfway = False

    @contextlib.contextmanager
    def of_one(self, *, few: bool) -> Iterator[None]:
        """Around one commit; only those of few rows count."""
        self.halfway = False
        began = time.perf_counter()  # the loop's own clock may count milliseconds
        timer = asyncio.get_running_loop().call_later(self._usual / 2, self._reach)
        try:
            yield
            if few:
                self._usual = min(time.perf_counter() - began, _LONGEST_SECONDS)
        finally:
            timer.cancel()

    def _reach(self) -> None:
        self.halfway = True
        self._then()
