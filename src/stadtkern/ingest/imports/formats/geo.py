# SPDX-License-Identifier: EUPL-1.2
"""Reads what has geometry: GeoJSON, Shapefile, GeoPackage."""

from __future__ import annotations

import sqlite3
import struct
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec

from stadtkern.ingest.imports.formats import archives, kinds, records

_LONGEST = 64 * 2**20
_SECONDS = 900.0
GEOMETRY = "geometry"
"""Header of the column that holds the geometry as GeoJSON."""


def rows_of_geojson(*, path: Path) -> Iterator[Sequence[Any]]:
    """Header and rows of a FeatureCollection, a Feature or a bare geometry."""
    document = records.read_json(path)
    found = document.get("features") if isinstance(document, dict) else None
    features = found if isinstance(found, list) else [document]
    if isinstance(document, dict) and "coordinates" in document:
        features = [{"type": "Feature", "properties": {}, "geometry": document}]
    if not all(isinstance(feature, dict) for feature in features):
        raise kinds.RefusedFile("geojson", "the features of the file are not objects")
    names = list(dict.fromkeys(name for f in features for name in (f.get("properties") or {})))
    with_id = any("id" in feature for feature in features) and "id" not in names
    yield [*(["id"] if with_id else []), *names, GEOMETRY]
    for feature in features:
        properties = feature.get("properties") or {}
        start = [feature.get("id")] if with_id else []
        yield [*start, *(properties.get(name) for name in names), feature.get("geometry")]


def srid_of_geojson(*, path: Path) -> int | None:
    """The reference system that old GeoJSON may name; None for WGS 84."""
    with path.open("rb") as file:
        head = file.read(65_536)
    _, found, rest = head.partition(b'"crs"')
    digits = rest[:300].upper().partition(b"EPSG:")[2].lstrip(b":")
    number = bytes(iter_digits(digits))
    return int(number) if found and number else None


def iter_digits(text: bytes) -> Iterator[int]:
    """The digits a text begins with."""
    for sign in text:
        if not 48 <= sign <= 57:
            return
        yield sign


def shapefiles(*, path: Path) -> list[str]:
    """Names of the shapefiles in an archive, without suffix."""
    import zipfile

    with zipfile.ZipFile(path) as archive:
        names = archives.checked(archive)
    return sorted(Path(name).stem for name in names if name.lower().endswith(".shp"))


def rows_of_shapefile(*, path: Path, part: str) -> Iterator[Sequence[Any]]:
    """Header and rows of one shapefile in the archive."""
    import shapefile

    with tempfile.TemporaryDirectory() as folder:
        files = _extracted(path, Path(folder))
        base = files.get((part.lower(), ".shp"))
        if base is None:
            raise kinds.RefusedFile("part", f"there is no shapefile {part!r}", part=part)
        if (part.lower(), ".dbf") not in files:
            raise kinds.RefusedFile("no_dbf", "the archive lacks the .dbf with the attributes")
        encoding = _codepage(files.get((part.lower(), ".cpg")))
        try:
            with shapefile.Reader(
                shp=base.open("rb"),
                dbf=files[part.lower(), ".dbf"].open("rb"),
                encoding=encoding,
                encodingErrors="replace",
            ) as reader:
                names = [field[0] for field in reader.fields if field[0] != "DeletionFlag"]
                yield [*names, GEOMETRY]
                for entry in reader.iterShapeRecords():
                    shape = entry.shape
                    geometry = shape.__geo_interface__ if shape.shapeType else None
                    yield [*entry.record, geometry]
        except (shapefile.ShapefileException, struct.error, ValueError, IndexError, LookupError) as error:
            raise kinds.RefusedFile("broken", f"the shapefile cannot be read: {error}") from error


def srid_of_shapefile(*, path: Path, part: str) -> int | None:
    """The reference system of its .prj, as EPSG number; None where there is none or nobody knows it."""
    import pyproj

    with tempfile.TemporaryDirectory() as folder:
        file = _extracted(path, Path(folder)).get((part.lower(), ".prj"))
        if file is None:
            return None
        try:
            found = pyproj.CRS.from_wkt(file.read_text(encoding="utf-8", errors="replace"))
        except pyproj.exceptions.CRSError:
            return None
        number = found.to_epsg(min_confidence=25)
        return int(number) if number else None


def _extracted(path: Path, folder: Path) -> dict[tuple[str, str], Path]:
    try:
        files = archives.extract(path=path, into=folder)
    except archives.Unsafe as error:
        raise kinds.RefusedFile(error.code, str(error), **error.facts) from error
    return {(file.stem.lower(), file.suffix.lower()): file for file in files}


