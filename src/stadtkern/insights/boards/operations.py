# SPDX-License-Identifier: EUPL-1.2
"""Writes of boards: each change is a version of its own, so that each can be undone."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from psycopg.types.json import Jsonb

from stadtkern.core import problems, statements
from stadtkern.core.database import Connection
from stadtkern.insights.cockpit import definitions
from stadtkern.insights.cockpit.definitions import Content

_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})
_LONGEST_KEY = 60
# The address at which new ones are made.
RESERVED = "neu"
# So many steps can be gone back; what was published once is kept for good.
KEPT = 200


class BoardHasChanged(problems.Problem):
    """Somebody else has changed this board meanwhile.

    Look at what it is now, and make your change again.
    """

    status = 409


class BoardExists(problems.Problem):
    """There is a board of this name already.

    Choose another name, or change the board that is there.
    """

    status = 409


class BoardIsAway(problems.Problem):
    """This board has been taken away.

    Who may publish it can bring it back from the list of boards.
    """

    status = 410


class TileIsAway(problems.Problem):
    """This tile has been taken off its board.

    Undo that at the board, or add the tile anew.
    """

    status = 410


class NothingToUndo(problems.Problem):
    """This board has no earlier state.

    Change it by hand.
    """

    status = 409


class FrontPageStays(problems.Problem):
    """The front page needs its board.

    Change its tiles instead; the board itself cannot be taken away, and everybody may see it.
    """

    status = 409


class TooManyTiles(problems.Problem):
    """A board holds at most 60 tiles in 12 groups.

    Take some away, or begin a second board.
    """

    status = 422


def key_of(title: str, *, fallback: str) -> str:
    """`Bäume & Wasser` → `baeume-wasser`; the last part of an address."""
    spelled = unicodedata.normalize("NFKD", title.lower().translate(_UMLAUTS))
    plain = "".join(sign for sign in spelled if not unicodedata.combining(sign))
    return re.sub(r"[^a-z0-9]+", "-", plain)[:_LONGEST_KEY].strip("-") or fallback


async def add(connection: Connection, *, by: int, content: Content) -> str:
    """A new board, which nobody sees before it is published; returns its key. Raises BoardExists."""
    key = key_of(content.title.get("de", ""), fallback="tafel")
    key = f"{key}-1" if key == RESERVED else key
    async with connection.transaction():
        row = await (await connection.execute(_sql("add_board"), {"key": key})).fetchone()
        if row is None:
            raise BoardExists()
        await _store(connection, board_id=row[0], number=1, content=content, step="begun", by=by)
    return key


async def save(
    connection: Connection, *, by: int, key: str, version: int, content: Content, step: str
) -> int:
    """What the board is from now on for its editors; returns the number of the version.

    `version` is the one that was changed. Raises NotFound, BoardHasChanged, TooManyTiles, FrontPageStays.
    """
    _check(content)
    async with connection.transaction():
        board_id, newest, _, front, _ = await _lock(connection, key)
        if newest != version:
            raise BoardHasChanged()
        if front and content.audience != "public":
            raise FrontPageStays()
        await _store(connection, board_id=board_id, number=newest + 1, content=content, step=step, by=by)
        await connection.execute(_sql("newest_board_version"), {"id": board_id, "number": newest + 1})
        await connection.execute(_sql("forget_board_versions"), {"id": board_id, "until": newest - KEPT})
    return newest + 1


async def undo(connection: Connection, *, by: int, key: str, version: int) -> None:
    """Make the board what it was before the newest change. Raises as `save`, and NothingToUndo."""
    async with connection.transaction():
        board_id, newest, _, _, _ = await _lock(connection, key)
        if newest != version:
            raise BoardHasChanged()
        values = {"id": board_id, "number": await _undone(connection, key, newest)}
        row = await (await connection.execute(_sql("version_before"), values)).fetchone()
        if row is None or row[0] is None:
            raise NothingToUndo()
        await restore(connection, by=by, key=key, version=version, number=row[0], step=f"undone:{row[0]}")


async def _undone(connection: Connection, key: str, newest: int) -> int:
    """The version that the newest one repeats after undoing; else itself."""
    values = {"key": key, "limit": KEPT}
    cursor = await connection.execute(_sql("list_board_versions"), values)
    steps = {row[0]: str(row[1]).partition(":") for row in await cursor.fetchall()}
    while steps.get(newest, ("", "", ""))[0] == "undone":
        newest = int(steps[newest][2])
    return newest


async def restore(
    connection: Connection, *, by: int, key: str, version: int, number: int, step: str = ""
) -> None:
    """Make the board what it was in a version. Raises NotFound, BoardHasChanged, FrontPageStays."""
    async with connection.transaction():
        row = await (
            await connection.execute(_sql("find_board_version"), {"key": key, "number": number})
        ).fetchone()
        if row is None:
            raise problems.NotFound()
        content = definitions.content(row[0])
        step = step or f"restored:{number}"
        await save(connection, by=by, key=key, version=version, content=content, step=step)


async def publish(connection: Connection, *, key: str, version: int) -> None:
    """From now on everybody who may see the board sees its newest version. Raises as `save`."""
    async with connection.transaction():
        board_id, newest, _, _, _ = await _lock(connection, key)
        if newest != version:
            raise BoardHasChanged()
        await connection.execute(_sql("publish_board"), {"id": board_id, "number": newest})


async def take_away(connection: Connection, *, key: str) -> None:
    """Nobody sees the board any more; it can be brought back. Raises NotFound, FrontPageStays."""
    async with connection.transaction():
        board_id, _, _, front, _ = await _lock(connection, key)
        if front:
            raise FrontPageStays()
        await connection.execute(_sql("take_board_away"), {"id": board_id})


async def bring_back(connection: Connection, *, key: str) -> None:
    """A board that had been taken away is there again, as it was. Raises NotFound."""
    async with connection.transaction():
        board_id, *_ = await _lock(connection, key, removed=True)
        await connection.execute(_sql("bring_board_back"), {"id": board_id})


async def _lock(
    connection: Connection, key: str, *, removed: bool = False
) -> tuple[int, int, int | None, bool, Any]:
    row = await (await connection.execute(_sql("lock_board"), {"key": key})).fetchone()
    if row is None or (row[5] is not None) is not removed:
        raise problems.NotFound()
    return row[0], row[1], row[2], row[3], row[4]


async def _store(
    connection: Connection, *, board_id: int, number: int, content: Content, step: str, by: int
) -> None:
    kept = Jsonb(definitions.stored(content))
    values = {"id": board_id, "number": number, "content": kept, "step": step, "by": by}
    await connection.execute(_sql("add_board_version"), values)


def _check(content: Content) -> None:
    tiles = len(list(content.tiles))
    if tiles > definitions.MOST_TILES or len(content.groups) > definitions.MOST_GROUPS:
        raise TooManyTiles()


def _sql(name: str) -> Any:
    return statements.load("insights")[name]
