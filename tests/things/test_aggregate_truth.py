# SPDX-License-Identifier: EUPL-1.2
"""Buckets equal the aggregate of the raw rows: whatever was stored, folded or not, whatever is asked."""

from __future__ import annotations

import asyncio
import math
import statistics
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from stadtkern.core import database as core_database
from stadtkern.core.database import Connection
from stadtkern.things.language import parser
from stadtkern.things.store import amend, fold
from tests.things.buckets import BUCKETS, ZONES, Row, ask
from tests.things.histories import NOON, datastreams, reading, rows, store

FUNCTIONS = "mean,min,max,sum,count,first,last,stddev,quantile(0.25),quantile(0.9)"

_minutes = st.one_of(
    st.integers(0, 200), st.integers(600, 2200), st.sampled_from([5000, 9000, 13_000, 13_001, 30_000])
)
_values = st.one_of(st.none(), st.integers(-9, 9).map(float), st.floats(-1e3, 1e3))
_steps = st.lists(
    st.one_of(
        st.tuples(st.just("insert"), st.lists(st.tuples(_minutes, _values), min_size=1, max_size=12)),
        st.tuples(st.just("delete"), st.integers(0, 50)),
        st.tuples(st.just("fold"), st.just(0)),
    ),
    min_size=1,
    max_size=6,
)
_seconds = st.one_of(st.none(), st.integers(-7200, 900_000), st.sampled_from([3600, 43_200, 36_000, 129_600]))
_questions = st.lists(
    st.tuples(
        st.sampled_from(BUCKETS),
        st.sampled_from(ZONES),
        _seconds,
        _seconds,
        st.booleans(),
        st.integers(1, 9),
        st.sampled_from(["", "result gt 0", "result le 3 and resultQuality eq null"]),
    ),
    min_size=3,
    max_size=8,
)


@given(steps=_steps, questions=_questions)
@example(
    steps=[
        ("insert", [(m, float(m % 7)) for m in range(0, 2200, 11)]),
        ("fold", 0),
        ("insert", [(700, 5.0)]),
    ],
    questions=[(bucket, zone, 1801, 90_000, False, 5, "") for bucket in BUCKETS for zone in ZONES[:2]],
)
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_buckets_equal_the_aggregate_of_the_raw_rows(database: str, steps: Any, questions: Any) -> None:
    """Days of 23 hours, late data, deletions, half a fold; every zone, span, direction and page size."""
    asyncio.run(_play(database, steps, questions))


async def _play(url: str, steps: Any, questions: Any) -> None:
    async with await core_database.connect(url=url, autocommit=True) as connection:
        (stream,) = await datastreams(connection)
        for verb, what in steps:
            if verb == "insert":
                items = [reading(stream, NOON + timedelta(minutes=at), value) for at, value in what]
                await store(connection, *items)
            elif verb == "fold":
                await fold.fold_all(connection)
            else:
                await _delete(connection, stream, what)
        raw = [(time, value) for time, _, value, _ in await rows(connection, stream)]
        for question in questions:
            await _compare(connection, stream, raw, *question)


async def _delete(connection: Connection, stream: int, pick: int) -> None:
    cursor = await connection.execute(
        "SELECT id FROM things.observation WHERE datastream_id = %s ORDER BY 1", [stream]
    )
    found = [row[0] for row in await cursor.fetchall()]
    if found:
        async with connection.transaction():
            await amend.delete(connection, observation_id=found[pick % len(found)])


async def _compare(
    connection: Connection,
    stream: int,
    raw: list[tuple[datetime, float | None]],
    bucket: str,
    zone: str,
    start: int | None,
    end: int | None,
    descending: bool,
    top: int,
    rest: str,
) -> None:
    parts = [rest] if rest else []
    for sign, seconds in (("ge", start), ("lt", end)):
        if seconds is not None:
            moment = NOON + timedelta(seconds=seconds)
            parts.append(f"phenomenonTime {sign} {moment:%Y-%m-%dT%H:%M:%SZ}")
    condition = parser.expression(" and ".join(parts), where="$filter") if parts else None
    text = f"{bucket}({FUNCTIONS};zone={zone})"
    found = await ask(connection, stream, text, condition, descending=descending, top=top)
    inside = [
        (time, value)
        for time, value in raw
        if (start is None or time >= NOON + timedelta(seconds=start))
        and (end is None or time < NOON + timedelta(seconds=end))
        and _fits(rest, value)
    ]
    wanted = _expected(inside, bucket, ZoneInfo(zone))
    if descending:
        wanted.reverse()
    assert [row["start"] for row in found] == [row["start"] for row in wanted], (text, parts)
    for one, other in zip(found, wanted, strict=True):
        for name, value in other.items():
            assert _same(one[name], value), (text, parts, other["start"], name, one[name], value)


def _fits(rest: str, value: float | None) -> bool:
    if not rest:
        return True
    return value is not None and (value > 0 if "gt" in rest else value <= 3)


def _begin(time: datetime, bucket: str, zone: ZoneInfo) -> datetime:
    """Where the bucket of an instant begins, by the clock on the wall; minutes and hours by that of UTC."""
    if bucket.endswith("min"):
        return time - timedelta(minutes=time.minute % int(bucket[:-3]), seconds=time.second)
    if bucket == "hour":
        return time.replace(minute=0, second=0)
    local = time.astimezone(zone).replace(tzinfo=None)
    midnight = local.replace(hour=0, minute=0, second=0)
    begin = {
        "day": midnight,
        "week": midnight - timedelta(days=local.weekday()),
        "month": midnight.replace(day=1),
        "quarter": midnight.replace(day=1, month=(local.month - 1) // 3 * 3 + 1),
        "year": midnight.replace(day=1, month=1),
    }.get(bucket) or midnight.replace(hour=local.hour // int(bucket[:-1]) * int(bucket[:-1]))
    return begin.replace(tzinfo=zone).astimezone(UTC)


def _expected(items: list[tuple[datetime, float | None]], bucket: str, zone: ZoneInfo) -> list[Row]:
    groups: defaultdict[datetime, list[float | None]] = defaultdict(list)
    for time, value in items:
        groups[_begin(time, bucket, zone)].append(value)
    return [_row(start, groups[start]) for start in sorted(groups)]


def _row(start: datetime, group: list[float | None]) -> Row:
    values = [value for value in group if value is not None]
    ordered = sorted(values)

    def quantile(share: float) -> float | None:
        if not values:
            return None
        place = share * (len(ordered) - 1)
        low = ordered[math.floor(place)]
        return low + (ordered[math.ceil(place)] - low) * (place - math.floor(place))

    return {
        "start": start,
        "count": len(group),
        "mean": statistics.fmean(values) if values else None,
        "sum": math.fsum(values) if values else None,
        "min": min(values, default=None),
        "max": max(values, default=None),
        "first": group[0],
        "last": group[-1],
        "stddev": statistics.stdev(values) if len(values) > 1 else None,
        "quantile(0.25)": quantile(0.25),
        "quantile(0.9)": quantile(0.9),
    }


def _same(found: Any, wanted: Any) -> bool:
    if wanted is None:
        return math.isnan(found)
    if isinstance(wanted, datetime):
        return bool(found == wanted)
    return math.isclose(found, wanted, rel_tol=1e-9, abs_tol=1e-6)
