# SPDX-License-Identifier: EUPL-1.2
"""Drops the tables of deliveries that were replaced, once nobody can be reading them any more."""

from __future__ import annotations

import asyncio

import structlog

from stadtkern.core import database, waiting
from stadtkern.features import operations

log = structlog.get_logger(__name__)

_EVERY_SECONDS = 600.0


async def run(*, url: str, stop: asyncio.Event) -> None:
    """Sweep until told to stop."""
    while not stop.is_set():
        async with await database.connect(url=url, autocommit=True) as connection:
            if dropped := await operations.sweep(connection):
                log.info("replaced tables dropped", tables=dropped)
        await waiting.pause(stop, seconds=_EVERY_SECONDS)
