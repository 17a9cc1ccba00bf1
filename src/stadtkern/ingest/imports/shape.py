# SPDX-License-Identifier: EUPL-1.2
"""Brings a table into long form: which columns are series, which column tells streams apart."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from typing import NamedTuple

import msgspec
import numpy as np

from stadtkern.ingest.imports import flat, mapping, templates
from stadtkern.ingest.imports.cells import Cells
from stadtkern.ingest.imports.companions import Companions
from stadtkern.ingest.imports.lanes import Group, Lane, Rows, period_of
from stadtkern.ingest.imports.reader import Row
from stadtkern.ingest.imports.report import Report
from stadtkern.things.store import batch

MOST_STREAMS = 20_000


class Columns(dict[int, Sequence[str]]):
    """The cells of rows by column; a column nobody asks for is never made."""

    def __init__(self, rows: Sequence[Row]):
        super().__init__()
        self._rows = rows
        self._whole = rows if isinstance(rows, flat.Flat) else None

    def __missing__(self, column: int) -> Sequence[str]:
        """Make a column asked for the first time."""
        whole = self._whole
        cells = whole.column(column) if whole is not None else [row[column] for row in self._rows]
        self[column] = cells
        return cells


class Piece(NamedTuple):
    """Observations of one series or many; their `datastream_id` is the place in `lanes`."""

    lanes: Sequence[Lane]
    rows: batch.Batch


class _Long(dict[str, int]):
    """A value column whose rows belong to many streams: the text that tells them apart → place in `lanes`."""

    def __init__(self, *, series: mapping.Series, column: int, by: int, values: dict[str, str], make: _Make):
        super().__init__()
        self.series = series
        self.column = column
        self.by = by
        self.given = values
        self.lanes: list[Lane] = []
        self.plain = True
        self._make = make

    def __missing__(self, name: str) -> int:
        """Make the lane of a name met for the first time."""
        if len(self) >= MOST_STREAMS:
            told = f"the column {self.series.by!r} has over {MOST_STREAMS} different values; is it right?"
            raise mapping.InvalidMapping(told)
        cell = name.strip()
        lane = self._make(self.series, self.column, {**self.given, "0": cell, self.series.by: cell})
        self.plain = self.plain and lane.plain
        self.lanes.append(lane)
        self[name] = len(self.lanes) - 1
        return self[name]


_Make = Callable[[mapping.Series, int, dict[str, str]], Lane]


class Shape:
    """The series of one file."""

    def __init__(self, *, recipe: mapping.Mapping, header: Row, companions: Companions, report: Report):
        self.header = header
        self.lanes: list[Lane] = []
        self._recipe = recipe
        self._companions = companions
        self._report = report
        self._position = {name: i for i, name in reversed(list(enumerate(header)))}
        self._long: list[_Long] = []
        self._known: dict[bytes, Cells] = {}
        self.time = self._time_columns()
        self._assign(self._captured())
        report.absent = companions.absent
        if not self.lanes and not self._long:
            raise mapping.InvalidMapping(
                f"no column of the file belongs to a series; its header is {', '.join(header)[:300]}"
            )

    @property
    def width(self) -> int:
        """Values per row."""
        return max(1, len(self.lanes) + len(self._long))

    def read(self, *, columns: Columns, rows: Rows) -> list[Piece]:
        """The observations of a block, without series that have none."""
        pieces = [self._piece(lane, columns, rows) for lane in self.lanes]
        for long in self._long:
            pieces += self._split(long, columns, rows)
        return [piece for piece in pieces if piece is not None]

    def streams(self) -> list[Lane]:
        """All series, also those found while reading."""
        return self.lanes + [lane for long in self._long for lane in long.lanes]

    def same_series(self, row: Row) -> tuple[str, ...]:
        """What tells the rows of one time apart: the cells of the `by` columns."""
        return tuple(row[long.by] for long in self._long)

    def _piece(
        self, lane: Lane, columns: Columns, rows: Rows, chosen: Sequence[int] | None = None
    ) -> Piece | None:
        cells = columns[lane.column]
        states = columns[lane.status] if lane.status is not None else None
        if chosen is not None:
            rows = rows.take(chosen)
            cells = [cells[i] for i in chosen]
            states = [states[i] for i in chosen] if states is not None else None
        found = lane.read(rows=rows, cells=cells, states=states, report=self._report)
        return None if found is None else Piece([lane], found)

    def _split(self, long: _Long, columns: Columns, rows: Rows) -> list[Piece | None]:
        """All streams of the block at once where they are alike, else one after the other."""
        names = columns[long.by]
        index = np.fromiter(map(long.__getitem__, names), np.int64, len(names))
        if not long.plain:
            present = np.unique(index).tolist()
            return [
                self._piece(long.lanes[n], columns, rows, np.flatnonzero(index == n).tolist())
                for n in present
            ]
        lane = long.lanes[index[0]]
        states = columns[lane.status] if lane.status is not None else None
        group = Group(index, long.lanes)
        found = lane.read(
            rows=rows, cells=columns[lane.column], states=states, report=self._report, group=group
        )
        return [None if found is None else Piece(long.lanes, found)]

    def _time_columns(self) -> list[int]:
        wanted = self._recipe.time.column
        names = [wanted] if isinstance(wanted, str) else wanted
        for name in names:
            if name not in self._position:
                raise mapping.InvalidMapping(
                    f"the time column {name!r} is not in the header: {', '.join(self.header)[:300]}",
                    where="time.column",
                )
        return [self._position[name] for name in names]

    def _captured(self) -> dict[str, str]:
        capture = self._recipe.capture
        if capture is None:
            return {}
        cell = self.header[capture.column - 1] if 0 < capture.column <= len(self.header) else ""
        match = re.fullmatch(capture.pattern, cell)
        if match is None:
            raise mapping.InvalidMapping(
                f"{cell!r} does not have the form {capture.pattern!r}", where="capture"
            )
        return {key: value or "" for key, value in match.groupdict().items()}

    def _assign(self, captured: dict[str, str]) -> None:
        """Give each column to the first series that wants it; say why others are left out."""
        used = set(self.time) | {
            self._position[s.by] for s in self._recipe.series if s.by and s.by in self._position
        }
        pending: list[tuple[int, str]] = []
        for column, name in enumerate(self.header):
            if column in used:
                continue
            series, match = self._wanted(name, captured)
            if series is None or match is None:
                pending.append((column, name))
            elif series.ignore:
                self._report.ignored[name] = "the mapping leaves it out"
            elif self._position[name] != column:
                self._report.ignored[f"{name} (column {column + 1})"] = (
                    "a column of the same name stands before it"
                )
            else:
                self._add(series, column, {**captured, **{k: v or "" for k, v in match.groupdict().items()}})
        status = {lane.status for lane in self.lanes} | {self._status(x.series, x.given) for x in self._long}
        for column, name in pending:
            if column not in status:
                shown = name or f"(column {column + 1})"
                self._report.ignored[shown] = "no series of the mapping fits" if name else "it has no heading"

    def _wanted(
        self, name: str, captured: dict[str, str]
    ) -> tuple[mapping.Series | None, re.Match[str] | None]:
        if not name:
            return None, None
        escaped = {key: re.escape(value) for key, value in captured.items()}
        for series in self._recipe.series:
            match = re.fullmatch(templates.fill(series.column, values=escaped), name)
            if match is not None:
                return series, match
        return None, None

    def _add(self, series: mapping.Series, column: int, values: dict[str, str]) -> None:
        values["0"] = self.header[column]
        if not series.by:
            self.lanes.append(self._lane(series, column, values))
            return
        if series.by not in self._position:
            raise mapping.InvalidMapping(f"the column {series.by!r} is not in the header", where="series.by")
        by = self._position[series.by]
        self._long.append(_Long(series=series, column=column, by=by, values=values, make=self._lane))

    def _status(self, series: mapping.Series, values: dict[str, str]) -> int | None:
        if series.status is None:
            return None
        return self._position.get(templates.fill(series.status.column, values=values))

    def _lane(self, series: mapping.Series, column: int, values: dict[str, str]) -> Lane:
        values = {**values, **self._companions.look_up(values)}
        name = templates.fill(series.name, values=values)
        return Lane(
            series=series,
            cells=self._cells(series),
            values=values,
            name=name,
            column=column,
            status=self._status(series, values),
            periods=[period_of(spec) for spec in self._recipe.period if re.fullmatch(spec.match, name)],
            flagged=self._companions.flags(name),
            label=self._recipe.time.label,
        )

    def _cells(self, series: mapping.Series) -> Cells:
        """Series that are read alike share what they know about texts."""
        key = msgspec.json.encode(series.clean)
        if key not in self._known:
            self._known[key] = Cells(clean=series.clean, file=self._recipe.file)
        return self._known[key]


def even(
    rows: Sequence[Row], *, width: int, report: Report, line: Sequence[int]
) -> tuple[list[Row], list[int]]:
    """Rows of the header's width; others are mended where only empty cells are too many, else refused."""
    kept: list[Row] = []
    lines: list[int] = []
    extra: Counter[str] = Counter()
    for row, number in zip(rows, line, strict=True):
        if not row or (len(row) == 1 and not row[0].strip()):
            continue
        if len(row) > width and not any(cell.strip() for cell in row[width:]):
            extra["extra_cells"] += 1
            row = row[:width]
        if len(row) != width:
            reason = f"{len(row)} cells instead of {width}"
            report.refuse(line=number, code="width", reason=reason, cell=f"{len(row)} / {width}")
            continue
        kept.append(row)
        lines.append(number)
    for code, count in extra.items():
        report.correct(code=code, count=count)
    return kept, lines
