# SPDX-License-Identifier: EUPL-1.2
"""Series to choose for a diagram: those of a dataset, or those whose names contain all words."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from stadtkern.core import fragments, statements
from stadtkern.core.fragments import Fragment
from stadtkern.insights.explore import find as names
from stadtkern.ui.visit import Visit

MOST = 30
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
    """Up to `MOST` series and one more, which says that there are more; and whether names only resemble."""
    words = text.replace("\0", "")[:LONGEST].split()
    if not words and not dataset:
        return [], False
    inside = _dataset(visit, dataset) if dataset else None
    async with visit.connection.transaction():
        found = await _ask(visit, words, inside, but=but, roughly=False)
        if found or not names.tolerant(words):
            return found, False
        await names.be_lenient(visit)
        found = await _ask(visit, words, inside, but=but, roughly=True)
    return found, bool(found)


async def _ask(
    visit: Visit, words: Sequence[str], inside: Fragment | None, *, but: Sequence[int], roughly: bool
) -> list[Offer]:
    first, second, third, fourth, _ = statements.load("insights")["streams_to_choose"].split(
        "/* conditions */"
    )
    query = (
        Fragment(first)
        + _matching(visit, "d.name", ["d"], words, inside, roughly=roughly)
        + Fragment(second)
        + _matching(visit, "t.name", ["t", "d"], words, inside, roughly=roughly)
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


def _matching(
    visit: Visit,
    column: str,
    aliases: Sequence[str],
    words: Sequence[str],
    inside: Fragment | None,
    *,
    roughly: bool,
) -> Fragment:
    seen = [visit.scope.on(f"{alias}.dataset_id") for alias in aliases]
    return fragments.every(
        [names.called(column, words, roughly=roughly), *seen, *([inside] if inside else [])]
    )


def _dataset(visit: Visit, key: str) -> Fragment:
    here = Fragment("d.dataset_id IN (SELECT c.id FROM core.dataset AS c WHERE c.key = %s AND ", (key,))
    return here + visit.scope.on("c.id") + Fragment(")")
