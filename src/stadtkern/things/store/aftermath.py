# SPDX-License-Identifier: EUPL-1.2
"""What follows from stored rows in the same transaction: states, counts, dirty marks, watch queue, news."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from stadtkern.core import statements
from stadtkern.core.database import Connection
from stadtkern.things.store import binary
from stadtkern.things.store.batch import HOUR, NONE, Batch, Integers
from stadtkern.things.store.streams import Outcome, Streams

# NOTIFY takes 8,000 bytes.
_PAYLOAD = 7_000
_FAR = np.iinfo(np.int64).max


async def settle(
    connection: Connection, *, batch: Batch, found: Streams, outcome: Outcome, announce: bool
) -> Integers:
    """Do all that for the rows that changed something; returns the datastreams they belong to."""
    at = np.flatnonzero(outcome.changed)
    if not len(at):
        return np.empty(0, np.int64)
    at = at[np.lexsort((outcome.slot[at], batch.time[at], found.row[at]))]
    bounds = np.append(0, np.flatnonzero(np.diff(found.row[at])) + 1)
    sql = statements.load("things")
    changes = _changes(batch, found, outcome, at=at, bounds=bounds)
    await connection.execute(sql["update_states"], changes, prepare=True)
    if outcome.slot[at].any():
        crowded = {"ids": binary.bigints(np.unique(batch.datastream_id[at[outcome.slot[at] > 0]]))}
        await connection.execute(sql["note_crowded"], crowded, prepare=True)
    if outcome.replaced:
        await _shrink(connection, batch=batch, outcome=outcome)
    await _mark(connection, batch=batch, found=found, outcome=outcome, at=at)
    if batch.feature_id is not None or (outcome.old_feature != NONE).any():
        await _count_features(connection, batch=batch, outcome=outcome, at=at)
    if found.watched.any():
        watched = at[found.watched[found.row[at]] & outcome.new[at]]
        await _queue(connection, batch=batch, outcome=outcome, at=watched)
    changed: Integers = found.id[found.row[at[bounds]]]
    if announce:
        await tell(connection, datastream_ids=changed.tolist())
    return changed


async def tell(connection: Connection, *, datastream_ids: Sequence[int]) -> None:
    """Name changed datastreams on the channel `observations`."""
    for payload in _payloads(datastream_ids):
        await connection.execute(statements.load("things")["announce"], {"ids": payload}, prepare=True)


def _payloads(ids: Sequence[int]) -> Iterator[str]:
    step = _PAYLOAD // 20
    for begin in range(0, len(ids), step):
        yield ",".join(map(str, ids[begin : begin + step]))


def _changes(
    batch: Batch, found: Streams, outcome: Outcome, *, at: Integers, bounds: Integers
) -> dict[str, Any]:
    """Parameters of `update_states`; `at` is sorted by datastream, time, slot; `bounds` begin datastreams."""
    last = at[np.append(bounds[1:], len(at)) - 1]
    stream = found.row[last]
    before, slot = found.last_time[stream], found.last_slot[stream]
    newer = (batch.time[last] > before) | ((batch.time[last] == before) & (outcome.slot[last] >= slot))
    params: dict[str, Any] = {
        "datastream_id": binary.bigints(found.id[stream]),
        "newer": binary.bigints(newer.astype(np.int64)),
        "n": binary.bigints(np.add.reduceat(outcome.new[at].astype(np.int64), bounds)),
        "first_time": binary.instants(batch.time[at[bounds]]),
        "last_time": binary.instants(batch.time[last]),
        "last_end": None if batch.end is None else binary.instants(batch.end[last]),
        "last_id": binary.bigints(outcome.id[last]),
        "last_slot": binary.bigints(outcome.slot[last]),
        "last_result": binary.floats(batch.result[last]),
        "last_result_json": None if batch.result_json is None else binary.texts(batch.result_json[last]),
        "result_time_first": None,
        "result_time_last": None,
        "end_time": None,
        "longest": None,
    }
    if batch.end is not None:
        ends = np.maximum(batch.end[at], batch.time[at])  # NONE is smaller than every time
        params["end_time"] = binary.instants(np.maximum.reduceat(ends, bounds))
        params["longest"] = binary.bigints(np.maximum.reduceat(ends - batch.time[at], bounds))
    if batch.result_time is not None:
        times = batch.result_time[at]
        earliest = np.minimum.reduceat(np.where(times == NONE, _FAR, times), bounds)
        params["result_time_first"] = binary.instants(np.where(earliest == _FAR, NONE, earliest))
        params["result_time_last"] = binary.instants(np.maximum.reduceat(times, bounds))
    return params


async def _shrink(connection: Connection, *, batch: Batch, outcome: Outcome) -> None:
    """Spans of result times and last ends that replaced rows made up may be shorter now."""
    rows = np.fromiter(outcome.replaced, np.int64, len(outcome.replaced))
    streams, at = np.unique(batch.datastream_id[rows], return_inverse=True)
    times = np.array([outcome.replaced[row] for row in rows.tolist()], np.int64)
    new = np.full(len(rows), NONE) if batch.result_time is None else batch.result_time[rows]
    params = {
        "datastream_id": binary.bigints(streams),
        "old_first": _ends(times[:, 0], at, len(streams), first=True),
        "old_last": _ends(times[:, 0], at, len(streams), first=False),
        "new_first": _ends(new, at, len(streams), first=True),
        "new_last": _ends(new, at, len(streams), first=False),
        "old_end": _ends(times[:, 1], at, len(streams), first=False),
    }
    sql = statements.load("things")
    await connection.execute(sql["shrink_result_times"], params)
    await connection.execute(sql["shrink_end_times"], params)


def _ends(times: Integers, at: Integers, size: int, *, first: bool) -> Any:
    """The first or last instant of each group, absent ones left out."""
    found = np.full(size, _FAR if first else NONE)
    if first:
        np.minimum.at(found, at, np.where(times == NONE, _FAR, times))
        found[found == _FAR] = NONE
    else:
        np.maximum.at(found, at, times)
    return binary.instants(found)


async def _mark(
    connection: Connection, *, batch: Batch, found: Streams, outcome: Outcome, at: Integers
) -> None:
    state = found.state[found.row[at]]
    appended = outcome.appended[at]
    for rows, flag in ((at[~state & appended], True), (at[~state & ~appended], False)):
        if len(rows):
            spans = hour_spans(batch.datastream_id[rows], batch.time[rows])
            await mark_spans(connection, *spans, appended=flag)
    rows = at[state]
    if len(rows):
        streams, first, until = hour_spans(batch.datastream_id[rows], batch.time[rows])
        await mark_state_spans(connection, datastream_ids=streams, first=first, last=until - 1)


async def mark_state_spans(
    connection: Connection, *, datastream_ids: Integers, first: Integers, last: Integers
) -> None:
    """Mark spans of `state` datastreams with the readings around them, whose reach may have changed."""
    params = {
        "datastream_id": binary.bigints(datastream_ids),
        "first": binary.instants(first),
        "last": binary.instants(last),
    }
    await connection.execute(statements.load("things")["mark_states_dirty"], params, prepare=True)


async def mark_spans(
    connection: Connection, datastream_ids: Integers, start: Integers, until: Integers, *, appended: bool
) -> None:
    """Mark spans of whole hours."""
    params = {
        "datastream_id": binary.bigints(datastream_ids),
        "start": binary.instants(start),
        "until": binary.instants(until),
        "appended": appended,
    }
    await connection.execute(statements.load("things")["mark_dirty"], params, prepare=True)


def hour_spans(datastream_ids: Integers, times: Integers) -> tuple[Integers, Integers, Integers]:
    """Runs of adjacent hours (datastream, start, until) that hold these sorted instants."""
    hours = times // HOUR
    breaks = (np.diff(datastream_ids) != 0) | (np.diff(hours) > 1)
    first = np.append(0, np.flatnonzero(breaks) + 1)
    last = np.append(first[1:], len(hours)) - 1
    return datastream_ids[first], hours[first] * HOUR, (hours[last] + 1) * HOUR


async def _count_features(connection: Connection, *, batch: Batch, outcome: Outcome, at: Integers) -> None:
    old = at[outcome.old_feature[at] != NONE]
    runs = [_runs(batch.datastream_id[old], outcome.old_feature[old], weight=-1)]
    if batch.feature_id is not None:
        new = at[batch.feature_id[at] != NONE]
        runs.append(_runs(batch.datastream_id[new], batch.feature_id[new], weight=1))
    pairs, weights = (np.concatenate(parts) for parts in zip(*runs, strict=True))
    keys, row = np.unique(pairs, axis=0, return_inverse=True)
    sums = np.zeros(len(keys), np.int64)
    np.add.at(sums, row.ravel(), weights)
    kept = sums != 0
    if not kept.any():
        return
    sql = statements.load("things")
    await connection.execute(sql["hold_features"], prepare=True)
    params = {
        "datastream_id": binary.bigints(keys[kept, 0]),
        "feature_id": binary.bigints(keys[kept, 1]),
        "n": binary.bigints(sums[kept]),
    }
    await connection.execute(sql["count_features"], params, prepare=True)
    if len(old):
        await drop_uncounted_features(connection, datastream_ids=np.unique(keys[kept & (sums < 0), 0]))


async def drop_uncounted_features(
    connection: Connection, *, datastream_ids: Integers | Sequence[int]
) -> None:
    """Forget features that no observation of these locked datastreams is about any more."""
    ids = {"ids": binary.bigints(datastream_ids)}
    for name in ("settle_features", "drop_uncounted_features"):
        await connection.execute(statements.load("things")[name], ids, prepare=True)


async def find_areas(connection: Connection, *, feature_id: int) -> None:
    """Find the areas anew of all datastreams that a feature belongs to, which has changed or is gone."""
    for name in ("hold_states_of_feature", "find_areas"):
        await connection.execute(statements.load("things")[name], {"feature_id": feature_id})


def _runs(datastream_ids: Integers, features: Integers, *, weight: int) -> tuple[Integers, Integers]:
    """The pairs that follow each other, mostly one for each datastream, and the weight of their rows."""
    changes = (np.diff(datastream_ids) != 0) | (np.diff(features) != 0)
    first = np.append(0, np.flatnonzero(changes) + 1)[: len(features)]
    pairs = np.stack((datastream_ids[first], features[first]), axis=1)
    return pairs, np.diff(np.append(first, len(features))) * weight


async def _queue(connection: Connection, *, batch: Batch, outcome: Outcome, at: Integers) -> None:
    if not len(at):
        return
    params = {
        "datastream_id": binary.bigints(batch.datastream_id[at]),
        "id": binary.bigints(outcome.id[at]),
        "time": binary.instants(batch.time[at]),
        "result": binary.floats(batch.result[at]),
        "result_json": None if batch.result_json is None else binary.texts(batch.result_json[at]),
    }
    await connection.execute(statements.load("things")["queue_watched"], params, prepare=True)
