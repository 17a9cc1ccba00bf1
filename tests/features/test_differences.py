# SPDX-License-Identifier: EUPL-1.2
"""Two versions are compared by what tells their rows apart: a number, a key, or nothing."""

from __future__ import annotations

from typing import Any

import pytest

from stadtkern.core.database import Connection
from stadtkern.features.entities import Collection, Column
from stadtkern.features.versions import differences
from stadtkern.features.versions.differences import Difference
from tests.features.factories import COLUMNS, EVERYTHING, NOTHING, collection, trees
from tests.features.test_versions import listed, load

pytestmark = pytest.mark.anyio


async def compared(connection: Connection, known: Collection, old: int, new: int, **more: Any) -> Difference:
    """The difference between two versions by their numbers."""
    found = {version.number: version for version in await listed(connection, known)}
    return await differences.between(connection, EVERYTHING, old=found[old], new=found[new], **more)


def counts(found: Difference) -> tuple[int, int, int | None]:
    """Rows that came, went, changed."""
    return found.added, found.removed, found.changed


async def test_rows_are_matched_by_their_number_where_they_kept_it(connection: Connection) -> None:
    """Behind and over: in both directions."""
    known = await collection(connection, rows=trees(5))
    known = await load(connection, known, trees(3, first=6), "append")
    known = await load(connection, known, [["Buche", *row[1:]] for row in trees(2, first=5)], "upsert")
    found = await compared(connection, known, 1, 3)
    assert (counts(found), found.key) == ((3, 0, 1), ())
    ((before, after),) = found.rows_changed
    assert (before.id, before.values[0], after.values[0]) == (5, "Linde", "Buche")
    assert [row.values[5] for row in found.rows_added] == [6, 7, 8]
    assert counts(await compared(connection, known, 3, 1)) == (0, 3, 1)
    assert counts(await compared(connection, known, 2, 2)) == (0, 0, 0)


async def test_rows_are_matched_by_the_declared_key(connection: Connection) -> None:
    """A delivery that replaces everything: numbers say nothing then, geometries count."""
    known = await collection(connection, rows=trees(5))
    rows = trees(5, first=2)
    rows[0][7] = {"type": "Point", "coordinates": [7.0, 52.0]}
    known = await load(connection, known, rows, "replace")
    found = await compared(connection, known, 1, 2)
    assert (counts(found), found.key) == ((1, 1, 1), ("Nummer",))
    assert [row.values[5] for row in (*found.rows_added, *found.rows_removed)] == [6, 1]
    limited = await compared(connection, known, 1, 2, shown=0)
    assert (counts(limited), limited.rows_added, limited.rows_changed) == ((1, 1, 1), [], [])


async def test_a_column_that_tells_rows_apart_is_found(connection: Connection) -> None:
    """Without a declared key; columns that came, went or changed are named."""
    columns = [
        Column(name="Art", type="text"),
        Column(name="Nr", type="integer"),
        Column(name="x", type="number"),
    ]
    known = await collection(
        connection, rows=[["Linde", 1, 1.0], ["Linde", 2, 2.0]], columns=columns, geometry=None
    )
    later = [*columns[:2], Column(name="x", type="text"), Column(name="neu", type="text")]
    rows = [["Linde", 1, "1", "a"], ["Eiche", 2, "2", "b"]]
    known = await load(connection, known, rows, "replace", columns=later)
    found = await compared(connection, known, 1, 2)
    assert (counts(found), found.key) == ((0, 0, 1), ("Nr",))
    assert found.columns == differences.Columns(("neu",), (), ("x",))


async def test_without_a_key_rows_come_and_go(connection: Connection) -> None:
    """Rows that stand twice count twice; with no common column all came and all went."""
    columns = [Column(name="Art", type="text"), Column(name="Zustand", type="text")]
    rows = [["Linde", "gut"], ["Linde", "gut"], ["Eiche", "gut"]]
    known = await collection(connection, rows=rows, columns=columns, geometry=None)
    later = [["Linde", "gut"], ["Eiche", "krank"], ["Eiche", "krank"]]
    known = await load(connection, known, later, "replace")
    found = await compared(connection, known, 1, 2)
    assert (counts(found), found.key) == ((2, 2, None), None)
    assert [list(row.values) for row in found.rows_added] == [["Eiche", "krank"]] * 2
    other = [Column(name="ganz", type="text")]
    known = await load(connection, known, [["anders"]], "replace", columns=other)
    assert counts(await compared(connection, known, 2, 3)) == (1, 3, None)


async def test_what_is_too_large_is_refused(connection: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    """And counted for nobody; the delivery itself is not touched by that."""
    known = await collection(connection, rows=trees(5))
    known = await load(connection, known, trees(4, first=9), "replace")
    monkeypatch.setattr(differences, "MOST_ROWS", 4)
    with pytest.raises(differences.TooLargeToCompare):
        await compared(connection, known, 1, 2)
    await differences.summarise(connection, EVERYTHING, collection=known)
    assert (await listed(connection, known))[1].summary is None
    monkeypatch.undo()
    await differences.summarise(connection, EVERYTHING, collection=known)
    assert (await listed(connection, known))[1].summary == {
        "against": 1, "added": 4, "removed": 5, "changed": 0,
        "columns": {"added": [], "removed": [], "altered": []},
    }  # fmt: skip


async def test_nothing_is_compared_for_those_who_may_not_see_it(connection: Connection) -> None:
    """Both sides ask for themselves, so that no count tells anything."""
    known = await collection(connection, rows=trees(5), columns=COLUMNS)
    known = await load(connection, known, trees(4, first=9), "replace")
    one, two = await listed(connection, known)
    found = await differences.between(connection, NOTHING, old=one, new=two)
    assert (counts(found), list(found.rows_added)) == ((0, 0, 0), [])
