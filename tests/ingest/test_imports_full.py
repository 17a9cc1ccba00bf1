# SPDX-License-Identifier: EUPL-1.2
"""The full files that the fixtures were cut from; they run where STADTKERN_TEST_DATA names their folder."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec
import pytest

from stadtkern.core.database import Connection
from stadtkern.ingest.imports import run
from tests.ingest.factories import MAPPINGS, demo

pytestmark = pytest.mark.anyio

FULL = os.environ.get("STADTKERN_TEST_DATA")
_FILES = (
    ("muenster_bike/hourly_wide_2023-01_2026-02.csv", "bike_hourly", 501_452),
    ("muenster_bike/quarterhour_3stations_2025-08_2026-02.csv", "bike_quarterhour", 59_286),
    ("muenster_bike/raw/100031297_2025-10.csv", "bike_raw", 20_300),
    ("muenster_bike/raw/300037932_2025-03.csv", "bike_raw", 4_953),
    ("muenster_parking/free_spaces_15min_wide_2022_2023.csv", "parking", 847_291),
    ("muenster_parking/free_spaces_15min_wide_2024-08_2026-04.csv", "parking", 553_051),
    ("cambridge_energy/hourly_12buildings_el_gas_2015_2019.csv", "energy", 1_076_309),
    ("muenster_air/luftqualitaet_muenster_2022_station1140.csv", "air", 33_773),
)


async def _count(connection: Connection, key: str) -> int:
    sql = (
        "SELECT count(*) FROM things.observation o JOIN things.datastream d ON d.id = o.datastream_id "
        "JOIN core.dataset s ON s.id = d.dataset_id WHERE s.key = %s"
    )
    row = await (await connection.execute(sql, (key,))).fetchone()
    return int(row[0]) if row else 0


@pytest.mark.skipif(not FULL, reason="STADTKERN_TEST_DATA names no folder with the full files")
async def test_all_raw_files_of_the_counters(connection: Connection, database: str) -> None:
    """Twenty files, five stations, four months: nothing refused, each quarter hour once."""
    told = msgspec.structs.replace(demo("bike_raw"), dataset="full-raw", room="public")
    files = sorted(Path(FULL or "").glob("muenster_bike/raw/*.csv"))
    stories = [await run.import_file(url=database, path=path, recipe_=told) for path in files]
    assert len(stories) == 20
    assert not any(story.refused for story in stories)
    assert sum(story.taken for story in stories) == await _count(connection, "full-raw")


@pytest.mark.skipif(not FULL, reason="STADTKERN_TEST_DATA names no folder with the full files")
@pytest.mark.parametrize(("name", "told", "count"), _FILES)
async def test_the_full_files(
    connection: Connection, database: str, name: str, told: str, count: int
) -> None:
    """Every value of the full files is taken, none is refused, and a second time nothing changes."""
    path = Path(FULL or "") / name
    told_ = msgspec.structs.replace(demo(told), dataset=f"full-{told.replace('_', '-')}", room="public")
    first = await run.import_file(url=database, path=path, recipe_=told_, folders=[MAPPINGS])
    second = await run.import_file(url=database, path=path, recipe_=told_)
    assert (first.taken, first.refused) == (count, {})
    assert second.state == "unchanged"
