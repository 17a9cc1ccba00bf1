# SPDX-License-Identifier: EUPL-1.2
"""Opens archives without falling for them: bombs, paths that climb, external entities."""

from __future__ import annotations

import copy
import gzip
import lzma
import re
import shutil
import zlib
from pathlib import Path
from typing import IO, Any
from zipfile import BadZipFile, ZipFile, ZipInfo

from stadtkern.ingest.imports.formats import extent

BROKEN = (BadZipFile, OSError, EOFError, NotImplementedError, RuntimeError, zlib.error, lzma.LZMAError)
"""What the readers raise for archives that are damaged, or packed in a way they do not know."""
MOST_UNPACKED = 2 * 2**30
"""Bytes an upload may have when it is unpacked."""
_MOST_MEMBERS = 2_000
_MOST_RATIO = 300
_HARMLESS = 16 * 2**20
_DOCTYPE = re.compile(rb"<!(DOCTYPE|ENTITY)", re.IGNORECASE)
_BLOCK = 1 << 20
_SHEET = re.compile(r"xl/worksheets/[^/]+\.xml")
_CELL = re.compile(rb"""\sr=["']([A-Z]{0,3})([0-9]{1,7})["']""")


class Unsafe(Exception):
    """The archive is refused; `code` and `facts` say why."""

    def __init__(self, code: str, detail: str, **facts: Any):
        super().__init__(detail)
        self.code = code
        self.facts = facts


def checked(archive: ZipFile) -> list[str]:
    """The names of the members. Raises Unsafe for bombs, climbing paths, encrypted members."""
    members = archive.infolist()
    if len(members) > _MOST_MEMBERS:
        raise Unsafe("members", f"the archive holds {len(members)} files", n=len(members))
    if sum(member.file_size for member in members) > MOST_UNPACKED:
        raise Unsafe("bomb", "unpacked, the archive would be larger than is accepted")
    for member in members:
        _check(member)
    return [member.filename for member in members]


def _check(member: ZipInfo) -> None:
    if member.file_size > _HARMLESS and member.file_size > _MOST_RATIO * max(1, member.compress_size):
        raise Unsafe(
            "bomb", f"{member.filename} is packed {_MOST_RATIO} times or more: it is refused as a bomb"
        )
    parts = member.filename.replace("\\", "/").split("/")
    if ".." in parts or member.filename.startswith(("/", "\\")):
        raise Unsafe("path", f"{member.filename[:80]!r} leads out of the archive")
    if member.flag_bits & 1:
        raise Unsafe("encrypted", "the archive asks for a password")


def read_through(archive: ZipFile) -> None:
    """Read every member of a spreadsheet to its end before anybody else does. Raises Unsafe, BadZipFile.

    Refused are: members that hold more than they announce, XML with entities of its own (XXE; no office
    program writes it), and cells so far out that the sheet would not fit into memory.
    """
    for member in archive.infolist():
        honest = copy.copy(member)
        honest.file_size += 1  # one byte more than announced would be read
        size, tail, corner = 0, b"", [0, 0]
        sheet = _SHEET.fullmatch(member.filename) is not None
        reach = extent.Reach() if member.filename == "content.xml" else None
        with archive.open(honest) as part:
            while block := part.read(_BLOCK):
                if not size and member.filename.endswith((".xml", ".rels")) and _DOCTYPE.search(block[:4096]):
                    raise Unsafe("entities", f"{member.filename} declares entities of its own")
                size += len(block)
                if size > member.file_size:
                    raise Unsafe("bomb", f"{member.filename} holds more than it announces")
                if sheet:
                    _reach(tail + block, corner)
                    tail = block[-64:]
                if reach is not None:
                    _measure(reach, block)
        if reach is not None:
            _measure(reach, b"", last=True)


def _measure(reach: extent.Reach, block: bytes, *, last: bool = False) -> None:
    try:
        reach.feed(block, last=last)
    except extent.TooFar as error:
        raise Unsafe("far_cell", str(error)) from error
    except extent.NotXml as error:
        raise Unsafe("broken", f"the sheets cannot be read: {error}") from error


def _reach(text: bytes, corner: list[int]) -> None:
    """Note how far right and down cells stand. Raises Unsafe where sheets would not fit into memory."""
    for letters, digits in set(_CELL.findall(text)):
        column = 0
        for sign in letters:
            column = column * 26 + sign - 64
        corner[0], corner[1] = max(corner[0], column), max(corner[1], int(digits))
    if corner[0] * corner[1] > extent.MOST_CELLS:
        raise Unsafe("far_cell", f"a cell stands in column {corner[0]}, row {corner[1]}")


def unpack(*, path: Path, into: Path) -> None:
    """Unpack .gz, .xz or the one file of a zip. Raises Unsafe (too large), OSError (broken)."""
    with path.open("rb") as file:
        head = file.read(6)
    if head.startswith(b"PK"):
        with ZipFile(path) as archive:
            name = next(n for n in checked(archive) if not n.endswith("/") and not n.startswith("__MACOSX"))
            with archive.open(name) as packed:
                _copy(packed, into, path.stat().st_size)
        return
    try:
        with gzip.open(path) if head.startswith(b"\x1f\x8b") else lzma.open(path) as packed:
            _copy(packed, into, path.stat().st_size)
    except (EOFError, lzma.LZMAError) as error:
        raise OSError(str(error)) from error


def _copy(packed: IO[bytes] | gzip.GzipFile | lzma.LZMAFile, into: Path, size: int) -> None:
    """Copy, and stop where the relation or the size is no longer that of data."""
    written = 0
    with into.open("wb") as out:
        while block := packed.read(_BLOCK):
            written += len(block)
            if written > MOST_UNPACKED or (written > _HARMLESS and written > _MOST_RATIO * size):
                raise Unsafe("bomb", "unpacked, the file would be larger than is accepted")
            out.write(block)


def extract(*, path: Path, into: Path) -> list[Path]:
    """Unpack a checked archive into a folder, flat; returns the files."""
    files = []
    with ZipFile(path) as archive:
        for name in checked(archive):
            if name.endswith("/") or name.startswith("__MACOSX"):
                continue
            target = into / Path(name).name
            with archive.open(name) as packed, target.open("wb") as out:
                shutil.copyfileobj(packed, out, _BLOCK)
            files.append(target)
    return files
