# SPDX-License-Identifier: EUPL-1.2
"""Messy files and files of other formats go through the pages as they are."""

from __future__ import annotations

import io
import json
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


@pytest.mark.parametrize("name", MESSY)
async def test_messy_files_go_through_as_they_are(
    clerk: AsyncClient, office: Office, work: Work, name: str
) -> None:
    """Every one of them can be stored with what the pages suggest; nothing blocks."""
    address = await sent(clerk, office, imports.fixture(name), name)
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
    assert "Die Daten sind gespeichert" in await text(clerk, address)


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
