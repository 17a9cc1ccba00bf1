# SPDX-License-Identifier: EUPL-1.2
"""Large tables show their first page at once, or say why an order is too much to ask."""

from __future__ import annotations

import pytest

from stadtkern.core.database import Connection
from stadtkern.features import operations, queries, sources, tree
from stadtkern.features.entities import Column, Columns
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
