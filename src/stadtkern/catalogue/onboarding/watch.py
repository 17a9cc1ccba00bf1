# SPDX-License-Identifier: EUPL-1.2
"""Notices that there are files to import, without loading what reads them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from stadtkern.core import statements, watching

CHANNEL = "catalogue_imports"
_EVERY_SECONDS = 20.0


async def watch(*, url: str, stop: asyncio.Event, begin: Callable[[], Awaitable[None]]) -> None:
    """Call `begin`, which returns when it is done, whenever a file waits or an address is due."""
    await watching.watch(
        url=url,
        stop=stop,
        channel=CHANNEL,
        question=statements.load("catalogue")["work_of_imports"],
        every=_EVERY_SECONDS,
        begin=begin,
    )
