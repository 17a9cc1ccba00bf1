# SPDX-License-Identifier: EUPL-1.2
"""Reads of videos in sign language."""

from __future__ import annotations

from collections.abc import Mapping

from stadtkern.city.signs.entities import Sign
from stadtkern.core import statements
from stadtkern.core.database import Connection

_FIELDS = ("path", "link", "content", "media_type", "byte_size", "captioned", "changed_at")


async def by_path(connection: Connection) -> Mapping[str, Sign]:
    """All of them, by their pages."""
    rows = await (await connection.execute(statements.load("city")["list_signs"])).fetchall()
    return {row[0]: Sign(**dict(zip(_FIELDS, row, strict=True))) for row in rows}


async def captions(connection: Connection, *, path: str) -> str:
    """The captions of a page's video as WebVTT; nothing where it has none."""
    about = {"path": path}
    row = await (await connection.execute(statements.load("city")["find_sign_captions"], about)).fetchone()
    return "" if row is None else str(row[0])
