# SPDX-License-Identifier: EUPL-1.2
"""Pages of observations in the order of time, one window of time after the other.

No index orders the observations of all datastreams by time, and a walk over all partitions costs even where
the first has enough. What is known about each datastream says where to begin and how dense the rows lie; a
window that was too small is followed by a larger one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from stadtkern.core import fragments
from stadtkern.core.access import Scope
from stadtkern.core.database import Connection
from stadtkern.core.fragments import Fragment
from stadtkern.things import entities
from stadtkern.things.entities import Kind
from stadtkern.things.language import tree
from stadtkern.things.queries import guard, keyset, level, rows
from stadtkern.things.queries.level import Level
from stadtkern.things.queries.locate import Parent
from stadtkern.things.queries.problems import ForeignToken

# So few rows are read at once; and so many before the planner is asked what more would cost.
AT_ONCE = 5_000
UNASKED = 200_000
MOST_SKIPPED = 2_000
_GROWTH = 16
_SPARE, _SPARE_FILTERED = 2, 20
_TICK = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Extent:
    """The first and last phenomenon time, the number of rows, and from when on there are surely enough."""

    first: datetime
    last: datetime
    n: int
    recent: datetime | None = None


async def extent(
    connection: Connection, scope: Scope, parent: Parent | None, *, limit: int = 0
) -> Extent | None:
    """What is known about the observations of a datastream, of the datastreams that have a feature, or of all
    that may be seen; None without any.
    """
    if parent is not None and parent.relation.remote == "datastream_id":
        statement = Fragment(
            "select first_time, last_time, greatest(n, 1), null::timestamptz from things.datastream_state"
            " where datastream_id = %s and first_time is not null",
            (parent.id,),
        )
    else:
        statement = (
            Fragment(
                "with v as (select s.first_time, s.last_time, s.n from things.datastream_state s"
                " join things.datastream d on d.id = s.datastream_id where s.first_time is not null and "
            )
            + fragments.every([scope.on_stream("d"), _with_feature(parent)])
            + Fragment(
                ") select min(v.first_time), max(v.last_time), greatest(sum(v.n), 1)::bigint,"
                " (select o.last_time from v o order by o.last_time desc offset %s limit 1) from v",
                (limit,),
            )
        )
    async with connection.cursor() as cursor:
        await rows.execute(cursor, statement)
        row = await cursor.fetchone()
    return Extent(*row) if row and row[0] is not None else None


def _with_feature(parent: Parent | None) -> Fragment:
    if parent is None:
        return fragments.TRUE
    return Fragment(
        "d.id in (select k.datastream_id from things.datastream_feature k where k.feature_id = %s)",
        (parent.id,),
    )


async def newest(connection: Connection, *, ids: Sequence[int]) -> tuple[datetime, datetime] | None:
    """Between which times the newest observations of some datastreams lie; None without any."""
    statement = Fragment(
        "select min(last_time), max(last_time) from things.datastream_state"
        " where datastream_id = any(%s::bigint[])",
        (list(ids),),
    )
    async with connection.cursor() as cursor:
        await rows.execute(cursor, statement)
        row = await cursor.fetchone()
    return row if row and row[0] is not None else None


def applies(prepared: Level) -> bool:
    """Whether the rows are wanted in the order of time, of one datastream, of a feature, or of all."""
    if prepared.entity is not entities.OBSERVATION or prepared.options.skip > MOST_SKIPPED:
        return False
    return prepared.keys[0].sql.text == f"{prepared.place.alias}.phenomenon_time"


async def fetch(
    connection: Connection,
    prepared: Level,
    origin: Fragment,
    *,
    known: Extent,
    limit: int,
    partial: bool = False,
) -> list[rows.Row]:
    """The first rows behind the token, in order. Raises ForeignToken, QueryTooExpensive.

    `partial`: what is known is not about these rows alone.
    """
    limit += prepared.options.skip
    descending, column = prepared.keys[0].descending, f"{prepared.place.alias}.phenomenon_time"
    low, high = _between(prepared, known)
    span = (known.last - known.first) or _TICK
    spare = _SPARE if prepared.options.filter is None and not partial else _SPARE_FILTERED
    width = max(span * min(1.0, limit * spare / known.n), _TICK)
    if known.n <= AT_ONCE:
        width = span
    least = known.recent if prepared.options.filter is None and not partial else None
    found: list[rows.Row] = []
    looked = timedelta(0)
    for lower, upper in _windows(low, high, width, descending=descending, least=least):
        signs = (">", "<=") if descending and lower > low else (">=", "<=" if upper == high else "<")
        bounds = Fragment(
            f"{column} {signs[0]} %s::timestamptz and {column} {signs[1]} %s::timestamptz", (lower, upper)
        )
        statement = level.plain(prepared, extra=[origin, bounds], limit=limit - len(found))
        looked += upper - lower
        if known.n * (looked / span) > UNASKED:
            await guard.check_cost(connection, statement)
        found += await rows.fetch(connection, statement)
        if len(found) >= limit:
            break
    return found[prepared.options.skip :]


def _windows(
    low: datetime, high: datetime, width: timedelta, *, descending: bool, least: datetime | None
) -> Iterator[tuple[datetime, datetime]]:
    """Pairs that cover low to high without overlapping, each larger than the one before."""
    edge = high if descending else low
    first = True
    while low <= high:
        far = low if descending else high
        last = abs(far - edge) <= width
        end = far if last else edge - width if descending else edge + width
        if first and descending and least is not None and low < least - _TICK:
            end = max(end, least - _TICK)
            last = False
        yield (end, edge) if descending else (edge, end)
        if last:
            return
        edge, width, first = end, width * _GROWTH, False


def _between(prepared: Level, known: Extent) -> tuple[datetime, datetime]:
    """Where rows can be: where there are any, where the filter wants them, and behind the token."""
    low, high = known.first, known.last
    for sign, moment in _asked(prepared.options.filter):
        if sign in ("ge", "gt", "eq"):
            low = max(low, moment)
        if sign in ("le", "lt", "eq"):
            high = min(high, moment)
    if prepared.options.token is not None:
        edge = reached(keyset.read_token(prepared.keys, prepared.options.token)[0])
        low, high = (low, min(high, edge)) if prepared.keys[0].descending else (max(low, edge), high)
    return low, high


def span(prepared: Level) -> tuple[datetime | None, datetime | None]:
    """Between which instants the rows of a page lie, as far as filter and token tell; None without bound."""
    low: datetime | None = None
    high: datetime | None = None
    for sign, moment in _asked(prepared.options.filter):
        if sign in ("ge", "gt", "eq"):
            low = moment if low is None else max(low, moment)
        if sign in ("le", "lt", "eq"):
            high = moment if high is None else min(high, moment)
    by_time = prepared.keys[0].sql.text == f"{prepared.place.alias}.phenomenon_time"
    if prepared.options.token is not None and by_time:
        moment = reached(keyset.read_token(prepared.keys, prepared.options.token)[0])
        if prepared.keys[0].descending:
            high = moment if high is None else min(high, moment)
        else:
            low = moment if low is None else max(low, moment)
    return low, high


def reached(text: str | None) -> datetime:
    """The instant in a token. Raises ForeignToken."""
    try:
        moment = datetime.fromisoformat(text or "")
    except ValueError as error:
        raise ForeignToken("it cannot be read", where="$skiptoken") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _asked(node: tree.Expression | None) -> Iterator[tuple[str, datetime]]:
    """The plain comparisons of phenomenonTime with an instant that all rows fulfil."""
    match node:
        case tree.Logic("and", operands):
            for item in operands:
                yield from _asked(item)
        case tree.Compare(sign, tree.Path(("phenomenonTime",)), tree.Literal(value)):
            if value.kind is Kind.INSTANT:
                yield sign, value.value
        case _:
            return
