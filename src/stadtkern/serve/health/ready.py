# SPDX-License-Identifier: EUPL-1.2
"""Whether this process can do its work: each check has a name and, where it fails, a reason."""

from __future__ import annotations

from typing import Any, NamedTuple

import psycopg
import psycopg_pool

from stadtkern.core import migrations, statements
from stadtkern.core.database import Connection

_PATIENCE_SECONDS = 2.0
_MEBIBYTE = 1_048_576


class Check(NamedTuple):
    """One condition; `reason` is empty where it is met."""

    name: str
    reason: str = ""


async def checks(state: Any, *, stopping: bool) -> list[Check]:
    """All conditions of readiness, for the state of a data plane that has started."""
    return [
        Check("serving", "the process is being replaced or stopped" if stopping else ""),
        *await _database(state),
        Check("disk", _disk(state)),
        Check("writer", state.sink.hindrance()),
    ]


async def _database(state: Any) -> list[Check]:
    try:
        async with state.pool.connection(timeout=_PATIENCE_SECONDS) as connection:
            missing = await unapplied(connection)
    except (psycopg.Error, psycopg_pool.PoolTimeout, OSError) as error:
        return [
            Check("database", f"it does not answer: {type(error).__name__}"),
            Check("migrations", "not known"),
        ]
    names = ", ".join(missing)
    return [Check("database"), Check("migrations", f"run `stadtkern migrate`: {names}" if missing else "")]


async def unapplied(connection: Connection) -> list[str]:
    """Migrations of this version that the database lacks, or has with another text."""
    rows = await (await connection.execute(statements.load("core")["health_applied"])).fetchall()
    applied = {(package, number): digest for package, number, digest in rows}
    return [
        f"{each.package}/{each.number:04}_{each.name}"
        for each in migrations.available()
        if applied.get((each.package, each.number)) != each.digest
    ]


def _disk(state: Any) -> str:
    room = state.room
    return f"{(room.free or 0) // _MEBIBYTE} MiB are left" if room.short else ""
