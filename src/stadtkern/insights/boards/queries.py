# SPDX-License-Identifier: EUPL-1.2
"""Reads of boards."""

from __future__ import annotations

from collections.abc import Sequence

from stadtkern.core import fragments, problems, statements
from stadtkern.core.database import Connection
from stadtkern.core.fragments import Fragment
from stadtkern.insights.boards.entities import Board, Draft, Version
from stadtkern.insights.cockpit import definitions
from stadtkern.insights.cockpit.definitions import Audience, Content
from stadtkern.ui.visit import Visit

MOST_VERSIONS = 100
MOST_PROPERTIES = 40


async def boards(connection: Connection, *, audiences: Sequence[Audience]) -> list[Board]:
    """The published boards of these audiences, the front page first."""
    cursor = await connection.execute(
        statements.load("insights")["published_boards"], {"audiences": list(audiences)}
    )
    return [
        Board(id=row[0], key=row[1], front=row[2], published=row[3], newest=row[4],
              content=definitions.content(row[5]))
        for row in await cursor.fetchall()
    ]  # fmt: skip


async def drafts(connection: Connection) -> list[Draft]:
    """All boards as editors left them, those taken away last."""
    return await _drafts(connection, None)


async def draft(connection: Connection, *, key: str) -> Draft:
    """One board as its editors left it. Raises NotFound."""
    found = await _drafts(connection, key)
    if not found:
        raise problems.NotFound()
    return found[0]


async def _drafts(connection: Connection, key: str | None) -> list[Draft]:
    cursor = await connection.execute(statements.load("insights")["boards_at_work"], {"key": key})
    return [
        Draft(id=row[0], key=row[1], front=row[2], published=row[3], newest=row[4],
              content=definitions.content(row[5]), removed_at=row[6], made_at=row[7], made_by=row[8])
        for row in await cursor.fetchall()
    ]  # fmt: skip


async def versions(connection: Connection, *, key: str) -> list[Version]:
    """The last versions of a board, newest first."""
    cursor = await connection.execute(
        statements.load("insights")["list_board_versions"], {"key": key, "limit": MOST_VERSIONS}
    )
    return [Version(*row) for row in await cursor.fetchall()]


async def version(connection: Connection, *, key: str, number: int) -> Content:
    """What a board was in one of its versions. Raises NotFound."""
    cursor = await connection.execute(
        statements.load("insights")["find_board_version"], {"key": key, "number": number}
    )
    row = await cursor.fetchone()
    if row is None:
        raise problems.NotFound()
    return definitions.content(row[0])


async def waiting(connection: Connection, *, audiences: Sequence[Audience]) -> int:
    """How many boards of these audiences have changes that nobody has published yet."""
    values = {"audiences": list(audiences)}
    cursor = await connection.execute(statements.load("insights")["boards_waiting"], values)
    row = await cursor.fetchone()
    return int(row[0]) if row else 0


async def properties(visit: Visit, *, words: str) -> list[tuple[str, str, int, str]]:
    """What is observed: definition, name, how many visible series, of which kind; most often first."""
    before, behind = statements.load("insights")["properties_to_choose"].split("/* conditions */")
    conditions = [
        visit.scope.on("o.dataset_id"),
        visit.scope.on("d.dataset_id"),
        Fragment("NOT d.multi AND o.definition <> ''"),
        *(Fragment("o.name ILIKE %s", (f"%{_plain(word)}%",)) for word in words.split()[:5]),
    ]
    text, params = (
        Fragment(before)
        + fragments.every(conditions)
        + Fragment(behind.replace("%(limit)s", "%s"), (MOST_PROPERTIES,))
    )
    return list(await (await visit.connection.execute(text, params)).fetchall())


def _plain(word: str) -> str:
    return word.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
