# SPDX-License-Identifier: EUPL-1.2
"""Makes rooms, datasets, tokens and grants for tests."""

from __future__ import annotations

import itertools
from datetime import datetime

from stadtkern.core import access, datasets, tokens
from stadtkern.core.database import Connection

_numbers = itertools.count(1)


async def make_room(connection: Connection, *, kind: str = "restricted") -> str:
    """A room; returns its key."""
    key = f"room-{next(_numbers)}"
    await datasets.save_room(connection, key=key, kind=kind, title={"de": key})
    return key


async def make_dataset(connection: Connection, *, room: str = "public") -> int:
    """A dataset; returns its id."""
    return await datasets.save(connection, key=f"dataset-{next(_numbers)}", room=room, about={})


async def make_token(
    connection: Connection,
    *,
    dataset_id: int,
    verbs: tuple[str, ...] = access.VERBS,
    expires_at: datetime | None = None,
) -> tokens.NewToken:
    """A token with verbs on one dataset, which is also its default."""
    return await tokens.create(
        connection,
        name="test",
        scopes={dataset_id: verbs},
        default_dataset_id=dataset_id,
        expires_at=expires_at,
    )
