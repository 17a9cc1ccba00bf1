# SPDX-License-Identifier: EUPL-1.2
"""Observations that lie only in the archive: how a reading says that it lacks some."""

from __future__ import annotations

from collections.abc import Sequence
from contextvars import ContextVar
from datetime import UTC, date, datetime
from typing import NamedTuple

from stadtkern.core import problems, statements
from stadtkern.core.access import Scope
from stadtkern.core.database import Connection


class Part(NamedTuple):
    """A datastream's month."""

    datastream_id: int
    month: date
    rows: int


class Away(problems.Problem):
    """What is asked for lies in the archive and has to be brought back first.

    Ask again after the number of seconds in Retry-After, or ask for it by itself.
    """

    status = 503

    def __init__(self, parts: Sequence[Part]):
        super().__init__(f"{len(parts)} months lie there", headers={"Retry-After": "5"})
        self.parts = list(parts)


class AwayObservation(problems.Problem):
    """The observation may lie in the archive, which has to be looked through first.

    Ask again after the number of seconds in Retry-After, or ask for it by itself.
    """

    status = 503

    def __init__(self, observation_id: int, month: date, datasets: Sequence[int]):
        super().__init__(f"observation {observation_id}", headers={"Retry-After": "5"})
        self.observation_id = observation_id
        self.month = month
        self.datasets = list(datasets)


# Observations that the archive was asked for in vain during this request.
sought: ContextVar[frozenset[int]] = ContextVar("sought", default=frozenset())


def seen(scope: Scope) -> dict[str, list[int]]:
    """Whose archived months may be seen, as bound values: whole datasets, and single datastreams."""
    whole = [dataset_id for dataset_id, _ in scope.archived if scope.allows(dataset_id)]
    other = {dataset_id for dataset_id, _ in scope.archived} - set(whole)
    single = [pair for pair in scope.streams if pair[0] in other]
    return {
        "datasets": whole,
        "owners": [pair[0] for pair in single],
        "streams": [pair[1] for pair in single],
    }


def horizon(scope: Scope) -> datetime | None:
    """Until when anything that may be seen can lie in the archive; None where nothing does."""
    ends = [until for dataset_id, until in scope.archived if scope.holds(dataset_id)]
    return datetime.fromtimestamp(max(ends) / 1_000_000, UTC) if ends else None


async def observation(connection: Connection, scope: Scope, *, number: int) -> None:
    """See whether an observation that was not found may lie in the archive. Raises AwayObservation."""
    year, month = divmod(number >> 40, 12)
    if not scope.archived or not 0 <= year < 8000 or number in sought.get():
        return
    created = date(1900 + year, month + 1, 1)
    sql, known = statements.load("things"), seen(scope)
    if known["streams"]:
        cursor = await connection.execute(sql["away_in_month"], {"month": created, "ids": known["streams"]})
        if parts := [Part(*row) for row in await cursor.fetchall()]:
            raise Away(parts)
    params = {"month": created, "observation_id": number, "datasets": known["datasets"]}
    row = await (await connection.execute(sql["may_hold_observation"], params)).fetchone()
    if row and row[0]:
        raise AwayObservation(number, created, known["datasets"])
