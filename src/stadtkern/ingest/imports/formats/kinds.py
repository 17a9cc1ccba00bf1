# SPDX-License-Identifier: EUPL-1.2
"""Recognises what a file is by what stands in it, and turns away what cannot be data."""

from __future__ import annotations

import codecs
import contextlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal
from zipfile import ZipFile

from stadtkern.core import problems
from stadtkern.ingest.imports.formats import archives

Kind = Literal[
    "csv", "packed", "zip", "xlsx", "xls", "ods", "geojson", "json", "ndjson", "shapefile", "geopackage",
    "parquet",
]  # fmt: skip

_HEAD = 65_536
_PICTURES = {
    b"%PDF": "PDF",
    b"\x89PNG": "PNG",
    b"\xff\xd8\xff": "JPEG",
    b"GIF8": "GIF",
    b"II*\0": "TIFF",
    b"MM\0*": "TIFF",
    b"MZ": "EXE",
    b"\x7fELF": "ELF",
    b"7z\xbc\xaf": "7z",
    b"Rar!": "RAR",
}
_MARKS = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_GEOJSON = re.compile(rb'"type"\s*:\s*"(FeatureCollection|Feature|GeometryCollection|(Multi)?'
                      rb'(Point|LineString|Polygon))"')  # fmt: skip
_MARKUP = re.compile(rb"\s*<(\?xml|!doctype|!--|html|svg|[a-z]+:?[a-z]*[\s>])", re.IGNORECASE)


class RefusedFile(problems.Problem):
    """The file was not accepted, and nothing of it was stored.

    Save it in one of the formats that can be read (CSV, Excel, ODS, GeoJSON, Shapefile, GeoPackage, Parquet,
    JSON) and within the limits that the message names.
    """

    status = 422

    def __init__(self, code: str, detail: str = "", **facts: Any):
        super().__init__(detail or code, code=code, facts=facts)
        self.code = code
        self.facts = facts


def recognise(*, path: Path) -> Kind:
    """The kind of a file. Raises RefusedFile for pictures, programs, markup and what is nothing at all."""
    with path.open("rb") as file:
        head = file.read(_HEAD)
    if not head.strip(b" \t\r\n\0"):
        raise RefusedFile("empty", "there is nothing in the file")
    for mark, name in _PICTURES.items():
        if head.startswith(mark):
            raise RefusedFile("foreign", f"this is a {name} file, not a table", what=name)
    if head.startswith(b"PK\3\4"):
        return _in_archive(path)
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        return "xls"
    if head.startswith(b"SQLite format 3\0"):
        return "geopackage"
    if head.startswith(b"PAR1"):
        return "parquet"
    if head.startswith((b"\x1f\x8b", b"\xfd7zXZ\0")):
        return "packed"
    return _text(head)


def _text(head: bytes) -> Kind:
    marked = head.startswith(_MARKS)
    if not marked and b"\0" in head:
        raise RefusedFile("binary", "the file holds bytes that no text has")
    if _MARKUP.match(head.removeprefix(codecs.BOM_UTF8)):
        raise RefusedFile("markup", "this is a web page or XML, not a table")
    plain = head.removeprefix(codecs.BOM_UTF8).lstrip()
    if plain.startswith(b"{"):
        if _GEOJSON.search(plain):
            return "geojson" if not _one_per_line(plain) else "ndjson"
        return "ndjson" if _one_per_line(plain) else "json"
    return "json" if plain.startswith(b"[") and plain[1:].lstrip()[:1] in (b"{", b"[", b"]") else "csv"


def _one_per_line(head: bytes) -> bool:
    lines = head.splitlines()
    return (
        len(lines) > 1
        and lines[0].rstrip().endswith(b"}")
        and lines[1].lstrip().startswith((b"{", b""))
        and (lines[1].lstrip()[:1] == b"{")
    )


@contextlib.contextmanager
def refusing() -> Iterator[None]:
    """Refuse the file for what is wrong with the archive that is read inside."""
    try:
        yield
    except archives.Unsafe as error:
        raise RefusedFile(error.code, str(error), **error.facts) from error
    except archives.BROKEN as error:
        raise RefusedFile("broken_archive", f"the archive cannot be opened: {error}") from error


def _in_archive(path: Path) -> Kind:
    with refusing(), ZipFile(path) as archive:
        names = archives.checked(archive)
        if "[Content_Types].xml" in names and any(name.startswith("xl/") for name in names):
            archives.read_through(archive)
            return "xlsx"
        if "mimetype" in names and b"opendocument.spreadsheet" in archive.read("mimetype")[:200]:
            archives.read_through(archive)
            return "ods"
    if any(name.lower().endswith(".shp") for name in names):
        return "shapefile"
    usable = [name for name in names if not name.endswith("/") and not name.startswith("__MACOSX")]
    if len(usable) != 1:
        raise RefusedFile("many", f"the archive holds {len(usable)} files", n=len(usable))
    return "zip"
