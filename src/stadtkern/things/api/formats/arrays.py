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
from stadtkern.things.representation import Document

_encode = msgspec.json.encode
_STREAMS = ("Datastream", "MultiDatastream")
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
        name = "MultiDatastream" if "/MultiDatastreams(" in self._stream else "Datastream"
        group = {f"{name}@iot.navigationLink": self._stream, "components": self._names}
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


def groups(documents: list[Document], options: Options, *, service: str) -> list[dict[str, Any]]:
    """Runs of documents of the same Datastream as groups; a Datastream may stand in several of them."""
    names = components(options)
    readers = [columns.Column(name, ("@iot.id",) if name == "id" else name.split("/")) for name in names]
    found: dict[str, dict[str, Any]] = {}
    for link, run in groupby(documents, key=lambda document: _link(document, service)):
        name = "MultiDatastream" if "/MultiDatastreams(" in link else "Datastream"
        group = found.setdefault(
            link,
            {
                f"{name}@iot.navigationLink": link,
                "components": names,
                "dataArray@iot.count": 0,
                "dataArray": [],
            },
        )
        rows = [[column.value(document) for column in readers] for document in run]
        group["dataArray"] += rows
        group["dataArray@iot.count"] += len(rows)
    return list(found.values())


def _link(document: Document, service: str) -> str:
    for name in _STREAMS:
        stream = document.get(name)
        if stream:
            return f"{service}/{entities.BY_NAME[name].set}({stream['@iot.id']})"
    return service
