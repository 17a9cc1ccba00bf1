# SPDX-License-Identifier: EUPL-1.2
"""Reads a table with its mapping into typed columns, and keeps the story of what could not be read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from stadtkern.ingest.imports import flat, mapping, reader, report, shape, tables
from stadtkern.ingest.imports.spots import Points, Spots
from stadtkern.ingest.imports.survey.story import Quality
from stadtkern.ingest.imports.values import Lane, Values, listed

ROWS = 20_000
_CELLS = 1_000_000
"""So many cells at once: tables of very many columns are read in fewer rows."""


class Batch(msgspec.Struct, kw_only=True):
    """Some rows as columns, in the order of the mapping's columns."""

    size: int
    values: list[Values]
    whole: list[bool]
    """Which columns hold whole numbers."""
    places: Points | list[Any] | None
    """Where the rows lie; None for a plain table."""
    cells: dict[str, Sequence[str]]
    """The text of all columns that are read, by label."""
    done: int
    """How many bytes of the file are behind us."""

    def columns(self) -> list[list[Any]]:
        """The values as Python has them, None where there is none."""
        return [listed(values, whole=whole) for values, whole in zip(self.values, self.whole, strict=True)]

    @property
    def rows(self) -> list[tuple[Any, ...]]:
        """Row by row, the geometry as GeoJSON at the end where there is a place."""
        columns = self.columns()
        if self.places is not None:
            columns.append(self.places.documents() if isinstance(self.places, Points) else self.places)
        return list(zip(*columns, strict=True))


class Rows:
    """A table being read. `batches()` walks through it once and fills `quality`."""

    def __init__(self, *, path: Path, table: tables.Table):
        self.quality = Quality()
        self.size = path.stat().st_size
        self._recipe = table
        self._table = reader.Table(path=path, file=table.file)
        try:
            self._labels = tables.labels(self._table.header)
            self._position = {label: i for i, label in enumerate(self._labels)}
            self._lanes = [Lane(c, self._at(c.source), table) for c in table.columns]
            self._whole = [c.type == "integer" for c in table.columns]
            self._place = Spots(table.place, table, self._at) if table.place else None
            place = table.place or tables.Place()
            asked = [*(c.source for c in table.columns), place.x, place.y, place.geometry]
            self._asked = [label for label in dict.fromkeys(asked) if label]
        except BaseException:
            self._table.close()
            raise

    def batches(self) -> Iterator[Batch]:
        """All rows; a value that cannot be read is None in its row and told in `quality`."""
        with self._table:
            for block in self._table.blocks(rows=max(1, min(ROWS, _CELLS // max(1, len(self._labels))))):
                yield self._batch(block)
        for lane in self._lanes:
            lane.conclude(self.quality)
        if self._place is not None:
            self._place.conclude(self.quality)
        if not self.quality.rows:
            self.quality.note("no_rows")

    def _at(self, label: str) -> int:
        if label not in self._position:
            raise mapping.InvalidMapping(
                f"the column {label!r} is not in the header: {', '.join(self._labels)[:300]}", where=label
            )
        return self._position[label]

    def _batch(self, block: reader.Block) -> Batch:
        for fault in block.broken:
            self.quality.note("cells", line=fault.line)
        rows, line = self._usable(block)
        columns = shape.Columns(rows)
        values = [lane.read(columns[lane.position], line, self.quality) for lane in self._lanes]
        places = None if self._place is None else self._place.read(columns, line, self.quality)
        self.quality.rows += len(rows)
        self.quality.values += len(rows) * (len(values) + (places is not None))
        texts = {label: columns[self._position[label]] for label in self._asked}
        return Batch(
            size=len(rows), values=values, whole=self._whole, places=places, cells=texts, done=block.done
        )

    def _usable(self, block: reader.Block) -> tuple[Sequence[reader.Row], Callable[[int], int]]:
        """Rows of the right width that are not blank."""
        if isinstance(block.rows, flat.Flat) and not _blank(block.rows):
            return block.rows, block.line
        story = report.Report(file="")
        width = len(self._labels)
        numbers: Sequence[int] = range(len(block.rows))
        rows, kept = list(block.rows), list(numbers)
        if not set(map(len, rows)) <= {width}:
            rows, kept = shape.even(block.rows, width=width, report=story, line=list(numbers))
            for note in story.notes:
                if note.kind == "refused":
                    self.quality.note(note.code, line=block.line(note.line), example=note.cell)
            if story.corrected:
                self.quality.note("extra_cells", n=sum(story.corrected.values()))
        filled = [i for i, row in enumerate(rows) if any(row)]
        if len(filled) < len(rows):
            rows, kept = [rows[i] for i in filled], [kept[i] for i in filled]
        return rows, lambda i: block.line(kept[i])


def _blank(rows: flat.Flat) -> bool:
    """Whether there is a row without anything in it."""
    return any(not any(rows[place]) for place, cell in enumerate(rows.column(0)) if not cell)
