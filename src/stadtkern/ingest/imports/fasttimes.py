# SPDX-License-Identifier: EUPL-1.2
"""Reads a whole column of times at once where all are spelled alike, which is the rule."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from stadtkern.ingest.imports.times import SECOND, STORY, Clock

Integers = npt.NDArray[np.int64]
Digits = npt.NDArray[np.uint32]

_FEWEST = 500
_ZERO = ord("0")


def read(texts: Sequence[str], *, clock: Clock) -> Integers:
    """The starts of the intervals, STORY where a time has one; the same as `clock[text]` for each text."""
    if len(texts) >= _FEWEST:
        found = _alike(texts, clock)
        if found is not None:
            return found
    return np.fromiter(map(clock.__getitem__, texts), np.int64, len(texts))


def _alike(texts: Sequence[str], clock: Clock) -> Integers | None:
    """None where the spelling is not `2026-02-26 14:05[:07][Z]` (or with T) in every row."""
    sample = texts[0]
    if not clock.spelled_plainly(sample):
        return None
    signs = np.array(texts)
    if signs.dtype.kind != "U" or signs.dtype.itemsize != 4 * len(sample):
        return None
    table: Digits = signs.view(np.uint32).reshape(len(texts), len(sample))
    number = table - _ZERO
    digits = [i for i, sign in enumerate(sample) if sign.isdigit()]
    rest = [i for i, sign in enumerate(sample) if not sign.isdigit()]
    if (number[:, digits] > 9).any() or (table[:, rest] != table[0, rest]).any():
        return None
    return _instants(texts, number.astype(np.int64), clock, seconds=len(digits) > 12)


def _instants(texts: Sequence[str], number: Integers, clock: Clock, *, seconds: bool) -> Integers:
    hour = number[:, 11] * 10 + number[:, 12]
    minute = number[:, 14] * 10 + number[:, 15]
    second = number[:, 17] * 10 + number[:, 18] if seconds else np.zeros(len(texts), np.int64)
    _, first, row = np.unique(number[:, :10] @ _WEIGHTS, return_index=True, return_inverse=True)
    known = [clock.midnight(texts[i]) for i in first.tolist()]
    midnights = np.array([STORY if midnight is None else midnight for midnight in known], np.int64)[row]
    odd = (midnights == STORY) | (hour > 23) | (minute > 59) | (second > 59)
    found: Integers = midnights + (hour * 3600 + minute * 60 + second) * SECOND
    for i in np.flatnonzero(odd).tolist():
        found[i] = clock[texts[i]]
    return found


_WEIGHTS = np.array([10**7, 10**6, 10**5, 10**4, 0, 10**3, 10**2, 0, 10, 1], np.int64)
