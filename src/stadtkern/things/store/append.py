# SPDX-License-Identifier: EUPL-1.2
"""The short way into the store: numbers where nothing is known yet, in one statement that is a commit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

import numpy as np

from stadtkern.core import statements
from stadtkern.core.database import Connection
from stadtkern.things.store import aftermath, binary, numbers, partitions
from stadtkern.things.store.batch import NONE, OPTIONAL, Batch, Flags, Integers
from stadtkern.things.store.prepared import Prepared, stretches

# Above that COPY is the shorter way.
MOST_ROWS = 10_000
# Of so many rows at most the event names each.
_NAMED = 1_000
# After rows that were there already, so many times the places of late rows are asked about first: to store in
# vain costs more, and leaves dead rows behind.
_CAREFUL = 20
_OTHERS = tuple(name for name in OPTIONAL if name != "feature_id")

_careful: WeakKeyDictionary[Connection, int] = WeakKeyDictionary()


class Appended(NamedTuple):
    """In the batch's own order: the ids, and which rows were left to the general way; these have no id."""

    id: Integers
    left: Flags
    changed_datastreams: Integers


class Placed(NamedTuple):
    """The same of few readings: the id of each, 0 for those that were left, and the changed datastreams."""

    ids: list[int]
    changed_datastreams: list[int]


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


def laid_out(ready: Prepared) -> Prepared:
    """Do beforehand what needs neither the connection nor numbers, where the short way suits."""
    if suits(ready):
        ready.laid = _laid(ready.rows)
    return ready


def _laid(rows: Batch) -> dict[str, Any]:
    return {
        "streams": binary.bigints(rows.datastream_id),
        "times": binary.instants(rows.time),
        "micros": binary.bigints(rows.time) if len(rows) <= _NAMED else None,
        "results": binary.floats(rows.result),
        "features": None if rows.feature_id is None else binary.bigints(rows.feature_id),
        **_by_datastream(rows),
        **_by_hour(rows),
        **_by_feature(rows),
    }


async def append(connection: Connection, *, ready: Prepared) -> Appended:
    """Store and commit the rows of datastreams that have nothing where they lie. The connection autocommits.

    Rows of all other datastreams are left, to be merged. The partition must be there.
    """
    rows = ready.rows
    ids = ready.id_bits + await numbers.take(connection, count=len(ready))
    first = _begins(rows.datastream_id)
    params = {
        **(ready.laid or _laid(rows)),
        "leaf": f"things.{partitions.leaf(int(ready.keys[0]))}",
        "ids": binary.bigints(ids),
        "of_ids": binary.bigints(ids[np.append(first[1:], len(rows)) - 1]),
        **(_by_stretch(rows) if careful(connection) else NOWHERE),
    }
    others = await settle(connection, params=params)
    if not others:
        return Appended(ready.back(ids), np.zeros(len(ids), bool), ready.ids)
    left = np.isin(rows.datastream_id, others)
    return Appended(
        ready.back(np.where(left, 0, ids)), ready.back(left), np.setdiff1d(ready.ids, np.asarray(others))
    )


async def settle(connection: Connection, *, params: Mapping[str, Any]) -> Sequence[int]:
    """Carry out the statement; returns the datastreams that it left alone."""
    statement = statements.load("things")["append_readings"]
    cursor = await connection.execute(statement, params, prepare=True, binary=True)
    (others,) = await cursor.fetchone() or ((),)
    _careful[connection] = max(0, _careful.get(connection, 0) - 1)
    return others


def careful(connection: Connection) -> bool:
    """Whether rows came lately that were there already."""
    return _careful.get(connection, 0) > 0


def beware(connection: Connection) -> None:
    """Rows that this connection stored the general way were there already; there may be more of them."""
    _careful[connection] = _CAREFUL


def _begins(*columns: Integers) -> Integers:
    """Where a run of rows begins that have the same values."""
    changes = np.zeros(len(columns[0]) - 1, bool)
    for column in columns:
        changes |= column[1:] != column[:-1]
    return np.append(0, np.flatnonzero(changes) + 1)


def _by_datastream(rows: Batch) -> dict[str, binary.Array]:
    """What a state takes over; the rows come by datastream and time."""
    first = _begins(rows.datastream_id)
    until = np.append(first[1:], len(rows))
    last = until - 1
    return {
        "of_streams": binary.bigints(rows.datastream_id[first]),
        "of_n": binary.bigints(until - first),
        "of_first": binary.instants(rows.time[first]),
        "of_last": binary.instants(rows.time[last]),
        "of_results": binary.floats(rows.result[last]),
    }


def _by_stretch(rows: Batch) -> dict[str, binary.Array]:
    """Where rows lie, to be asked about beforehand."""
    first, last = stretches(rows)
    return {
        "run_streams": binary.bigints(rows.datastream_id[first]),
        "run_first": binary.instants(rows.time[first]),
        "run_last": binary.instants(rows.time[last]),
    }


NOWHERE: dict[str, binary.Array | None] = dict.fromkeys(("run_streams", "run_first", "run_last"))
NO_PAIRS: dict[str, binary.Array | None] = dict.fromkeys(("pair_streams", "pair_features", "pair_n"))
NO_FEATURES = {**NO_PAIRS, "of_features": None, "of_features_n": None}


def _by_hour(rows: Batch) -> dict[str, binary.Array]:
    streams, start, until = aftermath.hour_spans(rows.datastream_id, rows.time)
    return {
        "mark_streams": binary.bigints(streams),
        "mark_start": binary.instants(start),
        "mark_until": binary.instants(until),
    }


def _by_feature(rows: Batch) -> dict[str, binary.Array | None]:
    """Which feature all rows of a datastream are about; where that differs, how many are about which."""
    if rows.feature_id is None or (rows.feature_id == NONE).all():
        return dict(NO_FEATURES)
    first = _begins(rows.datastream_id)
    n = np.diff(np.append(first, len(rows)))
    features = rows.feature_id[first]
    same = np.logical_and.reduceat(rows.feature_id == np.repeat(features, n), first)
    others = ~np.repeat(same, n) & (rows.feature_id != NONE)
    return {
        "of_features": binary.bigints(np.where(same, features, NONE)),
        "of_features_n": binary.bigints(n),
        **_by_pair(rows.datastream_id[others], rows.feature_id[others]),
    }


def _by_pair(streams: Integers, features: Integers) -> dict[str, binary.Array | None]:
    if not len(streams):
        return dict(NO_PAIRS)
    pairs = np.stack((streams, features))
    first = _begins(*pairs)
    weights = np.diff(np.append(first, pairs.shape[1]))
    pairs, place = np.unique(pairs[:, first], axis=1, return_inverse=True)
    n = np.zeros(pairs.shape[1], np.int64)
    np.add.at(n, place.ravel(), weights)
    return {
        "pair_streams": binary.bigints(pairs[0]),
        "pair_features": binary.bigints(pairs[1]),
        "pair_n": binary.bigints(n),
    }
