# SPDX-License-Identifier: EUPL-1.2
"""Files of every kind become one table of text; what is no data is turned away."""

from __future__ import annotations

import csv
import gzip
import io
import json
import lzma
import re
import sqlite3
import struct
import zipfile
import zlib
from datetime import date, datetime
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapefile
import shapely

from stadtkern.ingest.imports.formats import archives, kinds, unfold
from tests.ingest.factories import written

POINT = {"type": "Point", "coordinates": [4e5, 5.7e6]}
GEO = '{"version": "1.1.0", "primary_column": "geometry"}'
CURVE = struct.pack("<BII6d", 1, 8, 3, 7, 51, 7.1, 51, 7.1, 51.1)  # a circular string
UTM = (
    'PROJCS["ETRS89 / UTM zone 32N",GEOGCS["ETRS89",DATUM["European_Terrestrial_Reference_System_1989",'
    'SPHEROID["GRS 1980",6378137,298.257222101]],PRIMEM["Greenwich",0],UNIT["degree",0.0174532925199433]],'
    'PROJECTION["Transverse_Mercator"],PARAMETER["latitude_of_origin",0],PARAMETER["central_meridian",9],'
    'PARAMETER["scale_factor",0.9996],PARAMETER["false_easting",500000],PARAMETER["false_northing",0],'
    'UNIT["metre",1],AUTHORITY["EPSG","25832"]]'
)


def table(path: Path, *, part: str = "") -> tuple[unfold.Unfolded, list[list[str]]]:
    """What a file unfolds to."""
    found = unfold.unfold(path=path, into=path.with_name("table.csv"), part=part)
    with found.path.open(encoding="utf-8-sig", newline="") as file:
        return found, list(csv.reader(file))


