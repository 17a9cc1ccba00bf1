# SPDX-License-Identifier: EUPL-1.2
"""Forgets old versions, and drops their tables once nobody can be reading them any more."""

from __future__ import annotations

import asyncio

import structlog

from stadtkern.core import database, waiting
from stadtkern.core.settings import Settings
from stadtkern.features import operations
from stadtkern.features.versions import keeping

log = structlog.get_logger(__name__)

_EVERY_SECONDS = 600.0


async def run(*, url: str, settings: Settings, stop: asyncio.Event) -> None:
    """Sweep until told to stop."""
    while not stop.is_set():
        async with await database.connect(url=url, autocommit=True) as connection:
            kept, days = settings.versions_kept, settings.versions_days
            if forgotten := await keeping.prune(connection, kept=kept, days=days):
                log.info("old versions forgotten", versions=forgotten)
            if dropped := await operations.sweep(connection):
                log.info("replaced tables dropped", tables=dropped)
        await waiting.pause(stop, seconds=_EVERY_SECONDS)
