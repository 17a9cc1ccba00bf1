# SPDX-License-Identifier: EUPL-1.2
"""What differs between two versions: rows that came, went and changed, and columns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec
from psycopg import errors
from psycopg.types.json import Jsonb

from stadtkern.core import fragments, problems, statements
from stadtkern.core.access import Scope
from stadtkern.core.database import Connection
from stadtkern.core.fragments import Fragment
from stadtkern.features import rows as reading
from stadtkern.features.entities import Collection, Column, Row
from stadtkern.features.versions import keeping, queries
from stadtkern.features.versions.queries import Kept, Version

SHOWN = 20
MOST_ROWS = 1_000_000
_MILLISECONDS = 12_000
# Up to so many rows a column is looked for that tells them apart, among the first few that could.
_MOST_GUESSED = 200_000
_CANDIDATES = 6


class TooLargeToCompare(problems.Problem):
    """The two versions have too many rows to be compared here.

    Download both and compare the files.
    """

    status = 422


class Columns(msgspec.Struct, frozen=True):
    """Names of columns that came, went, or have another type, unit or title."""

    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    altered: tuple[str, ...] = ()


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """How a version differs from an older one.

    `key`: the columns that tell rows apart, empty where rows kept their numbers; without any key `changed` is
    None, and a row that changed counts among those removed and those added.
    The rows are the first few of each kind.
    """

    columns: Columns
    key: tuple[str, ...] | None
    added: int
    removed: int
    changed: int | None
    rows_added: Sequence[Row] = ()
    rows_removed: Sequence[Row] = ()
    rows_changed: Sequence[tuple[Row, Row]] = ()


class _Side(NamedTuple):
    """A version under a name of its own in the statement."""

    name: str
    collection: Collection
    rows: Fragment

    def at(self, column: str) -> str:
        """The SQL of a column's value."""
        number = next(at for at, c in enumerate(self.collection.columns, start=1) if c.name == column)
        return f"{self.name}.c{number:d}"

    @property
    def everything(self) -> str:
        """Id, geometry and all values, as a row has them."""
        shape = f"{self.name}.geometry" if self.collection.geometry else "null::jsonb"
        values = [f"{self.name}.c{at:d}" for at in range(1, len(self.collection.columns) + 1)]
        return ", ".join([f"{self.name}.id", shape, *values])


async def between(
    connection: Connection, scope: Scope, *, old: Version, new: Version, shown: int = SHOWN
) -> Difference:
    """Compare two versions of one collection. Raises TooLargeToCompare."""
    if max(old.collection.n, new.collection.n) > MOST_ROWS:
        raise TooLargeToCompare(f"more than {MOST_ROWS} rows")
    among = _among(old, new)
    a, b = _side("a", old, scope, among), _side("b", new, scope, among)
    try:
        async with connection.transaction():
            await connection.execute(f"set local statement_timeout = {_MILLISECONDS:d}")
            return await _compare(connection, a, b, shown)
    except errors.QueryCanceled as error:
        raise TooLargeToCompare(f"it was stopped after {_MILLISECONDS / 1000:g} s") from error


async def summarise(connection: Connection, scope: Scope, *, collection: Collection) -> None:
    """Count how the newest version differs from the one before, and keep that with it.

    Of versions that are too large, and of the first one, nothing is kept.
    """
    found = await queries.versions(connection, scope, collection=collection, everything=True)
    if len(found) < 2 or found[0].summary is not None:
        return
    new, old = found[:2]
    try:
        seen = await between(connection, scope, old=old, new=new, shown=0)
    except TooLargeToCompare:
        return
    summary = {
        "against": old.number,
        "added": seen.added,
        "removed": seen.removed,
        "changed": seen.changed,
        "columns": msgspec.to_builtins(seen.columns),
    }
    about = {"id": collection.id, "number": new.number, "summary": Jsonb(summary)}
    await connection.execute(statements.load("features")["save_summary"], about)


async def _compare(connection: Connection, a: _Side, b: _Side, shown: int) -> Difference:
    columns = _columns(a.collection.columns, b.collection.columns)
    common = [c for c in b.collection.columns if c.name in {o.name for o in a.collection.columns}]
    same_table = a.collection.table_name == b.collection.table_name
    key = () if same_table else await _key(connection, a, b, common)
    if key is None:
        return await _as_bags(connection, a, b, common, columns, shown)
    on = " and ".join(f"{a.at(name)} = {b.at(name)}" for name in key) if key else "a.id = b.id"
    differs = [_differs(a, b, column) for column in common if column.name not in key]
    if a.collection.geometry and b.collection.geometry:
        differs.append("a.geometry is distinct from b.geometry")
    changed = f"a.id is not null and b.id is not null and ({' or '.join(differs) or 'false'})"
    joined = Fragment(" from ") + a.rows + Fragment(" full join ") + b.rows + Fragment(f" on {on} where ")
    counts = Fragment(
        "select count(*) filter (where a.id is null), count(*) filter (where b.id is null),"
        f" count(*) filter (where {changed})"
    ) + joined + Fragment("true")  # fmt: skip
    ((came, went, moved),) = await reading.fetch(connection, counts)

    async def some(what: str, where: str, order: str, number: int) -> list[tuple[Any, ...]]:
        if not shown or not number:
            return []
        head = Fragment(f"select {what}") + joined + Fragment(f"{where} order by {order} limit %s", (shown,))
        return await reading.fetch(connection, head)

    width = len(a.collection.columns) + 2
    both = await some(f"{a.everything}, {b.everything}", changed, "b.id", moved)
    return Difference(
        columns=columns,
        key=key,
        added=came,
        removed=went,
        changed=moved,
        rows_added=[_row(row) for row in await some(b.everything, "a.id is null", "b.id", came)],
        rows_removed=[_row(row) for row in await some(a.everything, "b.id is null", "a.id", went)],
        rows_changed=[(_row(row[:width]), _row(row[width:])) for row in both],
    )


