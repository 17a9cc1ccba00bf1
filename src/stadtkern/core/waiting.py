# SPDX-License-Identifier: EUPL-1.2
"""How a loop rests: for a while, but no longer than until it is told to stop."""

from __future__ import annotations

import asyncio
import contextlib


async def pause(stop: asyncio.Event, *, seconds: float) -> bool:
    """Wait until told to stop, at most so many seconds; whether it was told."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await stop.wait()
    return stop.is_set()
