# SPDX-License-Identifier: EUPL-1.2
"""Brings a version back: as a new one, so that nothing is lost on the way."""

from __future__ import annotations

from typing import Any

import msgspec

from stadtkern.core import problems, statements
from stadtkern.core.access import Scope
from stadtkern.core.database import Connection
from stadtkern.features import entities, loading
from stadtkern.features.entities import Collection
from stadtkern.features.versions import keeping, queries
from stadtkern.features.versions.queries import Kept, Version

# A version whose rows were changed in place is copied, while somebody waits for it.
MOST_COPIED = 500_000
_COPY_MILLISECONDS = 120_000


class AlreadyShown(problems.Problem):
    """This version is the one that is shown.

    Choose an older one.
    """

    status = 409


class TooLargeToRestore(problems.Problem):
    """Of so many rows no version can be put together again here.

    Download the version as CSV and deliver that file.
    """

    status = 422


async def restore(connection: Connection, *, collection: Collection, version: Version, by: int | None) -> int:
    """Show again what a version showed; returns the number of the new version.

    Raises NoSuchVersion where it was forgotten meanwhile, AlreadyShown, TooLargeToRestore.
    """
    async with connection.transaction():
        row = await (await connection.execute(_sql("lock_collection"), {"id": collection.id})).fetchone()
        if row is None:
            raise problems.NotFound(f"the collection `{collection.key}` was removed")
        now = entities.collection(row)
        # Another delivery may have come behind or over it since it was looked at.
        then = await queries.version(connection, _ALL, collection=now, everything=True, number=version.number)
        if then.ended_at is None:
            raise AlreadyShown(f"version {then.number}")
        table = await _table(connection, now, then)
        about = {"id": now.id, "number": then.number, "table_name": table}
        made = await (await connection.execute(_sql("restore_version"), about)).fetchone()
        await keeping.keep(connection, collection_id=now.id, mode="restore", by=by, restored_from=then.number)
    return int(made[0]) if made else now.version + 1


# Whoever restores was let in by the one who calls, who knows people.
_ALL = Scope(ids=(), negated=True)


async def _table(connection: Connection, now: Collection, then: Version) -> str:
    """The version's own table where it is still as it was, else a copy of the rows as they were."""
    name = then.collection.table_name
    about = {"id": now.id, "number": then.number, "table_name": name}
    row = await (await connection.execute(_sql("changed_in_place"), about)).fetchone()
    if row and not row[0]:
        return name
    if then.collection.n > MOST_COPIED:
        raise TooLargeToRestore(f"{then.collection.n} rows; at most {MOST_COPIED}")
    await connection.execute(f"SET LOCAL statement_timeout = {_COPY_MILLISECONDS}")
    columns = then.collection.columns
    anew = msgspec.structs.replace(now, columns=columns)
    found = await loading.of_rows(connection, anew, Kept(then).table(_ALL))
    return found.table_name


def _sql(name: str) -> Any:
    return statements.load("features")[name]
