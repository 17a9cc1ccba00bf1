# SPDX-License-Identifier: EUPL-1.2
"""Finds datasets: German words, their parts, typing errors where nothing else fits; and counts facets."""

from __future__ import annotations

import unicodedata
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from stadtkern.catalogue import queries
from stadtkern.catalogue.entities import Dataset
from stadtkern.catalogue.search.question import SIZE, Question
from stadtkern.core import fragments, statements
from stadtkern.core.access import Scope
from stadtkern.core.database import Connection
from stadtkern.core.fragments import Fragment

_KEPT = 512
# From here on a page is first looked for among what is named so, which is the beginning of the same order.
_MANY = 2000
_WEIGHED = 1000
# Shorter words are no parts of others: trigrams could not find them.
_PART = 3
_SIMILAR = "0.5"
_ALIKE = 1000
_ORDERS = {"neu": "moved DESC, dataset_id", "titel": "sorted_as, dataset_id"}


class Counts(msgspec.Struct, frozen=True):
    """How many datasets match, and how many of them have which value of a facet, the most frequent first."""

    total: int
    facets: Mapping[str, Sequence[tuple[str, int]]]


class Found(msgspec.Struct, frozen=True):
    """One page of what matches. `roughly`: nothing matched as it was written, these come close."""

    datasets: Sequence[Dataset]
    counts: Counts
    roughly: bool = False


class _Kept:
    """What was found out lately, by what it depends on: versions of rights and catalogue, scope, question."""

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[Any, ...], Any] = OrderedDict()

    def get(self, key: tuple[Any, ...]) -> Any:
        """What is known, or None."""
        if key in self._known:
            self._known.move_to_end(key)
        return self._known.get(key)

    def put(self, key: tuple[Any, ...], value: Any) -> None:
        """Remember; what was not asked for the longest time goes."""
        self._known[key] = value
        while len(self._known) > _KEPT:
            self._known.popitem(last=False)


_counts_kept, _pages_kept = _Kept(), _Kept()


async def search(connection: Connection, scope: Scope, *, question: Question, size: int = SIZE) -> Found:
    """The page asked for, with counts. Both are kept until rights or the catalogue change."""
    async with connection.transaction():
        version = await (await connection.execute(statements.load("catalogue")["search_version"])).fetchone()
        seen = (version, scope.ids, scope.negated)
        counts = await _counts(connection, scope, question=question, roughly=False, seen=seen)
        roughly = not counts.total and bool(question.words)
        if roughly:
            await connection.execute(statements.load("catalogue")["be_lenient"], {"similar": _SIMILAR})
            counts = await _counts(connection, scope, question=question, roughly=True, seen=seen)
        key = (*seen, question, size)
        ids: list[int] | None = _pages_kept.get(key)
        if ids is None:
            ids = await _page(
                connection, scope, question=question, roughly=roughly, size=size, total=counts.total
            )
            _pages_kept.put(key, ids)
        datasets = await queries.by_ids(connection, scope, ids=ids)
    return Found(datasets, counts, roughly and bool(counts.total))


async def _counts(
    connection: Connection, scope: Scope, *, question: Question, roughly: bool, seen: tuple[Any, ...]
) -> Counts:
    key = (*seen, msgspec.structs.replace(question, page=1, order=""), roughly)
    known: Counts | None = _counts_kept.get(key)
    if known is None:
        known = await _count(connection, scope, question=question, roughly=roughly)
        _counts_kept.put(key, known)
    return known


async def _count(connection: Connection, scope: Scope, *, question: Question, roughly: bool) -> Counts:
    head, tail = statements.load("catalogue")["count_facets"].split("/* conditions */")
    text, params = Fragment(head) + _conditions(scope, question=question, roughly=roughly) + Fragment(tail)
    rows = await (await connection.execute(text, params)).fetchall()
    facets: dict[str, list[tuple[str, int]]] = {}
    for name, n in rows:
        facet, _, value = name.partition(":")
        facets.setdefault(facet, []).append((value, n))
    return Counts(next(iter(facets.pop("all", [])), ("", 0))[1], facets)


