# SPDX-License-Identifier: EUPL-1.2
"""Reads a file as time series, stores nothing, and tells what stands out: gaps, resets, jumps, standstill."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import numpy as np
import numpy.typing as npt

from stadtkern.ingest.imports import mapping, report, stream, times
from stadtkern.ingest.imports.survey.checks import Progress, Twice, outliers
from stadtkern.ingest.imports.survey.story import Quality

Numbers = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

ACCEPTED = times.Span(631_152_000_000_000, 4_102_444_800_000_000)
_KEPT = 200_000
_FEW = 20
_MOSTLY = 0.05
_TRACE = 0.005
_WIDE = 3.5
_STANDSTILL = 96
_JUMP = 10.0
_SIDE = 100
_NEAR = 0.2
_HOUR = 3600 * times.SECOND
_APART = np.int64(0x5851F42D4C957F2D)
"""Spreads instants over 64 bits, so that those of two series are not taken for each other."""


def check(
    *,
    path: Path,
    recipe: mapping.Mapping,
    accepted: times.Span = ACCEPTED,
    progress: Progress | None = None,
) -> Quality:
    """The quality of a file as time series, by the mapping it would be imported with."""
    story = report.Report(file=path.name)
    source = stream.Source(path=path, recipe=recipe, folders=[], report=story, accepted=accepted)
    kept: dict[str, list[tuple[Integers, Numbers]]] = defaultdict(list)
    amount: dict[str, int] = defaultdict(int)
    instants = Twice()
    for part in source.parts():
        for lanes, rows in part.pieces:
            for place in np.unique(rows.datastream_id).tolist():
                name = lanes[place].stream.name
                mine = rows.datastream_id == place
                instants.add(rows.time[mine] * _APART ^ hash(name))
                if amount[name] < _KEPT and rows.result is not None:
                    kept[name].append((rows.time[mine], rows.result[mine]))
                    amount[name] += int(mine.sum())
        if progress is not None:
            progress(part.done, source.table.size)
    quality = _told(story)
    _twice(quality, story, instants)
    for name, parts in kept.items():
        when = np.concatenate([p[0] for p in parts])
        values = np.concatenate([p[1] for p in parts])
        order = np.argsort(when, kind="stable")
        _stands_out(quality, name, when[order], values[order])
    return quality


def _twice(quality: Quality, story: report.Report, instants: Twice) -> None:
    """Times that come again in a series: a trace is left out, more means that places were not told apart."""
    again = story.corrected.get("duplicate", 0) + instants.count()
    if not again:
        return
    note = next((note for note in story.notes if note.code == "duplicate"), None)
    code = "time_twice" if again > _TRACE * max(1, story.taken) else "duplicate"
    quality.note(code, n=again, line=note.line if note else 0, column=note.column if note else "")


def _told(story: report.Report) -> Quality:
    quality = Quality(rows=story.rows, values=story.taken)
    first = {(note.code, note.column): note for note in reversed(story.notes)}
    for code, n in story.refused.items():
        if code == "value":
            continue
        note = first.get((code, ""))
        quality.note(code, n=n, line=note.line if note else 0, example=note.cell if note else "")
    for lane in story.streams:
        if lane.missing:
            quality.note("missing", column=lane.name, n=lane.missing)
        if lane.refused:
            _refused(quality, lane, story)
        if not lane.values:
            quality.note("empty", column=lane.name, n=lane.missing)
    for code, n in story.corrected.items():
        if code != "duplicate":
            quality.note(code, n=n)
    if not story.taken:
        quality.note("no_rows")
    lost = sum(story.refused.get(code, 0) for code in ("time", "range"))
    if lost > _MOSTLY * max(1, story.rows):
        quality.note("time_missing", n=lost)
    return quality


def _refused(quality: Quality, lane: report.Stream, story: report.Report) -> None:
    note = next((n for n in story.notes if n.code == "value" and n.column == lane.name), None)
    word = note.cell.strip() if note else ""
    code = "value" if any(sign.isdigit() for sign in word) else "words"
    quality.note(code, column=lane.name, n=lane.refused, line=note.line if note else 0, example=word)
    if lane.refused > _MOSTLY * (lane.values + lane.refused):
        quality.note("mostly_refused", column=lane.name, n=lane.refused)


def _stands_out(quality: Quality, name: str, instants: Integers, values: Numbers) -> None:
    known = ~np.isnan(values)
    instants, values = instants[known], values[known]
    if len(values) < _FEW:
        return
    _gaps(quality, name, instants)
    if (values == values[0]).all():
        quality.note("constant", column=name, n=len(values), example=f"{values[0]:g}")
        return
    still = longest_run(values)
    if still >= _STANDSTILL:
        quality.note("standstill", column=name, n=still)
    falls = np.diff(values)
    big = np.flatnonzero(falls < -0.5 * np.abs(values[:-1]))
    if (falls > 0).mean() > 0.3 and (falls >= 0).mean() > 0.97 and len(big):
        quality.note("reset", column=name, n=len(big), example=f"{values[big[0]]:g} → {values[big[0] + 1]:g}")
        return
    missing = zeros(values)
    if missing:
        quality.note("zeros", column=name, n=missing)
    jump = level_jump(values)
    if jump is not None:
        before, after = jump
        quality.note("jump", column=name, example=f"{before:g} → {after:g}")
    far = outliers(values)
    if len(far):
        worst = values[far][np.argmax(np.abs(values[far] - np.median(values)))]
        quality.note("outlier", column=name, n=len(far), example=f"{worst:g}")


def _gaps(quality: Quality, name: str, instants: Integers) -> None:
    steps = np.diff(np.unique(instants)).astype(np.float64)
    usual = float(np.median(steps)) if len(steps) else 0.0
    wide = steps[steps > _WIDE * usual] if usual > 0 else steps[:0]
    if len(wide):
        quality.note("gaps", column=name, n=len(wide), example=f"{wide.max() / _HOUR:.0f} h")


def longest_run(values: Numbers) -> int:
    """How often the same value other than zero stands in a row at most."""
    edges = np.flatnonzero(np.diff(values) != 0) + 1
    starts = np.concatenate([[0], edges])
    lengths = np.diff(np.concatenate([starts, [len(values)]]))
    lengths = lengths[values[starts] != 0]
    return int(lengths.max()) if len(lengths) else 0


def zeros(values: Numbers) -> int:
    """How many zeros stand among values none of which comes near zero, so that they may mean *none*."""
    some = values[values != 0]
    n = len(values) - len(some)
    if not n or n > 0.3 * len(values):
        return 0
    low, middle = float(np.abs(some).min()), float(np.median(np.abs(some)))
    return n if low > _NEAR * middle else 0


def level_jump(values: Numbers) -> tuple[float, float] | None:
    """The levels before and after a place where all changes tenfold or more, as when a unit changes.

    The place is where the sum of what the logarithms differ from their mean is farthest from zero.
    """
    some = values[values > 0]
    if len(some) < 2 * _SIDE:
        return None
    logs = np.log(some)
    place = int(np.argmax(np.abs(np.cumsum(logs - logs.mean())))) + 1
    if not _SIDE <= place <= len(some) - _SIDE:
        return None
    before, after = float(np.median(some[:place])), float(np.median(some[place:]))
    around = float(np.median(some[place - _SIDE : place])), float(np.median(some[place : place + _SIDE]))
    return (before, after) if min(_ratio(before, after), _ratio(*around)) >= _JUMP else None


def _ratio(first: float, second: float) -> float:
    return max(first / second, second / first)
