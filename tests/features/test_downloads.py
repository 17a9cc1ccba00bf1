# SPDX-License-Identifier: EUPL-1.2
"""Downloads hold the whole selection in every form, harmless for spreadsheets; if need be they break off."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from stadtkern.core import database as core_database
from stadtkern.features import operations
from stadtkern.features.api import downloads, files
from stadtkern.features.entities import Collection, Column
from tests.features.factories import again, collection, trees

pytestmark = pytest.mark.anyio

FORMS = tuple(downloads.FORMS)
EVIL = ("=1+1", "+49 251 492", "-3", "@SUM(A1)", "\t=1", "\r=1", "＝1")


@pytest.fixture(scope="module")
async def known(database: str) -> Collection:
    """So many trees that they come in several pages."""
    async with await core_database.connect(url=database, autocommit=True) as opened:
        return await collection(opened, key="baeume", rows=trees(4_500))


async def fetch(client: httpx.AsyncClient, name: str, *, key: str = "baeume", **query: str) -> httpx.Response:
    """A download."""
    answer = await client.get(f"/ogc/collections/{key}/download.{name}", params=query)
    assert answer.status_code == 200, answer.text
    return answer


async def test_csv_has_every_row(client: httpx.AsyncClient, known: Collection) -> None:
    """With names in the first line and geometries as well-known text."""
    answer = await fetch(client, "csv")
    assert answer.headers["content-type"].startswith("text/csv")
    assert answer.headers["content-disposition"] == "attachment; filename*=UTF-8''baeume.csv"
    assert "sandbox" in answer.headers["content-security-policy"]
    lines = list(csv.reader(io.StringIO(answer.text)))
    assert lines[0] == ["Art", "Höhe", "gepflanzt", "gepflegt", "Denkmal", "Nummer", "mehr", "geometry"]
    assert lines[1] == [
        "Eiche", "1.5", "2001-02-01", "2020-01-02T01:00:00Z", "false", "1", '{"n": 1}', "POINT (7.601 51.9)"
    ]  # fmt: skip
    assert [line[5] for line in lines[1:]] == [str(n) for n in range(1, 4_501)]


async def test_json_ndjson_and_geojson_say_the_same(client: httpx.AsyncClient, known: Collection) -> None:
    """Of a selection in several pages."""
    query = {"filter": "Nummer > 1000", "bbox": "7,51,8,53"}
    listed = (await fetch(client, "json", **query)).json()
    lines = [json.loads(line) for line in (await fetch(client, "ndjson", **query)).text.splitlines()]
    document = (await fetch(client, "geojson", **query)).json()
    assert len(listed) == 3_500
    assert listed == lines
    features = document["features"]
    assert [item["properties"] | {"geometry": item["geometry"]} for item in features] == listed


async def test_geojson_takes_a_reference_system(client: httpx.AsyncClient, known: Collection) -> None:
    """And says so in the file, as programs of GIS expect it."""
    crs = "http://www.opengis.net/def/crs/EPSG/0/25832"
    document = (await fetch(client, "geojson", crs=crs, limit="1")).json()
    assert document["crs"]["properties"]["name"] == "urn:ogc:def:crs:EPSG::25832"
    assert document["features"][0]["geometry"]["coordinates"][0] == pytest.approx(403746.305, abs=0.01)


async def test_parquet_has_types_and_geometries(
    client: httpx.AsyncClient, known: Collection, tmp_path: Path
) -> None:
    """GeoParquet 1.1: types as delivered, points as well-known binary, where they lie."""
    import pyarrow.parquet as parquet
    import shapely

    answer = await fetch(client, "parquet")
    path = tmp_path / "trees.parquet"
    path.write_bytes(answer.content)
    table = parquet.read_table(path)
    assert table.num_rows == 4_500
    row = table.slice(0, 1).to_pylist()[0]
    assert row["gepflegt"] == datetime(2020, 1, 2, 1, tzinfo=UTC)
    assert (row["Höhe"], row["mehr"]) == (1.5, '{"n": 1}')
    assert shapely.to_wkt(shapely.from_wkb(row["geometry"])) == "POINT (7.601 51.9)"
    about = json.loads(table.schema.metadata[b"geo"])
    assert (about["version"], about["primary_column"]) == ("1.1.0", "geometry")
    assert about["columns"]["geometry"]["geometry_types"] == ["Point"]


async def test_duckdb_reads_the_parquet_file(
    client: httpx.AsyncClient, known: Collection, tmp_path: Path
) -> None:
    """Another reader counts the same."""
    import duckdb

    path = tmp_path / "trees.parquet"
    path.write_bytes((await fetch(client, "parquet", filter="Art = 'Linde'")).content)
    found = duckdb.connect().execute(f"select count(*), min(Nummer) from '{path}'").fetchone()
    assert found == (900, 5)


async def test_excel_reads_the_workbook(client: httpx.AsyncClient, known: Collection) -> None:
    """Numbers are numbers, instants are instants in UTC."""
    import openpyxl

    answer = await fetch(client, "xlsx", limit="3")
    sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).active
    assert sheet is not None
    lines = list(sheet.values)
    assert lines[0][:2] == ("Art", "Höhe")
    assert lines[1][:2] == ("Eiche", 1.5)
    assert lines[1][3] == datetime(2020, 1, 2, 1)
    assert len(lines) == 4


async def test_no_text_becomes_a_formula(client: httpx.AsyncClient, connection: Any) -> None:
    """In CSV a text that looks like one gets an apostrophe; in a workbook it is a text."""
    import openpyxl

    known = await collection(
        connection,
        rows=[[text, -3] for text in EVIL],
        columns=[Column(name="=name", type="text"), Column(name="n", type="integer")],
        geometry=None,
    )
    lines = list(csv.reader(io.StringIO((await fetch(client, "csv", key=known.key)).text, newline="")))
    assert [line[0] for line in lines] == ["'" + text for text in ("=name", *EVIL)]
    assert {line[1] for line in lines[1:]} == {"-3"}
    book = openpyxl.load_workbook(io.BytesIO((await fetch(client, "xlsx", key=known.key)).content))
    sheet = book.active
    assert sheet is not None
    assert {cell.data_type for row in sheet.iter_rows(max_col=1) for cell in row} == {"s"}


@pytest.mark.parametrize("name", FORMS)
async def test_an_empty_selection_is_a_file_too(
    client: httpx.AsyncClient, known: Collection, name: str
) -> None:
    """Of every form."""
    answer = await fetch(client, name, filter="Nummer < 0")
    if name in ("json", "geojson"):
        assert answer.json() in ([], {"type": "FeatureCollection", "features": []})


@pytest.mark.parametrize("name", FORMS)
async def test_who_has_it_need_not_load_it_again(
    client: httpx.AsyncClient, connection: Any, name: str
) -> None:
    """304 as long as nothing was delivered, by ETag and by date; another selection has another tag."""
    known = await collection(connection, rows=trees(5))
    address = f"/ogc/collections/{known.key}/download.{name}"
    first = await client.get(address)
    tag, date = first.headers["etag"], first.headers["last-modified"]
    for headers in ({"If-None-Match": tag}, {"If-None-Match": f"W/{tag}"}, {"If-Modified-Since": date}):
        again_ = await client.get(address, headers=headers)
        assert (again_.status_code, again_.content) == (304, b"")
    assert (await client.get(address, params={"limit": "2"})).headers["etag"] != tag
    await operations.load(connection, collection=known, batches=[trees(1, first=50)], mode="append")
    changed = await client.get(address, headers={"If-None-Match": tag})
    assert (changed.status_code, changed.headers["etag"] == tag) == (200, False)


@pytest.mark.parametrize("name", ["csv", "json", "ndjson", "geojson", "parquet", "xlsx"])
async def test_files_come_in_parts(client: httpx.AsyncClient, known: Collection, name: str) -> None:
    """Range, If-Range, and 416 beyond the end (RFC 9110, 14)."""
    query = {"limit": "50"}
    whole = await fetch(client, name, **query)
    address = f"/ogc/collections/baeume/download.{name}"
    part = await client.get(address, params=query, headers={"Range": "bytes=10-19"})
    assert (part.status_code, part.content) == (206, whole.content[10:20])
    assert part.headers["content-range"] == f"bytes 10-19/{len(whole.content)}"
    assert part.headers["etag"] == whole.headers["etag"]
    assert whole.headers["accept-ranges"] == "bytes"
    rest = await client.get(address, params=query, headers={"Range": f"bytes={len(whole.content) // 2}-"})
    assert rest.content == whole.content[len(whole.content) // 2 :]
    stale = {"Range": "bytes=0-1", "If-Range": '"other"'}
    assert (await client.get(address, params=query, headers=stale)).status_code == 200
    beyond = await client.get(address, params=query, headers={"Range": "bytes=99999999-"})
    assert beyond.status_code == 416


async def test_kept_files_stay_few(tmp_path: Path) -> None:
    """The one asked for longest ago goes first; the newest stays, however large."""
    import os

    for at, name in enumerate(("old", "middle", "new")):
        (tmp_path / name).write_bytes(b"x" * 100)
        os.utime(tmp_path / name, (at, at))
    files.tidy(tmp_path, tmp_path / "new", most=250)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["middle", "new"]
    files.tidy(tmp_path, tmp_path / "new", most=10)
    assert [path.name for path in tmp_path.iterdir()] == ["new"]


async def test_a_delivery_in_between_breaks_the_file_off(
    client: httpx.AsyncClient, connection: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows changed in place never end up in a file that looks whole; a replacement leaves it as it was."""
    known = await collection(connection, rows=trees(30))
    monkeypatch.setattr(downloads, "STEP", 10)
    real, done = downloads.Walk._page, []

    async def between(self: Any, *given: Any) -> Any:
        if not done:
            done.append(True)
            page = await real(self, *given)
            await operations.load(connection, collection=known, batches=[trees(2)], mode=mode)  # type: ignore[arg-type]
            return page
        return await real(self, *given)

    monkeypatch.setattr(downloads.Walk, "_page", between)
    mode = "upsert"
    with pytest.raises(AssertionError):  # the client's own: the answer never came to its end
        await client.get(f"/ogc/collections/{known.key}/download.csv")
    done.clear()
    mode = "replace"
    answer = await fetch(client, "csv", key=known.key)
    assert len(answer.text.splitlines()) == 31
    assert (await again(connection, known)).n == 2


async def test_what_excel_cannot_hold_is_refused(
    client: httpx.AsyncClient, known: Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before anything is made, and with another way out."""
    monkeypatch.setitem(downloads.FORMS, "xlsx", downloads.FORMS["xlsx"]._replace(most=100))
    address = "/ogc/collections/baeume/download.xlsx"
    refused = await client.get(address)
    assert (refused.status_code, "CSV" in refused.json()["remedy"]) == (422, True)
    assert (await client.get(address, params={"limit": "100"})).status_code == 200


async def test_nothing_is_made_when_the_disk_is_full(
    app: Starlette, client: httpx.AsyncClient, known: Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """503, while what is streamed still comes."""
    monkeypatch.setattr(type(app.state.room), "short", True)
    address = "/ogc/collections/baeume/download."
    assert (await client.get(address + "parquet", params={"limit": "7"})).status_code == 503
    assert (await client.get(address + "csv")).status_code == 200
