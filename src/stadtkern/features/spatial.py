# SPDX-License-Identifier: EUPL-1.2
"""Settles the spatial conditions of a filter before its statement is built.

The index leaves candidates, shapely decides between them, and the ids that it came to are bound: so pages and
counts stay right. What lies wholly inside of a rectangle needs no decision, so large rectangles stay cheap:
the index is read one by one and only as far as needed (ADR 59).
"""

from __future__ import annotations

import asyncio
import importlib
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from stadtkern.core import fragments, problems
from stadtkern.core.access import Scope
from stadtkern.core.database import Connection
from stadtkern.core.fragments import Fragment
from stadtkern.features import rows, sources, tree
from stadtkern.features.entities import Bounds, box
from stadtkern.features.sources import Source

MOST_CANDIDATES = 50_000
MOST_BYTES = 64 * 2**20
SECONDS = 5.0
# As few as these are found through the index alone, whatever the planner thinks of them.
_FEW = 4_000
_BLOCK = 2_000
# Rows that a page walks through by their ids at most, as far as that is known beforehand.
_FAR = 200_000

# The predicates by what shapely calls them.
_PREDICATES = {
    "s_intersects": "intersects", "s_disjoint": "intersects", "s_contains": "contains", "s_within": "within",
    "s_equals": "equals", "s_touches": "touches", "s_crosses": "crosses", "s_overlaps": "overlaps",
}  # fmt: skip
OPERATORS = frozenset(_PREDICATES)


class TooManyGeometries(problems.Problem):
    """The filter would have to compare too many geometries.

    Ask for a smaller area, which leaves fewer candidates.
    """

    status = 422


class Walk(NamedTuple):
    """A page in the order of the ids: behind which one it begins, and how many rows it has."""

    after: int
    rows: int

    def far(self, ids: Sequence[int], *, n: int | None) -> bool:
        """Whether it may go through very many rows until it is full; `ids` are some that it will find."""
        beyond = sorted(number for number in ids if number > self.after)
        end = beyond[self.rows - 1] if len(beyond) >= self.rows else n
        return end is None or end - self.after > _FAR


async def solve(
    connection: Connection,
    scope: Scope,
    *,
    source: Source,
    filters: Sequence[tree.Filter],
    walk: Walk | None = None,
) -> Mapping[tree.Spatial, Fragment]:
    """What the spatial conditions came to; `walk` is what reads on with it. Raises TooManyGeometries."""
    asked = [node for item in filters for node in tree.nodes(item) if isinstance(node, tree.Spatial)]
    if not asked:
        return {}
    found: dict[tree.Spatial, Fragment] = {}
    deadline = time.monotonic() + SECONDS
    for node in asked:
        if node in found:
            continue
        if source.geometry is None:
            found[node] = fragments.TRUE if node.absent else fragments.FALSE
        elif node.box is not None and node.operator == "s_intersects":
            found[node] = await _rectangle(connection, scope, source, node, deadline, walk)
        else:
            found[node] = await _general(connection, scope, source, node, deadline)
    return found


async def _rectangle(
    connection: Connection,
    scope: Scope,
    source: Source,
    node: tree.Spatial,
    deadline: float,
    walk: Walk | None,
) -> Fragment:
    text = box(node.box) or ""
    near = source.near(scope, text)
    nowhere = Fragment(f"{source.area} is null") if node.absent else fragments.FALSE
    few = await _few(connection, scope, source, (near, nowhere), walk)
    cut: list[int] = []
    out: list[int] = []
    if source.geometry != "Point":  # of what lies astride its edge
        astride = Fragment(f" and {source.area} && %s::box and not {source.area} <@ %s::box", (text, text))
        # Of few all are looked at; of many those that meet one of the four sides, however much lies between.
        for part in [near] if few is not None else [source.near(scope, side) for side in _sides(node)]:
            kept, others = await _decide(connection, scope, source, node, part + astride, deadline)
            cut, out = cut + kept, out + others
    if few is not None:
        return _listed(set(few) - set(out))
    some = Fragment(" or ") + _listed(cut) if cut else Fragment("")
    # There are many: by the order of the page they are soon found, whereas an index would gather all of them.
    whole = Fragment(f"(({source.area} <@ %s::box", (text,))
    return whole + some + Fragment(" or ") + nowhere + Fragment(") is true)")


def _sides(node: tree.Spatial) -> list[str]:
    """The sides of a rectangle, each as a box of no width."""
    west, south, east, north = _bounds(node)
    sides = ((west, south, west, north), (east, south, east, north), (west, south, east, south),
             (west, north, east, north))  # fmt: skip
    return [box(side) or "" for side in sides]


