# SPDX-License-Identifier: EUPL-1.2
"""Numbers for new observations, taken from the database in runs so that rows need not ask one by one."""

from __future__ import annotations

from weakref import WeakKeyDictionary

import numpy as np

from stadtkern.core import statements
from stadtkern.core.database import Connection
from stadtkern.things.store.batch import Integers

RUN = 1024
# So many runs more are taken, so that not each commit has to ask.
_AHEAD = 31

# What is left of the last run of each connection. Numbers are never given back, so gaps are normal.
_left: WeakKeyDictionary[Connection, range] = WeakKeyDictionary()


async def take(connection: Connection, *, count: int) -> Integers:
    """So many numbers that nobody else gets."""
    left = _left.get(connection, range(0))
    if len(left) >= count:
        _left[connection] = left[count:]
        return np.arange(left.start, left.start + count)
    runs = -(-(count - len(left)) // RUN) + _AHEAD
    _left[connection] = range(0)
    cursor = await connection.execute(statements.load("things")["next_numbers"], {"runs": runs}, binary=True)
    starts = np.array([row[0] for row in await cursor.fetchall()], np.int64)
    fresh = (starts[:, None] + np.arange(RUN)).ravel()
    numbers = np.concatenate([np.arange(left.start, left.stop), fresh])
    rest = len(numbers) - count
    if rest:
        _left[connection] = range(int(numbers[-rest]), int(numbers[-1]) + 1)
    return numbers[:count]
