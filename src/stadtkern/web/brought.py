# SPDX-License-Identifier: EUPL-1.2
"""Whether Django's own tables are those of this version; asked at each start without loading Django."""

from __future__ import annotations

import hashlib
from importlib import metadata, resources

import psycopg
from psycopg import sql

from stadtkern.core.settings import Settings
from stadtkern.web import accounts

_KNOWN = "SELECT obj_description(oid, 'pg_namespace') FROM pg_namespace WHERE nspname = 'web'"


def mark(settings: Settings) -> str:
    """What decides about the tables: versions, our own migrations, and which apps there are."""
    own = resources.files("stadtkern.identity") / "migrations"
    parts = [metadata.version("django"), metadata.version("django-allauth"), *accounts.apps(settings)]
    parts += sorted(entry.name for entry in own.iterdir() if entry.name.endswith(".py"))
    return "tables " + hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]


def up_to_date(*, url: str, settings: Settings) -> bool:
    """Whether the tables were brought to this version before."""
    with psycopg.connect(url) as connection:
        row = connection.execute(_KNOWN).fetchone()
    return row is not None and row[0] == mark(settings)


def note(*, url: str, settings: Settings) -> None:
    """Remember at the schema itself that they were; a backup carries it along."""
    with psycopg.connect(url) as connection:
        connection.execute(sql.SQL("COMMENT ON SCHEMA web IS {}").format(sql.Literal(mark(settings))))
