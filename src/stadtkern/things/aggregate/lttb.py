# SPDX-License-Identifier: EUPL-1.2
"""Picks the points that make up a curve's shape: largest triangle three buckets (Steinarsson, 2013)."""

from __future__ import annotations

import numpy as np

from stadtkern.things.store.batch import Integers, Numbers


def pick(times: Integers, values: Numbers, *, count: int) -> Integers:
    """The places of at most `count` points, first and last among them. Times grow, no value is NaN."""
    n = len(values)
    if n <= count:
        return np.arange(n)
    x = (times - times[0]).astype(np.float64)
    y = values / max(float(np.abs(values).max()), 1.0)
    edges = np.linspace(1, n - 1, count - 1).astype(np.int64)
    sizes = np.diff(edges)
    means_x = np.add.reduceat(x, edges[:-1])[: len(sizes)]
    means_y = np.add.reduceat(y, edges[:-1])[: len(sizes)]
    means_x[-1] -= x[-1]
    means_y[-1] -= y[-1]
    means_x, means_y = np.append(means_x / sizes, x[-1]), np.append(means_y / sizes, y[-1])
    chosen = np.empty(count, np.int64)
    chosen[0], chosen[-1] = 0, n - 1
    last = 0
    for number, (begin, end) in enumerate(zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True)):
        dx, dy = means_x[number + 1] - x[last], means_y[number + 1] - y[last]
        areas = np.abs(dx * (y[begin:end] - y[last]) - dy * (x[begin:end] - x[last]))
        last = begin + int(areas.argmax())
        chosen[number + 1] = last
    return chosen
