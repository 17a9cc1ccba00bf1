# SPDX-License-Identifier: EUPL-1.2
"""Messy files and files of other formats go through the pages as they are."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Callable
from datetime import date
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import AsyncClient

from tests.catalogue import imports
from tests.catalogue.clerks import ABOUT, Work, clerk, filled, same_folder, sent, work
from tests.catalogue.offices import Office, as_, text

__all__ = ["clerk", "same_folder", "work"]  # fixtures
pytestmark = pytest.mark.anyio

MESSY = sorted(p.name for p in (Path(__file__).parents[1] / "ingest/fixtures").glob("*.csv"))


async def _stored(clerk: AsyncClient, office: Office, work: Work, content: bytes, name: str) -> str:
    """Click through with what the pages suggest, as a clerk without time does; the last page."""
    address = await sent(clerk, office, content, name)
    await work()
    values = filled(await text(clerk, address), "plan")
    assert (await clerk.post(f"{address}/plan", values)).status_code == 302
    await work()
    page = await text(clerk, address)
    assert "Das muss erst geklärt werden" not in page
    as_(clerk, office.publisher)
    answer = await clerk.post(f"{address}/speichern", ABOUT | {"title": name})
    assert answer.status_code == 302
    await work()
    page = await text(clerk, address)
    assert "Die Daten sind gespeichert" in page
    return page


@pytest.mark.parametrize("name", MESSY)
async def test_messy_files_go_through_as_they_are(
    clerk: AsyncClient, office: Office, work: Work, name: str
) -> None:
    """Every one of them can be stored with what the pages suggest; nothing blocks."""
    await _stored(clerk, office, work, imports.fixture(name), name)


FULL = os.environ.get("STADTKERN_TEST_DATA")
# What the pages say of each: how much of it lies in the dataset.
WHOLE = {
    "muenster_bike/hourly_wide_2023-01_2026-02.csv": "501.452 Werte",
    "muenster_bike/quarterhour_3stations_2025-08_2026-02.csv": "118.572 Werte",
    "muenster_bike/hourly_incomplete.csv": "24.669 Werte",
    "muenster_bike/flagged_quarters_per_day.csv": "70 Werte",
    "muenster_bike/stations.csv": "23 Zeilen",
    "muenster_bike/raw/100031297_2025-10.csv": "40.600 Werte",
    "muenster_bike/raw/300037932_2025-03.csv": "9.906 Werte",
    "muenster_parking/free_spaces_15min_wide_2022_2023.csv": "847.291 Werte",
    "muenster_parking/free_spaces_15min_wide_2024-08_2026-04.csv": "553.051 Werte",
    "muenster_parking/garages.csv": "20 Zeilen",
    "muenster_air/luftqualitaet_muenster_2022_station1140.csv": "25.042 Werte",
    "cambridge_energy/hourly_12buildings_el_gas_2015_2019.csv": "1.077.957 Werte",
    "duisburg_districts/districts.geojson": "35 Zeilen",
}


@pytest.mark.skipif(not FULL, reason="STADTKERN_TEST_DATA names no folder with the full files")
@pytest.mark.parametrize("name", WHOLE)
async def test_the_full_files_go_through_as_they_are(
    clerk: AsyncClient, office: Office, work: Work, name: str
) -> None:
    """Nothing of them blocks, and nothing of them is lost on the way."""
    page = await _stored(clerk, office, work, (Path(FULL or "") / name).read_bytes(), Path(name).name)
    assert f"{WHOLE[name]} dieser Lieferung" in page


def _workbook() -> bytes:
    book = openpyxl.Workbook()
    book.active.append(["Spielplätze der Stadt", None, None])
    book.active.append(["Name", "eröffnet", "Fläche (m²)"])
    for n in range(30):
        book.active.append([f"Platz {n}", date(2000, 1, n + 1), n + 0.5])
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def _geojson() -> bytes:
    ring = [[7.6, 51.9], [7.7, 51.9], [7.7, 52.0], [7.6, 51.9]]
    area = {"type": "Polygon", "coordinates": [ring]}
    features = [{"type": "Feature", "properties": {"n": n}, "geometry": area} for n in range(30)]
    return json.dumps({"type": "FeatureCollection", "features": features}).encode()


def _parquet() -> bytes:
    file = io.BytesIO()
    pq.write_table(pa.table({"name": [f"Ort {n}" for n in range(30)], "n": list(range(30))}), file)
    return file.getvalue()


@pytest.mark.parametrize(
    ("make", "name", "target"),
    [(_workbook, "x.xlsx", "table"), (_geojson, "x.geojson", "features"), (_parquet, "x.parquet", "table")],
)
async def test_other_formats_go_the_same_way(
    clerk: AsyncClient, office: Office, work: Work, make: Callable[[], bytes], name: str, target: str
) -> None:
    """Excel with a title above the header, areas, typed columns; and again as a later delivery."""
    address = await sent(clerk, office, make(), name)
    await work()
    values = filled(await text(clerk, address), "plan")
    assert values["target"] == target
    await clerk.post(f"{address}/plan", values)
    await work()
    as_(clerk, office.publisher)
    assert (await clerk.post(f"{address}/speichern", ABOUT | {"title": name})).status_code == 302
    await work()
    assert "30 Zeilen dieser Lieferung" in await text(clerk, address)
    again = await clerk.post(f"{address}/lieferung", {"file": SimpleUploadedFile(name, make())})
    await work()
    assert "30 Zeilen dieser Lieferung" in await text(clerk, again["Location"])
