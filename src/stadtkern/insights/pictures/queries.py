# SPDX-License-Identifier: EUPL-1.2
"""Reads of pictures: only of things that the visitor sees."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from stadtkern.core import fragments, statements
from stadtkern.core.fragments import Fragment
from stadtkern.ui.visit import Visit


class Picture(msgspec.Struct, frozen=True):
    """What is known of a thing's picture. `alt`: what it shows, by language; `credit`: who took it."""

    thing_id: int
    digest: str
    width: int
    height: int
    alt: Mapping[str, str]
    credit: str


async def one(visit: Visit, *, thing_id: int) -> Picture | None:
    """The picture of a thing."""
    found = await _read(visit, Fragment("i.thing_id = %s", (thing_id,)))
    return found[0] if found else None


async def every(visit: Visit) -> dict[int, Picture]:
    """All pictures of things that the visitor sees, by thing."""
    return {each.thing_id: each for each in await _read(visit)}


async def data(visit: Visit, *, thing_id: int) -> tuple[str, str, bytes] | None:
    """Media type, digest and the picture itself."""
    conditions = [Fragment("i.thing_id = %s", (thing_id,)), visit.scope.on("t.dataset_id")]
    text, params = _statement("thing_picture_data") + fragments.every(conditions)
    row = await (await visit.connection.execute(text, params)).fetchone()
    return None if row is None else (row[0], row[1], bytes(row[2]))


async def _read(visit: Visit, *conditions: Fragment) -> list[Picture]:
    where = fragments.every([*conditions, visit.scope.on("t.dataset_id")])
    text, params = _statement("thing_pictures") + where
    rows: list[Any] = await (await visit.connection.execute(text, params)).fetchall()
    return [Picture(*row) for row in rows]


def _statement(name: str) -> Fragment:
    return Fragment(statements.load("insights")[name] + " ")
