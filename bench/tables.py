# SPDX-License-Identifier: EUPL-1.2
"""Tables as an administration has them, of any length and always the same: trees, and counts of stations."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from stadtkern.core import access, database
from stadtkern.features import operations, queries
from stadtkern.features.entities import Column, Columns

KINDS = ("Ahorn", "Birke", "Eiche", "Esche", "Linde", "Platane", "Robinie", "Rosskastanie")
TREES = (
    Column(name="nr", type="integer"), Column(name="art", type="text"), Column(name="strasse", type="text"),
    Column(name="hoehe", type="number", unit="m"), Column(name="umfang", type="integer", unit="cm"),
    Column(name="gepflanzt", type="date"), Column(name="geprueft", type="instant"),
    Column(name="bemerkung", type="text"), Column(name="gesund", type="boolean"),
)  # fmt: skip
_DIFFERENT = 50_000
_FIRST = date(1960, 1, 1)


def trees_as_csv(path: Path, *, rows: int) -> None:
    """German numbers and days, Windows' encoding, places in UTM."""
    dice = random.Random(4711)
    with path.open("w", encoding="cp1252", newline="") as file:
        file.write("Nr;Art;Straße;Höhe (m);Stammumfang;gepflanzt am;Rechtswert;Hochwert\r\n")
        for number in range(rows):
            day = _FIRST + timedelta(days=dice.randrange(23_000))
            figures = (
                dice.random() * 30,
                dice.random() * 20_000 + 400_000,
                dice.random() * 20_000 + 5_750_000,
            )
            height, east, north = (f"{figure:.2f}".replace(".", ",") for figure in figures)
            street = f"Straße {dice.randrange(3000)} {dice.randrange(1, 200)}"
            file.write(
                f"{number};{dice.choice(KINDS)};{street};{height};{dice.randrange(20, 400)};{day:%d.%m.%Y};"
                f"{east};{north}\r\n"
            )


def counts_as_csv(path: Path, *, rows: int, stations: int = 20) -> None:
    """One row for each station and quarter hour, times in UTC."""
    dice = random.Random(4711)
    begin = datetime(2024, 1, 1, tzinfo=UTC)
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write("Zeit;Station;Räder\n")
        for quarter in range(rows // stations):
            moment = f"{begin + timedelta(minutes=15 * quarter):%Y-%m-%dT%H:%M:%SZ}"
            for station in range(stations):
                file.write(f"{moment};Zählstelle {station};{dice.randrange(500)}\n")


async def fill(url: str, *, key: str, rows: int) -> float:
    """Replace a collection of points by so many trees; returns the seconds that took."""
    everything = access.Scope(ids=(), negated=True)
    began = time.perf_counter()
    async with await database.connect(url=url, autocommit=True) as connection:
        known = await queries.find(connection, everything, key=key)
        await operations.load(
            connection, collection=known, batches=_batches(rows), mode="replace", columns=TREES
        )
    return time.perf_counter() - began


def _batches(rows: int) -> Iterator[Columns]:
    """Blocks of rows; from block to block they are numbered and placed anew."""
    dice = random.Random(4711)
    size = min(_DIFFERENT, rows)
    pick = dice.randrange
    begin = datetime(2020, 1, 1, tzinfo=UTC)
    kinds = [dice.choice(KINDS) for _ in range(size)]
    days = [_FIRST + timedelta(days=pick(23_000)) for _ in range(size)]
    moments = [begin + timedelta(minutes=pick(3_000_000)) for _ in range(size)]
    spots = [(dice.random() * 0.3, dice.random() * 0.2) for _ in range(size)]
    for start in range(0, rows, size):
        n = min(size, rows - start)
        shift = start / rows
        streets = [f"Straße {pick(3000)} {pick(200)}" for _ in range(n)]
        heights = [round(dice.random() * 30, 2) for _ in range(n)]
        notes = [f"Kontrolle {number}" for number in range(start, start + n)]
        yield Columns(
            n=n,
            values=[
                range(start, start + n), kinds[:n], streets, heights, [pick(20, 400) for _ in range(n)],
                days[:n], moments[:n], notes, [number % 7 > 0 for number in range(n)],
            ],
            points=([7.4 + x + shift / 100 for x, _ in spots[:n]], [51.9 + y for _, y in spots[:n]]),
        )  # fmt: skip
