# SPDX-License-Identifier: EUPL-1.2
"""Writes of stories: every save is a version; one of them is public, never by accident."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

import msgspec
from psycopg.types.json import Jsonb

from stadtkern.core import problems, statements
from stadtkern.core.database import Connection
from stadtkern.insights.stories import entities, queries
from stadtkern.insights.stories.entities import MOST_BLOCKS, Block, Told

_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})
_LONGEST_KEY = 60


class StoryChangedMeanwhile(problems.Problem):
    """Somebody else has saved this story since you opened it.

    Copy what you wrote, open the story anew and put your changes in.
    """

    status = 409


class SecondPersonNeeded(problems.Problem):
    """Whoever wrote on this version cannot make it public.

    Ask somebody else with the role to look at it and to publish it.
    """

    status = 403


class NoSuchVersion(problems.Problem):
    """This story has no version with this number.

    Choose one from the list of its versions.
    """

    status = 404


class StoryIsFull(problems.Problem):
    """This story has as many parts as a story may have.

    Take a part out, or choose another story.
    """

    status = 409


def key_of(title: str) -> str:
    """`Radfahren im Winter` → `radfahren-im-winter`; the last part of the story's address."""
    spelled = unicodedata.normalize("NFKD", title.lower().translate(_UMLAUTS))
    plain = "".join(sign for sign in spelled if not unicodedata.combining(sign))
    return re.sub(r"[^a-z0-9]+", "-", plain)[:_LONGEST_KEY].strip("-") or "datenfenster"


async def begin(connection: Connection, *, by: int | None, told: Told) -> int:
    """A new story with its first version; returns its number. Its address stays when the title changes.

    Who begins the same twice within an hour, as by going back and saving again, has begun it once.
    `by`: nobody where it came with the installation.
    """
    async with connection.transaction():
        if by is not None:
            await connection.execute(_sql("begin_one_by_one"), {"by": by})
            again = {"by": by, "title": Jsonb(dict(told.title)), "summary": Jsonb(dict(told.summary))}
            again |= {"blocks": Jsonb(entities.kept(told.blocks))}
            begun = await (await connection.execute(_sql("story_begun_already"), again)).fetchone()
            if begun is not None:
                return int(begun[0])
        key = key_of(told.title["de"])
        row = await (await connection.execute(_sql("add_story"), {"key": key})).fetchone()
        if row is None:
            raise StoryChangedMeanwhile()
        await _add(connection, id=row[0], number=1, by=by, told=told, note="")
    return int(row[0])


async def save(connection: Connection, *, by: int, id: int, base: int, told: Told, note: str = "") -> int:
    """A further version on top of `base`; returns its number. Saying the same again adds none.

    Raises NotFound, StoryChangedMeanwhile.
    """
    async with connection.transaction():
        newest = await _lock(connection, id=id)
        if (await queries.versions(connection, id=id, number=newest))[0].told == told:
            return newest
        if newest != base:
            raise StoryChangedMeanwhile()
        await _add(connection, id=id, number=newest + 1, by=by, told=told, note=note)
    return newest + 1


async def append(connection: Connection, *, by: int, id: int, block: Block, note: str) -> int:
    """A further version with one more part at its end, on top of whatever is newest; the part's place from 0.

    Raises NotFound, StoryIsFull.
    """
    async with connection.transaction():
        newest = await _lock(connection, id=id)
        before = (await queries.versions(connection, id=id, number=newest))[0].told
        if len(before.blocks) >= MOST_BLOCKS:
            raise StoryIsFull()
        told = msgspec.structs.replace(before, blocks=(*before.blocks, block))
        await _add(connection, id=id, number=newest + 1, by=by, told=told, note=note)
    return len(before.blocks)


async def restore(connection: Connection, *, by: int, id: int, number: int, note: str) -> int:
    """An old version becomes the newest; what was between stays. Raises NotFound, NoSuchVersion."""
    async with connection.transaction():
        newest = await _lock(connection, id=id)
        found = await queries.versions(connection, id=id, number=number)
        if not found:
            raise NoSuchVersion()
        await _add(connection, id=id, number=newest + 1, by=by, told=found[0].told, note=note)
    return newest + 1


async def ask(connection: Connection, *, by: int, id: int, number: int | None) -> None:
    """Ask for a version to be made public; without a number, no longer. Raises NotFound, NoSuchVersion."""
    async with connection.transaction():
        await _lock(connection, id=id)
        if number is not None and not await queries.versions(connection, id=id, number=number):
            raise NoSuchVersion()
        about = {"id": id, "number": number, "by": by if number is not None else None}
        await connection.execute(_sql("ask_for_story"), about)


async def publish(connection: Connection, *, by: int | None, id: int, number: int) -> None:
    """Make a version public. Raises NotFound, NoSuchVersion, SecondPersonNeeded."""
    async with connection.transaction():
        await _lock(connection, id=id)
        if not await queries.versions(connection, id=id, number=number):
            raise NoSuchVersion()
        if await queries.four_eyes(connection) and by in await makers(connection, id=id, number=number):
            raise SecondPersonNeeded()
        await connection.execute(_sql("publish_story"), {"id": id, "number": number, "by": by})
        await connection.execute(_sql("note_public_stories"))


async def makers(connection: Connection, *, id: int, number: int) -> set[int]:
    """Who wrote what would become public with a version."""
    about = {"id": id, "number": number}
    rows = await (await connection.execute(_sql("makers_since_public"), about)).fetchall()
    return {int(row[0]) for row in rows}


async def withdraw(connection: Connection, *, id: int) -> None:
    """Take a story off the public pages. Raises NotFound."""
    async with connection.transaction():
        await _lock(connection, id=id)
        await connection.execute(_sql("withdraw_story"), {"id": id})
        await connection.execute(_sql("note_public_stories"))


async def remove(connection: Connection, *, id: int) -> None:
    """Remove a story with all versions; one that is public (again) stays. Raises NotFound."""
    async with connection.transaction():
        await _lock(connection, id=id)
        await connection.execute(_sql("remove_story"), {"id": id})
        await connection.execute(_sql("note_public_stories"))


async def set_four_eyes(connection: Connection, *, on: bool) -> None:
    """Whether somebody else than the writers must make stories public."""
    async with connection.transaction():
        await connection.execute(_sql("set_four_eyes"), {"on": on})


async def _lock(connection: Connection, *, id: int) -> int:
    row = await (await connection.execute(_sql("lock_story"), {"id": id})).fetchone()
    if row is None:
        raise problems.NotFound()
    return int(row[2])


async def _add(
    connection: Connection, *, id: int, number: int, by: int | None, told: Told, note: str
) -> None:
    about = {
        "id": id,
        "number": number,
        "title": Jsonb(dict(told.title)),
        "summary": Jsonb(dict(told.summary)),
        "blocks": Jsonb(entities.kept(told.blocks)),
        "note": note,
        "by": by,
    }
    await connection.execute(_sql("add_story_version"), about)


def _sql(name: str) -> Any:
    return statements.load("insights")[name]
