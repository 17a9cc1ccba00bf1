# SPDX-License-Identifier: EUPL-1.2
"""The short way into the store: numbers behind all that is known, in one statement that is a commit."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from stadtkern.core import statements
from stadtkern.core.database import Connection
from stadtkern.things.store import binary, numbers, partitions
from stadtkern.things.store.batch import OPTIONAL, Flags, Integers
from stadtkern.things.store.prepared import Prepared

# Above that COPY is the shorter way.
MOST_ROWS = 10_000
_OTHERS = tuple(name for name in OPTIONAL if name != "feature_id")


class Appended(NamedTuple):
    """In the batch's own order: the ids, and which rows were left to the general way; these have no id."""

    id: Integers
    left: Flags
    changed_datastreams: Integers


def suits(ready: Prepared) -> bool:
    """Whether it is worth trying: few rows of one partition, numbers without anything else but features."""
    rows = ready.rows
    return (
        0 < len(ready) <= MOST_ROWS
        and bool(ready.keys[0] == ready.keys[-1])
        and all(getattr(rows, name) is None for name in _OTHERS)
        and not np.isnan(rows.result).any()
        and not ready.clash.any()
    )


async def append(connection: Connection, *, ready: Prepared) -> Appended:
    """Store and commit what is new behind everything else of its datastream. The connection autocommits.

    Rows of all other datastreams are left, to be merged. The partition must be there.
    """
    rows = ready.rows
    ids = ready.id_bits + await numbers.take(connection, count=len(ready))
    params = {
        "leaf": f"things.{partitions.leaf(int(ready.keys[0]))}",
        "streams": binary.bigints(rows.datastream_id),
        "times": binary.instants(rows.time),
        "micros": binary.bigints(rows.time),
        "ids": binary.bigints(ids),
        "results": binary.floats(rows.result),
        "features": None if rows.feature_id is None else binary.bigints(rows.feature_id),
    }
    statement = statements.load("things")["append_readings"]
    cursor = await connection.execute(statement, params, prepare=True, binary=True)
    (others,) = await cursor.fetchone() or ((),)
    if not others:
        return Appended(ready.back(ids), np.zeros(len(ids), bool), ready.ids)
    left = np.isin(rows.datastream_id, others)
    return Appended(
        ready.back(np.where(left, 0, ids)), ready.back(left), np.setdiff1d(ready.ids, np.asarray(others))
    )
