# SPDX-License-Identifier: EUPL-1.2
"""Reads of versions: those that one may see of a dataset that one may see."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from stadtkern.catalogue.entities import Dataset
from stadtkern.core import statements
from stadtkern.core.access import Scope
from stadtkern.core.database import Connection
from stadtkern.identity.permissions import Person


class Version(msgspec.Struct, frozen=True, kw_only=True):
    """The metadata of a dataset at one time; `person` only where one works on the dataset."""

    number: int
    at: datetime
    person: str
    note: str
    state: str
    document: Mapping[str, Any]


def works_on(person: Person | None, dataset: Dataset) -> bool:
    """Whether somebody may change the dataset, and so may see all of its versions."""
    return person is not None and person.may(role="editor", organisation_id=dataset.organisation.id)


async def versions(
    connection: Connection, scope: Scope, *, dataset: Dataset, everything: bool
) -> list[Version]:
    """The versions of a dataset, newest first; without `everything` those that were public."""
    return await _read(connection, scope, dataset=dataset, everything=everything, number=None)


async def version(
    connection: Connection, scope: Scope, *, dataset: Dataset, everything: bool, number: int
) -> Version | None:
    """One version, or None where one may not see it."""
    found = await _read(connection, scope, dataset=dataset, everything=everything, number=number)
    return found[0] if found else None


async def _read(
    connection: Connection, scope: Scope, *, dataset: Dataset, everything: bool, number: int | None
) -> list[Version]:
    if not scope.allows(dataset.id):
        return []
    about = {"dataset_id": dataset.id, "all": everything, "number": number}
    rows = await (await connection.execute(statements.load("catalogue")["versions"], about)).fetchall()
    return [
        Version(
            number=row[0],
            at=row[1],
            person=row[2] if everything else "",
            note=row[3] if everything else "",
            state=row[4],
            document=row[5],
        )
        for row in rows
    ]
