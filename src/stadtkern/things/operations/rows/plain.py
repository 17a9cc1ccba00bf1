# SPDX-License-Identifier: EUPL-1.2
"""Rows of nothing but a time and a number, read as columns without a step per row."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from stadtkern.things.operations.rows import instants
from stadtkern.things.store.batch import Integers, Numbers

ORDERS = (["phenomenonTime", "result"], ["result", "phenomenonTime"])

_decode_numbers = msgspec.json.Decoder(list[float]).decode
_QUOTE, _COMMA, _OPEN, _CLOSE, _SPACE = b'",[] '
_BLANK = 32
_LARGEST_EXACT = 2.0**53
_SHORTEST_TIME, _LONGEST_TIME = 20, 32

Bytes = npt.NDArray[np.uint8]


def read(text: bytes, *, size: int, time_first: bool) -> tuple[Integers, Numbers] | None:
    """Times (microseconds since 1970) and results of `size` rows, written one after the other with commas.

    The text must be the inside of a valid JSON list. None where the rows are anything but
    `["2026-02-26T14:58:00Z",21.5]` in one and the same spelling of times; then they are read one by one.
    """
    signs = _compact(np.frombuffer(text, np.uint8))
    if signs is None:
        return None
    quotes = np.flatnonzero(signs == _QUOTE)
    if not size or len(quotes) != 2 * size:
        return None
    begin, end = quotes[0::2], quotes[1::2]
    width = int(end[0] - begin[0]) - 1
    if not _SHORTEST_TIME <= width <= _LONGEST_TIME or (end - begin != width + 1).any():
        return None
    framed = _framed_first(signs, begin, end) if time_first else _framed_last(signs, begin, end)
    if not framed:
        return None
    times = instants.read(_pieces(signs, begin + 1, width))
    if times is None:
        return None
    results = _numbers(signs, begin, width=width, size=size, time_first=time_first)
    return None if results is None else (times, results)


def _compact(signs: Bytes) -> Bytes | None:
    """The text without blanks between its parts; None where a blank lies inside one."""
    solid = signs > _BLANK
    if solid.all():
        return signs
    kept = np.flatnonzero(solid)
    signs = signs[kept]
    after = np.flatnonzero(np.diff(kept) > 1)
    beside = signs[np.stack((after, after + 1))]
    mark = (beside == _COMMA) | (beside == _OPEN) | (beside == _CLOSE)
    return signs if mark.any(axis=0).all() else None


def _framed_first(signs: Bytes, begin: Integers, end: Integers) -> bool:
    """Whether there is `["`, text, `",` in every row and `],` between rows."""
    between = begin[1:]
    return bool(
        begin[0] == 1
        and signs[-1] == _CLOSE
        and (signs[begin - 1] == _OPEN).all()
        and (signs[end + 1] == _COMMA).all()
        and (signs[between - 2] == _COMMA).all()
        and (signs[between - 3] == _CLOSE).all()
    )


def _framed_last(signs: Bytes, begin: Integers, end: Integers) -> bool:
    """Whether there is `,"`, text, `"]` in every row and `,[` between rows."""
    between = end[:-1]
    return bool(
        signs[0] == _OPEN
        and end[-1] == len(signs) - 2
        and (signs[begin - 1] == _COMMA).all()
        and (signs[end + 1] == _CLOSE).all()
        and (signs[between + 2] == _COMMA).all()
        and (signs[between + 3] == _OPEN).all()
    )


def _numbers(signs: Bytes, begin: Integers, *, width: int, size: int, time_first: bool) -> Numbers | None:
    """What is left when times and brackets are blanked out, as one JSON list of numbers."""
    left = signs.copy()
    frame = width + 4  # ["time",  or  ,"time"]
    spans = np.ndarray((len(left) - frame + 1,), f"V{frame}", left, 0, (1,))
    spans[begin - 1] = np.void(bytes([_SPACE]) * frame)
    if time_first:
        left[begin[1:] - 3] = _SPACE
        left[-1] = _SPACE
    else:
        left[0] = _SPACE
        left[begin[:-1] + width + 4] = _SPACE
    try:
        values = _decode_numbers(b"[" + left.tobytes() + b"]")
    except msgspec.MsgspecError:
        return None
    if len(values) != size:
        return None
    results = np.array(values)
    return results if np.abs(results).max() < _LARGEST_EXACT else None


def _pieces(signs: Bytes, begin: Integers, width: int) -> Any:
    """The same number of characters from each of these places on, as a table."""
    spans = np.ndarray((len(signs) - width + 1,), f"V{width}", signs, 0, (1,))
    return spans[begin].view(np.uint8).reshape(len(begin), width)
