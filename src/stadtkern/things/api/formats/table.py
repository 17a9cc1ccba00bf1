# SPDX-License-Identifier: EUPL-1.2
"""CSV (RFC 4180): UTF-8, a heading, commas, decimal points, CRLF."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import msgspec

from stadtkern.things.api.formats import columns
from stadtkern.things.api.formats.blocks import Block
from stadtkern.things.api.formats.walk import Piece
from stadtkern.things.entities import EntityType, Kind
from stadtkern.things.language.tree import Options
from stadtkern.things.queries.level import Level
from stadtkern.things.queries.rows import Row

_encode = msgspec.json.encode
# What a spreadsheet takes for the beginning of a formula.
_FORMULA = ("=", "@", "+", "-", "\t", "\r", "\n")
_BYTES = (ord("["), ord("{"), ord('"'))

_PLAIN = ("id", "phenomenonTime", "resultTime", "validTime")

Cell = Callable[[Row], object]


def lines(rows: Iterable[Iterable[object]]) -> bytes:
    """Rows as CSV."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    return text.getvalue().encode()


def cell(value: object) -> object:
    """A value as it stands in a field; text that a spreadsheet would compute gets an apostrophe before it."""
    if value is None or (isinstance(value, int | float) and not isinstance(value, bool)):
        return value
    if isinstance(value, msgspec.Raw):
        return _raw(value)
    if isinstance(value, str):
        return _harmless(value)
    return _encode(value).decode()


def _raw(value: msgspec.Raw) -> object:
    content = bytes(value)
    if content[:1] == b'"':
        return _harmless(msgspec.json.decode(content))
    return None if content == b"null" else content.decode()


def _harmless(text: str) -> str:
    if not text.startswith(_FORMULA):
        return text
    try:
        float(text)
    except ValueError:
        return "'" + text
    return text


class Documents:
    """Writes documents, with columns known from the query."""

    def __init__(self, entity: EntityType, options: Options):
        self._columns = columns.of(entity, options)

    def head(self) -> bytes:
        """The heading."""
        return lines([[column.heading for column in self._columns]])

    def body(self, piece: Piece) -> bytes:
        """The rows of a piece."""
        found = self._columns
        return lines([cell(column.value(document)) for column in found] for document in piece.items)


class Rows:
    """Writes rows of Observations as the database sends them."""

    def __init__(self, entity: EntityType, options: Options):
        self._names = columns.names(entity, options)

    def head(self) -> bytes:
        """The heading."""
        return lines([self._names])

    def body(self, piece: Piece) -> bytes:
        """The rows of a piece."""
        if piece.block is not None:
            return lines(zip(*(self._column(piece.block, name) for name in self._names), strict=True))
        if piece.level is None:
            return b""
        cells = list(of_rows(piece.level, self._names, text=True))
        return lines([[read(row) for read in cells] for row in piece.items])

    def _column(self, block: Block, name: str) -> list[object]:
        """A column as text; most are free of anything that must be changed for that."""
        found = block.values(name) if block.n else []
        return found if name in _PLAIN else [cell(value) for value in found]


def of_rows(level: Level, names: Sequence[str], *, text: bool) -> Iterator[Cell]:
    """A function per column that takes its value out of a row; for CSV as text, else ready for JSON."""
    places: dict[str, tuple[int, Kind]] = {}
    index = 1
    for item in level.shape.properties:
        places[item.name] = (index, item.kind)
        index += 2 if item.end else 1
    for name in names:
        if name == "id":
            yield lambda row: row[0]
            continue
        head, *keys = name.split("/")
        at, kind = places[head]
        read = _reader(at, kind)
        if keys:
            column = columns.Column(name, keys)
            read = _inside(read, column)
        yield _as_text(read) if text else read


def _reader(at: int, kind: Kind) -> Cell:
    if kind is Kind.INTERVAL:
        return lambda row: row[at] if row[at + 1] is None else f"{row[at]}/{row[at + 1]}"
    if kind is Kind.RESULT:
        return lambda row: row[at] if row[at + 1] is None else row[at + 1]
    return lambda row: row[at]


def _inside(read: Cell, column: columns.Column) -> Cell:
    def found(row: Row) -> object:
        value: Any = read(row)
        return column.value(value) if value is not None else None

    return found


def _as_text(read: Cell) -> Cell:
    def found(row: Row) -> object:
        value = read(row)
        if value is None or type(value) is str:
            return value
        content = bytes(value) if isinstance(value, msgspec.Raw) else b""
        return content.decode() if content and content[0] not in _BYTES else cell(value)

    return found
