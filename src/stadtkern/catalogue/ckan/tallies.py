# SPDX-License-Identifier: EUPL-1.2
"""How many datasets a query finds, and how many of these have what in common: one pass for all of it."""

from __future__ import annotations

from collections.abc import Sequence

from stadtkern.catalogue.search import counting, keeping, running
from stadtkern.catalogue.search.counting import Counts
from stadtkern.core import fragments
from stadtkern.core.fragments import Fragment
from stadtkern.ui.visit import Visit

# What this interface knows of: it shows nobody drafts.
PUBLISHED = Fragment("d.state = 'published'")
# So many hidden datasets are taken off one by one sooner than all that may be seen are counted.
_FEW = 20_000


async def matching(visit: Visit, conditions: Sequence[Fragment] = ()) -> Counts:
    """What is published and fulfils the conditions (on c, d, r and o), counted by all facets at once."""

    async def find() -> Counts:
        scope = visit.scope
        if not conditions and scope.negated and len(scope.ids) <= _FEW:
            seen = fragments.every([PUBLISHED, scope.on("d.id")])
            rows = await running.filled(visit.connection, "ckan_sizes", seen)
        else:
            rows = await running.filled(
                visit.connection, "ckan_matching_sizes",
                fragments.every([_wanted(visit, conditions), scope.on("m.dataset_id")]),
            )  # fmt: skip
        combinations, sizes = [row[0] for row in rows], [row[1] for row in rows]
        return await counting.count(visit.connection, combinations=combinations, sizes=sizes, wanted=())

    key = ("ckan matching", repr(conditions))
    return await keeping.until_change(visit.connection, visit.scope, key=key, find=find)


async def tags(visit: Visit, conditions: Sequence[Fragment], *, limit: int | None) -> list[tuple[str, int]]:
    """The keywords of what is published and fulfils the conditions, the most frequent first."""

    async def find() -> list[tuple[str, int]]:
        inside = visit.scope.on("k.dataset_id")
        if conditions:
            return await running.filled(
                visit.connection, "ckan_tags", _wanted(visit, conditions), inside, last=(limit,)
            )
        seen = fragments.every([PUBLISHED, visit.scope.on("d.id"), inside])
        return await running.filled(visit.connection, "ckan_all_tags", seen, last=(limit,))

    key = ("ckan tags", limit, repr(conditions))
    return await keeping.until_change(visit.connection, visit.scope, key=key, find=find)


def organisations(counts: Counts, *, city: int) -> dict[int, int]:
    """How many datasets each organisation has; those that name none are the city's."""
    found: dict[int, int] = {}
    for value, n in counts.facets.get("organisation", ()):
        number = int(value) or city
        found[number] = found.get(number, 0) + n
    return found


def _wanted(visit: Visit, conditions: Sequence[Fragment]) -> Fragment:
    seen = (visit.scope.on("c.dataset_id"), visit.scope.on("d.id"))
    return fragments.every([PUBLISHED, *conditions, *seen])
