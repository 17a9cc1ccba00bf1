# SPDX-License-Identifier: EUPL-1.2
"""Walks through a file once and yields its observations in blocks, the doubled autumn hour last."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import msgspec
import numpy as np

from stadtkern.ingest.imports import companions, fasttimes, flat, mapping, quality, reader, shape, times
from stadtkern.ingest.imports.lanes import Integers, Rows
from stadtkern.ingest.imports.report import Report

VALUES_PER_COMMIT = 100_000
_MOST_DOUBLED = 100_000


class Part(msgspec.Struct):
    """Observations that are stored in one transaction; `rows` of the file are behind us with it."""

    pieces: list[shape.Piece]
    rows: int
    done: int


class _Doubled(msgspec.Struct):
    """A row of the doubled hour, waiting for the end of the file to tell whether there is a second one."""

    line: int
    row: reader.Row
    label: str
    pass_times: times.Ambiguous


class Source:
    """A file with its mapping. `parts()` yields the same parts each time."""

    def __init__(
        self,
        *,
        path: Path,
        recipe: mapping.Mapping,
        folders: Sequence[Path],
        report: Report,
        accepted: times.Span,
    ):
        self.report = report
        self.table = reader.Table(path=path, file=recipe.file)
        report.encoding, report.delimiter = self.table.layout
        try:
            known = companions.Companions(recipe=recipe, folders=folders)
            self.shape = shape.Shape(recipe=recipe, header=self.table.header, companions=known, report=report)
        except BaseException:
            self.table.close()
            raise
        self.clock = times.Clock(time=recipe.time)
        self._time = recipe.time
        self._accepted = accepted
        self._doubled: list[_Doubled] = []

    def parts(self) -> Iterator[Part]:
        """Parse the file; the last part holds the rows of doubled hours."""
        with self.table:
            for block in self.table.blocks(rows=max(1, VALUES_PER_COMMIT // self.shape.width)):
                yield self._part(block)
        pieces = list(self._resolved())
        if pieces:
            yield Part(pieces, self.report.rows, self.table.size)
        self.report.streams = [lane.stream for lane in self.shape.streams()]

    def _part(self, block: reader.Block) -> Part:
        for fault in block.broken:
            self.report.refuse(line=fault.line, code="cells", reason=fault.reason)
        rows, line = self._usable(block)
        self.report.rows += len(block.rows)
        columns = shape.Columns(rows)
        starts = fasttimes.read(self._labels(rows, columns), clock=self.clock)
        bad = (starts == times.STORY) | (starts < self._accepted.start) | (starts >= self._accepted.end)
        if bad.any():
            self._set_aside(rows, line, starts, np.flatnonzero(bad))
            good = np.flatnonzero(~bad).tolist()
            whole = line
            rows, starts, line = [rows[i] for i in good], starts[~bad], lambda i: whole(good[i])
            columns = shape.Columns(rows)
        if not len(rows):
            return Part([], self.report.rows, block.done)
        pieces = self._pieces(rows, starts, self._ends(starts), line, columns=columns)
        return Part(pieces, self.report.rows, block.done)

    def _usable(self, block: reader.Block) -> tuple[Sequence[reader.Row], Callable[[int], int]]:
        width = len(self.shape.header)
        if isinstance(block.rows, flat.Flat) or set(map(len, block.rows)) <= {width}:
            return block.rows, block.line
        numbers = [block.line(i) for i in range(len(block.rows))] if block.even else _lines(block)
        rows, kept = shape.even(block.rows, width=width, report=self.report, line=numbers)
        return rows, kept.__getitem__

    def _label(self, row: reader.Row) -> str:
        return " ".join(row[i] for i in self.shape.time)

    def _labels(self, rows: Sequence[reader.Row], columns: shape.Columns) -> Sequence[str]:
        if len(self.shape.time) == 1:
            return columns[self.shape.time[0]]
        return [self._label(row) for row in rows]

    def _ends(self, starts: Integers) -> Integers | None:
        if not self._time.interval:
            return None
        fixed = self.clock.fixed
        if fixed is not None:
            return starts + fixed
        return np.fromiter(map(self.clock.end, starts.tolist()), np.int64, len(starts))

    def _pieces(
        self,
        rows: Sequence[reader.Row],
        starts: Integers,
        ends: Integers | None,
        line: Callable[[int], int],
        *,
        columns: shape.Columns,
        fold: str = "",
    ) -> list[shape.Piece]:
        told = Rows(starts=starts, ends=ends, labels=self._labels(rows, columns), line=line, fold=fold)
        return self.shape.read(columns=columns, rows=told)

    def _set_aside(
        self, rows: Sequence[reader.Row], line: Callable[[int], int], starts: Integers, bad: Integers
    ) -> None:
        for i in bad.tolist():
            label = self._label(rows[i])
            story = self.clock.special.get(label) if starts[i] == times.STORY else None
            if isinstance(story, times.Ambiguous):
                if len(self._doubled) >= _MOST_DOUBLED:
                    raise mapping.InvalidMapping(
                        "too many rows lie in a doubled autumn hour; is the zone right?"
                    )
                self._doubled.append(_Doubled(line(i), rows[i], label, story))
            elif story is None:
                reason = f"{label[:60]!r} lies outside the accepted range of time"
                self.report.refuse(line=line(i), code="range", reason=reason, cell=label)
            else:
                self.report.refuse(line=line(i), code=story.code, reason=story.reason, cell=label)

    def _resolved(self) -> Iterator[shape.Piece]:
        """Rows of doubled hours: in order first and second pass, or one row that stands for both."""
        groups: dict[tuple[str, ...], list[_Doubled]] = defaultdict(list)
        for entry in self._doubled:
            groups[(entry.label.strip(" '\""), *self.shape.same_series(entry.row))].append(entry)
        first: list[tuple[_Doubled, int, int]] = []
        single: list[tuple[_Doubled, int, int]] = []
        for entries in groups.values():
            self._pair(entries, first, single)
        yield from self._folded(first, fold="")
        yield from self._folded(single, fold=_FLAGS[self._time.fold])

    def _pair(
        self,
        entries: list[_Doubled],
        pairs: list[tuple[_Doubled, int, int]],
        single: list[tuple[_Doubled, int, int]],
    ) -> None:
        for surplus in entries[2:]:
            self.report.refuse(
                line=surplus.line,
                code="fold",
                reason=f"{surplus.label!r} stands more than twice in a doubled hour",
                cell=surplus.label,
            )
        one, two = entries[0], entries[1] if len(entries) > 1 else None
        start, second = one.pass_times
        if two is not None:
            pairs.append((one, start, self.clock.end(start)))
            pairs.append((two, second, self.clock.end(second)))
            self.report.correct(code="dst_fold_kept", count=2)
            return
        end = self.clock.end(start)
        hour = second - start
        if self._time.fold == "sum" and end - start >= hour:
            end += hour
        single.append((one, start, end))
        self.report.correct(code="dst_fold", line=one.line)

    def _folded(self, entries: list[tuple[_Doubled, int, int]], *, fold: str) -> Iterator[shape.Piece]:
        if not entries:
            return
        entries.sort(key=lambda entry: entry[1])
        lines = [entry.line for entry, *_ in entries]
        starts = np.array([start for _, start, _ in entries], np.int64)
        ends = np.array([end for *_, end in entries], np.int64) if self._time.interval else None
        rows = [entry.row for entry, *_ in entries]
        columns = shape.Columns(rows)
        yield from self._pieces(rows, starts, ends, lines.__getitem__, columns=columns, fold=fold)


_FLAGS = {"sum": quality.FOLD_SUM, "first": quality.FOLD_FIRST, "unknown": quality.FOLD_UNKNOWN}


def _lines(block: reader.Block) -> list[int]:
    """Line of each row, in one walk, for blocks with rows of several lines."""
    marks = dict(block.marks)
    numbers: list[int] = []
    line = block.marks[0][1]
    for i, row in enumerate(block.rows):
        line = marks.get(i, line)
        numbers.append(line)
        line += 1 + sum(cell.count("\n") for cell in row)
    return numbers
