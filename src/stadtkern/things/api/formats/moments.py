# SPDX-License-Identifier: EUPL-1.2
"""Writes many instants at once: days, times of day and fractions of seconds once each."""

from __future__ import annotations

import numpy as np

from stadtkern.things.aggregate.vectors import NO_INSTANT
from stadtkern.things.store.batch import Integers, Texts

_SECOND = 1_000_000
_DAY = 86_400 * _SECOND


def texts(moments: Integers) -> Texts:
    """Instants (microseconds since 1970) in UTC as ISO 8601, None where there is none."""
    known = moments != NO_INSTANT
    if not known.all():
        found: Texts = np.full(len(moments), None, object)
        found[known] = texts(moments[known])
        return found
    days, day = np.unique(moments // _DAY, return_inverse=True)
    clocks, clock = np.unique(moments % _DAY // _SECOND, return_inverse=True)
    dates = np.datetime_as_string(days.astype("M8[D]")).astype(object)
    hours = np.array([text[10:] for text in np.datetime_as_string(clocks.astype("M8[s]")).tolist()], object)
    written: Texts = dates[day] + hours[clock]
    parts = moments % _SECOND
    fractions, fraction = np.unique(parts, return_inverse=True)
    written += np.array([_ending(part) for part in fractions.tolist()], object)[fraction]
    return written


def _ending(part: int) -> str:
    """A fraction of a second in as few digits as `core.times` writes it."""
    if not part:
        return "Z"
    return f".{part // 1000:03}Z" if part % 1000 == 0 else f".{part:06}Z"
