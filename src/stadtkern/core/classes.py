# SPDX-License-Identifier: EUPL-1.2
"""Keeps the sizes of classes of datasets right, by which rights are judged."""

from __future__ import annotations

from stadtkern.core import statements
from stadtkern.core.database import Connection


async def recount(connection: Connection) -> bool:
    """Mend what somebody wrote past the triggers; returns whether there was anything.

    A class that is missing would not be among the hidden ones.
    """
    sql = statements.load("core")
    row = await (await connection.execute(sql["wrong_classes"])).fetchone()
    if row is None or not row[0]:
        return False
    async with connection.transaction():
        await connection.execute(sql["rights_changed"])
        await connection.execute(sql["recount_classes"])
    return True
