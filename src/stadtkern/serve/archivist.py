# SPDX-License-Identifier: EUPL-1.2
"""Has the archive worked on by a process of its own, which needs memory and goes when nothing is left."""

from __future__ import annotations

import asyncio
import os
import sys

from stadtkern.core.settings import Settings
from stadtkern.serve import processes
from stadtkern.things.archive import jobs


async def run(*, url: str, settings: Settings, stop: asyncio.Event) -> None:
    """Start the process whenever there is something to do, until told to stop."""

    async def begin() -> None:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "stadtkern", "child", "archive", "--parent", str(os.getpid()),
            env=processes.environment(settings, url=url),
        )  # fmt: skip
        ended = asyncio.create_task(process.wait())
        told = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait({ended, told}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            told.cancel()
            if process.returncode is None:
                process.terminate()
            await ended

    await jobs.watch(url=url, stop=stop, begin=begin)
