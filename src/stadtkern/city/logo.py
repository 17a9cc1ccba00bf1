# SPDX-License-Identifier: EUPL-1.2
"""The city's logo: a small picture of a kind that cannot carry programs."""

from __future__ import annotations

import hashlib
from typing import Any

from stadtkern.core import problems, statements
from stadtkern.core.database import Connection

LARGEST = 262_144
_KINDS = {b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg"}


class PictureIsOfNoUse(problems.Problem):
    """This is no picture in PNG, JPEG or WebP of at most 256 KiB.

    Save it in one of these formats, smaller if need be. SVG is not taken, since it may carry programs.
    """

    status = 422


def kind_of(data: bytes) -> str | None:
    """The media type that the first bytes say; None for others."""
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    return next((kind for start, kind in _KINDS.items() if data.startswith(start)), None)


async def find(connection: Connection) -> tuple[str, bytes] | None:
    """Media type and picture."""
    row = await (await connection.execute(_sql("find_logo"))).fetchone()
    return None if row is None else (row[0], bytes(row[1]))


async def save(connection: Connection, *, data: bytes) -> str:
    """Keep a picture; returns its digest, which its address carries. Raises PictureIsOfNoUse."""
    kind = kind_of(data)
    if kind is None or len(data) > LARGEST:
        raise PictureIsOfNoUse()
    digest = hashlib.sha256(data).hexdigest()[:16]
    await connection.execute(_sql("save_logo"), {"media_type": kind, "data": data, "digest": digest})
    return digest


async def remove(connection: Connection) -> None:
    """Keep none."""
    await connection.execute(_sql("remove_logo"))


def _sql(name: str) -> Any:
    return statements.load("city")[name]
