# SPDX-License-Identifier: EUPL-1.2
"""Keys of screens: shown once, kept as a hash, ended at once."""

from __future__ import annotations

import secrets
from datetime import date, datetime, timedelta
from typing import Any

import msgspec

from stadtkern.core import access, problems, statements
from stadtkern.core.database import Connection

MOST = 50
_LISTED = 100


class TooManyKeys(problems.Problem):
    """A board has at most 50 keys that open it.

    End one that no screen needs any more.
    """

    status = 409


class Key(msgspec.Struct, frozen=True):
    """A key as its list shows it."""

    id: int
    name: str
    giver: str
    given_by: int
    given_at: datetime
    expires_at: datetime
    ended_at: datetime | None
    last_used_on: date | None

    def opens(self, now: datetime) -> bool:
        """Whether it is neither ended nor over."""
        return self.ended_at is None and now < self.expires_at


class Found(msgspec.Struct, frozen=True):
    """What a secret stands for."""

    id: int
    board_id: int
    name: str
    given_by: int
    valid: bool


async def listed(connection: Connection, *, board: str) -> list[Key]:
    """The keys of a board, those that still open it first."""
    cursor = await connection.execute(_sql("wall_keys"), {"key": board, "limit": _LISTED})
    return [Key(*row) for row in await cursor.fetchall()]


async def find(connection: Connection, *, secret: str) -> Found | None:
    """The key with this secret; the day of its use is noted."""
    values = {"secret_hash": access.hash_secret(secret)}
    row = await (await connection.execute(_sql("find_wall_key"), values)).fetchone()
    if row is None:
        return None
    found = Found(*row)
    if found.valid:
        await connection.execute(_sql("touch_wall_key"), {"id": found.id})
    return found


async def give(connection: Connection, *, board: str, name: str, lasts: timedelta, by: int) -> str:
    """A new key; returns its secret, which is kept nowhere. Raises TooManyKeys."""
    secret = secrets.token_urlsafe(32)
    values = {
        "key": board, "name": name, "secret_hash": access.hash_secret(secret), "by": by, "lasts": lasts,
        "most": MOST,
    }  # fmt: skip
    if await (await connection.execute(_sql("give_wall_key"), values)).fetchone() is None:
        raise TooManyKeys()
    return secret


async def end(connection: Connection, *, board: str, id: int) -> None:
    """End a key at once. Raises NotFound."""
    row = await (await connection.execute(_sql("end_wall_key"), {"key": board, "id": id})).fetchone()
    if row is None:
        raise problems.NotFound()


def _sql(name: str) -> Any:
    return statements.load("insights")[name]