def zipped(path: Path, members: dict[str, bytes]) -> Path:
    """An archive."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def test_excel_keeps_numbers_days_and_the_choice_of_sheet(tmp_path: Path) -> None:
    """The first sheet with rows is taken; another one can be asked for."""
    book = openpyxl.Workbook()
    book.active.title = "Deckblatt"
    sheet = book.create_sheet("Bäume")
    sheet.append(["Nr", "Höhe (m)", "gepflanzt", "gesehen", "Bemerkung"])
    sheet.append([1, 12.5, date(1998, 3, 1), datetime(2026, 1, 2, 3, 4), "zwei\nZeilen"])
    sheet.append([2, 3.0, None, None, None])
    path = tmp_path / "baum.xlsx"
    book.save(path)
    found, rows = table(path)
    assert (found.kind, found.part, found.parts) == ("xlsx", "Bäume", ["Deckblatt", "Bäume"])
    assert rows == [
        ["Nr", "Höhe (m)", "gepflanzt", "gesehen", "Bemerkung"],
        ["1", "12.5", "1998-03-01", "2026-01-02 03:04:00", "zwei Zeilen"],
        ["2", "3", "", "", ""],
    ]
    with pytest.raises(kinds.RefusedFile, match="Straßen"):
        table(path, part="Straßen")


def test_geojson_brings_its_reference_system_and_all_keys(tmp_path: Path) -> None:
    """Features may differ in their properties."""
    document = {
        "type": "FeatureCollection",
        "crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::25832"}},
        "features": [
            {"type": "Feature", "properties": {"a": 1}, "geometry": POINT},
            {"type": "Feature", "properties": {"b": "x"}, "geometry": None},
        ],
    }  # fmt: skip
    found, rows = table(written(tmp_path, content=json.dumps(document), name="x.geojson"))
    assert (found.kind, found.srid) == ("geojson", 25832)
    assert rows[0] == ["a", "b", "geometry"]
    assert rows[1][0] == "1"
    assert json.loads(rows[1][2])["type"] == "Point"
    assert rows[2] == ["", "x", ""]


def test_a_shapefile_names_its_reference_system_and_encoding(tmp_path: Path) -> None:
    """Its parts lie in one archive."""
    shp, shx, dbf = io.BytesIO(), io.BytesIO(), io.BytesIO()
    with shapefile.Writer(shp=shp, shx=shx, dbf=dbf, encoding="cp1252") as writer:
        writer.field("NAME", "C", 40)
        writer.field("N", "N")
        writer.point(400_000, 5_700_000)
        writer.record("Königstraße", 3)
    members = {"s/orte.shp": shp.getvalue(), "s/orte.shx": shx.getvalue(), "s/orte.dbf": dbf.getvalue()}
    path = zipped(tmp_path / "o.zip", {**members, "s/orte.prj": UTM.encode()})
    found, rows = table(path)
    assert (found.kind, found.part, found.srid) == ("shapefile", "orte", 25832)
    assert rows[0] == ["NAME", "N", "geometry"]
    assert rows[1][:2] == ["Königstraße", "3"]
    assert json.loads(rows[1][2])["coordinates"] == [400000, 5700000]
    del members["s/orte.dbf"]
    with pytest.raises(kinds.RefusedFile, match=r"\.dbf"):
        table(zipped(tmp_path / "o2.zip", members))


def test_a_geopackage_is_read_layer_by_layer(tmp_path: Path) -> None:
    """Geometry comes as GeoJSON, whatever its envelope; curves, which nothing here can draw, are left out."""
    path = tmp_path / "orte.gpkg"
    blob = b"GP\0" + bytes([0b0000_0011]) + struct.pack("<i4d", 25832, 1, 1, 2, 2)
    blob += shapely.to_wkb(shapely.Point(1, 2))
    with sqlite3.connect(path) as database:
        database.executescript(
            "CREATE TABLE gpkg_contents (table_name TEXT, data_type TEXT);"
            "CREATE TABLE gpkg_geometry_columns (table_name TEXT, column_name TEXT, srs_id INTEGER);"
            "CREATE TABLE orte (fid INTEGER, geom BLOB, name TEXT);"
            "INSERT INTO gpkg_contents VALUES ('orte', 'features');"
            "INSERT INTO gpkg_geometry_columns VALUES ('orte', 'geom', 25832);"
        )
        database.execute("INSERT INTO orte VALUES (7, ?, 'Markt')", [blob])
        database.execute("INSERT INTO orte VALUES (8, ?, 'Bogen')", [blob[:40] + CURVE])
    database.close()
    found, rows = table(path)
    assert (found.kind, found.part, found.srid) == ("geopackage", "orte", 25832)
    assert rows[0] == ["fid", "name", "geometry"]
    assert rows[1][:2] == ["7", "Markt"]
    assert json.loads(rows[1][2])["coordinates"] == [1, 2]
    assert rows[2] == ["8", "Bogen", ""]
    other = tmp_path / "other.sqlite"
    with sqlite3.connect(other) as database:
        database.execute("CREATE TABLE x (a)")
    database.close()
    with pytest.raises(kinds.RefusedFile, match="no GeoPackage"):
        table(other)


def test_parquet_json_and_lines_of_json(tmp_path: Path) -> None:
    """Records become rows; objects in them are spread out."""
    pq.write_table(pa.table({"n": [1, 2], "x": [1.5, None]}), tmp_path / "a.parquet")
    assert table(tmp_path / "a.parquet")[1] == [["n", "x"], ["1", "1.5"], ["2", ""]]
    wrong = [(b"", told) for told in ("{", "[]", '{"primary_column":1}')]
    for geometry, told in ((CURVE, GEO), ([7.5, 51.5], GEO), *wrong):
        strange = pa.table({"geometry": [geometry]}).replace_schema_metadata({"geo": told})
        pq.write_table(strange, tmp_path / "strange.parquet")
        with pytest.raises(kinds.RefusedFile, match="its geometry is not"):
            table(tmp_path / "strange.parquet")
    whole = written(tmp_path, content='{"meta": 1, "records": [{"a": {"b": 1}, "c": null}]}', name="a.json")
    assert table(whole)[1] == [["a.b", "c"], ["1", ""]]
    lines = written(tmp_path, content='{"a": 1}\n{"a": 2, "b": [1]}\n', name="a.ndjson")
    assert table(lines)[1] == [["a", "b"], ["1", ""], ["2", "[1]"]]
    broken = written(tmp_path, content='[{"a": 1},', name="b.json")
    with pytest.raises(kinds.RefusedFile, match="not JSON"):
        table(broken)


def test_packed_files_are_unpacked(tmp_path: Path) -> None:
    """A CSV in .gz or as the only file of a .zip."""
    for name, path in {
        "gz": written(tmp_path, content=gzip.compress(b"a,b\n1,2\n"), name="x.csv.gz"),
        "zip": zipped(tmp_path / "x.zip", {"x.csv": b"a,b\n1,2\n"}),
    }.items():
        assert table(path)[1] == [["a", "b"], ["1", "2"]], name


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty"),
        (b" \n ", "empty"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 50, "foreign"),
        (b"%PDF-1.7\n", "foreign"),
        (b"MZ\x90\0", "foreign"),
        (b"<!doctype html><html><script>alert(1)</script>", "markup"),
        (b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>', "markup"),
        (b"<svg onload=alert(1)>", "markup"),
        (b"a,b\n1,\0\x01\x02\n", "binary"),
        (b"PK\3\4broken", "broken_archive"),
        (b"PAR1broken", "broken"),
    ],
)
def test_what_is_no_data_is_refused(tmp_path: Path, content: bytes, code: str) -> None:
    """Whatever the file is called."""
    with pytest.raises(kinds.RefusedFile) as refused:
        table(written(tmp_path, content=content, name="harmless.csv"))
    assert refused.value.code == code


def test_bombs_are_refused_before_they_go_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Zip, gzip, archives in archives, and sheets that would not end."""
    zeros = b"0" * (40 << 20)
    assert _code(zipped(tmp_path / "a.zip", {"x.csv": zeros})) == "bomb"
    assert _code(written(tmp_path, content=gzip.compress(zeros), name="x.gz")) == "bomb"
    inner = zipped(tmp_path / "i.zip", {"x.csv": b"a\n1\n"})
    assert _code(zipped(tmp_path / "o.zip", {"i.zip": inner.read_bytes()})) == "nested"
    assert _code(zipped(tmp_path / "m.zip", {f"{n}.csv": b"a" for n in range(2001)})) == "members"
    assert _code(zipped(tmp_path / "p.zip", {"../../x.csv": b"a\n1"})) == "path"
    assert _code(zipped(tmp_path / "n.zip", {"a.csv": b"a\n1", "b.csv": b"a\n1"})) == "many"
    monkeypatch.setattr(archives, "MOST_UNPACKED", 10)
    assert _code(written(tmp_path, content='[{"a": 1234567890123}]', name="x.json")) == "bomb"


