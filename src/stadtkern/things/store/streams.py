# SPDX-License-Identifier: EUPL-1.2
"""The datastreams a batch is about: locked in order, with what the merge must know of each."""

from __future__ import annotations

from typing import Any, Literal

import msgspec
import numpy as np

from stadtkern.core import statements
from stadtkern.core.database import Connection
from stadtkern.things.store import binary
from stadtkern.things.store.batch import NONE, Flags, Integers, microseconds

Policy = Literal["append", "replace", "ignore"]
POLICIES: tuple[Policy, ...] = ("append", "replace", "ignore")
_CODES = {name: code for code, name in enumerate(POLICIES)}


class Streams(msgspec.Struct, kw_only=True, eq=False):
    """One entry per datastream of a batch, by ascending id; `row` says which entry each row belongs to."""

    id: Integers
    row: Integers
    known: Flags
    last_time: Integers
    last_slot: Integers
    policy: Integers
    state: Flags
    watched: Flags
    sealed: Integers

    def only(self, datastream_id: int) -> Streams:
        """The entry of one datastream alone."""
        at = self.id == datastream_id
        columns = {name: getattr(self, name)[at] for name in self.__struct_fields__ if name != "row"}
        return Streams(row=np.zeros(1, np.int64), **columns)


class Outcome(msgspec.Struct, kw_only=True, eq=False):
    """What the statements did to each row; `appended` rows lay behind their datastream's newest.

    `replaced` has the result time and the end of what stood in the place of a row, in microseconds or NONE.
    """

    id: Integers
    slot: Integers
    new: Flags
    changed: Flags
    appended: Flags
    old_feature: Integers
    replaced: dict[int, tuple[int, int]] = msgspec.field(default_factory=dict)


async def lock(connection: Connection, *, ids: Integers, row: Integers, policy: Policy | None) -> Streams:
    """Lock the state rows of sorted ids until the caller's transaction ends; unknown ones are not `known`."""
    rows = await _locked(connection, ids, only_all=True)
    if len(rows) < len(ids):
        await connection.execute(
            statements.load("things")["open_states"], {"ids": binary.bigints(ids)}, prepare=True
        )
        rows = await _locked(connection, ids, only_all=False)
    return _streams(ids, row, rows, policy)


async def _locked(connection: Connection, ids: Integers, *, only_all: bool) -> list[Any]:
    statement = statements.load("things")["lock_states"]
    params = {"ids": binary.bigints(ids), "all": only_all}
    cursor = await connection.execute(statement, params, prepare=True, binary=True)
    return await cursor.fetchall()


def _streams(ids: Integers, row: Integers, rows: list[Any], policy: Policy | None) -> Streams:
    size = len(ids)
    streams = Streams(
        id=ids,
        row=row,
        known=np.zeros(size, bool),
        last_time=np.full(size, NONE),
        last_slot=np.full(size, -1),
        policy=np.zeros(size, np.int64),
        state=np.zeros(size, bool),
        watched=np.zeros(size, bool),
        sealed=np.full(size, NONE),
    )
    if not rows:
        return streams
    at = np.searchsorted(ids, [each[0] for each in rows])
    streams.known[at] = True
    streams.last_time[at] = [NONE if each[1] is None else microseconds(each[1]) for each in rows]
    streams.last_slot[at] = [-1 if each[2] is None else each[2] for each in rows]
    streams.policy[at] = [_CODES[policy or each[3]] for each in rows]
    streams.state[at] = [each[4] == "state" for each in rows]
    streams.watched[at] = [each[5] for each in rows]
    streams.sealed[at] = [NONE if each[6] is None else microseconds(each[6]) for each in rows]
    return streams
