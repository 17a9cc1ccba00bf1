# SPDX-License-Identifier: EUPL-1.2
"""Rectangles find the same features whichever way they are found, those without a place among them."""

from __future__ import annotations

import random
from typing import Any

import pytest

from stadtkern.core.database import Connection
from stadtkern.features import queries, spatial, tree
from stadtkern.features.entities import Bounds, Collection, Column
from tests.features import factories

pytestmark = pytest.mark.anyio
BOXES: list[Bounds] = [
    (7.1, 51.1, 7.9, 51.9),
    (7.0, 51.0, 8.0, 52.0),
    (7.45, 51.45, 7.5, 51.5),
    (9.0, 51.0, 9.1, 51.1),
]


def _shapes(kind: str, n: int) -> list[Any]:
    """Points, or lines of all sizes: small, astride an edge, around a whole rectangle; and nothing."""
    dice = random.Random(7)
    found: list[Any] = []
    for number in range(n):
        x, y = dice.uniform(7.0, 8.0), dice.uniform(51.0, 52.0)
        size = dice.choice((0.001, 0.05, 0.4, 1.5))
        if number % 9 == 0:
            found.append(None)
        elif kind == "Point":
            found.append({"type": "Point", "coordinates": [x, y]})
        else:
            line = [[x, y], [x + size, y], [x + size, y + size]]
            found.append({"type": "LineString", "coordinates": line})
    return found


async def _found(connection: Connection, known: Collection, box: Bounds, *, absent: bool) -> list[int]:
    """All pages, a few rows each."""
    asked = tree.Spatial("s_intersects", "", box=box, absent=absent)
    ids: list[int] = []
    after: int | None = None
    while True:
        page = await queries.page(
            connection, factories.EVERYTHING, collection=known, filter=asked, limit=100, after=after
        )
        ids += [row.id for row in page.rows]
        after = page.after
        if after is None:
            count = await queries.count(connection, factories.EVERYTHING, collection=known, filter=asked)
            assert count == len(ids)
            return ids


@pytest.mark.parametrize("kind", ["Point", "LineString"])
async def test_every_way_finds_the_same(
    connection: Connection, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    """Few that are bound, many by the order of the page, and many that lie far behind."""
    import shapely

    shapes = _shapes(kind, 300)
    rows = [[number, shape] for number, shape in enumerate(shapes)]
    known = await factories.collection(
        connection, rows=rows, columns=[Column(name="n", type="integer")], geometry=kind
    )
    drawn = [shape and shapely.geometry.shape(shape) for shape in shapes]
    for box in BOXES:
        inside = [at for at, shape in enumerate(drawn, 1) if shape and shape.intersects(shapely.box(*box))]
        nowhere = [at for at, shape in enumerate(drawn, 1) if not shape]
        for absent, wanted in ((False, inside), (True, sorted(inside + nowhere))):
            for few, far in ((4_000, 200_000), (3, 200_000), (3, 0)):
                monkeypatch.setattr(spatial, "_FEW", few)
                monkeypatch.setattr(spatial, "_FAR", far)
                assert await _found(connection, known, box, absent=absent) == wanted, (box, absent, few, far)