def test_spreadsheets_that_bring_entities_are_refused(tmp_path: Path) -> None:
    """XXE: no office program writes a DOCTYPE."""
    evil = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>'
    members = {"[Content_Types].xml": b"<Types/>", "xl/workbook.xml": evil}
    assert _code(zipped(tmp_path / "x.xlsx", members)) == "entities"


def test_five_hundred_columns_are_refused(tmp_path: Path) -> None:
    """And the message says how many there may be."""
    path = written(tmp_path, content=json.dumps([{f"c{n}": n for n in range(500)}]), name="x.json")
    with pytest.raises(kinds.RefusedFile) as refused:
        table(path)
    assert refused.value.facts == {"n": 500, "most": 400}


def _code(path: Path) -> str:
    with pytest.raises(kinds.RefusedFile) as refused:
        unfold.unfold(path=path, into=path.parent / "table.csv")
    return refused.value.code


def _sheet(cells: bytes) -> dict[str, bytes]:
    return {
        "[Content_Types].xml": b"<Types/>",
        "xl/workbook.xml": b"<workbook/>",
        "xl/worksheets/sheet1.xml": b"<worksheet><sheetData>" + cells + b"</sheetData></worksheet>",
    }


@pytest.mark.parametrize("far", [b"XFD1048576", b"T1048576", b"ZZ99999"])
def test_cells_far_out_do_not_fill_the_memory(tmp_path: Path, far: bytes) -> None:
    """A sheet of a kilobyte would take gigabytes: it is refused before a library makes room for it."""
    row = b'<row r="1"><c r="A1"><v>1</v></c></row><row><c s="1" r="' + far + b'"><v>1</v></c></row>'
    assert _code(zipped(tmp_path / "x.xlsx", _sheet(row))) == "far_cell"


def test_archives_that_lie_about_their_size_are_refused(tmp_path: Path) -> None:
    """The directory says ten bytes, and the checksum fits them; the stream holds more."""
    path = zipped(tmp_path / "x.xlsx", _sheet(b" " * 5_000_000))
    content = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as archive:
        member = archive.getinfo("xl/worksheets/sheet1.xml")
    size = struct.pack("<I", member.file_size)
    sums = struct.pack("<I", member.CRC)
    honest = b"<worksheet"
    for place in (m.start() for m in re.finditer(re.escape(size), bytes(content))):
        content[place : place + 4] = struct.pack("<I", len(honest))
    for place in (m.start() for m in re.finditer(re.escape(sums), bytes(content))):
        content[place : place + 4] = struct.pack("<I", zlib.crc32(honest))
    path.write_bytes(content)
    assert _code(path) in ("bomb", "broken_archive")


def test_views_in_a_geopackage_are_not_run(tmp_path: Path) -> None:
    """A view is a program: this one never ends."""
    path = tmp_path / "x.gpkg"
    with sqlite3.connect(path) as database:
        database.executescript(
            "CREATE TABLE gpkg_contents (table_name TEXT, data_type TEXT);"
            "INSERT INTO gpkg_contents VALUES ('endless', 'attributes');"
            "CREATE VIEW endless AS WITH RECURSIVE x(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM x)"
            " SELECT n FROM x WHERE n < 0;"
        )
    database.close()
    assert _code(path) == "empty"


@pytest.mark.parametrize("name", ["a.csv.gz", "a.csv.xz", "a.zip"])
@pytest.mark.parametrize("damage", ["cut", "garbled"])
def test_damaged_archives_are_refused_and_leave_nothing(tmp_path: Path, name: str, damage: str) -> None:
    """Whatever the standard library's readers raise for it."""
    content = b"".join(b"%d;%d\n" % (n, n * n) for n in range(5_000))
    path, into = tmp_path / name, tmp_path / "table.csv"
    if name.endswith(".zip"):
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("a.csv", content)
    else:
        path.write_bytes((gzip if name.endswith("gz") else lzma).compress(content))
    whole = path.read_bytes()
    middle = len(whole) // 2
    path.write_bytes(
        whole[:middle] if damage == "cut" else whole[:middle] + b"\xff" * 64 + whole[middle + 64 :]
    )
    with pytest.raises(kinds.RefusedFile) as refused:
        unfold.unfold(path=path, into=into)
    assert refused.value.code == "broken_archive"
    assert not into.exists()
