# SPDX-License-Identifier: EUPL-1.2
"""How many match, by combination of facets, and the best of them: as few passes over what matches as do."""

from __future__ import annotations

from collections.abc import Sequence

from stadtkern.catalogue.search import asked as asking
from stadtkern.catalogue.search import counting, running, spelling
from stadtkern.catalogue.search.asked import Asked
from stadtkern.catalogue.search.keeping import Kept
from stadtkern.core import fragments
from stadtkern.core.access import Scope
from stadtkern.core.database import Connection
from stadtkern.core.fragments import Fragment

# So many are weighed by their words; those behind them come by being named so and by age.
FIRST = 300
# So many hidden datasets are looked at one by one sooner than all that may be seen.
_FEW = 20_000

_sizes_kept, _newest_kept, _first_kept, _all_kept = Kept(), Kept(), Kept(), Kept()


async def sizes(connection: Connection, scope: Scope, asked: Asked) -> tuple[list[int], list[int]]:
    """Combinations of facets, and how many of what matches have each, whatever facets are wanted."""
    key = _key_of_sizes(asked)
    known: tuple[list[int], list[int]] | None = _sizes_kept.get(key)
    if known is None:
        if _in_one_pass(asked):
            known = await _both(connection, scope, asked)
        elif asked.plain and scope.negated and len(scope.ids) <= _FEW:
            known = _columns(await running.filled(connection, "combinations_but", scope.on("m.dataset_id")))
        else:
            known = _columns(
                await running.filled(connection, "combinations", asking.conditions(scope, asked))
            )
        _sizes_kept.put(key, known)
    return known


async def first(connection: Connection, scope: Scope, asked: Asked) -> list[int]:
    """The best of what matches, in their order."""
    key = asked.key(page=1)
    known: list[int] | None = _first_kept.get(key)
    if known is None:
        ids = await _newest(connection, scope, asked)
        said = " ".join(asked.question.words)
        if asked.roughly:
            rows = await running.filled(
                connection, "closest", scope.on("e.dataset_id"), first=(ids,), last=(spelling.plain(said),)
            )
        else:
            rows = await running.filled(
                connection, "weighed", scope.on("m.dataset_id"), asking.named(asked), first=(said, ids)
            )
        known = [row[0] for row in rows]
        _first_kept.put(key, known)
    return known


def _columns(rows: Sequence[Sequence[int]]) -> tuple[list[int], list[int]]:
    return [row[0] for row in rows], [row[1] for row in rows]


def _key_of_sizes(asked: Asked) -> tuple[object, ...]:
    return asked.key(page=1, order="", facets=())


def _in_one_pass(asked: Asked) -> bool:
    """Whether to look for the best while counting: one word matches much, and then there is a shorter way."""
    question = asked.question
    narrow = len(asked.words) > 1 or question.area or question.since or question.until
    return bool(asked.words and narrow and not question.order)


async def _both(connection: Connection, scope: Scope, asked: Asked) -> tuple[list[int], list[int]]:
    """Sizes of combinations, and on the same way those to be weighed."""
    having = "h.combination_id IN (SELECT c.id FROM catalogue.combination AS c WHERE c.facets @> %s::text[])"
    wanted = asking.wanted(asked.question)
    ((combinations, numbers, ids),) = await running.filled(
        connection, "combinations_and_first",
        asking.named(asked), asking.conditions(scope, asked),
        Fragment(having, (wanted,)) if wanted else fragments.TRUE, last=(FIRST,),
    )  # fmt: skip
    _newest_kept.put(asked.key(page=1), ids)
    return combinations, numbers


async def _newest(connection: Connection, scope: Scope, asked: Asked) -> list[int]:
    """Those that are weighed: of what is named so the newest, then of what only mentions it.

    How many match is known, and so is how far one must walk from the newest on until there are enough.
    """
    combinations, numbers = await sizes(connection, scope, asked)
    known: list[int] | None = _newest_kept.get(asked.key(page=1))
    if known is not None:
        return known
    wanted = asking.wanted(asked.question)
    having = await counting.having(connection, combinations=combinations, wanted=wanted)
    total = sum(n for id_, n in zip(combinations, numbers, strict=True) if id_ in having)
    faceted = Fragment("m.combination_id = ANY (%s)", (sorted(having),)) if wanted else fragments.TRUE
    matching = fragments.every([asking.conditions(scope, asked), faceted])
    far = total <= FIRST or FIRST * await _all(connection, asked) // total >= sum(numbers)
    if far:
        return await _sorted(connection, asking.named(asked), matching)
    if asked.by_name:
        return await _walked(connection, matching, FIRST)
    named = fragments.every([asking.conditions(scope, asked, by_name=True), faceted])
    found = await _sorted(connection, fragments.TRUE, named)
    if len(found) < FIRST:
        others = fragments.every([matching, Fragment("NOT ") + asking.named(asked)])
        found += await _walked(connection, others, FIRST - len(found))
    return found


async def _walked(connection: Connection, matching: Fragment, most: int) -> list[int]:
    """The newest of much that matches, from the newest dataset on."""
    rows = await running.filled(connection, "first_of_newest", matching, last=(most,))
    return [row[0] for row in rows]


async def _sorted(connection: Connection, named: Fragment, matching: Fragment) -> list[int]:
    """What is named so and then the newest, by putting all that matches in order."""
    rows = await running.filled(connection, "first_of_all", named, matching, last=(FIRST,))
    return [row[0] for row in rows]


async def _all(connection: Connection, asked: Asked) -> int:
    """How many datasets there are, whoever may see them; only to guess at costs."""
    known: int | None = _all_kept.get(asked.seen)
    if known is None:
        ((known,),) = await running.filled(connection, "all_sizes")
        _all_kept.put(asked.seen, known)
    return known
