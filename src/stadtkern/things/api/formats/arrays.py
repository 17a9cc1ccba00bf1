# SPDX-License-Identifier: EUPL-1.2
"""The dataArray of the standard (18-088, clause 13.1): Observations as rows, grouped by their Datastream."""

from __future__ import annotations

from dataclasses import replace
from itertools import groupby
from typing import Any

import msgspec

from stadtkern.things import entities
from stadtkern.things.api.formats import columns, table
from stadtkern.things.api.formats.walk import Piece
from stadtkern.things.language.tree import Expand, Options
from stadtkern.things.queries.problems import AnswerTooLarge
from stadtkern.things.representation import Document

_encode = msgspec.json.encode
_STREAMS = ("Datastream", "MultiDatastream")
# Rows of several Datastreams are gathered before the first byte is sent: of how many bytes at most.
MOST_BYTES = 67_108_864
_ONLY_ID = Options(select=("id",), given={"$select": "id"})


def components(options: Options) -> list[str]:
    """What each row consists of; an expanded relation is one more component."""
    return [
        *columns.names(entities.OBSERVATION, options),
        *(item.name for item in options.expand),
    ]


def grouped(options: Options) -> Options:
    """The options with which documents tell what Datastream they belong to."""
    kept = [item for item in options.expand if item.name not in _STREAMS]
    own = {item.name: item for item in options.expand}
    streams = [own.get(name, Expand(name, _ONLY_ID)) for name in _STREAMS]
    streams = [_with_id(item) for item in streams]
    return replace(options, expand=(*kept, *streams))


def _with_id(item: Expand) -> Expand:
    select = item.options.select
    if select is None or "id" in select or "@iot.id" in select:
        return item
    return replace(item, options=replace(item.options, select=(*select, "id")))


class Rows:
    """Writes the rows of one Datastream while they are read."""

    def __init__(self, options: Options, *, stream: str):
        self._names = columns.names(entities.OBSERVATION, options)
        self._stream = stream
        self._n = 0

    def head(self, count: Document | None) -> bytes:
        """What stands before the first row; `stream` is the address of the Datastream."""
        start = _encode(count or {})[:-1]
        group = {f"{_name(self._stream)}@iot.navigationLink": self._stream, "components": self._names}
        return start + (b"," if count else b"") + b'"value":[' + _encode(group)[:-1] + b',"dataArray":['

    def body(self, piece: Piece) -> bytes:
        """The rows of a piece, with a comma before all but the first."""
        rows: list[Any] = []
        if piece.block is not None and piece.block.n:
            rows = list(zip(*map(piece.block.values, self._names), strict=True))
        elif piece.level is not None and piece.items:
            cells = list(table.of_rows(piece.level, self._names, text=False))
            rows = [[read(row) for read in cells] for row in piece.items]
        lead = b"," if self._n and rows else b""
        self._n += len(rows)
        return lead + _encode(rows)[1:-1]

    def tail(self, next_link: str | None) -> bytes:
        """What stands behind the last row."""
        end = b',"@iot.nextLink":' + _encode(next_link) if next_link else b""
        return b'],"dataArray@iot.count":%d}]' % self._n + end + b"}"


class Groups:
    """Gathers rows by their Datastream, written down at once; a Datastream may come back in several runs."""

    def __init__(self, options: Options, *, service: str):
        self._names = components(options)
        paths = [("@iot.id",) if name == "id" else name.split("/") for name in self._names]
        self._columns = list(map(columns.Column, self._names, paths))
        self._service = service
        self._rows: dict[str, list[bytes]] = {}
        self._numbers: dict[str, int] = {}
        self._size = 0

    def add(self, documents: list[Document]) -> None:
        """Take some more. Raises AnswerTooLarge."""
        for link, run in groupby(documents, key=lambda document: _link(document, self._service)):
            rows = [[column.value(document) for column in self._columns] for document in run]
            text = _encode(rows)[1:-1]
            self._rows.setdefault(link, []).append(text)
            self._numbers[link] = self._numbers.get(link, 0) + len(rows)
            self._size += len(text)
            if self._size > MOST_BYTES:
                raise AnswerTooLarge(f"more than {MOST_BYTES} bytes of rows")

    def found(self) -> list[dict[str, Any]]:
        """The groups, in the order in which they came first."""
        return [
            {
                f"{_name(link)}@iot.navigationLink": link,
                "components": self._names,
                "dataArray@iot.count": self._numbers[link],
                "dataArray": msgspec.Raw(b"[%b]" % b",".join(rows)),
            }
            for link, rows in self._rows.items()
        ]


def _name(link: str) -> str:
    return "MultiDatastream" if "/MultiDatastreams(" in link else "Datastream"


def _link(document: Document, service: str) -> str:
    for name in _STREAMS:
        stream = document.get(name)
        if stream:
            return f"{service}/{entities.BY_NAME[name].set}({stream['@iot.id']})"
    return service
