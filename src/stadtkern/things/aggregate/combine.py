# SPDX-License-Identifier: EUPL-1.2
"""Puts pieces together to buckets: means weigh by count (or by time), deviations add up by Chan's formula."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from stadtkern.things.aggregate.pieces import Pieces
from stadtkern.things.store.batch import Integers, Numbers

# The columns of the pieces that each function needs.
NEEDS: Mapping[str, tuple[str, ...]] = {
    "mean": ("mean",),
    "sum": ("mean",),
    "stddev": ("mean", "m2"),
    "min": ("minimum",),
    "max": ("maximum",),
    "first": ("first",),
    "last": ("last",),
    "count": (),
}
Columns = dict[str, Any]


def needs(functions: Sequence[str], *, kind: str) -> frozenset[str]:
    """The columns to read for some functions."""
    found = {name for function in functions for name in NEEDS.get(function, ())}
    return frozenset({*found, "weight"} if kind == "state" else found)


def grouped(
    found: Pieces, begins: Integers, *, functions: Sequence[str], kind: str
) -> tuple[Integers, Columns]:
    """The places in `begins` of buckets that hold something, and the functions' values there (NaN for none).

    The last entry of `begins` is the end of the last bucket; `count` is always among the columns.
    """
    at = np.searchsorted(begins, found.start, side="right") - 1
    inside = (at >= 0) & (at < len(begins) - 1)
    found, at = found.only(inside), at[inside]
    if not len(found):
        return at, {
            name: np.zeros(0, np.int64 if name == "count" else np.float64) for name in (*functions, "count")
        }
    places, edges = np.unique(at, return_index=True)
    group = np.searchsorted(places, at)
    weight = found.weight if kind == "state" else found.n.astype(np.float64)
    columns: Columns = {"count": np.add.reduceat(found.rows, edges)}
    numbers = np.add.reduceat(found.n, edges)
    mean = _means(found.mean, weight, edges)
    for name in functions:
        match name:
            case "mean":
                columns[name] = mean
            case "sum":
                columns[name] = mean * numbers
            case "stddev":
                columns[name] = _deviation(found, weight, mean[group], edges, numbers, kind)
            case "min":
                columns[name] = np.fmin.reduceat(found.minimum, edges)
            case "max":
                columns[name] = np.fmax.reduceat(found.maximum, edges)
            case "first" | "last":
                columns[name] = _end(found, group, len(places), last=name == "last")
    return places, columns


def _means(means: Numbers, weight: Numbers, edges: Integers) -> Numbers:
    known = ~np.isnan(means)
    total = np.add.reduceat(np.where(known, weight, 0.0), edges)
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        weighed = np.add.reduceat(np.where(known, weight * means, 0.0), edges) / total
        plain = np.add.reduceat(np.where(known, means, 0.0), edges) / np.add.reduceat(
            known.astype(float), edges
        )
    return np.where(total > 0, weighed, plain)


def _deviation(
    found: Pieces, weight: Numbers, mean: Numbers, edges: Integers, numbers: Integers, kind: str
) -> Numbers:
    """Of a sample (n - 1); of all the time that is known for `state` datastreams."""
    known = ~np.isnan(found.mean)
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        parts = np.where(known, found.m2 + weight * (found.mean - mean) ** 2, 0.0)
        squares = np.add.reduceat(parts, edges)
        if kind == "state":
            return np.sqrt(squares / np.add.reduceat(np.where(known, weight, 0.0), edges))
        spread = np.sqrt(squares / (numbers - 1.0))
    return np.where(numbers > 1, spread, np.nan)


def _end(found: Pieces, group: Integers, count: int, *, last: bool) -> Numbers:
    """The value of the first or last observation of each bucket."""
    values = np.full(count, np.nan)
    seen = np.flatnonzero(found.rows > 0)
    order = seen if last else seen[::-1]
    # Of several values for one place the last one stays.
    values[group[order]] = (found.last if last else found.first)[order]
    return values
