# SPDX-License-Identifier: EUPL-1.2
"""A chart's worth of points from a history of any length."""

from __future__ import annotations

from stadtkern.core.fragments import Fragment
from stadtkern.things.aggregate import lttb, vectors
from stadtkern.things.aggregate.pages import MAX_ROWS, TooManyObservations
from stadtkern.things.aggregate.pieces import Source
from stadtkern.things.store.batch import Integers, Numbers


async def read(source: Source, *, start: int | None, end: int | None, count: int) -> tuple[Integers, Numbers]:
    """Times (microseconds) and results of the points that show the shape. Raises TooManyObservations."""
    facts = source.facts
    begin = facts.first if start is None else start
    behind = end if end is not None or facts.last is None else facts.last + 1
    times, results = None, None
    if begin is not None and behind is not None and begin < behind:
        head = Fragment("select array_agg(p.phenomenon_time), array_agg(p.result) from (select o.* from (")
        tail = Fragment(
            f") o where o.result is not null order by o.phenomenon_time, o.slot limit {MAX_ROWS + 1:d}) p"
        )
        inner = await source.observations(begin, behind)
        times, results = await vectors.fetch(source.connection, head + inner + tail)
    if times is None or results is None:
        return vectors.NO_INTEGERS, vectors.NO_NUMBERS
    if len(times) > MAX_ROWS:
        raise TooManyObservations(
            f"more than {MAX_ROWS} observations; thin out buckets instead, e.g."
            " $aggregate=hour(mean)&$downsample=lttb(500)",
            where="$downsample",
        )
    chosen = lttb.pick(times, results, count=count)
    return times[chosen], results[chosen]
