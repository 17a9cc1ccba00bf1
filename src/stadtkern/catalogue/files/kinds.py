# SPDX-License-Identifier: EUPL-1.2
"""What kind of file something is: by the ending of its name, held against how it begins."""

from __future__ import annotations

from collections.abc import Mapping

from stadtkern.catalogue import vocabularies

_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_TIFF = (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+")
# How files of a kind begin, where all of them begin alike.
_BEGINNINGS: Mapping[str, tuple[bytes, ...]] = {
    "PDF": (b"%PDF-",),
    "PNG": (b"\x89PNG\r\n\x1a\n",),
    "JPEG": (b"\xff\xd8\xff",),
    "TIFF": _TIFF,
    "GEOTIFF": _TIFF,
    "ZIP": _ZIP,
    "XLSX": _ZIP,
    "ODS": _ZIP,
    "DOCX": _ZIP,
    "KMZ": _ZIP,
    "PARQUET": (b"PAR1",),
    "GPKG": (b"SQLite format 3\x00",),
}
_ENDINGS = {
    "jpg": "JPEG", "tif": "TIFF", "ttl": "RDF_TURTLE", "rdf": "RDF_XML", "nt": "RDF_N_TRIPLES",
    "jsonld": "JSON_LD", "htm": "HTML", "laz": "LAS",
}  # fmt: skip
# A PDF may carry some bytes before its head.
_PDF_WITHIN = 1024
LONGEST_BEGINNING = _PDF_WITHIN
# A browser may be told these: it neither runs them nor takes them for a page. Everything else is just bytes.
_HARMLESS = frozenset((
    "CSV", "JSON", "JSON_LD", "GEOJSON", "NDJSON", "PDF", "PNG", "JPEG", "TIFF", "GEOTIFF", "ZIP", "XLSX",
    "XLS", "ODS", "DOCX", "PARQUET", "GPKG", "TXT", "RDF_TURTLE", "RDF_N_TRIPLES", "ICS",
))  # fmt: skip


def of(name: str) -> str:
    """The code of the format that a name's ending stands for, or nothing."""
    ending = name.rpartition(".")[2].lower() if "." in name else ""
    code = _ENDINGS.get(ending, ending.upper())
    return code if code in vocabularies.file_types() else ""


def pretends(name: str, beginning: bytes) -> bool:
    """Whether a file is surely not what its name says."""
    code = of(name)
    known = _BEGINNINGS.get(code)
    if known is None:
        return False
    if code == "PDF":
        return known[0] not in beginning[:_PDF_WITHIN]
    return not beginning.startswith(known)


def told(format: str, media_type: str) -> str:
    """The media type that browsers are told."""
    return media_type if format in _HARMLESS else "application/octet-stream"
