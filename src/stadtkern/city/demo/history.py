# SPDX-License-Identifier: EUPL-1.2
"""Makes the simulated probes known and gives them the weeks that they would have reported."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime

from psycopg.types.json import Jsonb

from stadtkern.city.demo import feed, place, probes, sets
from stadtkern.core import statements, times
from stadtkern.core.database import Connection
from stadtkern.ingest.imports.entities import Entities
from stadtkern.things import readings
from stadtkern.things.store import batch, merge

_ROWS = 20_000


async def make_probes(connection: Connection, *, ids: Mapping[str, int]) -> None:
    """All simulated probes with their history; those that exist go on from where they were."""
    entities = {
        each.key: Entities(connection, dataset_id=ids[each.key], place=place.placer(each.quarters))
        for each in (sets.PROBES, sets.RESTRICTED)
    }
    now = times.now()
    for probe in probes.probes():
        stream = await entities[probe.dataset].datastream(series=probe.series(), values={})
        await entities[probe.dataset].feature(datastream_id=stream)
        await connection.execute(
            statements.load("city")["save_probe"],
            {
                "datastream_id": stream,
                "kind": probe.kind,
                "seed": probe.seed,
                "every_seconds": probe.every_seconds,
                "settings": Jsonb(probe.settings),
                "fed_until": now - feed.LONGEST_CATCH_UP,
            },
        )
    waiting: list[readings.Reading] = []
    for made in await feed.probes(connection):
        waiting += await asyncio.to_thread(_values, made, now)
        if len(waiting) >= _ROWS:
            await _store(connection, waiting)
            waiting = []
    await _store(connection, waiting)
    every = [made.datastream_id for made in await feed.probes(connection)]
    await connection.execute(statements.load("city")["advance_probes"], {"ids": every, "fed_until": now})


def _values(probe: feed.Probe, now: datetime) -> list[readings.Reading]:
    return list(feed.simulated(probe, now=now))


async def _store(connection: Connection, waiting: list[readings.Reading]) -> None:
    if waiting:
        async with connection.transaction():
            await merge.merge(connection, batch=batch.of_readings(waiting), policy="replace")
