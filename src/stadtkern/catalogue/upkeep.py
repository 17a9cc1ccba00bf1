# SPDX-License-Identifier: EUPL-1.2
"""Keeps the catalogue complete and up to date: once a minute it looks at what came from elsewhere."""

from __future__ import annotations

import asyncio

import structlog

from stadtkern.catalogue import automatic, operations
from stadtkern.catalogue.files import contents
from stadtkern.catalogue.search import counting
from stadtkern.core import classes, database, statements, waiting
from stadtkern.core.settings import Settings

log = structlog.get_logger(__name__)

_EVERY_SECONDS = 60.0


async def run(*, settings: Settings, url: str, stop: asyncio.Event) -> None:
    """Adopt and sweep until told to stop."""
    async with await database.connect(url=url, autocommit=True) as connection:
        await contents.strays(connection, settings)
    while not stop.is_set():
        await once(url=url)
        async with await database.connect(url=url, autocommit=True) as connection:
            await contents.sweep(connection, settings)
        await waiting.pause(stop, seconds=_EVERY_SECONDS)


async def once(*, url: str) -> list[str]:
    """Adopt what the catalogue does not know yet, and note what is new; returns the keys adopted."""
    async with await database.connect(url=url, autocommit=True) as connection:
        if await classes.recount(connection):
            log.error("classes of datasets were wrong and are counted anew")
        if await counting.upkeep(connection):
            log.error("sizes of combinations of facets were wrong and are counted anew")
        adopted = await operations.adopt_all(connection)
        await connection.execute(statements.load("catalogue")["move_series"])
        await automatic.place_features(connection)
        await automatic.offer_files(connection)
    if adopted:
        log.info("datasets taken into the catalogue", keys=adopted)
    return adopted
