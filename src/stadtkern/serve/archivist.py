# SPDX-License-Identifier: EUPL-1.2
"""Has the archive, imports and mails worked on by processes that need memory and go when all is done."""

from __future__ import annotations

import asyncio
import os
import sys

from stadtkern.core.settings import Settings
from stadtkern.serve import processes
from stadtkern.things.archive import jobs


async def run(*, url: str, settings: Settings, stop: asyncio.Event) -> None:
    """Start the archive's process whenever there is something to do, until told to stop."""
    await jobs.watch(
        url=url, stop=stop, begin=lambda: _begin("archive", url=url, settings=settings, stop=stop)
    )


async def run_imports(*, url: str, settings: Settings, stop: asyncio.Event) -> None:
    """Start the imports' process whenever a file waits, until told to stop."""
    from stadtkern.catalogue.onboarding import watch as imports

    begin = lambda: _begin("imports", url=url, settings=settings, stop=stop)  # noqa: E731
    await imports.watch(url=url, stop=stop, begin=begin)


async def run_mail(*, url: str, settings: Settings, stop: asyncio.Event) -> None:
    """Start the mails' process whenever one is due, until told to stop."""
    from stadtkern.identity.mail import watch as mails

    begin = lambda: _begin("mail", url=url, settings=settings, stop=stop)  # noqa: E731
    await mails.watch(url=url, stop=stop, begin=begin)


async def _begin(name: str, *, url: str, settings: Settings, stop: asyncio.Event) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "stadtkern", "child", name, "--parent", str(os.getpid()),
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
