# SPDX-License-Identifier: EUPL-1.2
"""Fills buckets without observations: with nothing, with the last value, or along a line."""

from __future__ import annotations

import numpy as np

from stadtkern.things.aggregate.asking import Fill
from stadtkern.things.aggregate.combine import Columns
from stadtkern.things.store.batch import Integers, Numbers

# How many buckets away a value may be that fills a gap.
REACH = 10_000
# What is counted or spread is not known of a bucket without observations.
_NEVER = ("count", "sum", "stddev")


def spread(places: Integers, columns: Columns, *, count: int) -> Columns:
    """Columns with a value for every bucket: NaN, or a count of 0, where nothing was."""
    found: Columns = {}
    for name, values in columns.items():
        empty = np.zeros(count, np.int64) if name == "count" else np.full(count, np.nan)
        empty[places] = values
        found[name] = empty
    return found


def filled(columns: Columns, how: Fill, *, begins: Integers) -> Columns:
    """Columns in which buckets without observations got a value from their neighbours."""
    if how not in ("previous", "linear"):
        return columns
    empty = columns["count"] == 0
    return {
        name: values if name in _NEVER else _column(values, empty, how, begins)
        for name, values in columns.items()
    }


def _column(values: Numbers, empty: Numbers, how: Fill, begins: Integers) -> Numbers:
    known = np.flatnonzero(~np.isnan(values))
    if not len(known):
        return values
    every = np.arange(len(values))
    at = np.searchsorted(known, every, side="right") - 1
    before = known[np.maximum(at, 0)]
    after = known[np.minimum(at + 1, len(known) - 1)]
    fits = empty & np.isnan(values) & (at >= 0) & (every - before <= REACH)
    if how == "previous":
        return np.where(fits, values[before], values)
    fits &= (after > every) & (after - every <= REACH)
    times = begins[: len(values)].astype(np.float64)
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        share = (times - times[before]) / (times[after] - times[before])
        line = values[before] * (1.0 - share) + values[after] * share
    return np.where(fits, line, values)
