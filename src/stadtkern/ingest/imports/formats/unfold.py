# SPDX-License-Identifier: EUPL-1.2
"""Turns any file that can be read into the text of one table, so that there is one way from there on."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import msgspec

from stadtkern.ingest.imports.formats import archives, geo, kinds, records, sheets

MOST_COLUMNS = 400
_LINES_WITHOUT_BREAKS = 50


class Unfolded(msgspec.Struct, frozen=True, kw_only=True):
    """A file as a table: where its text lies, and what the file says about itself."""

    path: Path
    kind: kinds.Kind
    part: str = ""
    parts: list[str] = []
    """Sheets or layers to choose from; the first with something in it was taken unless one was named."""
    srid: int | None = None
    """EPSG number that the file names for its geometry; None where it names none."""
    typed: bool = False
    """Whether the cells came with types, so that the decimal sign is a point."""


def unfold(*, path: Path, into: Path, part: str = "") -> Unfolded:
    """Read a file into `into` as CSV in UTF-8; a CSV file stays where it is. Raises RefusedFile."""
    kind = kinds.recognise(path=path)
    if kind in ("packed", "zip"):
        unpacked = into.with_suffix(".unpacked")
        _unpack(path, unpacked)
        inner = kinds.recognise(path=unpacked)
        if inner in ("packed", "zip"):
            raise kinds.RefusedFile("nested", "there is an archive in the archive")
        return unfold(path=unpacked, into=into, part=part)
    if kind == "csv":
        return Unfolded(path=path, kind=kind)
    parts = _parts(path, kind)
    if part and part not in parts:
        raise kinds.RefusedFile("part", f"there is no {part!r} in the file", part=part)
    chosen = part or _first_filled(path, kind, parts)
    _write(_rows(path, kind, chosen), into)
    return Unfolded(
        path=into, kind=kind, part=chosen, parts=parts, srid=_srid(path, kind, chosen), typed=True
    )


def _unpack(path: Path, into: Path) -> None:
    try:
        with kinds.refusing():
            archives.unpack(path=path, into=into)
    except kinds.RefusedFile:
        into.unlink(missing_ok=True)
        raise


def _parts(path: Path, kind: kinds.Kind) -> list[str]:
    if kind in ("xlsx", "xls", "ods"):
        return sheets.parts(path=path)
    if kind == "shapefile":
        return geo.shapefiles(path=path)
    return geo.layers(path=path) if kind == "geopackage" else []


def _first_filled(path: Path, kind: kinds.Kind, parts: Sequence[str]) -> str:
    """The first part that has a row besides its header."""
    for part in parts:
        rows = _rows(path, kind, part)
        if next(rows, None) is not None and next(rows, None) is not None:
            return part
    if parts or kind in ("geopackage", "xlsx", "ods", "xls"):
        raise kinds.RefusedFile("empty", "no sheet and no layer of the file has rows")
    return ""


def _rows(path: Path, kind: kinds.Kind, part: str) -> Iterator[Sequence[Any]]:
    if kind in ("xlsx", "xls", "ods"):
        return sheets.rows(path=path, part=part)
    if kind == "geojson":
        return geo.rows_of_geojson(path=path)
    if kind == "shapefile":
        return geo.rows_of_shapefile(path=path, part=part)
    if kind == "geopackage":
        return geo.rows_of_geopackage(path=path, part=part)
    return records.rows(path=path, kind=kind)


def _srid(path: Path, kind: kinds.Kind, part: str) -> int | None:
    if kind == "geojson":
        return geo.srid_of_geojson(path=path) or 4326
    if kind == "shapefile":
        return geo.srid_of_shapefile(path=path, part=part)
    return geo.srid_of_geopackage(path=path, part=part) if kind == "geopackage" else None


def _write(rows: Iterator[Sequence[Any]], into: Path) -> None:
    written = 0
    unfinished = into.with_suffix(".part")
    with unfinished.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        for number, row in enumerate(rows):
            if len(row) > MOST_COLUMNS:
                raise kinds.RefusedFile("columns", f"{len(row)} columns", n=len(row), most=MOST_COLUMNS)
            cells = [_cell(value) for value in row]
            if number < _LINES_WITHOUT_BREAKS:
                cells = [" ".join(cell.split()) if "\n" in cell or "\r" in cell else cell for cell in cells]
            written += sum(map(len, cells)) + len(cells)
            if written > archives.MOST_UNPACKED:
                raise kinds.RefusedFile("bomb", "the table is larger than is accepted")
            writer.writerow(cells if cells != [""] else ["", ""])
    unfinished.replace(into)


def _cell(value: Any) -> str:
    """The text of a value: a point as decimal sign, ISO 8601 for times, JSON for what is nested."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value.replace("\0", "")
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return (
            ""
            if value != value
            else str(int(value))
            if value.is_integer() and abs(value) < 1e15
            else repr(value)
        )
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return str(value)
    if isinstance(value, dict | list | tuple):
        return msgspec.json.encode(value).decode()
    return value.decode("utf-8", errors="replace") if isinstance(value, bytes) else str(value)
