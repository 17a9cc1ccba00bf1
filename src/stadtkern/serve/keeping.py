# SPDX-License-Identifier: EUPL-1.2
"""What the words about keeping data do: how long a dataset stays."""

from __future__ import annotations

from datetime import timedelta

from stadtkern.core import database, datasets, times
from stadtkern.things.store import retention


async def keep_dataset(*, url: str, key: str, days: int | None, keep: datasets.Keep) -> str:
    """Say how long a dataset is kept; returns what that comes to."""
    age = None if days is None else timedelta(days=days)
    async with await database.connect(url=url, autocommit=True) as connection:
        await datasets.keep_for(connection, key=key, retention=age, keep=keep)
        await connection.execute("SELECT pg_notify(%s, '')", [retention.CHANNEL])
    if age is None:
        return "Observations are kept without limit; what was removed before stays so."
    until = retention.cutoff(now=times.now(), keep=age)
    what = "hourly and daily figures stay" if keep == "rollups" else "nothing of them stays"
    return f"Observations before {until:%Y-%m-%d} (UTC) are removed now, {what}; the border moves on daily."
