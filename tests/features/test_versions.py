# SPDX-License-Identifier: EUPL-1.2
"""Each delivery stays readable as it was, whatever came behind it or over it, as long as it is kept."""

from __future__ import annotations

from typing import Any

import pytest

from stadtkern.core import problems
from stadtkern.core.database import Connection
from stadtkern.features import operations, queries
from stadtkern.features.entities import Collection, Column
from stadtkern.features.versions import keeping, restoring
from stadtkern.features.versions import queries as versions
from tests.core import factories as core_factories
from tests.features.factories import COLUMNS, EVERYTHING, NOTHING, again, collection, trees

pytestmark = pytest.mark.anyio


async def load(connection: Connection, known: Collection, rows: Any, mode: Any, **more: Any) -> Collection:
    """Deliver, and see the collection as it is then."""
    await operations.load(connection, collection=known, batches=[rows], mode=mode, **more)
    return await again(connection, known)


async def listed(connection: Connection, known: Collection) -> list[versions.Version]:
    """All versions, oldest first."""
    found = await versions.versions(connection, EVERYTHING, collection=known, everything=True)
    return found[::-1]


async def rows_of(connection: Connection, known: Collection, number: int) -> list[tuple[int, Any, Any]]:
    """Id, kind and number of each row of a version."""
    found = await versions.version(connection, EVERYTHING, collection=known, everything=True, number=number)
    source = versions.Kept(found)
    page = await queries.page(connection, EVERYTHING, collection=source, limit=1_000)
    assert (
        len(page.rows)
        == found.collection.n
        == await queries.count(connection, EVERYTHING, collection=source, bbox=(-180, -90, 180, 90))
    )
    return [(row.id, row.values[0], row.values[5]) for row in page.rows]


async def test_every_way_of_delivering_leaves_the_versions_before_as_they_were(
    connection: Connection,
) -> None:
    """Rows behind, rows over others twice, everything anew: each version keeps its own rows."""
    known = await collection(connection, rows=trees(5))
    seen = [await rows_of(connection, known, 1)]
    steps: list[tuple[Any, Any]] = [
        (trees(3, first=6), "append"),
        ([["Buche", *row[1:]] for row in trees(2, first=5)], "upsert"),
        ([["Esche", *row[1:]] for row in trees(1, first=5)] + trees(2, first=20), "upsert"),
        (trees(4, first=100), "replace"),
        (trees(1, first=200), "append"),
    ]
    for rows, mode in steps:
        known = await load(connection, known, rows, mode)
        seen.append(await rows_of(connection, known, known.version))
    for number, rows_then in enumerate(seen, start=1):
        assert await rows_of(connection, known, number) == rows_then, number
    assert [len(rows_then) for rows_then in seen] == [5, 8, 8, 10, 4, 5]
    assert (seen[1][4][1], seen[2][4][1], seen[3][4][1]) == ("Linde", "Buche", "Esche")


async def test_the_same_again_is_no_version(connection: Connection) -> None:
    """A file that is fetched every night and did not change keeps number, date and table."""
    known = await collection(connection, rows=trees(5))
    assert await load(connection, known, trees(5), "replace", columns=COLUMNS) == known
    other = trees(5)
    other[4][7] = {"type": "Point", "coordinates": [7.0, 52.0]}
    assert (await load(connection, known, other, "replace")).version == 2
    renamed = [Column(name="Baum", type="text"), *COLUMNS[1:]]
    assert (await load(connection, known, other, "replace", columns=renamed)).version == 3


async def test_upserting_the_same_keeps_nothing_of_it(connection: Connection) -> None:
    """What stands in a delivery without having changed takes no room among the former rows."""
    known = await collection(connection, rows=trees(5))
    changed = trees(5)
    changed[2][1] = 99.0
    known = await load(connection, known, changed, "upsert")
    statement = f"SELECT id, replaced_in FROM features.{keeping.before(known.table_name)}"
    assert await (await connection.execute(statement.encode())).fetchall() == [(3, 2)]


async def test_a_version_is_brought_back_as_a_new_one(connection: Connection) -> None:
    """Where its table is as it was, the table is shown again; else its rows are put together anew."""
    known = await collection(connection, rows=trees(5))
    first = await rows_of(connection, known, 1)
    known = await load(connection, known, trees(3, first=50), "replace")
    made = await restoring.restore(
        connection, collection=known, version=(await listed(connection, known))[0], by=None
    )
    known = await again(connection, known)
    assert (made, known.version, known.n, known.table_name.endswith("_1")) == (3, 3, 5, True)
    known = await load(connection, known, [["Buche", *row[1:]] for row in trees(1)], "upsert")
    for number in (1, 3):
        assert await rows_of(connection, known, number) == first
    one, *_ = await listed(connection, known)
    await restoring.restore(connection, collection=known, version=one, by=None)
    known = await again(connection, known)
    assert (known.version, known.table_name.endswith("_5")) == (5, True)
    assert await rows_of(connection, known, 5) == first
    newest = (await listed(connection, known))[-1]
    assert (newest.mode, newest.restored_from) == ("restore", 1)
    with pytest.raises(restoring.AlreadyShown):
        await restoring.restore(connection, collection=known, version=newest, by=None)
    # Deliveries go on behind what was brought back.
    known = await load(connection, known, trees(1, first=300), "append")
    assert (known.n, await rows_of(connection, known, 5)) == (6, first)


