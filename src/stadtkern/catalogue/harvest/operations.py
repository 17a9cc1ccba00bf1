# SPDX-License-Identifier: EUPL-1.2
"""Makes, changes, starts and removes sources; whoever calls has asked for rights."""

from __future__ import annotations

from stadtkern.core import addresses, problems, statements
from stadtkern.core.database import Connection


class SourceIsKnown(problems.Problem):
    """This address is harvested for this organisation already.

    Change the source that is there.
    """

    status = 409


async def create(
    connection: Connection,
    *,
    by: int,
    title: str,
    url: str,
    kind: str,
    organisation_id: int,
    room_key: str,
    publish: bool,
    every_hours: int,
    grace_days: int,
) -> int:
    """Make a source, due at once; returns its id. Raises AddressRefused, SourceIsKnown."""
    given = {
        "by": by,
        "title": title,
        "url": addresses.parse(url).url,
        "kind": kind,
        "organisation_id": organisation_id,
        "room_key": room_key,
        "publish": publish,
        "every_hours": every_hours,
        "grace_days": grace_days,
    }
    row = await (await connection.execute(statements.load("catalogue")["harvest_create"], given)).fetchone()
    if row is None:
        raise SourceIsKnown(str(given["url"]))
    return int(row[0])


async def change(
    connection: Connection,
    *,
    id: int,
    title: str,
    publish: bool,
    every_hours: int,
    grace_days: int,
    active: bool,
) -> None:
    """Change how a source is harvested. Raises NotFound."""
    given = {
        "id": id,
        "title": title,
        "publish": publish,
        "every_hours": every_hours,
        "grace_days": grace_days,
        "active": active,
    }
    await _run(connection, "harvest_change", given)


async def start(connection: Connection, *, id: int) -> None:
    """Let a source be harvested at the next opportunity. Raises NotFound."""
    await _run(connection, "harvest_now", {"id": id})


async def delete(connection: Connection, *, id: int) -> None:
    """Remove a source; its datasets stay. Raises NotFound."""
    await _run(connection, "harvest_delete", {"id": id})


async def _run(connection: Connection, name: str, given: dict[str, object]) -> None:
    if await (await connection.execute(statements.load("catalogue")[name], given)).fetchone() is None:
        raise problems.NotFound()
