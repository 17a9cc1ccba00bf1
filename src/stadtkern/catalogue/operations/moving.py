# SPDX-License-Identifier: EUPL-1.2
"""Moves a dataset into another room or under another organisation; everything in it goes along."""

from __future__ import annotations

from stadtkern.catalogue.operations import datasets
from stadtkern.catalogue.operations.datasets import Who
from stadtkern.core import problems, statements
from stadtkern.core.database import Connection


class DatasetHasMoved(problems.Problem):
    """Somebody else has moved this dataset meanwhile.

    Nothing was changed. Look at where it lies now and decide again.
    """

    status = 409


async def move(
    connection: Connection,
    *,
    by: Who,
    dataset_id: int,
    room: str,
    organisation_id: int,
    seen: tuple[str, int],
) -> None:
    """Move a dataset. `seen`: key of the room and organisation in which whoever decided saw it.

    Rights change with the commit, in both planes. Raises NotInCatalogue, DatasetHasMoved.
    """
    values = {
        "dataset_id": dataset_id,
        "room": room,
        "organisation_id": organisation_id,
        "seen_room": seen[0],
        "seen_organisation": seen[1],
    }
    sql = statements.load("catalogue")
    async with connection.transaction():
        await datasets.hold(connection, dataset_id)
        if await (await connection.execute(sql["move_dataset"], values)).fetchone() is None:
            raise DatasetHasMoved()
        await connection.execute(sql["move_recipes"], values)
        await datasets.touch(connection, dataset_id=dataset_id, by=by)
