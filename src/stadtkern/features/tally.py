# SPDX-License-Identifier: EUPL-1.2
"""Rows put together in the database: how many of each value of a column, and what they add up to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import msgspec
from psycopg import errors

from stadtkern.core import fragments, problems
from stadtkern.core.access import Scope
from stadtkern.core.database import Connection
from stadtkern.core.fragments import Fragment
from stadtkern.features import queries, rows, sources, tree
from stadtkern.features.compiler import UnknownColumn
from stadtkern.features.sources import Source

Per = Literal["day", "week", "month", "year"]
# Texts are told apart by so many characters.
LONGEST = 200
# Further out, neither calendars nor charts know their way.
_FIRST, _LAST = "1000-01-01", "2999-12-31"


class TakesTooLong(problems.Problem):
    """Putting the rows of this table together takes longer than anybody waits.

    Narrow the rows down by a condition, or group by a column with fewer different values.
    """


class NumbersTooLarge(problems.Problem):
    """The numbers of this column are too large to be added up.

    Take the mean or the largest of fewer rows, or look at the table for values that are wrong.
    """


class Key(msgspec.Struct, frozen=True):
    """What rows are put together by: a column as it is, pieces of the calendar, or steps of a number."""

    column: int
    per: Per | None = None
    step: float = 0.0


class Group(msgspec.Struct, frozen=True):
    """Rows of one key. `n`: all of them; `filled`: those with a number, of which the others speak."""

    key: Any
    n: int
    filled: int
    total: float | None
    least: float | None
    most: float | None


class Tally(msgspec.Struct, frozen=True):
    """The first groups in the order asked for, and of all there are: how many, their rows and their total.

    The group without a key comes first and is not counted among `different`.
    """

    groups: Sequence[Group]
    different: int
    n: int
    filled: int
    total: float | None


Order = Literal["key", "n", "total", "mean", "least", "most"]
_ORDERS: dict[Order, str] = {
    "key": "g.key",
    "n": "g.n desc, g.key",
    "total": "g.s desc nulls last, g.key",
    "mean": "g.s / nullif(g.m, 0) desc nulls last, g.key",
    "least": "g.a desc nulls last, g.key",
    "most": "g.z desc nulls last, g.key",
}


async def tally(
    connection: Connection,
    scope: Scope,
    *,
    source: Source,
    key: Key,
    value: int | None = None,
    filter: tree.Filter | None = None,
    order: Order = "n",
    limit: int,
    zone: str,
    milliseconds: int,
) -> Tally:
    """Group the rows that fulfil the filter; instants fall on days of the time zone `zone`.

    Raises TakesTooLong, NumbersTooLarge, UnknownColumn, UnfitComparison.
    """
    where = await queries.condition(connection, scope, source=source, filter=filter, bbox=None)
    number = "null" if value is None else source.column(value)
    grouped = (
        Fragment("select ")
        + _key(source, key, zone)
        + Fragment(f" as key, count(*) as n, count({number}) as m, sum({number}::float8) as s,")
        + Fragment(f" min({number}::float8) as a, max({number}::float8) as z")
        + sources.selected(source, scope)
        + Fragment(" and ")
        + where
        + Fragment(" group by 1")
    )
    statement = (
        Fragment("select g.key, g.n, g.m, g.s, g.a, g.z, count(g.key) over (), sum(g.n) over (),")
        + Fragment(" sum(g.m) over (), sum(g.s) over () from (")
        + grouped
        + Fragment(f") g order by g.key is not null, {_ORDERS[order]} limit %s", (limit,))
    )
    found = await _within(connection, statement, milliseconds=milliseconds)
    if not found:
        return Tally((), 0, 0, 0, None)
    groups = [Group(row[0], int(row[1]), int(row[2]), *row[3:6]) for row in found]
    different, n, filled, total = found[0][6:]
    return Tally(groups, int(different), int(n), int(filled), total)


class Sampled(msgspec.Struct, frozen=True):
    """A column in the first rows: how many have a value, how many different ones, how long they are."""

    n: int
    filled: int
    different: int
    length: int


async def sample(
    connection: Connection,
    scope: Scope,
    *,
    source: Source,
    columns: Sequence[int],
    milliseconds: int,
    most: int = 1000,
) -> dict[int, Sampled]:
    """What the first rows say of some columns; enough to choose a chart, too little to tell of the data.

    Raises TakesTooLong.
    """
    parts = ["count(*)"]
    for at in columns:
        text = f"left({source.column(at)}::text, {LONGEST:d})"
        parts.append(f"count(nullif({text}, '')), count(distinct nullif({text}, '')), avg(length({text}))")
    inner = Fragment("select *") + sources.selected(source, scope) + Fragment(" limit %s", (most,))
    statement = Fragment(f"select {', '.join(parts)}") + Fragment(" from (") + inner + Fragment(") f")
    row = (await _within(connection, statement, milliseconds=milliseconds))[0]
    return {
        column: Sampled(int(row[0]), *(int(number or 0) for number in row[1 + 3 * at : 4 + 3 * at]))
        for at, column in enumerate(columns)
    }


async def ends(
    connection: Connection,
    scope: Scope,
    *,
    source: Source,
    column: int,
    filter: tree.Filter | None = None,
    milliseconds: int,
) -> tuple[Any, Any]:
    """The least and the greatest value of a column; None where there is none. Raises TakesTooLong."""
    where = await queries.condition(connection, scope, source=source, filter=filter, bbox=None)
    name = source.column(column)
    inside = fragments.TRUE
    if source.columns[column].type in ("date", "instant"):
        inside = Fragment(f"{name} >= %s and {name} <= %s", (_FIRST, _LAST))
    statement = Fragment(f"select min({name}), max({name})") + sources.selected(source, scope)
    statement += Fragment(" and ") + where + Fragment(" and ") + inside
    found = await _within(connection, statement, milliseconds=milliseconds)
    return found[0][0], found[0][1]


def _key(source: Source, key: Key, zone: str) -> Fragment:
    name, kind = source.column(key.column), source.columns[key.column].type
    if kind == "text":
        return Fragment(f"nullif(left({name}, {LONGEST:d}), '')")
    if kind in ("date", "instant"):
        local = (
            Fragment(f"{name}::timestamp") if kind == "date" else Fragment(f"{name} at time zone %s", (zone,))
        )
        inside = Fragment(f"case when {name} >= %s and {name} <= %s then ", (_FIRST, _LAST))
        return inside + Fragment("date_trunc(%s, ", (key.per or "day",)) + local + Fragment(")::date end")
    if kind in ("integer", "number") and key.step:
        return Fragment(f"floor({name}::float8 / %s)", (key.step,))
    if kind == "json":
        raise UnknownColumn(f"{source.columns[key.column].name} cannot be grouped", where="by")
    return Fragment(name)


async def _within(connection: Connection, statement: Fragment, *, milliseconds: int) -> list[tuple[Any, ...]]:
    try:
        async with connection.transaction():
            await connection.execute(f"set local statement_timeout = {milliseconds:d}".encode())
            return await rows.fetch(connection, statement)
    except errors.QueryCanceled as problem:
        raise TakesTooLong(f"more than {milliseconds} ms") from problem
    except errors.NumericValueOutOfRange as problem:
        raise NumbersTooLarge() from problem
