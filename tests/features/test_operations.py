# SPDX-License-Identifier: EUPL-1.2
"""Deliveries are seen whole or not at all, and say what was wrong with them."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime
from typing import Any, cast

import pytest

from stadtkern.core import database as core_database
from stadtkern.core.database import Connection
from stadtkern.features import binary, loading, making, operations, queries, shapes, sources, tree
from stadtkern.features.entities import Column, Columns, Type
from stadtkern.features.versions import keeping
from tests.core import factories as core_factories
from tests.features.factories import EVERYTHING, NOTHING, again, collection, trees

pytestmark = pytest.mark.anyio


async def test_a_delivery_is_listed_with_its_bounds_and_its_number(connection: Connection) -> None:
    """Before the first delivery nothing is listed."""
    dataset = await core_factories.make_dataset(connection)
    made = await operations.create(
        connection, dataset_id=dataset, key="fresh", columns=[Column(name="a", type="text")], geometry="Point"
    )
    assert await queries.collections(connection, EVERYTHING, dataset_id=dataset) == []
    loaded = await operations.load(
        connection,
        collection=made,
        batches=[[["x", {"type": "Point", "coordinates": [7.0, 52.0]}], ["y", None]]],
        mode="append",
    )
    (found,) = await queries.collections(connection, EVERYTHING, dataset_id=dataset)
    assert (loaded, found.n, found.bounds, found.version) == (2, 2, (7.0, 52.0, 7.0, 52.0), 1)


async def test_columns_are_stored_as_rows_are(connection: Connection) -> None:
    """Every type, with what COPY could misread: signs of its own, texts that look like none, far instants."""
    types: list[Type] = ["text", "integer", "number", "boolean", "date", "instant", "json"]
    columns = [Column(name=type_, type=type_) for type_ in types]
    moment = datetime(999, 1, 2, 3, 4, 5, 6, tzinfo=UTC)
    rows: list[list[Any]] = [
        ["a\tb\\n\nc\r\\N", -(2**62), 1e-300, True, date(999, 1, 2), moment, {"a": 'x"\\\n', "b": [1]}],
        ["\\N", 0, -0.0, False, date(2026, 2, 28), moment, "text"],
        ["", None, None, None, None, None, None],
        [None, 7, 0.1, None, None, None, []],
    ]
    shown = [{"type": "Point", "coordinates": [7.5 + n, 52.0]} for n in range(3)]
    spots = [*shown, None]
    found = []
    for way in ("rows", "points", "shapes"):
        made = await operations.create(
            connection, dataset_id=await core_factories.make_dataset(connection), key=f"ways-{way}",
            columns=columns, geometry="Point",
        )  # fmt: skip
        values = list(zip(*rows, strict=True))
        batches: dict[str, Any] = {
            "rows": [[*row, spot] for row, spot in zip(rows, spots, strict=True)],
            "points": Columns(n=4, values=values, points=([7.5, 8.5, 9.5, None], [52.0, 52.0, 52.0, None])),
            "shapes": Columns(n=4, values=values, shapes=spots),
        }
        assert await operations.load(connection, collection=made, batches=[batches[way]], mode="append") == 4
        known = await again(connection, made)
        page = await queries.page(connection, EVERYTHING, collection=known)
        found.append((known.bounds, [(row.values, row.geometry) for row in page.rows]))
    assert found[0] == found[1] == found[2]
    assert [list(values) for values, _ in found[1][1]] == rows
    assert [geometry for _, geometry in found[1][1]] == spots


async def test_columns_that_do_not_fit_are_named(connection: Connection) -> None:
    """With row and column, as of rows; and nothing of them stays."""
    known = await collection(connection)
    given = [list(column) for column in zip(*trees(3, first=900), strict=True)]
    given[5][1] = "no number"
    columns = Columns(n=3, values=given[:-1], shapes=given[-1])
    with pytest.raises(loading.UnfitRows):
        await operations.load(connection, collection=known, batches=[columns], mode="append")
    with pytest.raises(loading.UnfitRows):
        await operations.load(
            connection, collection=known, batches=[Columns(n=1, values=[["x"]])], mode="append"
        )
    unfit: list[tuple[str, Any]] = [
        ("integer", 2**63), ("integer", 1.5), ("integer", True), ("number", "1"), ("boolean", 1),
        ("date", "2026-02-28"), ("instant", datetime(2026, 2, 28)), ("text", 7), ("text", "\ud800"),
    ]  # fmt: skip
    for type_, value in unfit:
        with pytest.raises(ValueError, match=f"not of type {type_}"):
            binary.column([None, value], type=cast(Type, type_))
    with pytest.raises(ValueError, match="no number"):
        binary.points([math.nan], [52.0])
    with pytest.raises(shapes.BrokenGeometry):
        shapes.of_points([181.0], [52.0], first=1)
    assert (await again(connection, known)).n == 100


async def test_replacing_is_seen_at_once_and_whole(connection: Connection, database: str) -> None:
    """Another connection sees the old rows until the delivery is committed, then the new ones only."""
    known = await collection(connection)
    async with await core_database.connect(url=database) as other:
        async with other.transaction():
            await operations.load(other, collection=known, batches=[trees(3, first=500)], mode="replace")
            before = await queries.page(connection, EVERYTHING, collection=await again(connection, known))
        after = await queries.page(connection, EVERYTHING, collection=await again(connection, known))
    assert (len(before.rows), [row.values[5] for row in after.rows]) == (100, [500, 501, 502])


async def test_who_reads_an_old_delivery_reads_on(connection: Connection) -> None:
    """The table of a forgotten version stays for an hour, then a sweep drops it."""
    known = await collection(connection)
    await operations.load(connection, collection=known, batches=[trees(3)], mode="replace")
    await keeping.forget(connection, collection_id=known.id, number=1)
    assert len((await queries.page(connection, EVERYTHING, collection=known)).rows) == 100
    assert await operations.sweep(connection) == 0
    assert await operations.sweep(connection, seconds=-1) >= 1
    gone = await connection.execute("select to_regclass(%s)", [f"features.{known.table_name}"])
    assert await gone.fetchone() == (None,)


async def test_appending_counts_on(connection: Connection) -> None:
    """Rows come behind the others, in several batches, and the bounds grow."""
    known = await collection(connection, rows=trees(5))
    more = trees(2, first=50), trees(1, first=9000)
    assert await operations.load(connection, collection=known, batches=more, mode="append") == 3
    now = await again(connection, known)
    page = await queries.page(connection, EVERYTHING, collection=now, after=5)
    assert ([row.id for row in page.rows], now.n) == ([6, 7, 8], 8)
    assert now.bounds is not None
    assert now.bounds[3] == pytest.approx(51.99)


async def test_upsert_keeps_the_ids_of_rows_with_the_same_key(connection: Connection) -> None:
    """Changed rows keep their number, others come behind."""
    known = await collection(connection, rows=trees(5))
    changed = trees(2, first=5)
    changed[0][0] = "Buche"
    await operations.load(connection, collection=known, batches=[changed], mode="upsert")
    now = await again(connection, known)
    found = await queries.page(
        connection, EVERYTHING, collection=now, filter=tree.equals(COLUMN_NUMBER, [5, 6])
    )
    assert next((row.id, row.values[0], row.values[5]) for row in found.rows) == (5, "Buche", 5)
    assert (now.n, len(found.rows)) == (6, 2)


COLUMN_NUMBER = Column(name="Nummer", type="integer")


async def test_a_broken_row_leaves_everything_as_it_was(connection: Connection) -> None:
    """The error names row and column; nothing of the delivery is stored."""
    known = await collection(connection, rows=trees(5))
    broken = trees(3)
    broken[2][1] = "hoch"
    with pytest.raises(loading.UnfitRows) as caught:
        await operations.load(connection, collection=known, batches=[broken], mode="replace")
    assert "row 3, column Höhe" in str(caught.value)
    assert (await again(connection, known)).version == known.version


@pytest.mark.parametrize(
    ("geometry", "message"),
    [
        ({"type": "Point", "coordinates": [405_000, 5_757_000]}, "no longitude and latitude"),
        ({"type": "LineString", "coordinates": [[7, 51], [8, 52]]}, "holds Point"),
        ({"type": "Point", "coordinates": "7,51"}, "row 2"),
        ("{", "row 2"),
        ('{"type": "Point", "coordinates": ' + "[" * 100_000 + "]" * 100_000 + "}", "row 2"),
        (["Point"], "no GeoJSON object"),
    ],
)
async def test_a_broken_geometry_is_named(connection: Connection, geometry: object, message: str) -> None:
    """The row and what is wrong with it are told."""
    known = await collection(connection, rows=trees(1))
    broken = trees(2)
    broken[1][7] = geometry
    with pytest.raises(shapes.BrokenGeometry, match=message):
        await operations.load(connection, collection=known, batches=[broken], mode="append")
    assert (await again(connection, known)).n == 1


async def test_a_key_stands_once(connection: Connection) -> None:
    """Two rows with one key are refused in each mode."""
    known = await collection(connection, rows=trees(5))
    for mode in ("replace", "append", "upsert"):
        with pytest.raises(making.DuplicateKey):
            await operations.load(connection, collection=known, batches=[trees(2) + trees(1)], mode=mode)


async def test_columns_and_keys_are_checked(connection: Connection) -> None:
    """What cannot become a table is refused before anything is made."""
    dataset = await core_factories.make_dataset(connection)
    for columns in ([], [COLUMN_NUMBER, COLUMN_NUMBER], [Column(name="geometry", type="text")]):
        with pytest.raises(operations.UnfitColumns):
            await operations.create(connection, dataset_id=dataset, key="unfit", columns=columns)
    with pytest.raises(operations.CollectionExists):
        await operations.create(connection, dataset_id=dataset, key="things", columns=[COLUMN_NUMBER])


async def test_a_dropped_collection_is_gone(connection: Connection) -> None:
    """Its rows follow with the next sweep."""
    known = await collection(connection)
    await operations.drop(connection, collection=known)
    await operations.drop(connection, collection=known)
    with pytest.raises(queries.NoSuchCollection):
        await again(connection, known)


async def test_what_lies_in_another_room_is_not_there(connection: Connection) -> None:
    """Neither listed nor found, counted nor read, even by somebody who holds its description."""
    known = await collection(connection, room="internal")
    assert await queries.collections(connection, NOTHING) == []
    with pytest.raises(queries.NoSuchCollection):
        await queries.find(connection, NOTHING, key=known.key)
    assert (await queries.page(connection, NOTHING, collection=known)).rows == []
    assert await queries.count(connection, NOTHING, collection=known) == 0
    with pytest.raises(queries.NoSuchFeature):
        await queries.one(connection, NOTHING, source=sources.Stored(known), id=1)


async def test_pages_follow_each_other_without_gap(connection: Connection) -> None:
    """Each page says where the next one begins; the last one says nothing."""
    known = await collection(connection, rows=trees(25))
    found: list[int] = []
    after: int | None = 0
    while after is not None:
        page = await queries.page(connection, EVERYTHING, collection=known, limit=10, after=after)
        found += [row.id for row in page.rows]
        after = page.after
    assert found == list(range(1, 26))


@pytest.mark.parametrize("many", [queries.MANY, 3])
async def test_rows_are_sorted_with_empty_values_last(
    connection: Connection, monkeypatch: pytest.MonkeyPatch, many: int
) -> None:
    """In either direction, in tables of any size, and on every page."""
    monkeypatch.setattr(queries, "MANY", many)
    known = await collection(connection, rows=trees(30))
    for descending in (False, True):
        order = [tree.Order("Höhe", descending)]
        whole = await queries.page(connection, EVERYTHING, collection=known, order=order)
        heights = [row.values[1] for row in whole.rows]
        filled = sorted((height for height in heights if height is not None), reverse=descending)
        assert heights == [*filled, None, None, None]
        assert [row.id for row in whole.rows][-3:] == sorted(
            (row.id for row in whole.rows if row.values[1] is None), reverse=descending
        )
        for limit, offset in ((5, 0), (4, 24), (4, 26), (2, 27), (3, 28), (2, 30), (2, 40)):
            page = await queries.page(
                connection, EVERYTHING, collection=known, order=order, limit=limit, offset=offset
            )
            assert [row.id for row in page.rows] == [row.id for row in whole.rows][offset : offset + limit]
            assert (page.after is None) == (offset + limit >= 30)
    linden = tree.equals(known.columns[0], ["Linde"])
    some = await queries.page(
        connection, EVERYTHING, collection=known, filter=linden, order=[tree.Order("Höhe", True)]
    )
    assert {row.values[0] for row in some.rows} == {"Linde"}
    named = await queries.page(
        connection, EVERYTHING, collection=known, order=[tree.Order("Art", True), tree.Order("Höhe", True)]
    )
    assert len({row.id for row in named.rows}) == 30


async def test_pages_of_large_rows_are_shorter(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They stop where they weigh enough, and go on from there: nothing is left out."""
    known = await collection(
        connection, rows=[["x" * 1_000] for _ in range(1_000)], columns=[Column(name="t", type="text")],
        geometry=None,
    )  # fmt: skip
    monkeypatch.setattr(queries, "MOST_BYTES", 300_000)
    first = await queries.page(connection, EVERYTHING, collection=known, limit=900, raw=True)
    assert (len(first.rows), first.after) == (400, 400)
    found = [row.id for row in first.rows]
    after = first.after
    while after is not None:
        page = await queries.page(connection, EVERYTHING, collection=known, limit=900, raw=True, after=after)
        found, after = found + [row.id for row in page.rows], page.after
    assert found == list(range(1, 1_001))


async def test_words_are_searched_in_all_columns(connection: Connection) -> None:
    """Every word must stand somewhere."""
    known = await collection(connection, rows=trees(30))
    assert await queries.count(connection, EVERYTHING, collection=known, filter=tree.Search(("linde",))) == 6
    both = tree.Search(("linde", "2005-"))
    assert await queries.count(connection, EVERYTHING, collection=known, filter=both) == 2
