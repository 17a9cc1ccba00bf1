# SPDX-License-Identifier: EUPL-1.2
"""Series to choose for a diagram: those of a dataset, or those that some words name or are about."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from stadtkern.catalogue.search import find
from stadtkern.catalogue.search import question as questions
from stadtkern.core import fragments, statements
from stadtkern.core.fragments import Fragment
from stadtkern.insights import kinds
from stadtkern.insights.explore import find as names
from stadtkern.ui.visit import Visit

MOST = 30
_MOST_DATASETS = 5
LONGEST = 100


class Offer(msgspec.Struct, frozen=True):
    """A series that could be shown."""

    id: int
    name: str
    place: str
    symbol: str
    last_time: datetime | None

    @property
    def label(self) -> str:
        """Its name, and where it is where the name does not say so."""
        return self.name if self.place in self.name else f"{self.name} · {self.place}"


async def offers(
    visit: Visit, *, text: str = "", dataset: str = "", but: Sequence[int] = ()
) -> tuple[list[Offer], bool]:
    """Up to `MOST` series and one more, which says that there are more; and whether names only resemble.

    Where no name holds the words: series at places of the kind they name, else those of datasets about it.
    """
    words = text.replace("\0", "")[:LONGEST].split()
    if not words and not dataset:
        return [], False
    inside = _dataset(visit, dataset) if dataset else Fragment("true")
    found = await _ask(visit, *_called(words, roughly=False), inside, but=but)
    if found:
        return found, False
    for about in (_kind(words), await _subject(visit, words)):
        found = await _ask(visit, *about, inside, but=but) if about else []
        if found:
            return found, False
    if not names.tolerant(words):
        return [], False
    async with visit.connection.transaction():
        await names.be_lenient(visit)
        found = await _ask(visit, *_called(words, roughly=True), inside, but=but)
    return found, bool(found)


async def _ask(
    visit: Visit, of_stream: Fragment, of_thing: Fragment, inside: Fragment, *, but: Sequence[int]
) -> list[Offer]:
    """Series (d) that meet the first condition, and those at things (t) that meet the second."""
    first, second, third, fourth, _ = statements.load("insights")["streams_to_choose"].split(
        "/* conditions */"
    )
    query = (
        Fragment(first)
        + fragments.every([of_stream, visit.scope.on("d.dataset_id"), inside])
        + Fragment(second)
        + fragments.every([of_thing, visit.scope.on("t.dataset_id"), visit.scope.on("d.dataset_id"), inside])
        + Fragment(third)
        + fragments.every(
            [
                visit.scope.on("d.dataset_id"),
                visit.scope.on("t.dataset_id"),
                Fragment("NOT d.id = ANY (%s)", (list(but),)),
            ]
        )
        + Fragment(fourth)
        + Fragment("%s", (MOST + 1,))
    )
    rows = await (await visit.connection.execute(query.text.encode(), query.params)).fetchall()
    return [Offer(*row) for row in rows]


def _called(words: Sequence[str], *, roughly: bool) -> tuple[Fragment, Fragment]:
    return names.called("d.name", words, roughly=roughly), names.called("t.name", words, roughly=roughly)


def _kind(words: Sequence[str]) -> tuple[Fragment, Fragment] | None:
    """Series at things of the kinds in whose names all words stand: car parks, trees."""
    types = [
        type_
        for kind in kinds.KINDS
        if words and all(_in(word, kind) for word in words)
        for type_ in kind.types
    ]
    there = Fragment("t.properties ->> 'type' = ANY (%s)", (types,))
    return (Fragment("false"), there) if types else None


def _in(word: str, kind: kinds.Kind) -> bool:
    return len(word) >= names.LEAST and any(
        word.casefold() in str(name).casefold() for name in (kind.one, kind.many)
    )


async def _subject(visit: Visit, words: Sequence[str]) -> tuple[Fragment, Fragment] | None:
    """Series of the datasets that the catalogue's search finds."""
    asked = questions.read({"q": " ".join(words), "art": "series"})
    if not asked.words:
        return None
    found = await find.search(visit.connection, visit.scope, question=asked, size=_MOST_DATASETS)
    ids = [] if found.roughly else [each.id for each in found.datasets]
    return (Fragment("d.dataset_id = ANY (%s)", (ids,)), Fragment("false")) if ids else None


def _dataset(visit: Visit, key: str) -> Fragment:
    here = Fragment("d.dataset_id IN (SELECT c.id FROM core.dataset AS c WHERE c.key = %s AND ", (key,))
    return here + visit.scope.on("c.id") + Fragment(")")
