# SPDX-License-Identifier: EUPL-1.2
"""Reads a column of instants at once where all are spelled alike, which is the rule."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import numpy.typing as npt

from stadtkern.things.store.batch import Integers

Signs = npt.NDArray[np.uint8]

_LAYOUT = re.compile(rb"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:[.](\d{1,6}))?(?:[Zz]|[+-]\d\d:\d\d)")
_SECOND = 1_000_000
_DAY = 86_400 * _SECOND
_LONGEST = np.array([0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31], np.int64)


def read(signs: Signs) -> Integers | None:
    """Microseconds since 1970 of as many texts as there are rows, given as a table of characters.

    None where they are not spelled alike, or one of them is no instant: then they are read one by one.
    """
    match = _LAYOUT.fullmatch(signs[0].tobytes())
    if match is None:
        return None
    numbers = signs - np.uint8(ord("0"))
    is_digit = numbers[0] <= 9
    if (numbers[:, is_digit] > 9).any() or (signs[:, ~is_digit] != signs[0, ~is_digit]).any():
        return None
    days = _days(_two(numbers, 0) * 100 + _two(numbers, 2), _two(numbers, 5), _two(numbers, 8))
    hour, minute, second = (_two(numbers, at) for at in (11, 14, 17))
    if days is None or hour.max() > 23 or minute.max() > 59 or second.max() > 59:
        return None
    found: Integers = days * _DAY + ((hour * 60 + minute) * 60 + second) * _SECOND
    if match[1]:
        digits = numbers[:, 20 : 20 + len(match[1])].astype(np.int64)
        found += digits @ (10 ** np.arange(5, 5 - len(match[1]), -1))
    sign = signs[0, -6:-5].tobytes()
    if match[0][-1:] not in b"Zz":
        hour, minute = _two(numbers, -5), _two(numbers, -2)
        if hour.max() > 23 or minute.max() > 59:
            return None
        offset = (hour * 60 + minute) * 60 * _SECOND
        found += offset if sign == b"-" else -offset
    return found


def _two(numbers: Signs, at: int) -> Any:
    """A number of two digits, per row."""
    return numbers[:, at].astype(np.int64) * 10 + numbers[:, at + 1]


def _days(year: Integers, month: Integers, day: Integers) -> Integers | None:
    """Days since 1970; None where a date does not exist."""
    if month.min() < 1 or month.max() > 12 or year.min() < 1 or day.min() < 1:
        return None
    if (day > _LONGEST[month]).any():
        return None
    if ((month == 2) & (day == 29) & ((year % 4 != 0) | ((year % 100 == 0) & (year % 400 != 0)))).any():
        return None
    months = (year - 1970) * 12 + month - 1
    starts: Integers = months.astype("M8[M]").astype("M8[D]").astype(np.int64)
    return starts + day - 1
