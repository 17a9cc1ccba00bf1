# SPDX-License-Identifier: EUPL-1.2
"""Counts uses in memory and adds them to the day every few seconds; nothing about whoever asks is kept.

What the process has counted but not yet added is lost when it is killed; when it stops in order, it is added.
"""

from __future__ import annotations

import re
import time
from collections import Counter
from typing import Literal

import psycopg
import structlog
from django.http import HttpRequest

from stadtkern.core import statements, times
from stadtkern.core.database import Connection
from stadtkern.ui import visit as visits
from stadtkern.ui.visit import Visit

log = structlog.get_logger(__name__)

Kind = Literal["view", "download", "embed", "sta", "ckan", "dcat"]
PAUSE_SECONDS = 10.0
# Programs that say what they are: their visits are no use by people.
_PROGRAMS = re.compile(r"bot|crawl|spider|slurp|preview|monitor|headless|scan|fetch|archiver|feed", re.I)


class Tally:
    """What was counted since the last time it was added up."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[int, Kind]] = Counter()
        self._added_at = time.monotonic()

    def add(self, dataset_id: int, kind: Kind) -> None:
        """Count one use."""
        self._counts[dataset_id, kind] += 1

    @property
    def due(self) -> bool:
        """Whether there is something to add and it has waited long enough."""
        return bool(self._counts) and time.monotonic() - self._added_at >= PAUSE_SECONDS

    async def settle(self, connection: Connection) -> None:
        """Add everything to today, in the city's zone."""
        counts, self._counts = self._counts, Counter()
        self._added_at = time.monotonic()
        if not counts:
            return
        city = await visits.DOOR.city(connection)
        about = {
            "day": times.now().astimezone(city.zone).date(),
            "ids": [dataset_id for dataset_id, _ in counts],
            "kinds": [kind for _, kind in counts],
            "numbers": list(counts.values()),
        }
        try:
            async with connection.transaction():
                await connection.execute(statements.load("catalogue")["usage_add"], about)
        except BaseException:
            self._counts += counts
            raise


TALLY = Tally()


async def count(request: HttpRequest, visit: Visit, *, dataset_id: int, kind: Kind) -> None:
    """Count one use of a dataset, unless a program asks or a browser only looks ahead."""
    ahead = "prefetch" in request.headers.get("sec-purpose", "") or request.method != "GET"
    agent = request.headers.get("user-agent", "")
    if not ahead and agent and not _PROGRAMS.search(agent):
        TALLY.add(dataset_id, kind)
    await settle(visit.connection)


async def settle(connection: Connection) -> None:
    """Add up what was counted, if that is due."""
    if TALLY.due:
        try:
            await TALLY.settle(connection)
        except psycopg.Error as error:
            # The answer matters more than its count, which is kept for the next time.
            log.warning("uses could not be added up", error=str(error))


async def close() -> None:
    """Add what is left when the process stops."""
    async with visits.DOOR.pool.connection() as connection:
        await TALLY.settle(connection)
