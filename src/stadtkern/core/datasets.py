# SPDX-License-Identifier: EUPL-1.2
"""The stub of a dataset and the city's own settings: what both planes must know, and no more."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Literal
from uuid import UUID

import msgspec
from psycopg.types.json import Jsonb

from stadtkern.core import problems, statements, tokens
from stadtkern.core.database import Connection

# What stays of observations that are too old: hourly and daily figures, or nothing.
Keep = Literal["rollups", "nothing"]


class Dataset(msgspec.Struct, frozen=True, kw_only=True):
    """A dataset: where it lies (room), how long it is kept, what it is about."""

    id: int
    uuid: UUID
    key: str
    room_id: int
    retention: timedelta | None
    policy: Mapping[str, Any]
    about: Mapping[str, Any]
    keep: Keep = "rollups"
    archive_after: timedelta | None = None


class City(msgspec.Struct, frozen=True, kw_only=True):
    """The municipality itself."""

    name: str
    time_zone: str
    languages: tuple[str, ...]
    properties: Mapping[str, Any]


class UnknownRoom(problems.Problem):
    """There is no room with this key.

    Rooms that always exist are `public` and `internal`.
    """

    status = 404


class InOtherRoom(problems.Problem):
    """This dataset exists already and lies in another room.

    Nothing was changed. Name the room it lies in, or choose another key for a new dataset.
    """

    status = 409


async def find(connection: Connection, *, key: str) -> Dataset:
    """One dataset by its key. Raises UnknownDataset."""
    row = await (await connection.execute(statements.load("core")["find_dataset"], {"key": key})).fetchone()
    if row is None:
        raise tokens.UnknownDataset(f"no dataset `{key}`")
    return _dataset(row)


async def everything(connection: Connection) -> list[Dataset]:
    """All datasets, by key. For commands of the administrator; it does not ask for rights."""
    rows = await (await connection.execute(statements.load("core")["list_datasets"])).fetchall()
    return [_dataset(row) for row in rows]


async def save(
    connection: Connection,
    *,
    key: str,
    room: str = "public",
    about: Mapping[str, Any],
    policy: Mapping[str, Any] | None = None,
    retention: timedelta | None = None,
) -> int:
    """Make a dataset in a room, or update what is given; returns its id. Raises UnknownRoom, InOtherRoom."""
    cursor = await connection.execute(
        statements.load("core")["save_dataset"],
        {
            "key": key,
            "room": room,
            "about": Jsonb(about),
            "policy": None if policy is None else Jsonb(policy),
            "retention": retention,
        },
    )
    row = await cursor.fetchone()
    if row is not None:
        return int(row[0])
    known = await connection.execute(statements.load("core")["find_dataset"], {"key": key})
    if await known.fetchone() is not None:
        raise InOtherRoom(f"`{key}` does not lie in the room `{room}`")
    raise UnknownRoom(f"no room `{room}`")


async def keep_for(connection: Connection, *, key: str, retention: timedelta | None, keep: Keep) -> Dataset:
    """Say how long a dataset is kept, None for ever, and what stays. Raises UnknownDataset."""
    found = await find(connection, key=key)
    params = {"id": found.id, "retention": retention, "keep": keep}
    await connection.execute(statements.load("core")["keep_dataset_for"], params)
    return found


async def archive_after(connection: Connection, *, key: str, age: timedelta | None) -> Dataset:
    """Say at what age months of a dataset go into files, None for never. Raises UnknownDataset."""
    found = await find(connection, key=key)
    params = {"id": found.id, "age": age}
    await connection.execute(statements.load("core")["archive_dataset_after"], params)
    return found


async def save_room(connection: Connection, *, key: str, kind: str, title: Mapping[str, str]) -> int:
    """Make a room or update its title; returns its id."""
    cursor = await connection.execute(
        statements.load("core")["save_room"], {"key": key, "kind": kind, "title": Jsonb(title)}
    )
    row = await cursor.fetchone()
    return int(row[0]) if row else 0


async def city(connection: Connection) -> City:
    """The city's own settings."""
    row = await (await connection.execute(statements.load("core")["find_city"])).fetchone()
    if row is None:
        raise problems.Unavailable("the database has no city yet; run `stadtkern migrate`")
    return City(name=row[0], time_zone=row[1], languages=tuple(row[2]), properties=row[3])


async def works(connection: Connection, *, person_id: int | None) -> bool:
    """Whether a person has a role in any organisation, which is when pages offer them work."""
    cursor = await connection.execute(statements.load("core")["works_here"], {"person_id": person_id})
    row = await cursor.fetchone()
    return row is not None and bool(row[0])


async def save_city(connection: Connection, *, city: City) -> None:
    """Write the city's own settings."""
    await connection.execute(
        statements.load("core")["save_city"],
        {
            "name": city.name,
            "time_zone": city.time_zone,
            "languages": list(city.languages),
            "properties": Jsonb(city.properties),
        },
    )


def _dataset(row: tuple[Any, ...]) -> Dataset:
    return Dataset(
        id=row[0],
        uuid=row[1],
        key=row[2],
        room_id=row[3],
        retention=row[4],
        policy=row[5],
        about=row[6],
        keep=row[7],
        archive_after=row[8],
    )