def _codepage(file: Path | None) -> str:
    """The encoding of the attributes: the .cpg, else UTF-8 where it is that, else Windows."""
    import codecs

    if file is None:
        return "cp1252"
    name = file.read_text(encoding="ascii", errors="ignore").strip()
    try:
        return codecs.lookup(f"cp{name}" if name.isdigit() and len(name) < 5 else name).name
    except LookupError:
        return "cp1252"


def layers(*, path: Path) -> list[str]:
    """Names of the layers of a GeoPackage (OGC 12-128r18, gpkg_contents)."""
    with closing(_database(path)) as database:
        plain = _tables(database)
        if "gpkg_contents" not in plain:
            raise kinds.RefusedFile("not_geopackage", "this SQLite file is no GeoPackage: no gpkg_contents")
        statement = "SELECT table_name FROM gpkg_contents WHERE data_type IN ('features', 'attributes')"
        found = {str(row[0]) for row in _ask(database, f"{statement} LIMIT 1000")}
        return sorted(found & plain)


def rows_of_geopackage(*, path: Path, part: str) -> Iterator[Sequence[Any]]:
    """Header and rows of one layer."""
    with closing(_database(path)) as database:
        if part not in layers(path=path):
            raise kinds.RefusedFile("part", f"there is no layer {part!r}", part=part)
        found = _geometry_columns(database, "column_name", part)
        spatial = found[0][0] if found else None
        quoted = part.replace('"', '""')
        try:
            cursor = database.execute(f'SELECT * FROM "{quoted}"')  # noqa: S608  (a name of the file itself, quoted)
            names = [column[0] for column in cursor.description]
            place = names.index(spatial) if spatial in names else None
            rest = [i for i in range(len(names)) if i != place]
            yield [*(names[i] for i in rest), *([GEOMETRY] if place is not None else [])]
            for row in cursor:
                shape = [] if place is None else [_from_blob(row[place])]
                yield [*(_plain(row[i]) for i in rest), *shape]
        except sqlite3.Error as error:
            raise kinds.RefusedFile("broken", f"the GeoPackage cannot be read: {error}") from error


def srid_of_geopackage(*, path: Path, part: str) -> int | None:
    """The reference system of a layer."""
    with closing(_database(path)) as database:
        found = _geometry_columns(database, "srs_id", part)
        return found[0][0] if found and isinstance(found[0][0], int) and found[0][0] > 0 else None


def _tables(database: sqlite3.Connection) -> set[str]:
    """Names of real tables: a view is a program, which may never end."""
    statement = "SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%'"
    return {str(row[0]) for row in _ask(database, statement)}


def _geometry_columns(database: sqlite3.Connection, what: str, part: str) -> list[tuple[Any, ...]]:
    if "gpkg_geometry_columns" not in _tables(database):
        return []
    return _ask(database, f"SELECT {what} FROM gpkg_geometry_columns WHERE table_name = ?", part)  # noqa: S608


def _database(path: Path) -> sqlite3.Connection:
    """The file, read only: no trigger, no extension, no other file attached."""
    opened = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True)
    opened.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
    opened.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LONGEST)
    until = time.monotonic() + _SECONDS
    opened.set_progress_handler(lambda: time.monotonic() > until, 1_000_000)
    opened.execute("PRAGMA trusted_schema = off")
    opened.text_factory = lambda raw: raw.decode("utf-8", errors="replace")
    return opened


def _ask(database: sqlite3.Connection, statement: str, *values: str) -> list[tuple[Any, ...]]:
    try:
        return database.execute(statement, values).fetchall()
    except sqlite3.Error as error:
        raise kinds.RefusedFile("not_geopackage", f"this SQLite file is no GeoPackage: {error}") from error


def _plain(value: Any) -> Any:
    return f"({len(value)} Bytes)" if isinstance(value, bytes) else value


def _from_blob(blob: Any) -> Any:
    """GeoPackage binary (12-128r18, 2.1.3) as GeoJSON; None where it is empty or broken."""
    import shapely

    if not isinstance(blob, bytes) or len(blob) < 8 or blob[:2] != b"GP" or blob[3] & 0x10:
        return None
    envelope = (0, 32, 48, 48, 64)[min(4, (blob[3] >> 1) & 7)]
    try:
        return msgspec.json.decode(shapely.to_geojson(shapely.from_wkb(blob[8 + envelope :])))
    except (shapely.errors.ShapelyError, NotImplementedError):  # the latter: curves
        return None
