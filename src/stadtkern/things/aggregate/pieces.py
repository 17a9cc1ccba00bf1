# SPDX-License-Identifier: EUPL-1.2
"""Sums of stretches of time: clean ones from the rollups, everything else from the observations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import NamedTuple
from zoneinfo import ZoneInfo

import msgspec
import numpy as np

from stadtkern.core import fragments, statements
from stadtkern.core.access import Scope
from stadtkern.core.database import Connection
from stadtkern.core.fragments import Fragment
from stadtkern.things import access, entities
from stadtkern.things.aggregate import vectors
from stadtkern.things.aggregate.asking import Bucket
from stadtkern.things.aggregate.calendar import Calendar
from stadtkern.things.language import checker, compiler, tree
from stadtkern.things.language.places import Names, root
from stadtkern.things.language.typed import Solution, Typed
from stadtkern.things.queries import reach
from stadtkern.things.store import hours
from stadtkern.things.store.batch import HOUR, Flags, Integers, Numbers, instant, microseconds
from stadtkern.things.store.fold import Span

# Runs of days with dirty hours that are read one by one; more of them are read in one go.
_RUNS = 16


@dataclass(frozen=True, slots=True)
class Pieces:
    """Columns of equal length, ordered by time; NaN for no value. See `rollup_hour` for their meaning."""

    start: Integers
    n: Integers
    rows: Integers
    mean: Numbers
    m2: Numbers
    minimum: Numbers
    maximum: Numbers
    first: Numbers
    last: Numbers
    weight: Numbers

    def __len__(self) -> int:
        return len(self.start)

    def only(self, kept: Flags) -> Pieces:
        """Some of them."""
        return Pieces(*(getattr(self, name)[kept] for name in _NAMES))


_NAMES = tuple(field.name for field in fields(Pieces))
_WHOLE = ("start", "n", "rows")
_VALUES = _NAMES[3:]
_EXPRESSIONS = {
    "mean": "avg(things.tame(o.result))",
    "m2": "var_pop(things.tame(o.result)) * count(o.result)",
    "minimum": "min(o.result)",
    "maximum": "max(o.result)",
    "first": "(array_agg(o.result order by o.phenomenon_time, o.slot))[1]",
    "last": "(array_agg(o.result order by o.phenomenon_time desc, o.slot desc))[1]",
}


class Facts(NamedTuple):
    """What one must know of a Datastream before summing it up."""

    id: int
    kind: str
    first: int | None
    last: int | None
    zone: ZoneInfo


@dataclass(frozen=True, slots=True)
class Source:
    """One Datastream as a principal sees it, what else its observations must fulfil, the columns needed."""

    connection: Connection
    scope: Scope
    facts: Facts
    rest: tuple[tree.Expression, ...] = ()
    needs: frozenset[str] = frozenset(_VALUES)
    solved: Mapping[Typed, Solution] | None = None

    async def read(self, bucket: Bucket, zone: ZoneInfo, start: int, end: int) -> Pieces:
        """The pieces of [start, end), none of which reaches over the end of a bucket."""
        whole = bucket.unit != "minute" and not self.rest and _whole_hours(zone, start, end)
        if not whole:
            return await self._raw(start, end, grain=bucket.count if bucket.unit == "minute" else 15)
        first, last = -(-start // HOUR) * HOUR, end // HOUR * HOUR
        if self.facts.kind == "state":
            first, last = start // HOUR * HOUR, -(-end // HOUR) * HOUR
        if first >= last:
            return await self._raw(start, end, grain=60)
        found = [await self._raw(start, first, grain=60)] if start < first else []
        long = bucket.unit not in ("minute", "hour")
        if long and zone.key == self.facts.zone.key:
            found += await self._days_between(first, last)
        else:
            found.append(await self._hours(first, last))
        if last < end:
            found.append(await self._raw(last, end, grain=60))
        return together(found)

    async def _days_between(self, start: int, end: int) -> list[Pieces]:
        calendar = Calendar(Bucket("day"), self.facts.zone)
        number = calendar.number(start - 1) + 1
        count = calendar.number(end) - number
        if count < 1:
            return [await self._hours(start, end)]
        first, last = (int(at) for at in calendar.begins(number, count + 1)[[0, count]])
        found = [await self._hours(start, first)] if start < first else []
        found.append(await self._days(first, last, calendar))
        return [*found, await self._hours(last, end)] if last < end else found

    async def _days(self, start: int, end: int, calendar: Calendar) -> Pieces:
        unsure = await self._dirty(start, end)
        if not unsure.spans:
            return await self._kept("rollup_day", start, end)
        runs = _runs(calendar, unsure.spans)
        if len(runs) > _RUNS:
            return await self._hours(start, end)
        found, begin = [], start
        for first, behind in runs:
            found.append(await self._kept("rollup_day", begin, first))
            found.append(await self._hours(first, behind))
            begin = behind
        return together([*found, await self._kept("rollup_day", begin, end)])

    async def _hours(self, start: int, end: int) -> Pieces:
        unsure = await self._dirty(start, end)
        kept = await self._kept("rollup_hour", start, end)
        if not unsure.spans:
            return kept
        starts = np.array([span.start for span in unsure.spans], np.int64)
        ends = np.array([span.until for span in unsure.spans], np.int64)
        at = np.searchsorted(starts, kept.start, side="right") - 1
        covered: Flags = (at >= 0) & (kept.start < ends[at])
        fresh = of_rows(await hours.computed(self.connection, unsure))
        both = together([kept.only(~covered), fresh])
        order = np.argsort(both.start, kind="stable")
        return Pieces(*(getattr(both, name)[order] for name in _NAMES))

    async def _dirty(self, start: int, end: int) -> hours.Dirty:
        return await hours.dirty(
            self.connection, datastream_ids=[self.facts.id], start=instant(start), end=instant(end)
        )

    async def _kept(self, table: str, start: int, end: int) -> Pieces:
        if start >= end:
            return together([])
        featureless = msgspec.structs.replace(self.scope, gone_features=())
        conditions = [
            Fragment("r.datastream_id = %s", (self.facts.id,)),
            Fragment("r.start >= %s and r.start < %s", (instant(start), instant(end))),
            access.visible(scope=featureless, entity=entities.OBSERVATION, alias="r"),
        ]
        inner = Fragment(f"select r.* from things.{table} r where ") + fragments.every(conditions)
        return await self._fetch(inner + Fragment(" order by r.start"))

    async def _raw(self, start: int, end: int, *, grain: int) -> Pieces:
        """Sums of the observations by so many minutes."""
        values = [f"{text} as {name}" for name, text in _EXPRESSIONS.items() if name in self.needs]
        columns = ", ".join(["count(o.result) as n", "count(*) as rows", *values])
        head = Fragment(
            f"select date_bin(%s::interval, o.phenomenon_time, timestamptz 'epoch') as start, {columns},"
            " null::float8 as weight from (",
            (f"{grain} minutes",),
        )
        inner = head + await self.observations(start, end) + Fragment(") o group by 1 order by 1")
        return await self._fetch(inner)

    async def observations(self, start: int, end: int) -> Fragment:
        """The statement for the observations of a span that fulfil the rest of the filter. Raises Away."""
        low, high = instant(start), instant(end)
        await reach.between(self.connection, self.scope, datastream_ids=[self.facts.id], low=low, high=high)
        place = root(entity=entities.OBSERVATION, names=Names(self.scope, self.solved))
        alias = place.alias
        conditions = [
            Fragment(f"{alias}.datastream_id = %s", (self.facts.id,)),
            Fragment(
                f"{alias}.phenomenon_time >= %s and {alias}.phenomenon_time < %s",
                (instant(start), instant(end)),
            ),
            place.access(),
        ]
        for node in self.rest:
            typed = checker.condition(node, entity=entities.OBSERVATION)
            conditions.append(compiler.condition(typed, place))
        head = Fragment(f"select {alias}.phenomenon_time, {alias}.slot, {alias}.result from ")
        tables = place.table + place.frame.tail()
        return head + tables + Fragment(" where ") + fragments.every(conditions)

    async def _fetch(self, inner: Fragment) -> Pieces:
        asked = [name for name in _VALUES if name in self.needs]
        columns = [f"array_agg(p.{name})" for name in _WHOLE]
        columns += [f"array_agg(coalesce(p.{name}, 'NaN'))" for name in asked]
        found = await vectors.fetch(
            self.connection, Fragment(f"select {', '.join(columns)} from (") + inner + Fragment(") p")
        )
        if found[0] is None:
            return together([])
        start, n, rows, *values = found
        nothing = np.full(len(start), np.nan)
        given = dict(zip(asked, values, strict=True))
        return Pieces(start, n, rows, *(given.get(name, nothing) for name in _VALUES))


async def facts(connection: Connection, scope: Scope, *, datastream_id: int) -> Facts:
    """What is known of a Datastream that exists and may be seen."""
    statement = Fragment(statements.load("things")["aggregate_facts"] + " and ", (datastream_id,))
    statement += scope.on_stream("d")
    cursor = await connection.execute(statement.text.encode(), statement.params)
    kind, first, last, zone = (await cursor.fetchone()) or ("measurement", None, None, "UTC")
    begin, end = (None if moment is None else microseconds(moment) for moment in (first, last))
    return Facts(datastream_id, kind, begin, end, ZoneInfo(zone))


def together(parts: Sequence[Pieces]) -> Pieces:
    """Pieces one behind the other."""
    kept = [part for part in parts if len(part)]
    if len(kept) == 1:
        return kept[0]
    columns = ([getattr(part, name) for part in kept] for name in _NAMES)
    kinds = [np.int64] * len(_WHOLE) + [np.float64] * len(_VALUES)
    empty = (np.zeros(0, kind) for kind in kinds)
    return Pieces(*(np.concatenate([first, *rest]) for first, rest in zip(empty, columns, strict=True)))


def of_rows(found: Sequence[hours.Row]) -> Pieces:
    """The same of hours that were computed one by one."""

    ordered = sorted(found, key=lambda row: row.start)

    def numbers(name: str) -> Numbers:
        values = (getattr(row, name) for row in ordered)
        return np.array([np.nan if value is None else value for value in values], np.float64)

    return Pieces(
        np.array([microseconds(row.start) for row in ordered], np.int64),
        np.array([row.n for row in ordered], np.int64),
        np.array([row.rows for row in ordered], np.int64),
        *(numbers(name) for name in _VALUES),
    )


def _whole_hours(zone: ZoneInfo, start: int, end: int) -> bool:
    """Whether the zone is whole hours away from UTC at both ends, in winter and in summer."""
    year = instant(start).year
    moments = [instant(start), instant(end)]
    moments += [instant(start).replace(year=year, month=month, day=1) for month in (1, 7)]
    offsets = (moment.astimezone(zone).utcoffset() for moment in moments)
    return all(offset is not None and offset.seconds % 3600 == 0 for offset in offsets)


def _runs(calendar: Calendar, spans: Sequence[Span]) -> list[tuple[int, int]]:
    """Runs of days that the spans touch."""
    runs: list[list[int]] = []
    for span in spans:
        first, last = calendar.number(span.start), calendar.number(span.until - 1)
        if runs and first <= runs[-1][1] + 1:
            runs[-1][1] = max(runs[-1][1], last)
        else:
            runs.append([first, last])
    found = []
    for first, last in runs:
        begins = calendar.begins(first, last - first + 2)
        found.append((int(begins[0]), int(begins[-1])))
    return found
