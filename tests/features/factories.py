# SPDX-License-Identifier: EUPL-1.2
"""Collections of trees and other things that stand about, for tests."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

from stadtkern.core.database import Connection
from stadtkern.features import operations, queries
from stadtkern.features.entities import Collection, Column
from tests.core import factories

_numbers = itertools.count(1)

COLUMNS = (
    Column(name="Art", type="text", title={"de": "Baumart", "en": "Species"}),
    Column(name="Höhe", type="number", unit="m"),
    Column(name="gepflanzt", type="date"),
    Column(name="gepflegt", type="instant"),
    Column(name="Denkmal", type="boolean"),
    Column(name="Nummer", type="integer", key=True),
    Column(name="mehr", type="json"),
)
KINDS = ("Linde", "Eiche", "Ahorn", "Kirsche", "Öl-Weide")


def trees(n: int, *, first: int = 1, west: float = 7.6, south: float = 51.9) -> list[list[Any]]:
    """Rows of trees on a grid of a hundred columns, a thousandth of a degree apart."""
    return [
        [
            KINDS[number % len(KINDS)],
            None if number % 10 == 0 else number % 30 + 0.5,
            date(2000 + number % 20, 1 + number % 12, 1),
            datetime(2020, 1, 1 + number % 28, number % 24, tzinfo=UTC),
            number % 2 == 0,
            number,
            {"n": number},
            {
                "type": "Point",
                "coordinates": [
                    round(west + number % 100 * 0.001, 6),
                    round(south + number // 100 * 0.001, 6),
                ],
            },
        ]
        for number in range(first, first + n)
    ]


async def collection(
    connection: Connection,
    *,
    rows: Sequence[Sequence[Any]] | None = None,
    columns: Sequence[Column] = COLUMNS,
    geometry: Any = "Point",
    room: str = "public",
    key: str | None = None,
    dataset_id: int | None = None,
) -> Collection:
    """A collection that was delivered, by default a hundred trees."""
    if dataset_id is None:
        dataset_id = await factories.make_dataset(connection, room=room)
    made = await operations.create(
        connection,
        dataset_id=dataset_id,
        key=key or f"trees-{next(_numbers)}",
        columns=columns,
        geometry=geometry,
        title={"de": "Bäume", "en": "Trees"},
    )
    await operations.load(
        connection, collection=made, batches=[trees(100) if rows is None else rows], mode="replace"
    )
    return await again(connection, made)


async def again(connection: Connection, known: Collection) -> Collection:
    """A collection as it is now."""
    return await queries.find(connection, EVERYTHING, key=known.key)


def _everything() -> Any:
    from stadtkern.core.access import Scope

    return Scope((), True)


EVERYTHING = _everything()
NOTHING: Any = type(EVERYTHING)((), False)
