# SPDX-License-Identifier: EUPL-1.2
"""Finds datasets: German words, their parts, typing errors where nothing else fits; and counts facets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from stadtkern.catalogue import queries
from stadtkern.catalogue.entities import Dataset
from stadtkern.catalogue.search import counting, keeping, spelling
from stadtkern.catalogue.search.counting import Counts
from stadtkern.catalogue.search.keeping import Kept
from stadtkern.catalogue.search.question import SIZE, Question
from stadtkern.core import fragments, statements
from stadtkern.core.access import Scope
from stadtkern.core.database import Connection
from stadtkern.core.fragments import Fragment

# So many are weighed by their words; those behind them come by being named so and by age.
_FIRST = 300
# Shorter words are no parts of others, and no typing errors of others either.
_PART, _MISSPELT = 3, 4
_SIMILAR = 0.5
# So many hidden datasets are looked at one by one sooner than all that may be seen.
_FEW = 20_000
_ORDERS = {"neu": "m.moved DESC, m.dataset_id", "titel": "m.sorted_as, m.dataset_id"}
_BEST = "named DESC, moved DESC, dataset_id"


class Found(msgspec.Struct, frozen=True):
    """One page of what matches. `roughly`: nothing matched as it was written, these come close."""

    datasets: Sequence[Dataset]
    counts: Counts
    roughly: bool = False


class _Word(msgspec.Struct, frozen=True):
    """A word asked: the stems of each spelling, and patterns of what titles and keywords may call it."""

    stems: list[list[int]]
    parts: list[str]


class _Asked(msgspec.Struct, frozen=True):
    """A question with its words looked up. `seen`: versions of rights and catalogue, and what may be seen."""

    question: Question
    words: Sequence[_Word]
    seen: tuple[Any, ...]
    roughly: bool = False

    @property
    def plain(self) -> bool:
        """Whether facets alone narrow it down."""
        question = self.question
        return not (question.words or question.area or question.since or question.until)

    def key(self, **leaving_out: Any) -> tuple[Any, ...]:
        """What an answer depends on when these parts of the question do not matter."""
        return (*self.seen, msgspec.structs.replace(self.question, **leaving_out), self.roughly)


_sizes_kept, _counts_kept, _first_kept, _pages_kept = Kept(), Kept(), Kept(), Kept()


async def search(connection: Connection, scope: Scope, *, question: Question, size: int = SIZE) -> Found:
    """The page asked for, with counts. What was found out is kept until rights or the catalogue change."""
    async with connection.transaction():
        seen = await keeping.seen(connection, scope)
        asked = _Asked(question, await _words(connection, question), seen)
        counts = await _counts(connection, scope, asked)
        if not counts.total and question.words:
            asked = _Asked(question, await _alike(connection, asked), seen, roughly=True)
            counts = await _counts(connection, scope, asked)
        ids: list[int] = []
        if counts.total:
            ids = await _page(connection, scope, asked, size=size)
        datasets = await queries.by_ids(connection, scope, ids=ids)
    return Found(datasets, counts, asked.roughly and bool(counts.total))


async def _words(connection: Connection, question: Question) -> list[_Word]:
    if not question.words:
        return []
    spelled = [spelling.spellings(word) for word in question.words]
    values = {"words": [each for word in spelled for each in word]}
    rows = await (await connection.execute(statements.load("catalogue")["stems"], values)).fetchall()
    stems = iter(rows)
    return [
        _Word(
            [known for _, (known,) in zip(word, stems, strict=False) if known],
            list(dict.fromkeys(spelling.part(each) for each in word if len(each) >= _PART)),
        )
        for word in spelled
    ]


async def _alike(connection: Connection, asked: _Asked) -> list[_Word]:
    """The same words, with those that are spelt nearly so."""
    sql = statements.load("catalogue")
    await connection.execute(sql["be_lenient"], {"similar": _SIMILAR})
    said = [spelling.plain(word) for word in asked.question.words]
    rows = await (await connection.execute(sql["words_alike"], {"words": said})).fetchall()
    return [
        word
        if len(text) < _MISSPELT or text.isdigit()
        else _Word(word.stems, [*word.parts, *(spelling.part(other) for other in near)])
        for word, text, (near,) in zip(asked.words, said, rows, strict=True)
    ]


async def _counts(connection: Connection, scope: Scope, asked: _Asked) -> Counts:
    key = asked.key(page=1, order="")
    known: Counts | None = _counts_kept.get(key)
    if known is None:
        combinations, sizes = await _sizes(connection, scope, asked)
        known = await counting.count(
            connection, combinations=combinations, sizes=sizes, wanted=_wanted(asked.question)
        )
        _counts_kept.put(key, known)
    return known


async def _sizes(connection: Connection, scope: Scope, asked: _Asked) -> tuple[list[int], list[int]]:
    """Combinations of facets, and how many of what matches have each, whatever facets are wanted."""
    key = asked.key(page=1, order="", facets=())
    known: tuple[list[int], list[int]] | None = _sizes_kept.get(key)
    if known is None and asked.question.words and not asked.question.order:
        await _first(connection, scope, asked)
        known = _sizes_kept.get(key)
    if known is None:
        if asked.plain and scope.negated and len(scope.ids) <= _FEW:
            rows = await _filled(connection, "combinations_but", scope.on("m.dataset_id"))
        else:
            rows = await _filled(connection, "combinations", _conditions(scope, asked))
        known = [row[0] for row in rows], [row[1] for row in rows]
        _sizes_kept.put(key, known)
    return known


async def _first(connection: Connection, scope: Scope, asked: _Asked) -> list[int]:
    """The best of what matches, in their order; the counts come along, found on the same way."""
    key = asked.key(page=1)
    known: list[int] | None = _first_kept.get(key)
    if known is None:
        found = await _filled(
            connection, "combinations_and_first",
            _named(asked), _conditions(scope, asked), _faceted("h", asked.question), last=(_FIRST,),
        )  # fmt: skip
        combinations, sizes, ids = found[0]
        _sizes_kept.put(asked.key(page=1, order="", facets=()), (combinations, sizes))
        said = " ".join(asked.question.words)
        if asked.roughly:
            rows = await _filled(
                connection, "closest", scope.on("e.dataset_id"), first=(ids,), last=(spelling.plain(said),)
            )
        else:
            rows = await _filled(
                connection, "weighed", scope.on("m.dataset_id"), _named(asked), first=(said, ids)
            )
        known = [row[0] for row in rows]
        _first_kept.put(key, known)
    return known


async def _page(connection: Connection, scope: Scope, asked: _Asked, *, size: int) -> list[int]:
    """The ids of one page."""
    question = asked.question
    offset = (question.page - 1) * size
    best = bool(question.words) and not question.order
    if best and offset + size <= _FIRST:
        return (await _first(connection, scope, asked))[offset : offset + size]
    key = (*asked.key(), size)
    known: list[int] | None = _pages_kept.get(key)
    if known is None:
        statement = (
            Fragment("SELECT m.dataset_id, m.moved, ")
            + (_named(asked) if best else fragments.TRUE)
            + Fragment(" AS named FROM catalogue.mark AS m WHERE ")
            + fragments.every([_conditions(scope, asked), _faceted("m", question)])
            + Fragment(
                f" ORDER BY {_BEST if best else _ORDERS[question.order or 'neu']} LIMIT %s OFFSET %s",
                (size, offset),
            )
        )
        known = [row[0] for row in await _run(connection, statement)]
        _pages_kept.put(key, known)
    return known


async def _filled(
    connection: Connection,
    name: str,
    *conditions: Fragment,
    first: tuple[Any, ...] = (),
    last: tuple[Any, ...] = (),
) -> list[tuple[Any, ...]]:
    """Run a statement whose marked places take these conditions; the values before and behind them."""
    head, *tails = statements.load("catalogue")[name].split("/* conditions */")
    made = Fragment(head, first)
    for condition, tail in zip(conditions, tails, strict=True):
        made = made + condition + Fragment(tail)
    return await _run(connection, made + Fragment("", last))


async def _run(connection: Connection, statement: Fragment) -> list[tuple[Any, ...]]:
    """Planned anew for its values: the words decide the way, and only constants are looked up by hash."""
    return await (await connection.execute(statement.text, statement.params, prepare=False)).fetchall()


def _conditions(scope: Scope, asked: _Asked) -> Fragment:
    """What a mark (alias m) must fulfil, but for facets."""
    question = asked.question
    parts = [_word(word) for word in asked.words]
    if question.area:
        west, south, east, north = question.area
        parts.append(Fragment("m.area && box(point(%s, %s), point(%s, %s))", (west, south, east, north)))
    since, until = question.instants
    if since or until:
        parts.append(Fragment("(m.temporal_from IS NOT NULL OR m.temporal_until IS NOT NULL)"))
    if until:
        parts.append(Fragment("coalesce(m.temporal_from < %s, true)", (until,)))
    if since:
        parts.append(Fragment("coalesce(m.temporal_until >= %s, true)", (since,)))
    return fragments.every([*parts, scope.on("m.dataset_id")])


def _word(word: _Word) -> Fragment:
    """A German word in any of its forms, or a part of a longer one in title, keywords and key."""
    ways = [Fragment("m.words LIKE %s", (part,)) for part in word.parts]
    ways += [Fragment("m.says @> %s::int[]", (stems,)) for stems in word.stems]
    return Fragment("(") + fragments.join(ways, separator=" OR ") + Fragment(")") if ways else fragments.FALSE


def _named(asked: _Asked) -> Fragment:
    """Whether all words stand in title, keywords or key."""
    if all(word.parts and not word.stems for word in asked.words):
        return Fragment("(true IS TRUE)")  # there is no other way to be found
    ways = [
        Fragment("((")
        + fragments.join([Fragment("m.words LIKE %s", (part,)) for part in word.parts], separator=" OR ")
        + Fragment(") IS TRUE)")
        for word in asked.words
        if word.parts
    ]
    return fragments.join(ways, separator=" AND ") if ways else Fragment("(false IS TRUE)")


def _faceted(alias: str, question: Question) -> Fragment:
    if not question.facets:
        return fragments.TRUE
    having = "(SELECT c.id FROM catalogue.combination AS c WHERE c.facets @> %s::text[])"
    # Only constants are looked up by hash in `= ANY`; among many hits the other form is far quicker.
    way = "IN " if alias == "h" else "= ANY (ARRAY"
    return Fragment(
        f"{alias}.combination_id {way}{having}{')' if alias == 'm' else ''}", (_wanted(question),)
    )


def _wanted(question: Question) -> list[str]:
    return [f"{facet}:{value}" for facet, value in question.facets]