async def _few(
    connection: Connection,
    scope: Scope,
    source: Source,
    conditions: Sequence[Fragment],
    walk: Walk | None,
) -> list[int] | None:
    """The ids of the candidates of either condition, as long as they are few, or all far behind."""
    found = await _ids(connection, scope, source, conditions, most=_FEW + 1)
    if len(found) <= _FEW:
        return found
    if walk is None or not walk.far(found, n=source.n):
        return None
    found = await _ids(connection, scope, source, conditions, most=MOST_CANDIDATES + 1)
    return found if len(found) <= MOST_CANDIDATES else None


async def _ids(
    connection: Connection, scope: Scope, source: Source, conditions: Sequence[Fragment], *, most: int
) -> list[int]:
    """Up to `most` rows that fulfil one of the conditions, which exclude each other."""
    found: list[int] = []
    begin = Fragment("select f.id") + sources.selected(source, scope) + Fragment(" and ")
    async with connection.transaction():
        await _one_by_one(connection)
        for condition in conditions:
            if condition != fragments.FALSE and len(found) < most:
                limited = begin + condition + Fragment(" limit %s", (most - len(found),))
                found += [row[0] for row in await rows.fetch(connection, limited)]
    return found


async def _one_by_one(connection: Connection) -> None:
    """Until the transaction ends no index gathers all that it finds before the first row is given."""
    await connection.execute("set local enable_bitmapscan = off")


async def _general(
    connection: Connection, scope: Scope, source: Source, node: tree.Spatial, deadline: float
) -> Fragment:
    bounds = await asyncio.to_thread(_bounds, node)
    near = source.near(scope, box(bounds) or "")
    kept, _ = await _decide(connection, scope, source, node, near, deadline)
    if node.operator == "s_disjoint":
        return Fragment(f"({source.area} is not null and f.id <> all(%s::bigint[]))", (kept,))
    if node.absent:
        return Fragment("(") + _listed(kept) + Fragment(f" or {source.area} is null)")
    return _listed(kept)


def _listed(ids: Iterable[int]) -> Fragment:
    return Fragment("f.id = any(%s::bigint[])", (sorted(ids),))


async def _decide(
    connection: Connection,
    scope: Scope,
    source: Source,
    node: tree.Spatial,
    near: Fragment,
    deadline: float,
) -> tuple[list[int], list[int]]:
    """The ids of candidates that fulfil the condition, and of the others. Raises TooManyGeometries."""
    statement = Fragment(f"select f.id, ({source.shape})::text") + sources.selected(source, scope)
    statement += Fragment(" and ") + near + Fragment(" limit %s", (MOST_CANDIDATES + 1,))
    kept: list[int] = []
    others: list[int] = []
    seen = size = 0
    async with connection.transaction(), connection.cursor(name="places") as cursor:
        await _one_by_one(connection)
        await rows.execute(cursor, statement)
        while block := await cursor.fetchmany(_BLOCK):
            seen, size = seen + len(block), size + sum(len(text or "") for _, text in block)
            if seen > MOST_CANDIDATES or size > MOST_BYTES or time.monotonic() > deadline:
                raise TooManyGeometries(
                    f"more than {MOST_CANDIDATES} geometries, {MOST_BYTES >> 20} MiB of them or {SECONDS:g} s"
                )
            fulfilling = await asyncio.to_thread(_fulfilling, node, [text for _, text in block])
            for (number, _), does in zip(block, fulfilling, strict=True):
                (kept if does else others).append(number)
    return kept, others


def _fulfilling(node: tree.Spatial, texts: list[str | None]) -> list[bool]:
    """Which of some geometries fulfil the condition; runs in a thread."""
    import shapely

    stored = shapely.from_geojson(texts, on_invalid="ignore")
    literal = _shape(node)
    shapely.prepare(literal)
    name = _PREDICATES[node.operator]
    # The literal stands first because it is prepared; what is not symmetric has its mirror.
    mirrored = {"contains": "within", "within": "contains"}.get(name, name)
    found: list[bool] = getattr(shapely, mirrored)(literal, stored).tolist()
    return found


def _shape(node: tree.Spatial) -> Any:
    shapely = importlib.import_module("shapely")
    return shapely.box(*node.box) if node.box is not None else shapely.from_geojson(node.geometry)


def _bounds(node: tree.Spatial) -> Bounds:
    if node.box is not None:
        return node.box
    west, south, east, north = _shape(node).bounds
    return float(west), float(south), float(east), float(north)
