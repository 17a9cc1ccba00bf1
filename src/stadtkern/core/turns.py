# SPDX-License-Identifier: EUPL-1.2
"""Pieces of work that keep the loop busy take turns with everybody else."""

from __future__ import annotations

import asyncio
from types import TracebackType


class Turns:
    """One such piece in each round of the loop, in the order of their coming; use it with `async with`.

    Where many requests arrive together, the loop would do the work of all of them before it looks at
    anything else: whoever needs it for a moment only, such as a database that waits for the rest of its
    parameters, would wait as long.
    """

    def __init__(self) -> None:
        self._lock = asyncio.Lock()

    async def __aenter__(self) -> None:
        await self._lock.acquire()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        asyncio.get_running_loop().call_soon(self._lock.release)