async def _page(
    connection: Connection, scope: Scope, *, question: Question, roughly: bool, size: int, total: int
) -> list[int]:
    """The ids of one page."""
    if not total:
        return []
    conditions = _conditions(scope, question=question, roughly=roughly)
    offset = (question.page - 1) * size
    if question.order or not question.words:
        text, params = (
            Fragment("SELECT e.dataset_id FROM catalogue.entry AS e WHERE ")
            + conditions
            + Fragment(f" ORDER BY {_ORDERS[question.order or 'neu']} LIMIT %s OFFSET %s", (size, offset))
        )
        rows = await (await connection.execute(text, params)).fetchall()
        return [row[0] for row in rows]
    said = " ".join(question.words)
    if roughly:
        alike = Fragment(
            " ORDER BY word_similarity(%s, e.words) DESC, e.moved DESC, e.dataset_id", (plain(said),)
        )
        text, params = (
            Fragment("SELECT e.dataset_id FROM catalogue.entry AS e WHERE ")
            + conditions
            + alike
            + Fragment(" LIMIT %s OFFSET %s", (size, offset))
        )
        return [row[0] for row in await (await connection.execute(text, params)).fetchall()]
    named = Fragment("e.words LIKE %s", (_part(said),))
    limits = (said, size, offset)
    plain_parts = all(len(word) >= _PART for word in question.words)
    if total > _MANY and plain_parts and offset + size <= _WEIGHED:
        # What is named so fulfils the conditions of all words.
        others = _conditions(scope, question=msgspec.structs.replace(question, text=""), roughly=False)
        found = await _weighed(connection, "page_of_named", [fragments.every([named, others])], limits)
        if len(found) == size:
            return found
    return await _weighed(connection, "page_by_relevance", [named, conditions], limits)


async def _weighed(
    connection: Connection, name: str, conditions: Sequence[Fragment], limits: tuple[str, int, int]
) -> list[int]:
    """A page by relevance: what is named so before what only mentions it, the newest thousand weighed."""
    *heads, tail = statements.load("catalogue")[name].split("/* conditions */")
    found = Fragment("")
    for head, condition in zip(heads, conditions, strict=True):
        found = found + Fragment(head) + condition
    text, params = found + Fragment(tail, limits)
    return [row[0] for row in await (await connection.execute(text, params)).fetchall()]


def _conditions(scope: Scope, *, question: Question, roughly: bool) -> Fragment:
    """What an entry (alias e) must fulfil. Of those that are only alike, the first thousand are enough."""
    parts = [_word(word, roughly=roughly) for word in question.words]
    if question.facets:
        wanted = [f"{facet}:{value}" for facet, value in question.facets]
        inside = (
            "e.combination_id = ANY (ARRAY("
            "SELECT m.id FROM catalogue.combination AS m WHERE m.facets @> %s::text[]))"
        )
        parts.append(Fragment(inside, (wanted,)))
    if question.area:
        west, south, east, north = question.area
        parts.append(Fragment("e.area && box(point(%s, %s), point(%s, %s))", (west, south, east, north)))
    since, until = question.instants
    if since or until:
        parts.append(Fragment("(e.temporal_from IS NOT NULL OR e.temporal_until IS NOT NULL)"))
    if until:
        parts.append(Fragment("coalesce(e.temporal_from < %s, true)", (until,)))
    if since:
        parts.append(Fragment("coalesce(e.temporal_until >= %s, true)", (since,)))
    found = fragments.every([*parts, scope.on("e.dataset_id")])
    if not roughly:
        return found
    few = Fragment("e.dataset_id = ANY (ARRAY(SELECT e.dataset_id FROM catalogue.entry AS e WHERE ")
    return few + found + Fragment(f" LIMIT {_ALIKE})) AND ") + scope.on("e.dataset_id")


def _word(word: str, *, roughly: bool) -> Fragment:
    """A German word in any of its forms, or a part of a longer one in title and keywords."""
    if roughly:
        return Fragment("e.words %%> %s", (plain(word),))
    stemmed = Fragment("e.search @@ plainto_tsquery('catalogue.german', %s)", (word,))
    if len(word) < _PART:
        return stemmed
    return Fragment("(") + stemmed + Fragment(" OR e.words LIKE %s)", (_part(word),))


def _part(text: str) -> str:
    """The pattern of LIKE for a part of what catalogue.entry holds as words."""
    escaped = plain(text).replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
    return f"%{escaped}%"


def plain(text: str) -> str:
    """Without case and accents, as catalogue.plain makes the words of the index."""
    spelled = unicodedata.normalize("NFKD", text.lower().replace("ß", "ss"))
    return "".join(sign for sign in spelled if not unicodedata.combining(sign))
