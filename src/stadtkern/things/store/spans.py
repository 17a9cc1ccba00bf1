# SPDX-License-Identifier: EUPL-1.2
"""Walks through a datastream's observations in spans that one short transaction can take on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from stadtkern.core import statements
from stadtkern.core.database import Connection
from stadtkern.things.store import partitions
from stadtkern.things.store.batch import instant, microseconds

BEGIN = datetime.min.replace(tzinfo=UTC)
_TICK = timedelta(microseconds=1)


class Span(NamedTuple):
    """[start, until) within one partition, which is named by its key."""

    key: int
    start: datetime
    until: datetime


async def following(
    connection: Connection, *, datastream_id: int, reached: datetime, size: int, end: datetime | None = None
) -> Span | None:
    """The next span with observations behind an instant, about `size` of them; None where there are none."""
    params = {"datastream_id": datastream_id, "reached": reached}
    row = await (await connection.execute(statements.load("things")["first_behind"], params)).fetchone()
    if row is None or (end is not None and row[0] >= end):
        return None
    key = partitions.key(microseconds(row[0]))
    until = instant(partitions.end(key))
    if end is not None:
        until = min(until, end)
    params |= {"start": row[0], "until": until, "size": size}
    behind = await (await connection.execute(partitions.statement("end_of_chunk", key), params)).fetchone()
    if behind is not None:
        until = max(behind[0], row[0] + _TICK)
    return Span(key, row[0], until)
