# SPDX-License-Identifier: EUPL-1.2
"""What Musterstadt shows of its data from the first day: a table of its counters, and a story."""

from __future__ import annotations

from stadtkern.core import database, statements
from stadtkern.insights.demo import story, table


async def show(*, url: str) -> bool:
    """Make table and story once, both or neither; whether this was the time.

    What editors remove stays away.
    """
    async with await database.connect(url=url, autocommit=True) as connection, connection.transaction():
        taken = await connection.execute(statements.load("insights")["take_demo_turn"])
        if await taken.fetchone() is None:
            return False
        await table.make(connection)
        await story.tell(connection)
    return True
