# SPDX-License-Identifier: EUPL-1.2
"""One page of buckets: which ones, what they come to, and where the next page begins."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from stadtkern.core import problems
from stadtkern.core.fragments import Fragment
from stadtkern.things.aggregate import combine, fill, vectors
from stadtkern.things.aggregate.asking import Aggregate
from stadtkern.things.aggregate.calendar import Calendar
from stadtkern.things.aggregate.combine import Columns
from stadtkern.things.aggregate.pieces import Source
from stadtkern.things.store.batch import Integers, instant

# Buckets on a page; observations that are looked at one by one.
MAX_BUCKETS = 10_000
MAX_ROWS = 1_000_000
_FEWEST = 500
_WINDOWS = 60
# Where the clean hours or the dirty ones go on behind (or before) an instant.
_NEXT = {
    ("rollup_hour", False): "select array_agg(p.at) from (select r.start as at from things.rollup_hour r"
    " where r.datastream_id = %s and r.start >= %s order by 1 limit 1) p",
    ("rollup_hour", True): "select array_agg(p.at) from (select r.start as at from things.rollup_hour r"
    " where r.datastream_id = %s and r.start < %s order by 1 desc limit 1) p",
    ("rollup_mark", False): "select array_agg(p.at) from (values (%s::bigint, %s::timestamptz)) a (id, edge)"
    " cross join lateral (select min(greatest(r.start, a.edge)) as at from things.rollup_mark r"
    " where r.datastream_id = a.id and r.until > a.edge) p where p.at is not null",
    ("rollup_mark", True): "select array_agg(p.at) from (values (%s::bigint, %s::timestamptz)) a (id, edge)"
    " cross join lateral (select max(least(r.until, a.edge)) - interval '1 microsecond' as at"
    " from things.rollup_mark r where r.datastream_id = a.id and r.start < a.edge) p where p.at is not null",
}


class TooManyObservations(problems.Problem):
    """There are too many observations to look at each of them.

    Choose a shorter span of phenomenonTime, or functions that need no single values: mean, min, max, sum,
    count, first, last, stddev.
    """

    status = 422


class UnfitAggregate(problems.Problem):
    """This aggregate cannot be made here.

    Choose other functions or a longer bucket; the documentation lists what goes together.
    """


@dataclass(frozen=True, slots=True)
class Asked:
    """What is wanted of [start, end) in microseconds; None stands for the ends of the history."""

    aggregate: Aggregate
    start: int | None
    end: int | None
    descending: bool = False
    top: int = MAX_BUCKETS
    begin: int | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """Buckets (microseconds) in the order asked for, a column per function; `next` begins the next page."""

    starts: Integers
    ends: Integers
    columns: Columns
    next: int | None


async def read(source: Source, asked: Asked) -> Page:
    """A page of buckets. Raises TooManyObservations, UnfitAggregate."""
    check(source, asked.aggregate)
    facts, wanted = source.facts, asked.aggregate
    start = facts.first if asked.start is None else asked.start
    end = asked.end if asked.end is not None or facts.last is None else facts.last + 1
    if start is None or end is None or start >= end:
        nothing = np.zeros(0, np.int64)
        return Page(nothing, nothing, dict.fromkeys((*wanted.functions, "count"), nothing), None)
    columns = combine.needs(wanted.functions, kind=facts.kind)
    walk = _Walk(replace(source, needs=columns), asked, start, end)
    page = await (walk.sparse() if wanted.fill == "none" else walk.dense())
    if wanted.quantiles and len(page.starts):
        await walk.quantiles(page)
    return page


def check(source: Source, wanted: Aggregate) -> None:
    """Refuse what cannot be made. Raises UnfitAggregate."""
    if wanted.quantiles and wanted.fill in ("previous", "linear"):
        raise UnfitAggregate("gaps between quantiles are filled by none or null only", where="$aggregate")
    if source.facts.kind != "state":
        return
    weighed = [name for name in wanted.functions if name in ("mean", "stddev", "sum")]
    if "sum" in weighed:
        raise UnfitAggregate("a state has no sum; its mean weighs by time", where="$aggregate")
    if weighed and (wanted.bucket.unit == "minute" or source.rest):
        raise UnfitAggregate(
            f"{weighed[0]} of a state weighs by time; take buckets of an hour or longer, and no condition"
            " but on phenomenonTime",
            where="$aggregate",
        )


class _Walk:
    """Steps over the buckets of a span, forwards or backwards."""

    def __init__(self, source: Source, asked: Asked, start: int, end: int):
        self._source = source
        self._asked = asked
        self._wanted = asked.aggregate
        self._zone = asked.aggregate.zone or source.facts.zone
        self._calendar = Calendar(asked.aggregate.bucket, self._zone)
        self._start, self._end = start, end
        self._first, self._last = self._calendar.number(start), self._calendar.number(end - 1)
        self._sign = -1 if asked.descending else 1

    def _from(self) -> int:
        """The number of the page's first bucket."""
        begin = self._last if self._asked.descending else self._first
        if self._asked.begin is None:
            return begin
        return min(max(self._calendar.number(self._asked.begin), self._first), self._last)

    async def dense(self) -> Page:
        """Every bucket, also those without observations."""
        begin, top = self._from(), self._asked.top
        end = begin + self._sign * top
        low, high = (begin, end) if self._sign > 0 else (end + 1, begin + 1)
        low, high = max(low, self._first), min(high, self._last + 1)
        reach = 0 if self._wanted.fill == "null" else fill.REACH
        wide_low, wide_high = max(low - reach, self._first), min(high + reach, self._last + 1)
        places, columns, begins = await self._grouped(wide_low, wide_high)
        full = fill.spread(places, columns, count=wide_high - wide_low)
        full = fill.filled(full, self._wanted.fill, begins=begins)
        kept = slice(low - wide_low, high - wide_low)
        more = high <= self._last if self._sign > 0 else low > self._first
        following = int(self._calendar.begins(end, 1)[0]) if more and top else None
        return self._page(
            begins[kept], begins[1:][kept], {name: values[kept] for name, values in full.items()}, following
        )

    async def sparse(self) -> Page:
        """Buckets with observations only; where there are none for long, go on behind the gap."""
        top, begin = self._asked.top, self._from()
        found: list[tuple[Integers, Integers, Columns]] = []
        missing = top + 1
        for _ in range(_WINDOWS):
            size = max(min(missing, MAX_BUCKETS + 1), _FEWEST)
            low, high = (begin, begin + size) if self._sign > 0 else (begin + 1 - size, begin + 1)
            low, high = max(low, self._first), min(high, self._last + 1)
            places, columns, begins = await self._grouped(low, high)
            order = slice(None, None, self._sign)
            found.append(
                (
                    begins[:-1][places][order],
                    begins[1:][places][order],
                    {name: values[order] for name, values in columns.items()},
                )
            )
            missing -= len(places)
            begin = high if self._sign > 0 else low - 1
            if missing <= 0 or not self._first <= begin <= self._last:
                return self._cut(found, None)
            behind = await self._jump(begin)
            if behind is None:
                return self._cut(found, None)
            begin = behind
        return self._cut(found, int(self._calendar.begins(begin, 1)[0]))

    def _cut(self, found: list[tuple[Integers, Integers, Columns]], following: int | None) -> Page:
        starts = np.concatenate([part[0] for part in found])
        ends = np.concatenate([part[1] for part in found])
        names = found[0][2]
        columns = {name: np.concatenate([part[2][name] for part in found]) for name in names}
        top = self._asked.top
        if len(starts) > top:
            following = int(starts[top]) if top else None
        return Page(
            starts[:top], ends[:top], {name: values[:top] for name, values in columns.items()}, following
        )

    def _page(self, starts: Integers, ends: Integers, columns: Columns, following: int | None) -> Page:
        order = slice(None, None, self._sign)
        ordered = {name: values[order] for name, values in columns.items()}
        return Page(starts[order], ends[order], ordered, following)

    async def _grouped(self, low: int, high: int) -> tuple[Integers, Columns, Integers]:
        """The values of the buckets from `low` up to before `high` that hold something."""
        begins = self._calendar.begins(low, high - low + 1)
        start, end = max(int(begins[0]), self._start), min(int(begins[-1]), self._end)
        found = await self._source.read(self._wanted.bucket, self._zone, start, end)
        functions = [name for name in self._wanted.functions if name in combine.NEEDS]
        places, columns = combine.grouped(found, begins, functions=functions, kind=self._source.facts.kind)
        return places, columns, begins

    async def _jump(self, begin: int) -> int | None:
        """The next bucket, in the direction of the walk, that may hold something."""
        back = self._sign < 0
        edge = int(self._calendar.begins(begin + (1 if back else 0), 1)[0])
        number, found = self._source.facts.id, list[int]()
        if self._wanted.bucket.unit == "minute" or self._source.rest:
            start, end = (self._start, edge) if back else (edge, self._end)
            inner = await self._source.observations(start, end)
            order = Fragment(f" order by phenomenon_time {'desc' if back else ''} limit 1) p")
            statement = Fragment("select array_agg(p.phenomenon_time) from (") + inner + order
            found = await self._moments(statement)
        else:
            for table in ("rollup_hour", "rollup_mark"):
                found += await self._moments(Fragment(_NEXT[table, back], (number, instant(edge))))
        if not found:
            return None
        moment = min(max(found), edge - 1) if back else max(min(found), edge)
        return min(max(self._calendar.number(moment), self._first), self._last)

    async def _moments(self, statement: Fragment) -> list[int]:
        (found,) = await vectors.fetch(self._source.connection, statement)
        return [] if found is None else [int(moment) for moment in found]

    async def quantiles(self, page: Page) -> None:
        """Add the quantiles to a page; these need the observations themselves."""
        total = int(page.columns["count"].sum())
        if total > MAX_ROWS:
            raise TooManyObservations(
                f"quantiles of {total} observations; at most {MAX_ROWS} are looked at for one page",
                where="$aggregate",
            )
        edges = np.unique(np.concatenate([page.starts, page.ends]))
        shares = self._wanted.quantiles
        start, end = max(int(edges[0]), self._start), min(int(edges[-1]), self._end)
        values = ", ".join(f"array_agg(coalesce(p.shares[{at + 1:d}], 'NaN'))" for at in range(len(shares)))
        head = Fragment(
            f"select array_agg(p.bucket), {values} from (select width_bucket(o.phenomenon_time,"
            " %s::timestamptz[])::bigint as bucket,"
            " percentile_cont(%s::float8[]) within group (order by o.result) as shares from (",
            ([instant(edge) for edge in edges.tolist()], shares),
        )
        inner = await self._source.observations(start, end)
        tail = Fragment(") o where o.result is not null group by 1) p")
        buckets, *found = await vectors.fetch(self._source.connection, head + inner + tail)
        names = [name for name in self._wanted.functions if name not in combine.NEEDS]
        for name, column in zip(names, found, strict=True):
            full = np.full(len(edges) + 1, np.nan)
            if buckets is not None:
                full[buckets] = column
            page.columns[name] = full[np.searchsorted(edges, page.starts) + 1]
