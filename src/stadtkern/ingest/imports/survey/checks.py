# SPDX-License-Identifier: EUPL-1.2
"""Reads a whole table as the import would, stores nothing, and tells how good it is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from stadtkern.ingest.imports import tables, typed, values
from stadtkern.ingest.imports.survey import privacy
from stadtkern.ingest.imports.survey.story import Quality

Numbers = np.ndarray[Any, np.dtype[np.float64]]
Progress = Callable[[int, int], None]
"""Hears how many of how many bytes are behind us."""
Integers = np.ndarray[Any, np.dtype[np.int64]]
_KEPT = 300_000
_HASHES = 16_000_000
_MIX = np.uint64(0x9E3779B97F4A7C15)
_FAR = 12.0
_MANY = 20


class Checked(msgspec.Struct, kw_only=True):
    """What a check of a whole table found."""

    quality: Quality
    privacy: list[privacy.Finding]


def check(
    *, path: Path, table: tables.Table, least: int = privacy.LEAST, progress: Progress | None = None
) -> Checked:
    """Quality and privacy of a table. `least` is the smallest count that may be shown (k)."""
    rows = typed.Rows(path=path, table=table)
    numbers = {i: _Numbers(c.source) for i, c in enumerate(table.columns) if c.type in ("integer", "number")}
    same, keys = Twice(), Twice()
    watch = privacy.Watch(columns=table.columns, least=least)
    key = [i for i, column in enumerate(table.columns) if column.name in table.key]
    for batch in rows.batches():
        for place, column in numbers.items():
            column.add(batch.values[place])
        same.add(_hashes(batch.cells.values()))
        if key:
            keys.add(_hashes(batch.cells[table.columns[i].source] for i in key))
            gaps = int(np.any([values.absent(batch.values[i]) for i in key], axis=0).sum())
            if gaps:
                rows.quality.note("key_missing", column=", ".join(table.key), n=gaps)
        watch.add(batch.cells)
        if progress is not None:
            progress(batch.done, rows.size)
    for column in numbers.values():
        column.conclude(rows.quality)
    if twice := same.count():
        rows.quality.note("rows_twice", n=twice)
    if key and (twice := keys.count()):
        rows.quality.note("key_twice", column=", ".join(table.key), n=twice)
    return Checked(quality=rows.quality, privacy=watch.findings())


def _hashes(columns: Iterable[Sequence[str]]) -> Integers:
    """A number for each row, the same for the same cells."""
    return np.array(list(map(hash, zip(*columns, strict=True))), np.int64)


class Twice:
    """Counts what comes again, by eight bytes each.

    Of very many only every second is kept, every fourth, and so on: by a hash, so that what comes again is
    kept each time or never, and the count of the others can be told from it.
    """

    def __init__(self, *, most: int = _HASHES):
        self._most = most
        self._kept: list[Integers] = []
        self._n = self._halved = 0

    def add(self, hashes: Integers) -> None:
        """Some more of them; 64 bits each."""
        found = self._thinned(hashes)
        self._kept.append(found)
        self._n += len(found)
        while self._n > self._most:
            self._halved += 1
            self._kept = [self._thinned(np.concatenate(self._kept))]
            self._n = len(self._kept[0])

    def _thinned(self, hashes: Integers) -> Integers:
        if not self._halved:
            return hashes
        mixed = hashes.view(np.uint64) * _MIX
        kept: Integers = hashes[mixed >> np.uint64(64 - self._halved) == 0]
        return kept

    def count(self) -> int:
        """How many are repetitions of one before; of very many roughly."""
        if not self._n:
            return 0
        together = np.sort(np.concatenate(self._kept))
        return int((together[1:] == together[:-1]).sum()) << self._halved


class _Numbers:
    """The numbers of a column, for what stands out of them."""

    def __init__(self, label: str):
        self._label = label
        self._kept: list[Numbers] = []
        self._n = 0

    def add(self, found: values.Values) -> None:
        known = np.asarray(found, np.float64)
        if self._n < _KEPT:
            known = known[~np.isnan(known)]
            self._kept.append(known)
            self._n += len(known)

    def conclude(self, quality: Quality) -> None:
        """Outliers by the median's distance, and columns in which nothing ever changes."""
        known = np.concatenate([np.zeros(0), *self._kept])
        if len(known) >= _MANY and (known == known[0]).all():
            quality.note("constant", column=self._label, n=len(known), example=f"{known[0]:g}")
        far = outliers(known)
        if len(far):
            worst = known[far][np.argmax(np.abs(known[far] - np.median(known)))]
            quality.note("outlier", column=self._label, n=len(far), example=f"{worst:g}")


def outliers(values: Numbers) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Places of values far outside: by 12 times the distance of the quarters, and rarer than 1 in 100."""
    if len(values) < _MANY:
        return np.zeros(0, np.int64)
    low, high = np.percentile(values, [25, 75])
    reach = high - low
    if reach <= 0:
        return np.zeros(0, np.int64)
    found = np.flatnonzero((values < low - _FAR * reach) | (values > high + _FAR * reach))
    return found if len(found) <= 0.01 * len(values) else np.zeros(0, np.int64)
