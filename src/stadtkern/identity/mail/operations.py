# SPDX-License-Identifier: EUPL-1.2
"""What administrators do with mails that nobody took: try again, or let go."""

from __future__ import annotations

from stadtkern.core import problems, statements
from stadtkern.core.database import Connection


async def retry(connection: Connection, *, id: int | None) -> int:
    """Try a mail again that was given up, or all of them; returns how many."""
    rows = await connection.execute(statements.load("identity")["retry_mail"], {"id": id})
    return len(await rows.fetchall())


async def discard(connection: Connection, *, id: int) -> None:
    """Remove a mail that was given up. Raises NotFound."""
    found = await connection.execute(statements.load("identity")["discard_mail"], {"id": id})
    if await found.fetchone() is None:
        raise problems.NotFound()
