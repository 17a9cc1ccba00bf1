# SPDX-License-Identifier: EUPL-1.2
"""All checks in their order, each of which may fail without silencing the others."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import psycopg

from stadtkern.core import database, postgres
from stadtkern.core.settings import Settings
from stadtkern.serve.doctor import machine, server, stored
from stadtkern.serve.doctor.findings import Finding, wrong

_GIVEN = "Check STADTKERN_DATABASE_URL, whether that server runs, and whether it lets this machine in."


def examine(settings: Settings) -> list[Finding]:
    """Look everything over. An embedded database that does not run is started for the time of the look."""
    return [*machine.check(settings), *_database(settings)]


def _database(settings: Settings) -> Iterator[Finding]:
    given = settings.database_url is not None
    if not given:
        found = list(server.files(settings))
        yield from found
        if not (settings.data / "postgres" / "PG_VERSION").exists() or any(f.state == "wrong" for f in found):
            return
        yield from server.complaints(settings)
    try:
        with postgres.available(settings) as url:
            yield from asyncio.run(_stored(settings, url))
    except postgres.DatabaseStartFailed as error:
        yield server.failed_start(error)
    except (psycopg.Error, OSError) as error:
        yield wrong(
            "database", f"it does not answer: {str(error).strip()}", _GIVEN if given else "See postgres.log."
        )


async def _stored(settings: Settings, url: str) -> list[Finding]:
    async with await database.connect(url=url, autocommit=True) as connection:
        return [finding async for finding in stored.check(connection, settings=settings)]
