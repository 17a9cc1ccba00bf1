# SPDX-License-Identifier: EUPL-1.2
"""What the data plane adds to the figures of the processes: database, backlogs, pool, streams, disk."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import psycopg
import psycopg_pool
import structlog

from stadtkern.core import metrics, statements
from stadtkern.core.database import Connection
from stadtkern.core.metrics import Family

log = structlog.get_logger(__name__)

_MOST = 100_000
_KEPT_SECONDS = 2.0
_PATIENCE_SECONDS = 3.0


class Figures:
    """Asks the database, but not more often than every two seconds, whoever asks us."""

    def __init__(self) -> None:
        self._kept: list[Family] = []
        self._asked = float("-inf")

    async def of(self, state: Any) -> list[Family]:
        """The figures of a data plane that has started."""
        if time.monotonic() - self._asked > _KEPT_SECONDS:
            self._asked = time.monotonic()
            self._kept = await _database(state.pool)
        return [*self._kept, *_pool(state.pool), *_memory_of(state)]


def _memory_of(state: Any) -> Iterator[Family]:
    yield metrics.gauge(
        "stadtkern_writer_queue_readings", "Readings that wait for the writer.", state.sink.waiting
    )
    yield metrics.gauge(
        "stadtkern_writer_queue_limit", "Readings that may wait for the writer.", state.settings.queue_limit
    )
    yield metrics.gauge("stadtkern_live_streams", "Browsers that listen to live values.", state.live.size)
    if not state.room.short and state.room.free is None:
        return
    yield metrics.gauge(
        "stadtkern_disk_free_bytes", "Room left for the database of this machine.", state.room.free
    )


def _pool(pool: psycopg_pool.AsyncConnectionPool[Connection]) -> Iterator[Family]:
    stats = pool.get_stats()
    size, idle = stats.get("pool_size", 0), stats.get("pool_available", 0)
    yield metrics.gauge("stadtkern_pool_connections", "Connections of the pool.", size)
    yield metrics.gauge("stadtkern_pool_connections_used", "Connections in use.", max(0, size - idle))
    yield metrics.gauge(
        "stadtkern_pool_connections_limit", "Connections it may have.", stats.get("pool_max", 0)
    )
    yield metrics.gauge(
        "stadtkern_pool_waiting", "Who waits for a connection.", stats.get("requests_waiting", 0)
    )


async def _database(pool: psycopg_pool.AsyncConnectionPool[Connection]) -> list[Family]:
    try:
        async with pool.connection(timeout=_PATIENCE_SECONDS) as connection, connection.transaction():
            await connection.execute("SET LOCAL statement_timeout = '3s'")
            return [metrics.gauge("stadtkern_database_up", "Whether it answers.", 1), *await _ask(connection)]
    except (psycopg.Error, psycopg_pool.PoolTimeout, OSError) as error:
        log.warning("the database does not tell its figures", error=str(error).strip())
        return [metrics.gauge("stadtkern_database_up", "Whether it answers.", 0)]


async def _ask(connection: Connection) -> list[Family]:
    core, things = statements.load("core"), statements.load("things")
    before = time.time()
    size, used, limit, clock = await _row(connection, core["health_database"], {})
    marks, watched, watched_age = await _row(connection, things["health_backlog"], {"most": _MOST})
    events, event_age, failed = await _row(connection, core["health_outbox"], {"most": _MOST})
    mails, mail_age, dead = await _row(connection, statements.load("identity")["health_mail"], {})
    (wishes,) = await _row(connection, things["wishes_waiting"], {})
    told, clients = await _row(connection, statements.load("ingest")["health_parcels"], {})
    disposals, rows = await _row(connection, things["disposals_waiting"], {})
    gauge = metrics.gauge
    return [
        gauge("stadtkern_archive_wishes", "Parts of the archive that readers wait for.", wishes),
        gauge("stadtkern_disposals", "Deletions whose observations are still being removed.", disposals),
        gauge("stadtkern_disposals_rows", "About how many observations those are.", rows),
        gauge("stadtkern_database_size_bytes", "Size of the database.", size),
        gauge("stadtkern_database_connections", "Connections of all processes to the database.", used),
        gauge("stadtkern_database_connections_limit", "Connections that the server takes.", limit),
        gauge(
            "stadtkern_clock_ahead_seconds", "How far the database's clock is ahead of ours.", clock - before
        ),
        gauge("stadtkern_fold_marks", f"Dirty buckets that wait for the fold, at most {_MOST}.", marks),
        gauge("stadtkern_watch_queue_rows", f"Watched readings not yet looked at, at most {_MOST}.", watched),
        gauge("stadtkern_watch_queue_age_seconds", "Age of the oldest of them.", watched_age or 0.0),
        gauge("stadtkern_outbox_events", f"Events not yet delivered, at most {_MOST}.", events),
        gauge("stadtkern_outbox_age_seconds", "Age of the oldest of them.", event_age or 0.0),
        gauge("stadtkern_outbox_failed", "Events whose delivery has failed at least once.", failed),
        gauge("stadtkern_mqtt_waiting", "MQTT messages that wait for clients who are away.", told),
        gauge("stadtkern_mqtt_clients_awaited", "MQTT clients for whom messages wait.", clients),
        gauge("stadtkern_mail_waiting", "Mails that wait for the mail server.", mails),
        gauge("stadtkern_mail_age_seconds", "For how long one of them has been due.", mail_age or 0.0),
        gauge("stadtkern_mail_given_up", "Mails that no mail server took, for people to decide.", dead),
    ]


async def _row(connection: Connection, statement: Any, params: dict[str, Any]) -> tuple[Any, ...]:
    row = await (await connection.execute(statement, params)).fetchone()
    return tuple(row or ())
