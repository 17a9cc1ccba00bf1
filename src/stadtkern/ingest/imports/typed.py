# SPDX-License-Identifier: EUPL-1.2
"""Reads a table with its mapping into typed rows, and keeps the story of what could not be read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from stadtkern.ingest.imports import mapping, reader, report, shape, tables, times
from stadtkern.ingest.imports.cells import Cells
from stadtkern.ingest.imports.survey import places
from stadtkern.ingest.imports.survey.story import Quality

ROWS = 20_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FAULTS = frozenset("\x00\ufffd")
_MOSTLY = 0.05


class Batch(msgspec.Struct):
    """Typed rows in the order of the mapping's columns, the geometry last where there is a place."""

    rows: list[tuple[Any, ...]]
    cells: dict[str, Sequence[str]]
    """The text of all columns that are read, by label."""
    done: int
    """How many bytes of the file are behind us."""


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
            self._lanes = [_Lane(c, self._at(c.source), table) for c in table.columns]
            self._place = _Geometry(table.place, table, self._at) if table.place else None
            place = table.place or tables.Place()
            asked = [*(c.source for c in table.columns), place.x, place.y, place.geometry]
            self._asked = [label for label in dict.fromkeys(asked) if label]
        except BaseException:
            self._table.close()
            raise

    def batches(self) -> Iterator[Batch]:
        """All rows; a value that cannot be read is None in its row and told in `quality`."""
        with self._table:
            for block in self._table.blocks(rows=ROWS):
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
            self.quality.note("cells", line=fault.line, example=fault.reason)
        rows, line = self._usable(block)
        columns = shape.Columns(rows)
        values = [lane.read(columns[lane.position], line, self.quality) for lane in self._lanes]
        if self._place is not None:
            values.append(self._place.read(columns, line, self.quality))
        self.quality.rows += len(rows)
        self.quality.values += len(rows) * len(values)
        texts = {label: columns[self._position[label]] for label in self._asked}
        return Batch(list(zip(*values, strict=True)), texts, block.done)

    def _usable(self, block: reader.Block) -> tuple[list[reader.Row], Callable[[int], int]]:
        """Rows of the right width that are not blank."""
        story = report.Report(file="")
        width = len(self._labels)
        numbers: Sequence[int] = range(len(block.rows))
        rows, kept = list(block.rows), list(numbers)
        if not set(map(len, rows)) <= {width}:
            rows, kept = shape.even(block.rows, width=width, report=story, line=list(numbers))
            for note in story.notes:
                if note.kind == "refused":
                    self.quality.note(note.code, line=block.line(note.line), example=note.reason)
            if story.corrected:
                self.quality.note("extra_cells", n=sum(story.corrected.values()))
        filled = [i for i, row in enumerate(rows) if any(row)]
        if len(filled) < len(rows):
            rows, kept = [rows[i] for i in filled], [kept[i] for i in filled]
        return rows, lambda i: block.line(kept[i])


class _Lane:
    """One column: its reader, and what was wrong with its cells."""

    def __init__(self, column: tables.Column, position: int, table: tables.Table):
        self.column = column
        self.position = position
        self._type = column.type
        self._filled = self._refused = self._empty = 0
        clean = column.clean
        if column.type in ("date", "instant"):
            time = mapping.Time(column="", zone=table.zone, format=column.format)
            self._clock = times.Clock(time=time if column.type == "instant" else _utc(time))
            self._cells: dict[str, Any] = _Moments(self._clock, column.type, {"", *clean.missing})
        elif column.type in ("text", "json"):
            self._cells = _Texts({"", *clean.missing}, json=column.type == "json")
        else:
            self._cells = Cells(clean=clean, file=tables.file_of(table, column))

    def read(self, cells: Sequence[str], line: Callable[[int], int], quality: Quality) -> list[Any]:
        """The values of a block."""
        if self._type in ("integer", "number"):
            found = _plain(self._cells.numbers(cells), whole=self._type == "integer")  # type: ignore[attr-defined]
        else:
            found = list(map(self._cells.__getitem__, cells))
        refused: dict[str, str] = self._cells.refused  # type: ignore[attr-defined]
        none = found.count(None)
        self._filled += len(found) - none
        if refused:
            self._tell(cells, refused, line, quality)
        self._empty += none
        return found

    def _tell(
        self, cells: Sequence[str], refused: dict[str, str], line: Callable[[int], int], quality: Quality
    ) -> None:
        for place, cell in enumerate(cells):
            if cell in refused:
                self._refused += 1
                code = "encoding" if not _FAULTS.isdisjoint(cell) else self._code(cell)
                quality.note(code, column=self.column.source, line=line(place), example=cell)

    def _code(self, cell: str) -> str:
        if self._type in ("date", "instant"):
            return "day"
        return "value" if any(sign.isdigit() for sign in cell) else "words"

    def conclude(self, quality: Quality) -> None:
        """What can be said of the whole column."""
        empty = self._empty - self._refused
        name = self.column.source
        if not self._filled and not self._refused:
            quality.note("empty", column=name, n=empty)
        elif empty:
            quality.note("missing", column=name, n=empty)
        if self._refused > _MOSTLY * (self._filled + self._refused):
            quality.note("mostly_refused", column=name, n=self._refused)