async def test_what_is_too_large_is_not_put_together(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And nothing has changed then."""
    known = await collection(connection, rows=trees(5))
    known = await load(connection, known, trees(1, first=9), "append")
    monkeypatch.setattr(restoring, "MOST_COPIED", 4)
    one, _ = await listed(connection, known)
    with pytest.raises(restoring.TooLargeToRestore):
        await restoring.restore(connection, collection=known, version=one, by=None)
    assert await again(connection, known) == known


async def test_old_versions_are_forgotten_with_their_rows(connection: Connection) -> None:
    """Beyond the newest few, or when they were replaced long ago; what others still need stays."""
    known = await collection(connection, rows=trees(5))
    for first in (20, 30):
        known = await load(connection, known, trees(5, first=first), "replace")
    changed = [["Buche", *row[1:]] for row in trees(2, first=30)]
    known = await load(connection, known, changed, "upsert")
    third = await rows_of(connection, known, 3)
    assert await keeping.prune(connection, kept=2, days=3_650) >= 2
    assert [version.number for version in await listed(connection, known)] == [3, 4]
    assert await rows_of(connection, known, 3) == third
    retired = "SELECT table_name FROM features.retired WHERE table_name = ANY(%s) ORDER BY 1"
    names = [f"t_{known.id}_{number}" for number in (1, 2, 3)]
    assert await (await connection.execute(retired, [names])).fetchall() == [(names[0],), (names[1],)]
    await connection.execute(
        "UPDATE features.version SET ended_at = now() - interval '8 days'"
        " WHERE collection_id = %s AND number = 3",
        [known.id],
    )
    assert await keeping.prune(connection, kept=100, days=7) == 1
    left = f"SELECT count(*) FROM features.{keeping.before(known.table_name)}"
    assert await (await connection.execute(left.encode())).fetchone() == (0,)
    # The one that is shown stays, whatever was asked for.
    assert await keeping.forget(connection, collection_id=known.id, number=99) == 0
    assert (await again(connection, known)).n == 5
    with pytest.raises(versions.NoSuchVersion) as caught:
        await rows_of(connection, known, 3)
    assert isinstance(caught.value, problems.Problem)


async def test_versions_are_seen_by_those_who_could_see_them(connection: Connection) -> None:
    """A delivery that was replaced while still a draft stays hidden; one that was public does not."""
    dataset = await core_factories.make_dataset(connection)
    await connection.execute("UPDATE core.dataset SET state = 'draft' WHERE id = %s", [dataset])
    known = await collection(connection, rows=trees(5), dataset_id=dataset)
    known = await load(connection, known, trees(4), "replace")
    await connection.execute("UPDATE core.dataset SET state = 'published' WHERE id = %s", [dataset])
    known = await load(connection, known, trees(3), "replace", by=None, note="baeume.csv")
    found = await versions.versions(connection, EVERYTHING, collection=known, everything=False)
    assert [version.number for version in found] == [3, 2]
    assert {version.note for version in found} == {""}
    everything = await listed(connection, known)
    assert [(version.public, version.note) for version in everything] == [
        (False, ""), (True, ""), (True, "baeume.csv")
    ]  # fmt: skip
    with pytest.raises(versions.NoSuchVersion):
        await versions.version(connection, EVERYTHING, collection=known, everything=False, number=1)
    assert await versions.versions(connection, NOTHING, collection=known, everything=True) == []
    internal = "UPDATE core.dataset SET room_id = (SELECT id FROM core.room WHERE key = %s) WHERE id = %s"
    await connection.execute(internal, ["internal", dataset])
    known = await load(connection, known, trees(2), "replace")
    await connection.execute(internal, ["public", dataset])
    found = await versions.versions(connection, EVERYTHING, collection=known, everything=False)
    assert [version.number for version in found] == [4, 2]


async def test_a_dropped_collection_takes_its_versions_along(connection: Connection) -> None:
    """All tables that it had are swept."""
    known = await collection(connection, rows=trees(5))
    known = await load(connection, known, trees(5, first=9), "replace")
    known = await load(connection, known, trees(1, first=9), "upsert")
    await operations.drop(connection, collection=known)
    await operations.sweep(connection, seconds=-1)
    names = [f"features.{kind}_{known.id}_{number}" for kind in "tw" for number in (1, 2)]
    found = await connection.execute("SELECT count(to_regclass(n)) FROM unnest(%s::text[]) n", [names])
    assert await found.fetchone() == (0,)
