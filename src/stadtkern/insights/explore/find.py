# SPDX-License-Identifier: EUPL-1.2
"""Finds things by parts of their names and those of series, with typing errors where nothing else fits."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from stadtkern.core import fragments, statements
from stadtkern.core.fragments import Fragment
from stadtkern.ui.visit import Visit

# Shorter words are no parts of others: trigrams could not find them.
LEAST = 3
_SIMILAR = "0.45"


class Hit(msgspec.Struct, frozen=True):
    """A thing by its number."""

    id: int
    name: str
    description: str


async def things(visit: Visit, *, words: Sequence[str], size: int) -> tuple[list[Hit], bool]:
    """Up to `size` things, and whether their names only resemble the words."""
    sought = [word for word in words if len(word) >= LEAST]
    if not sought:
        return [], False
    async with visit.connection.transaction():
        found = await _ask(visit, words=sought, size=size, roughly=False)
        if found or not tolerant(sought):
            return found, False
        await be_lenient(visit)
        found = await _ask(visit, words=sought, size=size, roughly=True)
    return found, bool(found)


async def _ask(visit: Visit, *, words: Sequence[str], size: int, roughly: bool) -> list[Hit]:
    first, second, third, last, _ = statements.load("insights")["things_by_name"].split("/* conditions */")
    said = " ".join(words)
    order = (
        Fragment(" ORDER BY word_similarity(%s, t.name) DESC, t.name, t.id", (said,))
        if roughly
        else Fragment(" ORDER BY b.rank, t.name, t.id")
    )
    text, params = (
        Fragment(first)
        + _conditions(visit, column="t.name", words=words, roughly=roughly)
        + Fragment(second)
        + _conditions(visit, column="d.name", words=words, roughly=roughly)
        + Fragment(third)
        + _conditions(visit, column="t.description", words=words, roughly=roughly)
        + Fragment(last)
        + visit.scope.on("t.dataset_id")
        + order
        + Fragment(" LIMIT %s", (size,))
    )
    return [Hit(*row) for row in await (await visit.connection.execute(text, params)).fetchall()]


def tolerant(words: Sequence[str]) -> bool:
    """Whether they may be typing errors: too much resembles a word of three letters."""
    return any(len(word) > LEAST for word in words)


async def be_lenient(visit: Visit) -> None:
    """For this transaction, names that `called` takes roughly may be written a little differently."""
    lenient = statements.load("insights")["be_lenient_with_names"]
    await visit.connection.execute(lenient, {"similar": _SIMILAR})


def _conditions(visit: Visit, *, column: str, words: Sequence[str], roughly: bool) -> Fragment:
    seen = visit.scope.on(f"{column[0]}.dataset_id")
    return fragments.every([called(column, words, roughly=roughly), seen])


def called(column: str, words: Sequence[str], *, roughly: bool) -> Fragment:
    """A column in which all words stand, or roughly: all of them together resemble a part of it."""
    if roughly:
        return Fragment(f"{column} %%> %s", (" ".join(words),))
    return fragments.every([Fragment(f"{column} ILIKE %s", (_part(word),)) for word in words])


def _part(word: str) -> str:
    """The pattern of a part of a name."""
    return "%" + word.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_") + "%"
