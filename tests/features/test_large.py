# SPDX-License-Identifier: EUPL-1.2
"""Large tables show their first page at once, or say why an order is too much to ask."""

from __future__ import annotations

import pytest

from stadtkern.core.database import Connection
from stadtkern.core.fragments import Fragment
from stadtkern.features import operations, queries, rows, sources, spatial, tree
from stadtkern.features.entities import Bounds, Column, Columns
from tests.core import factories as core_factories
from tests.features.factories import EVERYTHING, again

pytestmark = pytest.mark.anyio
N = 120_000
COLUMNS = [
    Column(name="kind", type="text"),
    Column(name="n", type="integer"),
    *(Column(name=f"spare_{i}", type="integer") for i in range(sources.MOST_INDEXES - 2)),
    Column(name="late", type="integer"),
]

# What is asked for, where, the first row, and how many rows may be looked at.
RECTANGLES: list[tuple[str, Bounds, int, int]] = [
    ("a few of many", (7.5095, 51.9095, 7.5105, 51.9105), 10_096, 200),
    ("nothing at all", (7.7, 51.9, 7.8, 52.0), N + 1, 100),
    ("nearly all", (7.4, 51.8, 7.65, 52.1), 1, 5_000),
    ("many that lie behind all others", (7.85, 51.8, 8.1, 52.1), N - 9_999, 16_000),
]


async def _table(connection: Connection, key: str) -> queries.Collection:
    made = await operations.create(
        connection, dataset_id=await core_factories.make_dataset(connection), key=key, columns=COLUMNS
    )
    numbers = range(N)
    spare = [[0] * N for _ in range(sources.MOST_INDEXES - 2)]
    batch = Columns(
        n=N, values=[[("Linde", "Eiche")[i % 2] for i in numbers], [N - i for i in numbers], *spare, numbers]
    )
    await operations.load(connection, collection=made, batches=[batch], mode="replace")
    return await again(connection, made)


async def test_orders_of_a_large_table(connection: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    """By an indexed column both ways; others are refused with the names of those, unless a filter helps."""
    known = await _table(connection, "large")
    monkeypatch.setattr(queries, "MOST_COST", 1_000.0)
    for name, first in (("n", N), ("kind", 2), ("id", 1)):
        page = await queries.page(
            connection, EVERYTHING, collection=known, order=[tree.Order(name, False)], limit=3
        )
        assert page.rows[0].id == first
        last = await queries.page(
            connection, EVERYTHING, collection=known, order=[tree.Order(name, True)], limit=3
        )
        assert last.rows[0].id == {"n": 1, "kind": N - 1, "id": N}[name]
    for order in ([tree.Order("late", False)], [tree.Order("kind", False), tree.Order("n", True)]):
        with pytest.raises(queries.OrderTooDear) as refused:
            await queries.page(connection, EVERYTHING, collection=known, order=order)
        assert "sort by id or one of: kind, n, spare_0" in refused.value.detail
        assert "late" not in refused.value.detail
    few = tree.equals(Column(name="n", type="integer"), [7])
    page = await queries.page(
        connection, EVERYTHING, collection=known, order=[tree.Order("late", True)], filter=few
    )
    assert [row.id for row in page.rows] == [N - 6]


async def test_nobody_waits_for_the_count_of_a_large_table(connection: Connection) -> None:
    """It is counted for a moment only; a small one to its end."""
    known = await _table(connection, "counted")
    assert queries.patience(known, most=1_500) == queries.BRIEF_MILLISECONDS
    some = tree.equals(Column(name="kind", type="text"), ["Linde"])
    assert await queries.count(connection, EVERYTHING, collection=known, filter=some) == N // 2
    wide = tree.Search(("nowhere",))
    assert await queries.count(connection, EVERYTHING, collection=known, filter=wide, milliseconds=1) is None
    async with connection.transaction():
        before = await _looked_at(connection, known)
        sure = await queries.count(
            connection, EVERYTHING, collection=known, filter=some, most=10_000, milliseconds=60_000
        )
        assert sure is None
        assert await _looked_at(connection, known) == before, "what is sure to be too many is not counted"


async def _places(connection: Connection) -> queries.Collection:
    """Most lie in the west; the last ones in the east, and one has no place."""
    made = await operations.create(
        connection, dataset_id=await core_factories.make_dataset(connection), key="places",
        columns=[Column(name="n", type="integer")], geometry="Point",
    )  # fmt: skip
    late = N - 10_000
    east = [(7.5 if i < late else 7.9) + i % 1000 / 10_000 for i in range(N)]
    north = [51.9 + i // 1000 / 1_000 for i in range(N)]
    batches: list[operations.Batch] = [Columns(n=N, values=[range(N)], points=(east, north)), [[N, None]]]
    await operations.load(connection, collection=made, batches=batches, mode="replace")
    return await again(connection, made)


async def test_rectangles_of_a_large_table(connection: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    """No more rows are looked at than a page needs, also for those without a place, which belong to all."""
    known = await _places(connection)
    monkeypatch.setattr(spatial, "_FAR", 20_000)
    statements: list[Fragment] = []
    fetch = rows.fetch

    async def noting(connection: Connection, statement: Fragment, *, raw: bool = False) -> list[tuple]:
        statements.append(statement)
        return await fetch(connection, statement, raw=raw)

    monkeypatch.setattr(rows, "fetch", noting)
    for what, box, first, most in RECTANGLES:
        asked = tree.Spatial("s_intersects", "", box=box, absent=True)
        async with connection.transaction():
            before = await _looked_at(connection, known)
            page = await queries.page(connection, EVERYTHING, collection=known, filter=asked, limit=20)
            whole, looked_at = await _looked_at(connection, known)
        assert page.rows[0].id == first, what
        assert whole == before[0], what
        assert looked_at - before[1] < most, what
    plans = [str(await fetch(connection, Fragment("explain (format json) ") + each)) for each in statements]
    assert sum(f"{known.table_name}_nowhere" in plan for plan in plans) == 3


async def _looked_at(connection: Connection, known: queries.Collection) -> tuple[int, int]:
    """Rows that this transaction read from end to end, and those it read by an index."""
    read = "SELECT seq_tup_read, idx_tup_fetch FROM pg_stat_xact_user_tables WHERE relname = %s"
    row = await (await connection.execute(read, [known.table_name])).fetchone()
    assert row is not None
    return int(row[0]), int(row[1])
