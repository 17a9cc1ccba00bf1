# SPDX-License-Identifier: EUPL-1.2
"""Callers with many rows that wait for a commit, and which of them share the next one."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterator

import msgspec
import numpy as np

from stadtkern.core import problems
from stadtkern.things import readings
from stadtkern.things.store import append, batch, prepared
from stadtkern.things.store.batch import Batch, Integers
from stadtkern.things.store.merge import MergeResult
from stadtkern.things.store.prepared import Prepared
from stadtkern.things.store.streams import Policy

MOST_ROWS = 50_000
"""Of one commit."""


class Caller(msgspec.Struct, kw_only=True, eq=False):
    """Somebody who waits for rows to be stored; `left` are the positions of those not handed on yet."""

    rows: Batch
    left: Integers
    policy: Policy | None
    outcome: readings.Columns
    done: asyncio.Future[readings.Columns]


class Share(msgspec.Struct, eq=False):
    """The rows of one caller that go into a commit; after the last ones the caller gets the outcome."""

    caller: Caller
    at: Integers
    last: bool


class Group:
    """Rows of one or more callers for one commit."""

    def __init__(self, shares: list[Share]):
        self._shares = shares
        self._begins = np.cumsum([0, *(len(share.at) for share in shares)])
        self.policy = shares[0].caller.policy
        self.changed: set[int] = set()

    def rows(self) -> Batch:
        """All rows in one batch."""
        return batch.joined(
            [
                share.caller.rows
                if len(share.at) == len(share.caller.rows)
                else share.caller.rows.take(share.at)
                for share in self._shares
            ]
        )

    def prepared(self) -> Prepared:
        """The rows in the order of the store."""
        return prepared.prepare(self.rows())

    async def laid_out(self) -> Prepared:
        """The same, as far as it can be told without the connection."""
        return append.laid_out(self.prepared())

    def __len__(self) -> int:
        return int(self._begins[-1])

    def note(self, at: Integers, result: MergeResult) -> None:
        """Keep what became of the group's rows at these (ascending) positions."""
        for position, problem in result.refused.items():
            self.blame(int(at[position]), problem)
        self.changed.update(result.changed_datastreams.tolist())
        for caller, places, part in self._portions(at):
            caller.outcome.id[places] = result.id[part]
            caller.outcome.new[places] |= result.new[part]  # a second time they are there already
            for row in places[~result.known[part]].tolist():
                detail = f"no datastream {caller.rows.datastream_id[row]}"
                caller.outcome.problems[row] = readings.UnknownDatastream(detail, where="Datastream")

    def keep(self, at: Integers, *, ids: Integers, changed: Integers) -> None:
        """Note rows at these (ascending) positions that were stored as new."""
        self.changed.update(changed.tolist())
        for caller, places, part in self._portions(at):
            caller.outcome.id[places] = ids[part]
            caller.outcome.new[places] = True

    def _portions(self, at: Integers) -> Iterator[tuple[Caller, Integers, slice]]:
        """Whose the rows at these (ascending) positions are: their places with the caller, and in `at`."""
        bounds = np.searchsorted(at, self._begins).tolist()
        for share, offset, begin, end in zip(
            self._shares, self._begins.tolist(), bounds, bounds[1:], strict=False
        ):
            yield share.caller, share.at[at[begin:end] - offset], slice(begin, end)

    def blame(self, position: int, problem: problems.Problem) -> None:
        """Keep what is wrong with one row."""
        index = int(np.searchsorted(self._begins, position, side="right")) - 1
        share = self._shares[index]
        row = int(share.at[position - self._begins[index]])
        share.caller.outcome.problems[row] = problem

    def resolve(self) -> None:
        """Let those callers go on whose rows are all stored, unless they went away meanwhile."""
        for share in self._shares:
            if share.last and not share.caller.done.done():
                share.caller.done.set_result(share.caller.outcome)

    def refuse(self, problem: problems.Problem) -> None:
        """The same with a problem."""
        for share in self._shares:
            if not share.caller.done.done():
                share.caller.done.set_exception(problem)


def worthwhile(queue: deque[Caller], *, waiting: int) -> bool:
    """Whether the rows in line are worth a commit that is made ready while another one is written.

    Of few rows enough must have come, see `next_group`; whoever still has many is worth one alone.
    """
    return _most(queue) == MOST_ROWS or sum(len(caller.left) for caller in queue) >= _enough(queue, waiting)


def next_group(queue: deque[Caller], *, waiting: int) -> Group | None:
    """The oldest rows that wait, of as many callers as are enough and follow the same policy.

    `waiting` counts the rows of all who wait, of those under way too. Half of these are enough: the other
    half comes in, or is made ready, while this one is written.
    """
    shares: list[Share] = []
    size, most = 0, 0
    while caller := _first(queue):
        if not shares:
            most = _most(queue)
            wanted = _enough(queue, waiting)
        elif (
            size >= wanted
            or caller.policy != shares[0].caller.policy
            or (most < MOST_ROWS and size + len(caller.left) > most)
        ):
            break
        at, caller.left = caller.left[: most - size], caller.left[most - size :]
        shares.append(Share(caller, at, last=not len(caller.left)))
        size += len(at)
        if not len(caller.left):
            queue.popleft()
    return Group(shares) if shares else None


def _enough(queue: deque[Caller], waiting: int) -> int:
    return min(-(-waiting // 2), _most(queue))


def _first(queue: deque[Caller]) -> Caller | None:
    """Whose turn it is, without those who went away, or whose first rows failed."""
    while queue and queue[0].done.done():
        queue.popleft()
    return queue[0] if queue else None


def _most(queue: deque[Caller]) -> int:
    """Rows that go into the next commit at most.

    Callers with few rows share one that is a single statement: with more rows the database asks back several
    times, and waits whenever this process is busy with those who come meanwhile.
    """
    caller = _first(queue)
    return append.MOST_ROWS if caller and len(caller.left) <= append.MOST_ROWS else MOST_ROWS
