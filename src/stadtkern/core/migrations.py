# SPDX-License-Identifier: EUPL-1.2
"""Brings the SQL schemas up to date: numbered files per package, once each, one process at a time."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from importlib import resources
from typing import LiteralString, NamedTuple

import structlog

from stadtkern.core import database, problems

log = structlog.get_logger(__name__)

# Bottom floor first; a package appears here when its first migration does.
PACKAGES = (
    "core", "things", "features", "ingest", "city", "identity", "catalogue", "governance", "insights",
)  # fmt: skip
ADVISORY_LOCK = 0x5354_4B4D

_NAME = re.compile(r"(?P<number>\d{4})_(?P<name>[a-z0-9_]+)\.sql")

_LEDGER: LiteralString = """
CREATE SCHEMA IF NOT EXISTS core;
CREATE TABLE IF NOT EXISTS core.migration (
    package text NOT NULL,
    number integer NOT NULL,
    name text NOT NULL,
    digest text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (package, number)
)
"""


class MigrationChanged(problems.Problem):
    """A migration that was applied to this database has another text now.

    This database was made by another version. Start that version, or restore its backup into a new folder.
    """

    status = 500


class Migration(NamedTuple):
    """One numbered SQL file of a package."""

    package: str
    number: int
    name: str
    text: str

    @property
    def digest(self) -> str:
        """Fingerprint of the text, kept beside the number."""
        return hashlib.sha256(self.text.encode()).hexdigest()


def available() -> list[Migration]:
    """All migrations that this version brings, in the order in which they run."""
    return [migration for package in PACKAGES for migration in _of(package)]


def _of(package: str) -> Iterator[Migration]:
    root = resources.files("stadtkern") / package / "sql" / "migrations"
    if not root.is_dir():
        return
    for entry in sorted(root.iterdir(), key=lambda e: e.name):
        match = _NAME.fullmatch(entry.name)
        if match is not None:
            yield Migration(package, int(match["number"]), match["name"], entry.read_text(encoding="utf-8"))


async def migrate(*, url: str) -> list[str]:
    """Apply what is missing and return its names. Safe to run twice and from several processes at once."""
    done: list[str] = []
    connection = await database.connect(url=url, autocommit=True)
    async with connection:
        await connection.execute("SELECT pg_advisory_lock(%s)", [ADVISORY_LOCK])
        await connection.execute(_LEDGER)
        rows = await (
            await connection.execute("SELECT package, number, digest FROM core.migration")
        ).fetchall()
        applied = {(package, number): digest for package, number, digest in rows}
        for migration in available():
            known = applied.get((migration.package, migration.number))
            if known is None:
                await _apply(connection, migration)
                done.append(f"{migration.package}/{migration.number:04}_{migration.name}")
            elif known != migration.digest:
                raise MigrationChanged(f"{migration.package}/{migration.number:04}_{migration.name}")
        await connection.execute("SELECT pg_advisory_unlock(%s)", [ADVISORY_LOCK])
    return done


async def _apply(connection: database.Connection, migration: Migration) -> None:
    log.info("migrating", package=migration.package, number=migration.number, name=migration.name)
    async with connection.transaction():
        await connection.execute(migration.text)
        await connection.execute(
            "INSERT INTO core.migration (package, number, name, digest) VALUES (%s, %s, %s, %s)",
            [migration.package, migration.number, migration.name, migration.digest],
        )
