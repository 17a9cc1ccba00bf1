# SPDX-License-Identifier: EUPL-1.2
"""Writes of pictures; whoever calls has asked whether the person may."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from psycopg.types.json import Jsonb

from stadtkern.core import problems, statements
from stadtkern.core.database import Connection
from stadtkern.insights.pictures.images import Image


async def keep(
    connection: Connection, *, thing_id: int, image: Image, alt: Mapping[str, str], credit: str, by: int
) -> str:
    """Give a thing its picture, in the place of an older one; returns the digest that its address carries."""
    digest = hashlib.sha256(image.data).hexdigest()[:16]
    values: dict[str, Any] = {
        "thing_id": thing_id, "media_type": image.media_type, "width": image.width, "height": image.height,
        "data": image.data, "digest": digest, "alt": Jsonb(dict(alt)), "credit": credit, "by": by,
    }  # fmt: skip
    await connection.execute(_sql("keep_thing_picture"), values)
    return digest


async def describe(
    connection: Connection, *, thing_id: int, alt: Mapping[str, str], credit: str, by: int
) -> None:
    """Other words for a picture that stays. Raises NotFound."""
    values = {"thing_id": thing_id, "alt": Jsonb(dict(alt)), "credit": credit, "by": by}
    await _changed(connection, "describe_thing_picture", values)


async def remove(connection: Connection, *, thing_id: int) -> None:
    """Take a thing's picture away for good. Raises NotFound."""
    await _changed(connection, "remove_thing_picture", {"thing_id": thing_id})


async def _changed(connection: Connection, name: str, values: Mapping[str, Any]) -> None:
    row = await (await connection.execute(_sql(name), values)).fetchone()
    if row is None:
        raise problems.NotFound()


def _sql(name: str) -> Any:
    return statements.load("insights")[name]
