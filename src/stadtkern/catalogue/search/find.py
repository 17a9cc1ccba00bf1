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
_SIMILAR = "0.45"
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


_cache: OrderedDict[tuple[Any, ...], Counts] = OrderedDict()


async def search(connection: Connection, scope: Scope, *, question: Question, size: int = SIZE) -> Found:
    """The page asked for, with counts. Counts are kept until rights or the catalogue change."""
    async with connection.transaction():
        counts = await _counts(connection, scope, question=question, roughly=False)
        roughly = not counts.total and bool(question.words)
        if roughly:
            await connection.execute(statements.load("catalogue")["be_lenient"], {"similar": _SIMILAR})
            counts = await _counts(connection, scope, question=question, roughly=True)
        ids = (
            await _page(connection, scope, question=question, roughly=roughly, size=size)
            if counts.total
            else []
        )
        datasets = await queries.by_ids(connection, scope, ids=ids)
    return Found(datasets, counts, roughly and bool(counts.total))


async def _counts(connection: Connection, scope: Scope, *, question: Question, roughly: bool) -> Counts:
    row = await (await connection.execute(statements.load("catalogue")["search_version"])).fetchone()
    asked = msgspec.structs.replace(question, page=1, order="")
    key = (row, scope.ids, scope.negated, asked, roughly)
    known = _cache.get(key)
    if known is None:
        known = await _count(connection, scope, question=question, roughly=roughly)
        _cache[key] = known
        while len(_cache) > _KEPT:
            _cache.popitem(last=False)
    else:
        _cache.move_to_end(key)
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
    connection: Connection, scope: Scope, *, question: Question, roughly: bool, size: int
) -> list[int]:
    """The ids of one page. By relevance, the best thousand are weighed; those behind follow by date."""
    conditions = _conditions(scope, question=question, roughly=roughly)
    offset = (question.page - 1) * size
    words = question.words
    if question.order or not words:
        order = _ORDERS.get(question.order, _ORDERS["neu"])
        text, params = (
            Fragment("SELECT e.dataset_id FROM catalogue.entry AS e WHERE ")
            + conditions
            + Fragment(f" ORDER BY {order} LIMIT %s OFFSET %s", (size, offset))
        )
    else:
        head, middle, tail = statements.load("catalogue")["page_by_relevance"].split("/* conditions */")
        said = " ".join(words)
        named = Fragment("e.words LIKE %s", (_part(said),))
        text, params = (
            Fragment(head) + named + Fragment(middle) + conditions + Fragment(tail, (said, size, offset))
        )
    rows = await (await connection.execute(text, params)).fetchall()
    return [row[0] for row in rows]


def _conditions(scope: Scope, *, question: Question, roughly: bool) -> Fragment:
    """What an entry (alias e) must fulfil."""
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
    return fragments.every([*parts, scope.on("e.dataset_id")])


def _word(word: str, *, roughly: bool) -> Fragment:
    """A German word in any of its forms, or a part of a longer one in title and keywords."""
    if roughly:
        return Fragment("e.words %%> %s", (plain(word),))
    stemmed = Fragment("e.search @@ plainto_tsquery('catalogue.german', %s)", (word,))
    if len(word) < 3:
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
