# SPDX-License-Identifier: EUPL-1.2
"""Reads of files: the versions that one may see of the files of a dataset that one may see."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec

from stadtkern.core import fragments, statements
from stadtkern.core.access import Scope
from stadtkern.core.database import Connection
from stadtkern.core.fragments import Fragment

_PUBLIC = (
    "(v.ended_at IS NULL"
    " OR coalesce(v.state = 'published' AND (v.room_id = d.room_id OR r.kind = 'public'), false))"
)
_MOST = 1000


class Version(msgspec.Struct, frozen=True, kw_only=True):
    """One upload; `person` and `note` only where one works on the dataset.

    `ended_at` is None while it is the one shown; `public`: visible with its dataset, not only to its editors.
    """

    file: int
    number: int
    at: datetime
    name: str
    format: str
    media_type: str
    byte_size: int
    sha256: str
    content: UUID
    note: str
    restored_from: int | None
    ended_at: datetime | None
    person: str
    form_id: int | None
    public: bool


async def shown(connection: Connection, scope: Scope, *, dataset_id: int) -> list[Version]:
    """The files of a dataset as they are, the first one first."""
    found = await _read(connection, scope, dataset_id, [Fragment("v.ended_at IS NULL")], everything=False)
    return sorted(found, key=lambda each: each.file)


async def versions(
    connection: Connection, scope: Scope, *, dataset_id: int, file: int, everything: bool
) -> list[Version]:
    """The versions of one file, newest first; without `everything` those visible with the dataset."""
    return await _read(
        connection, scope, dataset_id, [Fragment("v.file = %s", (file,))], everything=everything
    )


async def version(
    connection: Connection, scope: Scope, *, dataset_id: int, file: int, number: int | None, everything: bool
) -> Version | None:
    """One version, without a number the one that is shown; None where there is none for this reader."""
    which = Fragment("v.ended_at IS NULL") if number is None else Fragment("v.number = %s", (number,))
    conditions = [Fragment("v.file = %s", (file,)), which]
    found = await _read(connection, scope, dataset_id, conditions, everything=everything)
    return found[0] if found else None


async def _read(
    connection: Connection, scope: Scope, dataset_id: int, conditions: list[Fragment], *, everything: bool
) -> list[Version]:
    if not everything:
        conditions = [*conditions, Fragment(_PUBLIC)]
    text, params = (
        Fragment(statements.load("catalogue")["file_versions"] + " ", (dataset_id,))
        + fragments.every([*conditions, scope.on("v.dataset_id"), scope.on("f.dataset_id"), scope.on("d.id")])
        + Fragment(" ORDER BY v.file, v.number DESC LIMIT %s", (_MOST,))
    )
    rows = await (await connection.execute(text, params)).fetchall()
    names = Version.__struct_fields__
    found = [Version(**dict(zip(names, row, strict=True))) for row in rows]
    return found if everything else [msgspec.structs.replace(each, person="", note="") for each in found]