async def _as_bags(
    connection: Connection, a: _Side, b: _Side, common: Sequence[Column], columns: Columns, shown: int
) -> Difference:
    """Without a key: rows that one has more often than the other."""
    if not common:
        return Difference(
            columns=columns, key=None, added=b.collection.n, removed=a.collection.n, changed=None
        )
    geometry = bool(a.collection.geometry and b.collection.geometry)

    def said(side: _Side) -> str:
        other = a if side is b else b
        names = [
            side.at(c.name) + ("" if _type(side, c.name) == _type(other, c.name) else "::text")
            for c in common
        ]
        return ", ".join([*names, *([f"{side.name}.geometry"] if geometry else [])])

    async def more(one: _Side, other: _Side) -> tuple[int, list[Row]]:
        head = Fragment("select ") + Fragment(said(one)) + Fragment(" from ") + one.rows
        rest = head + Fragment(" except all select ") + Fragment(said(other))
        rest += Fragment(" from ") + other.rows
        ((n,),) = await reading.fetch(
            connection, Fragment("select count(*) from (") + rest + Fragment(") more")
        )
        found = await reading.fetch(connection, rest + Fragment(" limit %s", (shown,))) if shown else []
        places = [one.collection.columns.index(_column(one, c.name)) for c in common]
        return n, [_spread(row, places, len(one.collection.columns), geometry) for row in found]

    added, rows_added = await more(b, a)
    removed, rows_removed = await more(a, b)
    return Difference(
        columns=columns,
        key=None,
        added=added,
        removed=removed,
        changed=None,
        rows_added=rows_added,
        rows_removed=rows_removed,
    )


async def _key(
    connection: Connection, a: _Side, b: _Side, common: Sequence[Column]
) -> tuple[str, ...] | None:
    """The columns that tell rows apart in both: those declared, or one that does in both."""
    alike = [c for c in common if _type(a, c.name) == c.type]
    declared = tuple(c.name for c in b.collection.columns if c.key)
    if declared:
        return declared if set(declared) <= {c.name for c in alike} else None
    if max(a.collection.n, b.collection.n) > _MOST_GUESSED:
        return None
    found: dict[str, int] = {}
    for column in [c for c in alike if c.type in ("text", "integer")][:_CANDIDATES]:
        if await _tells_apart(connection, a, column) and await _tells_apart(connection, b, column):
            found[column.name] = await _shared(connection, a, b, column)
    # What both have most of in common is rather a key than what happens to stand once.
    best = max(found, key=found.__getitem__, default=None)
    return (best,) if best is not None and found[best] else None


async def _tells_apart(connection: Connection, side: _Side, column: Column) -> bool:
    value = side.at(column.name)
    asked = Fragment(f"count(*) = count({value}) and count(*) = count(distinct {value})")
    statement = Fragment("select ") + asked + Fragment(" from ") + side.rows
    ((answer,),) = await reading.fetch(connection, statement)
    return bool(answer)


async def _shared(connection: Connection, a: _Side, b: _Side, column: Column) -> int:
    """How many values of a column both have."""
    statement = Fragment("select count(*) from ") + a.rows + Fragment(" join ") + b.rows
    on = Fragment(f" on {a.at(column.name)} = {b.at(column.name)}")
    ((n,),) = await reading.fetch(connection, statement + on)
    return int(n)


def _side(name: str, version: Version, scope: Scope, among: Fragment) -> _Side:
    source = Kept(version)
    inner = Fragment("(select * from ") + source.table(scope)
    inner += Fragment(" where ") + source.access(scope) + Fragment(" and ") + among
    return _Side(name, version.collection, inner + Fragment(f") {name}"))


def _among(old: Version, new: Version) -> Fragment:
    """Within one table only rows that came behind or were changed can differ; the others need no look."""
    table = old.collection.table_name
    if table != new.collection.table_name:
        return fragments.TRUE
    ends = [version.last_id for version in (old, new) if version.last_id is not None]
    parts = [Fragment("f.id > %s", (min(ends),))] if ends else []
    if old.overwritten or new.overwritten:
        was = keeping.before(table)  # a name that the source has checked
        parts.append(Fragment(f"f.id in (select w.id from features.{was} w)"))  # noqa: S608
    if not parts:
        return fragments.FALSE
    return Fragment("(") + fragments.join(parts, separator=" or ") + Fragment(")")


def _columns(old: Sequence[Column], new: Sequence[Column]) -> Columns:
    before, after = {c.name: c for c in old}, {c.name: c for c in new}
    return Columns(
        added=tuple(name for name in after if name not in before),
        removed=tuple(name for name in before if name not in after),
        altered=tuple(name for name in after if name in before and before[name] != after[name]),
    )


def _differs(a: _Side, b: _Side, column: Column) -> str:
    cast = "" if _type(a, column.name) == column.type else "::text"
    return f"{a.at(column.name)}{cast} is distinct from {b.at(column.name)}{cast}"


def _column(side: _Side, name: str) -> Column:
    return next(c for c in side.collection.columns if c.name == name)


def _type(side: _Side, name: str) -> str:
    return _column(side, name).type


def _row(values: Sequence[Any]) -> Row:
    return Row(values[0], values[2:], values[1])


def _spread(values: Sequence[Any], places: Sequence[int], width: int, geometry: bool) -> Row:
    """A row of the common columns, with what it does not know left empty."""
    spread: list[Any] = [None] * width
    for place, value in zip(places, values, strict=False):
        spread[place] = value
    return Row(0, spread, values[-1] if geometry else None)
