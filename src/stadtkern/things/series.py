# SPDX-License-Identifier: EUPL-1.2
"""What readers ask of a history: the newest value, and a picture of any span at the cost of its points."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from stadtkern.core import statements
from stadtkern.core.database import Connection


class Latest(msgspec.Struct, frozen=True, gc=False):
    """The newest observation of a datastream, and how far its history reaches."""

    time: datetime
    end: datetime | None
    result: Any
    n: int
    first_time: datetime
    last_time: datetime
    result_time_first: datetime | None = None
    result_time_last: datetime | None = None


async def latest(connection: Connection, *, datastream_ids: Sequence[int]) -> dict[int, Latest]:
    """The newest value of each datastream; those without observations are left out."""
    sql = statements.load("things")["latest_values"]
    rows = await (await connection.execute(sql, {"ids": list(datastream_ids)}, binary=True)).fetchall()
    return {
        row[0]: Latest(
            row[1], row[2], row[3] if row[4] is None else row[4], row[5], row[6], row[1], row[7], row[8]
        )
        for row in rows
    }
