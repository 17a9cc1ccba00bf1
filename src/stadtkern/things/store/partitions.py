# SPDX-License-Identifier: EUPL-1.2
"""Which partition holds an instant, and that it is there before somebody writes to it."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import LiteralString
from weakref import WeakKeyDictionary

import numpy as np
from psycopg import errors, sql

from stadtkern.core import statements
from stadtkern.core.database import Connection
from stadtkern.things.store.batch import Integers

# Months since 1970-01; from January 2015 a partition holds a month, before that a year.
_FIRST_MONTHLY = (2015 - 1970) * 12
_MONTHS_TO_1970 = (1970 - 1900) * 12

_known: WeakKeyDictionary[Connection, set[int]] = WeakKeyDictionary()


def months(times: Integers) -> Integers:
    """Months since 1970-01 in UTC of instants in microseconds."""
    return times.astype("M8[us]").astype("M8[M]").astype(np.int64)


def keys(months: Integers) -> Integers:
    """The partition of each month, named by its first month (since 1970-01)."""
    return np.where(months >= _FIRST_MONTHLY, months, months // 12 * 12)


def key(instant: int) -> int:
    """The partition of one instant in microseconds."""
    return int(keys(months(np.array([instant], np.int64)))[0])


def id_bits(months: Integers) -> Integers:
    """The high bits of an observation's id."""
    return (months + _MONTHS_TO_1970) << 40


def key_of_id(observation_id: int) -> int:
    """The partition in which an observation was created."""
    month = (observation_id >> 40) - _MONTHS_TO_1970
    return month if month >= _FIRST_MONTHLY else month // 12 * 12


def start(key: int) -> int:
    """First instant of a partition in microseconds."""
    return int(np.int64(key).astype("M8[M]").astype("M8[us]").astype(np.int64))


def end(key: int) -> int:
    """First instant behind a partition in microseconds."""
    return start(key + (1 if key >= _FIRST_MONTHLY else 12))


def leaf(key: int) -> str:
    """The table's name, without its schema."""
    year, month = 1970 + key // 12, key % 12 + 1
    return f"observation_{year:04}_{month:02}" if key >= _FIRST_MONTHLY else f"observation_{year:04}"


def key_of_leaf(name: str) -> int:
    """The inverse of `leaf`."""
    year, _, month = name.removeprefix("observation_").partition("_")
    return (int(year) - 1970) * 12 + int(month or 1) - 1


_PIECES = ("incoming_rows", "hour_aggregates", "measured_hours", "held_hours")


@lru_cache(maxsize=4096)
def statement(name: LiteralString, key: int = 0, columns: tuple[str, ...] = ()) -> bytes:
    """A named statement of the store, directed at one partition: planned without looking at the others."""
    texts = statements.load("things")
    places: dict[str, sql.Composable] = {
        "leaf": sql.Identifier("things", leaf(key)),
        "name": sql.Literal(f"things.{leaf(key)}"),
        "table": sql.Literal(leaf(key)),
        "columns": sql.SQL(", ").join(map(sql.Identifier, columns)),
    }
    for piece in _PIECES:
        places[piece] = sql.SQL(texts[piece]).format(**places)
    return sql.SQL(texts[name]).format(**places).as_bytes(None)


async def existing(connection: Connection, *, keys: Iterable[int]) -> set[int]:
    """Those of the partitions that are there."""
    known = _known.setdefault(connection, set())
    unknown = [key for key in keys if key not in known]
    if unknown:
        cursor = await connection.execute(
            statements.load("things")["existing_partitions"],
            {"keys": unknown, "names": [f"things.{leaf(key)}" for key in unknown]},
        )
        known.update(row[0] for row in await cursor.fetchall())
    return known.intersection(keys)


async def ensure(connection: Connection, *, keys: Iterable[int]) -> None:
    """Make the partitions that are missing.

    On an autocommitting connection outside a transaction each is made in a transaction of its own, so that
    nobody waits long; inside a transaction other makers of partitions wait until it ends.
    """
    wanted = set(keys)
    for key in sorted(wanted - await existing(connection, keys=wanted)):
        await connection.execute(statements.load("things")["attach_partition"], {"start": start(key)})


async def begin(connection: Connection, *, keys: Iterable[int]) -> set[int]:
    """Make those of the partitions that are missing, to be filled in this transaction; returns which.

    Nobody else sees them, and they have no indexes, until `finish`: rows are indexed for a third of the price
    then. Other makers of partitions wait until the transaction ends.
    """
    wanted = set(keys)
    missing = sorted(wanted - await existing(connection, keys=wanted))
    if not missing:
        return set()
    params = {"keys": missing, "starts": [float(start(key)) for key in missing]}
    cursor = await connection.execute(statements.load("things")["begin_partitions"], params)
    return {row[0] for row in await cursor.fetchall()}


async def finish(connection: Connection, *, keys: Iterable[int]) -> None:
    """Give the partitions that were begun their indexes, and put them in their place."""
    starts = [float(start(key)) for key in sorted(keys)]
    if starts:
        await connection.execute(statements.load("things")["finish_partitions"], {"starts": starts})


async def tend(connection: Connection, *, keys: Iterable[int]) -> set[int]:
    """After loads: bring the ranges of ids up to date, and the planner's idea of tables it knows nothing of.

    Both happen by themselves sooner or later; a look-up by id reads the whole partition until then. Returns
    those that somebody else kept locked, for another try. The connection autocommits.
    """
    left = set()
    for key in sorted(keys):
        try:
            async with connection.transaction():
                await connection.execute(statements.load("things")["to_the_end"])
                row = await (await connection.execute(statement("widen_id_ranges", key))).fetchone()
                if row and row[0]:
                    await connection.execute(statement("analyse_partition", key))
        except errors.UndefinedTable:
            continue  # dropped meanwhile
        except errors.LockNotAvailable:
            left.add(key)
    return left


def forget(connection: Connection) -> None:
    """Drop what this connection believes to be there, after a statement met a missing partition."""
    _known.pop(connection, None)
