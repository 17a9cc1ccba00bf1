# SPDX-License-Identifier: EUPL-1.2
"""Finds datasets: German words, their parts, typing errors where nothing else fits; and counts facets."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from stadtkern.catalogue import queries
from stadtkern.catalogue.entities import Dataset
from stadtkern.catalogue.search import asked as asking
from stadtkern.catalogue.search import best, counting, keeping, running, spelling
from stadtkern.catalogue.search.asked import Asked, Word
from stadtkern.catalogue.search.counting import Counts
from stadtkern.catalogue.search.keeping import Kept
from stadtkern.catalogue.search.question import SIZE, Question
from stadtkern.core import fragments, statements
from stadtkern.core.access import Scope
from stadtkern.core.database import Connection
from stadtkern.core.fragments import Fragment

# Shorter words are no parts of others, and no typing errors of others either.
_PART, _MISSPELT = 3, 4
_SIMILAR = 0.5
_ORDERS = {"neu": "m.moved DESC, m.dataset_id", "titel": "m.sorted_as, m.dataset_id"}
_BEST = "named DESC, moved DESC, dataset_id"


class Found(msgspec.Struct, frozen=True):
    """One page of what matches. `roughly`: nothing matched as it was written, these come close."""

    datasets: Sequence[Dataset]
    counts: Counts
    roughly: bool = False


_counts_kept, _pages_kept = Kept(), Kept()


async def search(connection: Connection, scope: Scope, *, question: Question, size: int = SIZE) -> Found:
    """The page asked for, with counts. What was found out is kept until rights or the catalogue change."""
    async with connection.transaction():
        seen = await keeping.seen(connection, scope)
        asked = Asked(question, await _words(connection, question), seen)
        counts = await _counts(connection, scope, asked)
        if not counts.total and question.words:
            asked = Asked(question, await _alike(connection, asked), seen, roughly=True)
            counts = await _counts(connection, scope, asked)
        ids: list[int] = []
        if counts.total:
            ids = await _page(connection, scope, asked, size=size)
        datasets = await queries.by_ids(connection, scope, ids=ids)
    return Found(datasets, counts, asked.roughly and bool(counts.total))


async def _words(connection: Connection, question: Question) -> list[Word]:
    if not question.words:
        return []
    spelled = [spelling.spellings(word) for word in question.words]
    values = {"words": [each for word in spelled for each in word]}
    rows = await (await connection.execute(statements.load("catalogue")["stems"], values)).fetchall()
    stems = iter(rows)
    return [
        Word(
            [known for _, (known,) in zip(word, stems, strict=False) if known],
            list(dict.fromkeys(spelling.part(each) for each in word if len(each) >= _PART)),
        )
        for word in spelled
    ]


async def _alike(connection: Connection, asked: Asked) -> list[Word]:
    """The same words, with those that are spelt nearly so."""
    sql = statements.load("catalogue")
    await connection.execute(sql["be_lenient"], {"similar": _SIMILAR})
    said = [spelling.plain(word) for word in asked.question.words]
    rows = await (await connection.execute(sql["words_alike"], {"words": said})).fetchall()
    return [
        word
        if len(text) < _MISSPELT or text.isdigit()
        else Word(word.stems, spelling.shortest([*word.parts, *(spelling.part(other) for other in near)]))
        for word, text, (near,) in zip(asked.words, said, rows, strict=True)
    ]


async def _counts(connection: Connection, scope: Scope, asked: Asked) -> Counts:
    key = asked.key(page=1, order="")
    known: Counts | None = _counts_kept.get(key)
    if known is None:
        combinations, sizes = await best.sizes(connection, scope, asked)
        known = await counting.count(
            connection, combinations=combinations, sizes=sizes, wanted=asking.wanted(asked.question)
        )
        _counts_kept.put(key, known)
    return known


async def _page(connection: Connection, scope: Scope, asked: Asked, *, size: int) -> list[int]:
    """The ids of one page."""
    question = asked.question
    offset = (question.page - 1) * size
    by_words = bool(question.words) and not question.order
    if by_words and offset + size <= best.FIRST:
        return (await best.first(connection, scope, asked))[offset : offset + size]
    key = (*asked.key(), size)
    known: list[int] | None = _pages_kept.get(key)
    if known is None:
        statement = (
            Fragment("SELECT m.dataset_id, m.moved, ")
            + (asking.named(asked) if by_words else fragments.TRUE)
            + Fragment(" AS named FROM catalogue.mark AS m WHERE ")
            + fragments.every([asking.conditions(scope, asked), asking.faceted(question)])
            + Fragment(
                f" ORDER BY {_BEST if by_words else _ORDERS[question.order or 'neu']} LIMIT %s OFFSET %s",
                (size, offset),
            )
        )
        known = [row[0] for row in await running.run(connection, statement)]
        _pages_kept.put(key, known)
    return known
