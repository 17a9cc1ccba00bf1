# SPDX-License-Identifier: EUPL-1.2
"""Forms that are sent row by row: CSV, JSON, NDJSON, GeoJSON."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator, Sequence
from csv import writer
from datetime import date, datetime
from typing import Any

import msgspec

from stadtkern.core import times
from stadtkern.features import references
from stadtkern.features.entities import Row
from stadtkern.features.sources import Source

_encode = msgspec.json.Encoder().encode
# A spreadsheet takes a text that begins like this for a formula (OWASP, CSV injection).
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")


class Body:
    """What is to be written: rows of a source, in a reference system."""

    def __init__(self, source: Source, pages: AsyncIterator[Sequence[Row]], *, crs: str):
        self.source = source
        self.names = [column.name for column in source.columns]
        self.crs = crs
        self._pages = pages

    async def pieces(self) -> AsyncIterator[tuple[Sequence[Row], Sequence[Any]]]:
        """Pages of rows, and their geometries as GeoJSON."""
        async for rows in self._pages:
            shapes: Sequence[Any] = [row.geometry for row in rows]
            if self.source.geometry and self.crs != references.CRS84:
                shapes = await asyncio.to_thread(references.project, shapes, to=self.crs)
            yield rows, shapes


async def csv(body: Body) -> AsyncIterator[bytes]:
    """Comma-separated values (RFC 4180) in UTF-8; geometries as well-known text in the last column."""
    spatial = body.source.geometry is not None
    yield _lines([[harmless(name) for name in body.names] + (["geometry"] if spatial else [])])
    async for rows, shapes in body.pieces():
        texts = await asyncio.to_thread(wkt, shapes) if spatial else []
        yield await asyncio.to_thread(_table, rows, texts)


def _table(rows: Sequence[Row], texts: Sequence[str | None]) -> bytes:
    if not texts:
        return _lines([[cell(value) for value in row.values] for row in rows])
    both = zip(rows, texts, strict=True)
    return _lines([[*(cell(value) for value in row.values), text or ""] for row, text in both])


async def json(body: Body) -> AsyncIterator[bytes]:
    """An array of objects."""
    lead = b"["
    async for rows, shapes in body.pieces():
        for piece in _objects(body, rows, shapes):
            yield lead + piece
            lead = b",\n"
    yield b"]" if lead != b"[" else b"[]"


async def ndjson(body: Body) -> AsyncIterator[bytes]:
    """One object on each line."""
    async for rows, shapes in body.pieces():
        found = list(_objects(body, rows, shapes))
        if found:
            yield b"\n".join(found) + b"\n"


async def geojson(body: Body) -> AsyncIterator[bytes]:
    """One feature collection (RFC 7946); in another system than longitude and latitude it names that."""
    head: dict[str, Any] = {"type": "FeatureCollection"}
    if body.crs != references.CRS84:
        name = f"urn:ogc:def:crs:EPSG::{references.epsg(body.crs)}"
        head["crs"] = {"type": "name", "properties": {"name": name}}
    yield _encode(head)[:-1] + b',"features":['
    lead = b"\n"
    async for rows, shapes in body.pieces():
        both = zip(rows, shapes, strict=True)
        found = [
            _encode(
                {
                    "type": "Feature",
                    "id": row.id,
                    "geometry": shape,
                    "properties": dict(zip(body.names, row.values, strict=True)),
                }
            )
            for row, shape in both
        ]
        if found:
            yield lead + b",\n".join(found)
            lead = b",\n"
    yield b"\n]}\n"


def wkt(shapes: Sequence[Any]) -> list[str | None]:
    """Geometries as well-known text; runs in a thread."""
    import shapely

    found = shapely.from_geojson([None if s is None else bytes(s) for s in shapes], on_invalid="ignore")
    texts: list[str | None] = shapely.to_wkt(found, rounding_precision=9, trim=True).tolist()
    return texts


def harmless(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return "'" + text if text.startswith(_FORMULA) else text


def cell(value: Any) -> Any:
    """A value as it stands in a table."""
    if value is None:
        return ""
    if isinstance(value, str):
        return harmless(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return times.format_instant(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, msgspec.Raw):
        return harmless(bytes(value).decode())
    return value


def _objects(body: Body, rows: Sequence[Row], shapes: Sequence[Any]) -> list[bytes]:
    spatial = body.source.geometry is not None
    found = []
    for row, shape in zip(rows, shapes, strict=True):
        item = dict(zip(body.names, row.values, strict=True))
        if spatial:
            item["geometry"] = shape
        found.append(_encode(item))
    return found


def _lines(rows: Sequence[Sequence[Any]]) -> bytes:
    text = io.StringIO()
    writer(text).writerows(rows)
    return text.getvalue().encode()
