# SPDX-License-Identifier: EUPL-1.2
"""Gets a batch of readings into the store inside the caller's transaction, each one once."""

from __future__ import annotations

import contextlib
from typing import Any

import msgspec
import numpy as np

from stadtkern.core import problems
from stadtkern.core.database import Connection
from stadtkern.things.store import aftermath, binary, numbers, partitions, prepared, seals, streams
from stadtkern.things.store.batch import NONE, Batch, Flags, Integers, microseconds
from stadtkern.things.store.prepared import Prepared
from stadtkern.things.store.streams import POLICIES, Outcome, Policy, Streams

# From so many late rows on it pays to ask first whether their spans are empty.
_PROBE_FROM = 200


class MergeResult(msgspec.Struct, kw_only=True, eq=False):
    """What became of each row, in the batch's order; `id` is 0 where the datastream is not `known`."""

    id: Integers
    new: Flags
    changed: Flags
    """Whether the row is in the store now and was not before: new, or replaced with something else."""
    known: Flags
    changed_datastreams: Integers
    ready: Prepared
    refused: dict[int, problems.Problem]
    """Rows, by position, whose time is closed for writing; they have no id."""


async def merge(
    connection: Connection, *, batch: Batch | Prepared, policy: Policy | None = None, announce: bool = True
) -> MergeResult:
    """Store a batch. The transaction must be READ COMMITTED; partitions that are missing are made in it.

    `policy` overrules that of the datastreams. Rows of unknown datastreams are left out. With `announce`
    listeners hear of the changed datastreams when the transaction commits.
    """
    ready = batch if isinstance(batch, Prepared) else prepared.prepare(batch)
    begun = await partitions.begin(connection, keys=ready.bulky)
    await partitions.ensure(connection, keys=ready.leaf_keys - begun)
    found = await streams.lock(connection, ids=ready.ids, row=ready.stream, policy=policy)
    taken = await numbers.take(connection, count=len(ready))
    known = found.known[found.row]
    closed = await seals.closed(connection, rows=ready.rows, found=found)
    taken_in = known if closed is None else known & ~closed[0]
    outcome = _blank(ready.id_bits + taken, known=taken_in)
    await _store(connection, ready=ready, found=found, outcome=outcome, begun=begun)
    await partitions.finish(connection, keys=begun)
    many = len(ready) >= prepared.COPY_FROM  # fewer rows run in a pipeline of the caller's, if at all
    async with connection.pipeline() if many else contextlib.nullcontext():
        changed = await aftermath.settle(
            connection, batch=ready.rows, found=found, outcome=outcome, announce=announce
        )
    return MergeResult(
        id=ready.back(np.where(taken_in, outcome.id, 0)),
        new=ready.back(outcome.new),
        changed=ready.back(outcome.changed),
        known=ready.back(known),
        changed_datastreams=changed,
        ready=ready,
        refused={} if closed is None else _refused(ready, closed),
    )


def _refused(ready: Prepared, closed: tuple[Flags, Flags]) -> dict[int, problems.Problem]:
    shut, gone = ready.back(closed[0]), ready.back(closed[1])
    return {row: seals.problem(gone=bool(gone[row])) for row in np.flatnonzero(shut).tolist()}


def _blank(ids: Integers, *, known: Flags) -> Outcome:
    size = len(ids)
    return Outcome(
        id=ids,
        slot=np.zeros(size, np.int64),
        new=known.copy(),
        changed=known.copy(),
        appended=np.zeros(size, bool),
        old_feature=np.full(size, NONE),
    )


async def _store(
    connection: Connection, *, ready: Prepared, found: Streams, outcome: Outcome, begun: set[int]
) -> None:
    rows = ready.rows
    outcome.appended = outcome.new & (rows.time > found.last_time[found.row])
    free = outcome.appended & ~ready.clash
    for key, part in ready.leaves():
        if key in begun:  # nothing is there that a row could meet
            free[part] = outcome.new[part]
        if free[part].all():
            await _insert(connection, key=key, rows=rows.take(part), ids=outcome.id[part])
            continue
        chosen = np.arange(part.start, part.stop)
        late = chosen[(outcome.new & ~free & ~ready.clash)[part]]
        if len(late) >= _PROBE_FROM:
            free[late] = await _empty(connection, key=key, rows=rows.take(late))
        direct = chosen[free[part]]
        if len(direct):
            await _insert(connection, key=key, rows=rows.take(direct), ids=outcome.id[direct])
        rest = chosen[(outcome.new & ~free)[part]]
        codes = found.policy[found.row[rest]]
        for code in np.unique(codes).tolist() if len(rest) else ():
            at = rest[codes == code]
            await _reconcile(connection, key=key, code=code, rows=rows, at=at, outcome=outcome)


