# SPDX-License-Identifier: EUPL-1.2
"""Sums counts of combinations up to counts of facets: what matches, and what another choice would give."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from stadtkern.catalogue.search.keeping import Kept
from stadtkern.core import statements
from stadtkern.core.database import Connection

# Combinations are never changed, only added. So many are remembered of one database; there are seldom more.
_REMEMBERED = 20_000
_known = Kept()


class Counts(msgspec.Struct, frozen=True):
    """How many datasets match, and how many of them have which value of a facet, the most frequent first."""

    total: int
    facets: Mapping[str, Sequence[tuple[str, int]]]


async def count(
    connection: Connection, *, combinations: Sequence[int], sizes: Sequence[int], wanted: Iterable[str]
) -> Counts:
    """Counts of all that have the facets wanted and, per facet, of what choosing another value would give.

    `combinations` and `sizes`: how many of what matches have which combination. `wanted`: `theme:ENVI`.
    """
    facets = await _facets(connection, combinations)
    return _summed(((facets[id_], n) for id_, n in zip(combinations, sizes, strict=True)), set(wanted))


async def having(connection: Connection, *, combinations: Sequence[int], wanted: Sequence[str]) -> set[int]:
    """Those of these combinations that have all facets wanted (`theme:ENVI`)."""
    facets = await _facets(connection, combinations)
    return {id_ for id_ in combinations if set(wanted).issubset(facets[id_])}


async def upkeep(connection: Connection) -> bool:
    """Gather the sizes of combinations, and mend them; returns whether somebody wrote past the triggers."""
    sql = statements.load("catalogue")
    mended = (await connection.execute(sql["mend_sizes"])).rowcount > 0
    row = await (await connection.execute(sql["scattered_sizes"])).fetchone()
    if row is not None and row[0]:
        await connection.execute(sql["gather_sizes"])
    return mended


def _summed(given: Iterable[tuple[Sequence[str], int]], wanted: set[str]) -> Counts:
    total = 0
    sums: dict[str, int] = {}
    for names, n in given:
        missing = wanted.difference(names)
        if not missing:
            total += n
            for name in names:
                sums[name] = sums.get(name, 0) + n
        elif len(missing) == 1:
            facet = missing.pop().partition(":")[0] + ":"
            for name in names:
                if name.startswith(facet):
                    sums[name] = sums.get(name, 0) + n
    found: dict[str, list[tuple[str, int]]] = {}
    for name, n in sorted(sums.items(), key=lambda each: (-each[1], each[0])):
        facet, _, value = name.partition(":")
        found.setdefault(facet, []).append((value, n))
    return Counts(total, found)


async def _facets(connection: Connection, ids: Sequence[int]) -> Mapping[int, Sequence[str]]:
    """The facets of these combinations; only those not met before are read."""
    info = connection.info
    place = (info.host, info.port, info.dbname)
    known: dict[int, tuple[str, ...]] = _known.get(place) or {}
    missing = [id_ for id_ in ids if id_ not in known]
    if missing:
        if len(known) + len(missing) > _REMEMBERED:
            known, missing = {}, list(ids)
        one: dict[str, str] = {name: name for names in known.values() for name in names}
        sql = statements.load("catalogue")["facets_of_combinations"]
        rows = await (await connection.execute(sql, {"ids": missing})).fetchall()
        known = {**known, **{id_: tuple(one.setdefault(name, name) for name in names) for id_, names in rows}}
        if len(known) <= _REMEMBERED:
            _known.put(place, known)
    return known
