# SPDX-License-Identifier: EUPL-1.2
"""Reads whole columns of cells into typed values, and remembers what could not be read."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from stadtkern.core import jsons
from stadtkern.ingest.imports import mapping, tables, times
from stadtkern.ingest.imports.cells import Cells
from stadtkern.ingest.imports.survey.story import Quality

Values = list[Any] | npt.NDArray[np.float64]
"""Values of a column; numbers as an array in which NaN is *none*."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FAULTS = frozenset("\x00\ufffd")
_MOSTLY = 0.05
# Years below 100 stay with the clock, which takes them for short ones.
_DAY = re.compile(r"(?P<day>\d\d)\.(?P<month>\d\d)\.(?P<year>(?!00)\d{4})", re.ASCII)


class Lane:
    """One column: its reader, and what was wrong with its cells."""

    def __init__(self, column: tables.Column, position: int, table: tables.Table):
        self.column = column
        self.position = position
        self.refused: dict[str, str]
        self._read: Callable[[Sequence[str]], Values]
        self._type = column.type
        self._filled = self._wrong = self._empty = 0
        clean = column.clean
        missing = {"", *clean.missing}
        if column.type in ("date", "instant"):
            time = mapping.Time(column="", zone=table.zone, format=column.format)
            clock = times.Clock(time=time if column.type == "instant" else _utc(time))
            moments = _Moments(clock, column, missing)
            self._read, self.refused = moments.all, moments.refused
        elif column.type == "json":
            documents = _Documents(missing)
            self._read, self.refused = documents.all, documents.refused
        elif column.type == "text":
            texts = _Texts(missing)
            self._read, self.refused = texts.all, texts.refused
        else:
            cells = Cells(clean=clean, file=tables.file_of(table, column))
            self._read = cells.numbers if cells.numeric else _each(cells)
            self.refused = cells.refused

    def read(self, cells: Sequence[str], line: Callable[[int], int], quality: Quality) -> Values:
        """The values of a block."""
        found: Values = self._read(cells)
        none = found.count(None) if isinstance(found, list) else int(np.isnan(found).sum())
        self._filled += len(found) - none
        if self.refused:
            self._tell(cells, line, quality)
        self._empty += none
        return found

    def _tell(self, cells: Sequence[str], line: Callable[[int], int], quality: Quality) -> None:
        for place, cell in enumerate(cells):
            if cell in self.refused:
                self._wrong += 1
                code = "encoding" if not _FAULTS.isdisjoint(cell) else self._code(cell)
                quality.note(code, column=self.column.source, line=line(place), example=cell)

    def _code(self, cell: str) -> str:
        if self._type in ("date", "instant"):
            return "day"
        return "value" if any(sign.isdigit() for sign in cell) else "words"

    def conclude(self, quality: Quality) -> None:
        """What can be said of the whole column."""
        empty = self._empty - self._wrong
        name = self.column.source
        if not self._filled and not self._wrong:
            quality.note("empty", column=name, n=empty)
        elif empty:
            quality.note("missing", column=name, n=empty)
        if self._wrong > _MOSTLY * (self._filled + self._wrong):
            quality.note("mostly_refused", column=name, n=self._wrong)


def listed(values: Values, *, whole: bool) -> list[Any]:
    """Values as Python has them, None where there is none; `whole` numbers without a point."""
    if isinstance(values, list):
        return values
    none = np.isnan(values)
    if not none.any():
        found: list[Any] = values.astype(np.int64).tolist() if whole else values.tolist()
        return found
    known = np.where(none, 0, values)
    found = known.astype(np.int64).tolist() if whole else known.tolist()
    for place in np.flatnonzero(none).tolist():
        found[place] = None
    return found


def absent(values: Values) -> npt.NDArray[np.bool_]:
    """Where there is no value."""
    if isinstance(values, list):
        return np.fromiter((value is None for value in values), np.bool_, len(values))
    return np.isnan(values)


def _each(book: dict[str, Any]) -> Callable[[Sequence[str]], list[Any]]:
    return lambda cells: list(map(book.__getitem__, cells))


class _Moments(dict[str, Any]):
    """Text → date or instant."""

    def __init__(self, clock: times.Clock, column: tables.Column, missing: set[str]):
        super().__init__()
        self.refused: dict[str, str] = {}
        self._clock = clock
        self._day = column.type == "date"
        self._german = self._day and column.format in ("auto", "german")
        self._missing = missing

    def all(self, cells: Sequence[str]) -> list[Any]:
        """The values of many cells."""
        return list(map(self.__getitem__, cells))

    def __missing__(self, cell: str) -> date | datetime | None:
        """Read a text met for the first time."""
        found: date | datetime | None = self._plain_day(cell) if self._german else None
        if found is None and cell.strip() not in self._missing:
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

    def _plain_day(self, cell: str) -> date | None:
        """A day as most files write it, which needs no clock; None for everything else."""
        match = _DAY.fullmatch(cell)
        if match is None or cell in self._missing:
            return None
        try:
            return date(int(match["year"]), int(match["month"]), int(match["day"]))
        except ValueError:
            return None


class _Texts:
    """Texts without blanks around them; all of a block at once, as each may come only once."""

    def __init__(self, missing: set[str]):
        self.refused: dict[str, str] = {}
        self._missing = missing

    def all(self, cells: Sequence[str]) -> list[Any]:
        """The values of many cells."""
        found: list[Any] = [None if text in self._missing else text for text in map(str.strip, cells)]
        whole = "".join(cells)
        if any(fault in whole for fault in _FAULTS):
            for place, cell in enumerate(cells):
                if not _FAULTS.isdisjoint(cell):
                    self.refused[cell] = "encoding"
                    found[place] = None
        return found


class _Documents:
    """Texts of JSON."""

    def __init__(self, missing: set[str]):
        self.refused: dict[str, str] = {}
        self._missing = missing

    def all(self, cells: Sequence[str]) -> list[Any]:
        """The values of many cells."""
        return [self._one(cell) for cell in cells]

    def _one(self, cell: str) -> Any:
        text = cell.strip()
        if text in self._missing:
            return None
        try:
            return msgspec.json.decode(text)
        except jsons.UNREADABLE:
            self.refused[cell] = "json"
            return None


def _utc(time: mapping.Time) -> mapping.Time:
    return msgspec.structs.replace(time, zone="UTC")