async def _empty(connection: Connection, *, key: int, rows: Batch) -> Flags:
    """Whether each row lies where its datastream has nothing yet.

    That is asked by stretches. One that holds something may lie between rows that somebody else sent: then it
    is asked row by row, but not where it seems to come once more.
    """
    first, last = prepared.stretches(rows)
    taken, again = await _taken(connection, key=key, rows=rows, first=first, last=last)
    size = last - first + 1
    free = np.repeat(~taken, size)
    between = np.flatnonzero(np.repeat(taken & ~again & (size > 1), size))
    if len(between):
        free[between] = ~(await _taken(connection, key=key, rows=rows, first=between, last=between))[0]
    return free


async def _taken(
    connection: Connection, *, key: int, rows: Batch, first: Integers, last: Integers
) -> tuple[Flags, Flags]:
    """Whether something lies from one row up to another, and whether already where the first one would."""
    cursor = await connection.execute(
        partitions.statement("taken_spans", key),
        {
            "ord": binary.bigints(np.arange(len(first))),
            "datastream_id": binary.bigints(rows.datastream_id[first]),
            "first": binary.instants(rows.time[first]),
            "last": binary.instants(rows.time[last]),
        },
    )
    taken, again = np.zeros(len(first), bool), np.zeros(len(first), bool)
    for place, same in await cursor.fetchall():
        taken[place], again[place] = True, same
    return taken, again


async def _insert(connection: Connection, *, key: int, rows: Batch, ids: Integers) -> None:
    if len(rows) >= prepared.COPY_FROM:
        columns, pieces = binary.copy_data(rows, ids)
        statement = partitions.statement("copy_rows", key, columns)
        async with connection.cursor() as cursor, cursor.copy(statement) as copy:
            for piece in pieces:
                await copy.write(piece)
        return
    plain = rows.plain
    statement = partitions.statement("insert_plain_rows" if plain else "insert_full_rows", key)
    params = plain_params(rows, ids) if plain else full_params(rows, ids)
    await connection.execute(statement, params, prepare=True)


async def _reconcile(
    connection: Connection, *, key: int, code: int, rows: Batch, at: Integers, outcome: Outcome
) -> None:
    """Rows that may meet others: each policy is one statement, which says for each row what it did."""
    at = np.sort(at)
    statement = partitions.statement(f"merge_{POLICIES[code]}", key)
    params = full_params(rows.take(at), outcome.id[at])
    cursor = await connection.execute(statement, params, prepare=True, binary=True)
    for (
        row,
        observation_id,
        slot,
        new,
        changed,
        old_feature,
        old_result_time,
        old_end,
    ) in await cursor.fetchall():
        position = at[row]
        if old_end is not None:
            before = NONE if old_result_time is None else microseconds(old_result_time)
            outcome.replaced[int(position)] = (before, microseconds(old_end))
        outcome.id[position] = observation_id
        outcome.slot[position] = slot
        outcome.new[position] = new
        outcome.changed[position] = changed
        outcome.old_feature[position] = NONE if old_feature is None else old_feature


def plain_params(rows: Batch, ids: Integers) -> dict[str, Any]:
    """Parameters of `insert_plain_rows`."""
    return {
        "datastream_id": binary.bigints(rows.datastream_id),
        "time": binary.instants(rows.time),
        "id": binary.bigints(ids),
        "result": binary.floats(rows.result),
    }


def full_params(rows: Batch, ids: Integers) -> dict[str, Any]:
    """Parameters of the piece `incoming_rows`."""
    params: dict[str, Any] = plain_params(rows, ids)
    params["ord"] = binary.bigints(np.arange(len(rows)))
    for name in ("end", "result_time", "valid_from", "valid_until"):
        column = getattr(rows, name)
        params[name] = None if column is None else binary.instants(column)
    for name in ("result_json", "result_quality", "parameters"):
        column = getattr(rows, name)
        params[name] = None if column is None else binary.texts(column)
    params["feature_id"] = None if rows.feature_id is None else binary.bigints(rows.feature_id)
    return params
