# SPDX-License-Identifier: EUPL-1.2
"""Whether this process can do its work: each check has a name and, where it fails, a reason."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import psycopg
import psycopg_pool

from stadtkern.core import statements, times
from stadtkern.core.database import Connection
from stadtkern.core.migrations import Migration

_PATIENCE_SECONDS = 2.0
_MEBIBYTE = 1_048_576


class Check(NamedTuple):
    """One condition; `reason` is empty where it is met."""

    name: str
    reason: str = ""


async def checks(state: Any, *, brought: Sequence[Migration], stopping: bool) -> list[Check]:
    """All conditions of readiness, for the state of a data plane that has started.

    `brought`: the migrations of the version that runs, which may not be the one installed meanwhile.
    """
    return [
        Check("serving", "the process is being replaced or stopped" if stopping else ""),
        *await _database(state, brought),
        Check("disk", _disk(state)),
        Check("writer", state.sink.hindrance()),
    ]


async def _database(state: Any, brought: Sequence[Migration]) -> list[Check]:
    try:
        async with state.pool.connection(timeout=_PATIENCE_SECONDS) as connection:
            missing, latest = await ledger(connection, brought=brought)
    except (psycopg.Error, psycopg_pool.PoolTimeout, OSError) as error:
        away = f"it does not answer: {type(error).__name__}"
        return [Check("database", away), Check("migrations", "not known"), Check("clock")]
    names = ", ".join(missing)
    return [
        Check("database"),
        Check("migrations", f"run `stadtkern migrate`: {names}" if missing else ""),
        Check("clock", _clock(latest)),
    ]


async def ledger(
    connection: Connection, *, brought: Sequence[Migration]
) -> tuple[list[str], datetime | None]:
    """Migrations that the database lacks or has with another text, and when the last one came."""
    rows = await (await connection.execute(statements.load("core")["health_applied"])).fetchall()
    applied = {(package, number): digest for package, number, digest, _ in rows}
    missing = [
        f"{each.package}/{each.number:04}_{each.name}"
        for each in brought
        if applied.get((each.package, each.number)) != each.digest
    ]
    return missing, max((row[3] for row in rows), default=None)


def _clock(latest: datetime | None) -> str:
    now = times.now()
    if latest is None or now > latest - timedelta(days=1):
        return ""
    return f"it is {now:%Y-%m-%d} here, but the database was migrated {latest:%Y-%m-%d}"


def _disk(state: Any) -> str:
    room = state.room
    return f"{(room.free or 0) // _MEBIBYTE} MiB are left" if room.short else ""
