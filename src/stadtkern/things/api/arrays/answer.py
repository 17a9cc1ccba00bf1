# SPDX-License-Identifier: EUPL-1.2
"""What is said of each row: its address or `error: …`, as JSON, made without a step per row."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
import numpy as np

from stadtkern.core import problems
from stadtkern.things.store.batch import Integers

# Ids of observations have sixteen digits, from the month 1976-03 to the year 2656.
_DIGITS = 16
_SMALLEST, _BEYOND = 10**15, 10**16
_FOUR = 10_000
# The four digits of a number as they lie in memory, moved as one.
_QUADS = np.array([b"%04d" % number for number in range(_FOUR)]).view(np.uint32)

_encode = msgspec.json.Encoder().encode


def shown(ids: Integers, faults: Mapping[int, problems.Problem], *, prefix: str) -> bytes:
    """The entries of all rows with commas between them; `prefix` is the address up to the id."""
    if not faults:
        return _addresses(ids, prefix)
    parts: list[bytes] = []
    begin = 0
    for row in sorted(faults):
        if row > begin:
            parts.append(_addresses(ids[begin:row], prefix))
        parts.append(_encode(_error(faults[row])))
        begin = row + 1
    if begin < len(ids):
        parts.append(_addresses(ids[begin:], prefix))
    return b",".join(parts)


def _addresses(ids: Integers, prefix: str) -> bytes:
    if not len(ids) or ids.min() < _SMALLEST or ids.max() >= _BEYOND:
        return b",".join([b'"%b%d)"' % (prefix.encode(), number) for number in ids.tolist()])
    begin = b'"%b' % prefix.encode()
    line = np.frombuffer(b'%b%b)",' % (begin, bytes(_DIGITS)), np.uint8)
    table = np.empty((len(ids), len(line)), np.uint8)
    table[:] = line
    at = len(begin)
    high, low = np.divmod(ids, _FOUR**2)
    for column, values in enumerate((*np.divmod(high, _FOUR), *np.divmod(low, _FOUR))):
        place = np.ndarray((len(ids),), np.uint32, table, at + 4 * column, (len(line),))
        place[:] = _QUADS[values]
    return table.tobytes()[:-1]


def _error(problem: problems.Problem) -> str:
    where = f" ({problem.where})" if problem.where else ""
    detail = f": {problem.detail}" if problem.detail else ""
    return f"error: {problem.title}{detail}{where}"
