# SPDX-License-Identifier: EUPL-1.2
"""Reads of stories. What a story shows is read with each reader's own scope, in `shown.py`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from stadtkern.core import statements
from stadtkern.core.database import Connection
from stadtkern.insights.stories.entities import Entry, Public, Story, Version, told

SIZE = 12
_MOST_VERSIONS = 200


async def public(connection: Connection, *, skip: int = 0, limit: int = SIZE + 1) -> list[Public]:
    """The public stories, the newest first; by default one more than a page shows."""
    rows = await _rows(connection, "public_stories", limit=limit, skip=skip)
    return [_public(row) for row in rows]


async def one_public(connection: Connection, *, key: str) -> Public | None:
    """A public story by the last part of its address."""
    rows = await _rows(connection, "public_story", key=key)
    return _public(rows[0]) if rows else None


async def withdrawn(connection: Connection, *, key: str) -> bool:
    """Whether everybody could once see this story, and cannot any more."""
    return bool((await _rows(connection, "withdrawn_story", key=key))[0][0])


async def matching(connection: Connection, *, words: Sequence[str], limit: int) -> list[tuple[str, Any, Any]]:
    """Key, title and summary of public stories with all these words in them."""
    patterns = [f"%{_escaped(word)}%" for word in words]
    rows = await _rows(connection, "stories_with_words", patterns=patterns, limit=limit) if patterns else []
    return [(row[0], row[1], row[2]) for row in rows]


async def every(connection: Connection) -> list[Entry]:
    """All stories, for those who work on them."""
    rows = await _rows(connection, "all_stories")
    return [
        Entry(
            story=Story(id=row[0], key=row[1], public_number=row[2], public_at=row[3], asked_number=row[4]),
            number=row[5],
            title=row[6],
            at=row[7],
            by=row[8] or "",
        )
        for row in rows
    ]


async def one(connection: Connection, *, id: int) -> Story | None:
    """A story by its number."""
    rows = await _rows(connection, "story", id=id)
    if not rows:
        return None
    id_, key, public_number, public_at, asked_number, _, asked_by = rows[0]
    return Story(
        id=id_,
        key=key,
        public_number=public_number,
        public_at=public_at,
        asked_number=asked_number,
        asked_by=asked_by or "",
    )


async def versions(connection: Connection, *, id: int, number: int | None = None) -> list[Version]:
    """The versions of a story, newest first; or the one with this number."""
    rows = await _rows(connection, "story_versions", id=id, number=number, limit=_MOST_VERSIONS)
    return [
        Version(number=row[0], told=told(*row[1:4]), note=row[4], at=row[5], by=row[6] or "", by_id=row[7])
        for row in rows
    ]


async def waiting(connection: Connection) -> int:
    """How many stories wait to become public."""
    return int((await _rows(connection, "stories_waiting"))[0][0])


async def four_eyes(connection: Connection) -> bool:
    """Whether stories are made public by others than those who wrote them."""
    rows = await _rows(connection, "four_eyes")
    return bool(rows and rows[0][0])


def _public(row: tuple[Any, ...]) -> Public:
    return Public(id=row[0], key=row[1], number=row[2], told=told(*row[3:6]), at=row[6], first_at=row[7])


async def _rows(connection: Connection, name: str, **values: Any) -> list[tuple[Any, ...]]:
    return await (await connection.execute(statements.load("insights")[name], values)).fetchall()


def _escaped(word: str) -> str:
    return word.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