class _Moments(dict[str, Any]):
    """Text → date or instant."""

    def __init__(self, clock: times.Clock, type_: tables.Type, missing: set[str]):
        super().__init__()
        self.refused: dict[str, str] = {}
        self._clock = clock
        self._day = type_ == "date"
        self._missing = missing

    def __missing__(self, cell: str) -> date | datetime | None:
        found: date | datetime | None = None
        if cell.strip() not in self._missing:
            micros = self._clock[cell]
            story = self._clock.special.get(cell)
            if isinstance(story, times.Ambiguous):
                micros = story.first
            if (
                micros == times.STORY
                or not -62_135_596_800 * times.SECOND <= micros < 253_402_300_800 * times.SECOND
            ):
                self.refused[cell] = "time"
            else:
                moment = _EPOCH + timedelta(microseconds=micros)
                found = moment.date() if self._day else moment
        if len(self) < 200_000:
            self[cell] = found
        return found


class _Texts(dict[str, Any]):
    """Text → text without blanks around it, or JSON."""

    def __init__(self, missing: set[str], *, json: bool):
        super().__init__()
        self.refused: dict[str, str] = {}
        self._missing = missing
        self._json = json

    def __missing__(self, cell: str) -> Any:
        text = cell.strip()
        found: Any = None
        if text not in self._missing:
            found = text
            if not _FAULTS.isdisjoint(text):
                self.refused[cell] = "encoding"
            if self._json:
                try:
                    found = msgspec.json.decode(text)
                except msgspec.DecodeError:
                    self.refused[cell], found = "json", None
        if len(self) < 100_000:
            self[cell] = found
        return found


class _Geometry:
    """The place of each row as GeoJSON in WGS 84."""

    def __init__(self, place: tables.Place, table: tables.Table, at: Callable[[str], int]):
        self._place = place
        self._n = self._none = 0
        if place.geometry:
            self._columns = [at(place.geometry)]
            return
        self._columns = [at(place.x), at(place.y)]
        files = {c.source: tables.file_of(table, c) for c in table.columns}
        self._cells = [
            Cells(clean=mapping.Clean(), file=files.get(label, table.file)) for label in (place.x, place.y)
        ]

    def read(self, columns: shape.Columns, line: Callable[[int], int], quality: Quality) -> list[Any]:
        """The geometries of a block."""
        found = (
            self._shapes(columns, line, quality)
            if self._place.geometry
            else self._points(columns, line, quality)
        )
        self._n += len(found)
        self._none += found.count(None)
        return found

    def conclude(self, quality: Quality) -> None:
        """What can be said of all places."""
        if self._none:
            mostly = self._none > 0.5 * self._n
            quality.note("geometry_mostly_missing" if mostly else "geometry_missing", n=self._none)

    def _shapes(self, columns: shape.Columns, line: Callable[[int], int], quality: Quality) -> list[Any]:
        found = []
        for place, cell in enumerate(columns[self._columns[0]]):
            geometry, fault = places.geometry_of(cell, srid=self._place.srid)
            if fault:
                quality.note(fault, line=line(place), example=cell)
            found.append(geometry)
        return found

    def _points(self, columns: shape.Columns, line: Callable[[int], int], quality: Quality) -> list[Any]:
        x, y = (c.numbers(columns[at]) for c, at in zip(self._cells, self._columns, strict=True))
        lon, lat = places.to_degrees(x=x, y=y, srid=self._place.srid)
        texts = columns[self._columns[0]], columns[self._columns[1]]
        for place in np.flatnonzero(np.isnan(lon)).tolist():
            shown = f"{texts[0][place]} / {texts[1][place]}"
            if shown.strip(" /"):
                quality.note("geometry_broken", line=line(place), example=shown)
        away = np.flatnonzero(places.far_away(lon=lon, lat=lat)).tolist()
        if away:
            quality.note(
                "far_away",
                n=len(away),
                line=line(away[0]),
                example=f"{lat[away[0]]:.5f} / {lon[away[0]]:.5f}",
            )
        nowhere = np.isnan(lon).tolist()
        spots = zip(np.round(lon, 7).tolist(), np.round(lat, 7).tolist(), nowhere, strict=True)
        return [None if none else {"type": "Point", "coordinates": [a, b]} for a, b, none in spots]


def _plain(values: places.Numbers, *, whole: bool) -> list[Any]:
    """Numbers as Python has them, None where there is none."""
    none = np.isnan(values)
    if not none.any():
        found: list[Any] = values.astype(np.int64).tolist() if whole else values.tolist()
        return found
    values[none] = 0
    found = values.astype(np.int64).tolist() if whole else values.tolist()
    for place in np.flatnonzero(none).tolist():
        found[place] = None
    return found


def _utc(time: mapping.Time) -> mapping.Time:
    return msgspec.structs.replace(time, zone="UTC")
