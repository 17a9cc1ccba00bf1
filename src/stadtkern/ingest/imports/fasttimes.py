# SPDX-License-Identifier: EUPL-1.2
"""Reads a whole column of times at once where all are spelled alike, which is the rule."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from stadtkern.ingest.imports.times import SECOND, STORY, Clock

Integers = npt.NDArray[np.int64]
Digits = npt.NDArray[np.uint8]

_FEWEST = 500
_ZERO = np.uint8(ord("0"))


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
    width = len(sample)
    text = "\n".join(texts)
    if not text.isascii() or len(text) != len(texts) * (width + 1) - 1:
        return None
    table = np.frombuffer((text + "\n").encode(), np.uint8).reshape(len(texts), width + 1)
    number = table - _ZERO
    digits = [i for i, sign in enumerate(sample) if sign.isdigit()]
    rest = [i for i in range(width + 1) if i not in digits]
    if any((number[:, i] > 9).any() for i in digits) or any((table[:, i] != table[0, i]).any() for i in rest):
        return None
    return _instants(texts, number, clock, seconds=len(digits) > 12)


def _instants(texts: Sequence[str], number: Digits, clock: Clock, *, seconds: bool) -> Integers:
    hour, minute = _two(number, 11), _two(number, 14)
    second = _two(number, 17) if seconds else np.zeros(len(texts), np.int64)
    day = np.ascontiguousarray(number[:, :10]).view("V10").ravel()
    first = np.append(0, np.flatnonzero(day[1:] != day[:-1]) + 1)
    known = [clock.midnight(texts[i]) for i in first.tolist()]
    starts = np.array([STORY if midnight is None else midnight for midnight in known], np.int64)
    midnights = np.repeat(starts, np.diff(np.append(first, len(texts))))
    odd = (midnights == STORY) | (hour > 23) | (minute > 59) | (second > 59)
    found: Integers = midnights + (hour * 3600 + minute * 60 + second) * SECOND
    for i in np.flatnonzero(odd).tolist():
        found[i] = clock[texts[i]]
    return found


def _two(number: Digits, at: int) -> Integers:
    """The number that two digits make."""
    return number[:, at].astype(np.int64) * 10 + number[:, at + 1]
