# SPDX-License-Identifier: EUPL-1.2
"""What a database holds, table by table: enough to tell whether another one holds the same."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec
import psycopg
from psycopg import sql

from stadtkern.core import statements

# Sign-ins and links that let somebody in end with a restoration: credentials, and easily made anew.
LEFT_OUT = ("core.session", "identity.session", "identity.invitation", "web.django_session")


class Table(msgspec.Struct, frozen=True):
    """Number of rows, and the sum of the hashes of their texts, in whatever order they lie."""

    rows: int
    digest: str


class Census(msgspec.Struct, frozen=True):
    """All tables that hold rows themselves, and how far the sequences have counted."""

    tables: dict[str, Table]
    sequences: dict[str, int]


def sequences(connection: psycopg.Connection[Any]) -> dict[str, int]:
    """How far the sequences have counted now: they belong to no transaction and no snapshot."""
    counted = connection.execute(statements.load("serve")["sequences_so_far"]).fetchall()
    return {name: value for name, value in counted if value is not None}


def tables(connection: psycopg.Connection[Any]) -> dict[str, Table]:
    """Count every row that is visible to the connection's transaction."""
    texts = statements.load("serve")
    connection.execute("SET LOCAL timezone = 'UTC'")
    names = connection.execute(texts["tables_with_rows"]).fetchall()
    return {
        f"{schema}.{name}": _count(connection, schema, name)
        for schema, name in names
        if f"{schema}.{name}" not in LEFT_OUT
    }


def _count(connection: psycopg.Connection[Any], schema: str, name: str) -> Table:
    statement = sql.SQL(
        "SELECT count(*), coalesce(sum(hashtextextended(t::text, 0)), 0)::text FROM {} AS t"
    ).format(sql.Identifier(schema, name))
    row = connection.execute(statement).fetchone()
    return Table(int(row[0]), str(row[1])) if row else Table(0, "0")


def differences(*, expected: Census, found: Census) -> list[str]:
    """In words; empty where the same rows are there and no sequence has fallen back."""
    said = list(_of_tables(expected.tables, found.tables))
    for name, value in expected.sequences.items():
        if found.sequences.get(name, -1) < value:
            said.append(f"{name} counts from {found.sequences.get(name)} instead of {value}")
    return said


def _of_tables(expected: dict[str, Table], found: dict[str, Table]) -> Iterable[str]:
    for name in sorted(expected.keys() | (found.keys() - set(LEFT_OUT))):
        was, now = expected.get(name), found.get(name)
        if was is None or now is None:
            yield f"{name} is {'missing' if now is None else 'too much'}"
        elif was.rows != now.rows:
            yield f"{name} has {now.rows} rows instead of {was.rows}"
        elif was.digest != now.digest:
            yield f"{name} has other content"
