# SPDX-License-Identifier: EUPL-1.2
"""What is in the database: migrations, clock, partitions, what waits to be done, tokens, connections."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
from psycopg import errors

from stadtkern.core import migrations, sockets, statements, times
from stadtkern.core.database import Connection
from stadtkern.core.settings import Settings
from stadtkern.serve import installation, meter
from stadtkern.serve.doctor.findings import Finding, ok, size, warning, wrong
from stadtkern.serve.health import ready
from stadtkern.things.store import partitions, ranges

_OLDEST_SERVER = 170_000
_CLOCK_SECONDS = 2.0
_CLOCK_WRONG_SECONDS = 60.0
_BEHIND_SECONDS = 120.0
_OUTBOX_SECONDS = 600.0
_MAIL_SECONDS = 900.0
_MOST = 1_000_000
_FROZEN = 1_500_000_000
# Pages of 8 KiB that a look-up by id may read in vain; a busy hour leaves some that are not summed up yet.
_IN_VAIN = 4_000
_PAGE = 8192
_LEAF = re.compile(r"observation_(\d{4})(?:_(\d\d))?")


async def check(connection: Connection, *, settings: Settings) -> AsyncIterator[Finding]:
    """All checks of a database that answers; only the first where tables are not of this version."""
    yield _version(connection)
    (there,) = await _row(connection, "has_ledger")
    if not there:
        remedy = "Run `stadtkern migrate`, or simply `stadtkern serve`."
        yield warning("migrations", "the database is empty", remedy)
        return
    yield await _clock(connection)
    found = [each async for each in _migrations(connection)]
    for each in found:
        yield each
    if any(each.state != "ok" for each in found):
        return
    yield await _partitions(connection, settings)
    yield await _ids(connection)
    yield await _fold(connection, settings)
    yield await _outbox(connection)
    yield await _mail(connection, settings)
    async for each in _tokens(connection):
        yield each
    yield await _connections(connection)


def _version(connection: Connection) -> Finding:
    number = connection.info.server_version
    if number < _OLDEST_SERVER:
        return wrong(
            "database",
            f"it answers, but is PostgreSQL {number // 10_000}",
            "Stadtkern needs PostgreSQL 17 or later.",
        )
    return ok("database", f"it answers: PostgreSQL {number // 10_000}.{number % 10_000}")


async def _clock(connection: Connection) -> Finding:
    before = times.now()
    theirs, applied = await _row(connection, "clock")
    off = (theirs - before).total_seconds()
    remedy = "Set the clock (timedatectl, chrony) on both machines."
    if applied is not None and before < applied - timedelta(days=1):
        return wrong(
            "clock",
            f"it is {before:%Y-%m-%d %H:%M} here, but the database was migrated {applied:%Y-%m-%d %H:%M}",
            remedy,
        )
    if abs(off) > _CLOCK_SECONDS:
        seen = f"the database's clock is {abs(off):.0f} s {'ahead of' if off > 0 else 'behind'} ours"
        return (wrong if abs(off) > _CLOCK_WRONG_SECONDS else warning)("clock", seen, remedy)
    return ok("clock", f"{before:%Y-%m-%d %H:%M:%S} UTC, the same in the database")


async def _migrations(connection: Connection) -> AsyncIterator[Finding]:
    ours = {(each.package, each.number): each.digest for each in migrations.available()}
    rows = await (await connection.execute(statements.load("serve")["ledger"])).fetchall()
    for package, number, name, digest in rows:
        if (package, number) not in ours:
            yield wrong(
                "migrations",
                f"{package}/{number:04}_{name} is not known here",
                "A newer version was used on this database: install that one.",
            )
        elif ours[package, number] != digest:
            yield wrong(
                "migrations",
                f"{package}/{number:04}_{name} has another text",
                "Another version made this database: start that one, or restore its backup.",
            )
    applied = {(package, number) for package, number, _, _ in rows}
    unapplied, _ = await ready.ledger(connection, brought=migrations.available())
    missing = [name for name in unapplied if (name.split("/")[0], int(name.split("/")[1][:4])) not in applied]
    if missing:
        yield warning(
            "migrations",
            f"missing: {', '.join(missing)}",
            "Run `stadtkern migrate`, or restart `stadtkern serve`.",
        )
    if applied == ours.keys():
        yield ok("migrations", f"all {len(ours)} applied")


async def _partitions(connection: Connection, settings: Settings) -> Finding:
    rows = await (await connection.execute(statements.load("things")["health_partitions"])).fetchall()
    latest = times.now() + timedelta(days=settings.accepted_ahead)
    far = [
        name
        for name, _ in rows
        if (start := _start(name)) and (start > latest or start.year < settings.accepted_from)
    ]
    (loose,) = await _row(connection, "loose_partitions")
    if loose:
        return warning(
            "partitions",
            f"made, but not attached: {', '.join(loose)}",
            "Nothing reads them. If you did not detach them: drop them where they are empty.",
        )
    if far:
        return warning(
            "partitions",
            f"outside the accepted range: {', '.join(far[:5])}",
            "Readings with a wrong date were stored before the range was narrowed: look, and delete them.",
        )
    return ok("partitions", f"{len(rows)}, from {rows[-1][0]} to {rows[0][0]}" if rows else "none yet")


def _start(leaf: str) -> datetime | None:
    match = _LEAF.fullmatch(leaf)
    return datetime(int(match[1]), int(match[2] or 1), 1, tzinfo=UTC) if match else None


async def _ids(connection: Connection) -> Finding:
    found: list[tuple[int, str]] = []
    locked, faults = 0, list[str]()
    for key in await ranges.everywhere(connection):
        try:
            index = await ranges.index_of(connection, key=key)
            if index is not None and index.pages:
                seen = await ranges.look(connection, key=key, index=index)
                found.append((seen.read, index.name))
        except errors.LockNotAvailable:
            locked += 1
        except errors.UndefinedTable:
            continue  # dropped meanwhile
        except psycopg.Error as error:
            if connection.closed:
                raise
            faults.append(f"{partitions.leaf(key)}: {str(error).strip()}")
    pages, name = max(found, default=(0, ""))
    said = f", {locked} are locked" * bool(locked)
    said += f", {len(faults)} could not be looked at, e.g. {faults[0]}" if faults else ""
    if pages > _IN_VAIN:
        return warning(
            "observation-ids",
            f"a look-up by id reads {size(pages * _PAGE)} in vain: {name}{said}",
            "After a load and after a crash `work` mends that within ten minutes; if it stays, "
            f"run REINDEX INDEX CONCURRENTLY things.{name}",
        )
    if faults:
        remedy = "Run it as the role that owns the tables; if it stays, see what PostgreSQL's log says."
        return warning("observation-ids", f"{len(found)} indexes are well{said}", remedy)
    return ok("observation-ids", f"{len(found)} indexes are well{said}")


async def _fold(connection: Connection, settings: Settings) -> Finding:
    row = await (
        await connection.execute(statements.load("things")["health_backlog"], {"most": _MOST})
    ).fetchone()
    marks = row[0] if row else 0
    behind = await _behind(settings)
    if behind is None:
        return ok("rollups", f"{marks} marks wait for `work`, which does not run here")
    if behind > _BEHIND_SECONDS:
        return warning(
            "rollups",
            f"{marks} marks wait, for {behind:.0f} s without a break",
            "After a large import that is normal; else look in the log for `fold`; does `work` run?",
        )
    return ok("rollups", f"{marks} marks wait, for {behind:.0f} s")


async def _behind(settings: Settings) -> float | None:
    if not installation.running(settings):
        return None
    families = await meter.gathered(folder=sockets.folder(settings))
    found = [
        value for f in families if f.name == "stadtkern_fold_behind_seconds" for _, _, value in f.samples
    ]
    return max(found, default=None)


async def _outbox(connection: Connection) -> Finding:
    row = await (
        await connection.execute(statements.load("core")["health_outbox"], {"most": _MOST})
    ).fetchone()
    waiting, age, failed = row or (0, None, 0)
    if failed:
        topic, attempts, error = await _row(connection, "failed_event")
        return warning(
            "events",
            f"{failed} could not be delivered, e.g. {topic} after {attempts} tries: {error}",
            "They are tried again, at least hourly; mend what the error names.",
        )
    if age is not None and age > _OUTBOX_SECONDS:
        return warning(
            "events",
            f"{waiting} wait, the oldest for {age / 60:.0f} minutes",
            "`work` delivers them: see whether it runs, and what its log says.",
        )
    return ok("events", f"{waiting} wait for delivery")


async def _mail(connection: Connection, settings: Settings) -> Finding:
    row = await (await connection.execute(statements.load("identity")["health_mail"])).fetchone()
    waiting, age, dead = row or (0, None, 0)
    if dead:
        return warning(
            "mail",
            f"{dead} were taken by no mail server",
            "See at /arbeit/post what it said; mend that, then send them again or discard them there.",
        )
    if waiting and settings.mail_url is None:
        return warning(
            "mail",
            f"{waiting} wait, but no mail server is set",
            "Set STADTKERN_MAIL_URL; until then invitations are shown on the page instead.",
        )
    if age is not None and age > _MAIL_SECONDS:
        return warning(
            "mail",
            f"{waiting} wait, one is due for {age / 60:.0f} minutes",
            "`work` sends them: see whether it runs, and what its log says of the mail server.",
        )
    return ok("mail", f"{waiting} wait for the mail server" if settings.mail_url else "no mail server is set")


async def _tokens(connection: Connection) -> AsyncIterator[Finding]:
    valid, soon, refused = await _row(connection, "token_states")
    if refused:
        yield warning(
            "tokens",
            f"expired, but in use until lately: {', '.join(refused)}",
            "Their senders are refused now: make new tokens with `stadtkern token create`.",
        )
    if soon:
        yield warning(
            "tokens",
            f"expire within two weeks: {', '.join(soon)}",
            "Make new ones in time with `stadtkern token create`.",
        )
    if not refused and not soon:
        yield ok("tokens", f"{valid} valid")


async def _connections(connection: Connection) -> Finding:
    bytes_used, used, limit, _ = await _core_row(connection, "health_database")
    (age,) = await _row(connection, "transaction_age")
    if age > _FROZEN:
        return wrong(
            "database-load",
            f"transaction numbers run out ({age:,} old)",
            "Let autovacuum work: end long transactions, run VACUUM FREEZE.",
        )
    seen = f"{used} of {limit} connections, {size(bytes_used)}"
    if used > 0.8 * limit:
        return warning(
            "database-load",
            seen,
            "Raise max_connections in `postgres/own.conf`, or find who keeps them open.",
        )
    return ok("database-load", seen)


async def _row(connection: Connection, name: str) -> tuple[Any, ...]:
    row = await (await connection.execute(statements.load("serve")[name])).fetchone()
    return tuple(row or ())


async def _core_row(connection: Connection, name: str) -> tuple[Any, ...]:
    row = await (await connection.execute(statements.load("core")[name])).fetchone()
    return tuple(row or ())
