# SPDX-License-Identifier: EUPL-1.2
"""One series of a file: turns its cells into a column of results with their times and their quality."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

import msgspec
import numpy as np
import numpy.typing as npt

from stadtkern.ingest.imports import mapping, quality, times
from stadtkern.ingest.imports.cells import Cells
from stadtkern.ingest.imports.counters import Increments
from stadtkern.ingest.imports.report import Report, Stream
from stadtkern.things.store import batch

Integers = npt.NDArray[np.int64]
Numbers = npt.NDArray[np.float64]
Marks = dict[int, set[str]]
Line = Callable[[int], int]

_encode = msgspec.json.Encoder().encode


class Rows(msgspec.Struct, kw_only=True):
    """Rows of a block that have a usable time: intervals [starts, ends), labels as written, fold flags."""

    starts: Integers
    ends: Integers | None
    labels: Sequence[str]
    line: Line
    fold: str = ""
    """Flag of every row, for rows of the doubled autumn hour."""

    def take(self, chosen: Sequence[int]) -> Rows:
        """Some of the rows."""
        index = np.asarray(chosen, np.int64)
        line = self.line
        return Rows(
            starts=self.starts[index],
            ends=None if self.ends is None else self.ends[index],
            labels=[self.labels[i] for i in chosen],
            line=lambda i: line(chosen[i]),
            fold=self.fold,
        )


class Group(msgspec.Struct):
    """Rows of many series read at once: `index` tells for each row which of `lanes` it belongs to."""

    index: Integers
    lanes: Sequence[Lane]


class Period(msgspec.Struct, frozen=True):
    """A stretch of time in which the series differs, in microseconds."""

    start: int
    end: int
    spec: mapping.Period


class Lane:
    """A series: where its cells stand and what they mean. It keeps what must be known from block to block."""

    def __init__(
        self,
        *,
        series: mapping.Series,
        cells: Cells,
        values: Mapping[str, str],
        name: str,
        column: int,
        status: int | None,
        periods: Sequence[Period],
        flagged: Sequence[dict[str, str]],
        label: mapping.Label,
    ):
        self.series = series
        self.values = values
        self.column = column
        self.status = status
        self.stream = Stream(name=name)
        self.feature_id: int | None = None
        self.cells = cells
        self._clean = series.clean
        self._periods = periods
        self._flagged = flagged
        self._label = label
        self._interval = times.parse_interval(series.interval) if series.interval else None
        self._counter = Increments(name=name, wrap=series.clean.wrap)

    @property
    def plain(self) -> bool:
        """Whether nothing depends on which of its like the series is, so that they can be read as a group."""
        return not (self._periods or self._flagged or self._clean.counter)

    def read(
        self,
        *,
        rows: Rows,
        cells: Sequence[str],
        states: Sequence[str] | None,
        report: Report,
        group: Group | None = None,
    ) -> batch.Batch | None:
        """The observations of these rows, or None where there is no reading.

        `datastream_id` still is the place in the group's lanes, 0 without a group.
        """
        told = group or Group(np.zeros(len(cells), np.int64), [self])
        documents, results = self._results(cells)
        known = (
            ~np.isnan(results) if documents is None else np.array([d is not None for d in documents], bool)
        )
        self._count(cells, known, rows.line, report, told)
        if not known.any():
            return None
        marks = self._marks(rows)
        starts, ends = self._instants(rows, known, results)
        if self._clean.counter:
            return self._increments(rows, starts, results, report)
        index = np.flatnonzero(known)
        kept = batch.Batch(
            datastream_id=told.index[index],
            time=starts[index],
            result=results[index],
            result_json=None if documents is None else documents[index],
            end=None if ends is None else ends[index],
            result_quality=self._quality(index, marks, states, rows.fold),
        )
        return self._once(kept, rows, index, report, told)

    def _results(self, cells: Sequence[str]) -> tuple[batch.Texts | None, Numbers]:
        if self.cells.numeric:
            return None, self.cells.numbers(cells)
        look = self.cells.__getitem__
        documents = np.empty(len(cells), object)
        documents[:] = [None if v is None else _encode(v).decode() for v in map(look, cells)]
        numbers = np.array(
            [float(v) if isinstance(v, bool) else np.nan for v in map(look, cells)], np.float64
        )
        return documents, numbers

    def _count(
        self, cells: Sequence[str], known: npt.NDArray[np.bool_], line: Line, report: Report, group: Group
    ) -> None:
        """Tell missing cells from refused ones, and note texts that were read in a special way."""
        if not known.all():
            absent = np.flatnonzero(~known)
            if self.cells.refused:
                absent = self._refuse(cells, absent, line, report, group)
            report.missing += len(absent)
            _add(group, group.index[absent], "missing")
        for text, code in self.cells.corrected.items():
            if count := cells.count(text):
                report.correct(code=code, count=count)

    def _refuse(
        self, cells: Sequence[str], absent: Integers, line: Line, report: Report, group: Group
    ) -> Integers:
        """Report the cells that are no readings although something stands there; returns the others."""
        empty: list[int] = []
        for i in absent.tolist():
            reason = self.cells.refused.get(cells[i])
            if reason is None:
                empty.append(i)
                continue
            stream = group.lanes[group.index[i]].stream
            stream.refused += 1
            report.refuse(line=line(i), code="value", reason=reason, column=stream.name, cell=cells[i])
        return np.array(empty, np.int64)

    def _marks(self, rows: Rows) -> Marks:
        """Rows that companions, periods or the doubled hour make doubtful, with their flags."""
        marks: Marks = defaultdict(set)
        for table in self._flagged:
            length = len(next(iter(table)))
            for i, label in enumerate(rows.labels):
                flag = table.get(label[:length])
                if flag is not None:
                    marks[i].add(flag)
        for period in self._periods:
            if period.spec.flag:
                for i in np.flatnonzero(_within(rows.starts, period)).tolist():
                    marks[i].add(period.spec.flag)
        return marks

    def _instants(
        self, rows: Rows, known: npt.NDArray[np.bool_], results: Numbers
    ) -> tuple[Integers, Integers | None]:
        """Start and end of each value; series and periods may have intervals (and factors) of their own."""
        starts, ends = rows.starts, rows.ends
        if self._interval is not None:
            starts, ends = self._own_interval(starts, ends, self._interval)
        for period in self._periods:
            inside = _within(rows.starts, period)
            if not inside.any():
                continue
            if period.spec.factor != 1.0:
                results[inside & known] *= period.spec.factor
            length = times.parse_interval(period.spec.interval)
            if period.spec.interval and length is not None and ends is not None:
                ends = np.where(inside, starts + length.micros, ends)
        return starts, ends

    def _own_interval(
        self, starts: Integers, ends: Integers | None, interval: times.Interval
    ) -> tuple[Integers, Integers | None]:
        length = interval.micros + interval.days * times.DAY
        if self._label == "end" and ends is not None:
            return ends - length, ends
        return starts, starts + length

    def _quality(
        self, index: Integers, marks: Marks, states: Sequence[str] | None, fold: str
    ) -> batch.Texts | None:
        status = self.series.status
        good = set(status.good) if status else set()
        doubtful = status is not None and states is not None and not set(states) <= good
        if not marks and not doubtful and not fold:
            return None
        column = np.empty(len(index), object)
        always = {fold} if fold else set()
        for place, i in enumerate(index.tolist()):
            code = states[i] if doubtful and states is not None and states[i] not in good else ""
            flags = marks.get(i, always) | always
            if code or flags:
                meaning = status.meaning.get(code, "") if status else ""
                column[place] = quality.document(flags=frozenset(flags), code=code, meaning=meaning)
        return column if any(column) else None

    def _once(
        self, kept: batch.Batch, rows: Rows, index: Integers, report: Report, group: Group
    ) -> batch.Batch:
        """Drop all but the last of rows with the same time; count what is taken."""
        chosen = _last_of_each(kept)
        if chosen is not None:
            for place in np.setdiff1d(np.arange(len(kept)), chosen).tolist():
                name = group.lanes[kept.datastream_id[place]].stream.name
                report.correct(code="duplicate", line=rows.line(int(index[place])), column=name)
            kept = kept.take(chosen)
        if kept.result_quality is not None:
            report.correct(code="flagged", count=sum(1 for q in kept.result_quality if q is not None))
        _add(group, kept.datastream_id, "values")
        report.taken += len(kept)
        return kept

    def _increments(
        self, rows: Rows, instants: Integers, readings: Numbers, report: Report
    ) -> batch.Batch | None:
        if rows.fold:
            report.correct(code="dst_fold", count=int((~np.isnan(readings)).sum()))
            return None
        found = self._counter.read(times=instants, readings=readings, line=rows.line, report=report)
        if found is None:
            return None
        alone = Group(np.zeros(0, np.int64), [self])
        return self._once(found[0], rows, found[1], report, alone)


def _last_of_each(rows: batch.Batch) -> Integers | None:
    """Places of the last row of each datastream and time, in order; None where no time comes twice."""
    if len(rows) < 2 or (
        (rows.datastream_id == rows.datastream_id[0]).all() and (np.diff(rows.time) > 0).all()
    ):
        return None
    order = np.lexsort((rows.time, rows.datastream_id))
    times_, streams = rows.time[order], rows.datastream_id[order]
    last = np.append((times_[1:] != times_[:-1]) | (streams[1:] != streams[:-1]), True)
    return None if last.all() else np.sort(order[last])


def _add(group: Group, index: Integers, count: str) -> None:
    """Count rows for the series they belong to."""
    if len(group.lanes) == 1:
        stream = group.lanes[0].stream
        setattr(stream, count, getattr(stream, count) + len(index))
        return
    sums = np.bincount(index, minlength=len(group.lanes))
    for place in np.flatnonzero(sums).tolist():
        stream = group.lanes[place].stream
        setattr(stream, count, getattr(stream, count) + int(sums[place]))


def _within(starts: Integers, period: Period) -> npt.NDArray[np.bool_]:
    inside: npt.NDArray[np.bool_] = (starts >= period.start) & (starts < period.end)
    return inside


def period_of(spec: mapping.Period) -> Period:
    """A period of the mapping with its edges in microseconds."""

    def edge(moment: datetime | None, otherwise: int) -> int:
        return otherwise if moment is None else batch.microseconds(moment)

    return Period(edge(spec.start, -(2**62)), edge(spec.end, 2**62), spec)
