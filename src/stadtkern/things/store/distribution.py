# SPDX-License-Identifier: EUPL-1.2
"""Spreads the observations over the workers of a Citus cluster, by datastream."""

from __future__ import annotations

import structlog

from stadtkern.core import database, problems, statements

log = structlog.get_logger(__name__)

# Referenced tables before those that refer to them.
EVERYWHERE = (
    "core.principal",
    "core.organisation",
    "core.room",
    "core.dataset",
    "things.thing",
    "things.location",
    "things.thing_location",
    "things.historical_location",
    "things.historical_location_location",
    "things.sensor",
    "things.observed_property",
    "things.datastream",
    "things.datastream_property",
    "things.feature_of_interest",
    "things.seal",
)
# The first one says how the others are spread.
SPREAD = (
    "things.datastream_state",
    "things.observation",
    "things.datastream_feature",
    "things.rollup_hour",
    "things.rollup_day",
    "things.rollup_dirty",
    "things.watch",
    "things.watch_queue",
    "things.archived",
)


class NoCitus(problems.Problem):
    """This database has no Citus.

    Connect to the coordinator of a Citus cluster (13 or later) and run `CREATE EXTENSION citus` there first.
    """

    status = 500


async def distribute(*, url: str) -> list[str]:
    """Spread what is not spread yet; returns the names of those tables. Safe to run twice. Raises NoCitus."""
    sql = statements.load("things")
    done: list[str] = []
    async with await database.connect(url=url, autocommit=True) as connection:
        row = await (await connection.execute(sql["citus_version"])).fetchone()
        if row is None or int(str(row[0]).partition("-")[0].partition(".")[0]) < 13:
            raise NoCitus(f"found {row[0]}" if row else "the extension is missing")
        for name in (*EVERYWHERE, *SPREAD):
            known = await (await connection.execute(sql["spread_already"], {"name": name})).fetchone()
            if known and known[0]:
                continue
            beside = "default" if name == SPREAD[0] else SPREAD[0]
            statement = sql["copy_everywhere" if name in EVERYWHERE else "spread"]
            await connection.execute(statement, {"name": name, "beside": beside})
            log.info("spread", table=name)
            done.append(name)
    return done
