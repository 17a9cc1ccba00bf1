# SPDX-License-Identifier: EUPL-1.2
"""The functions of the query language (18-088, clause 9.3.3.5.2) and the SQL they become."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from stadtkern.things.entities import Kind

_N, _T, _B = Kind.NUMBER, Kind.TEXT, Kind.BOOLEAN
_I, _V, _D = Kind.INSTANT, Kind.INTERVAL, Kind.DURATION
_G = Kind.GEOMETRY


@dataclass(frozen=True, slots=True)
class Function:
    """One way to call a function: what goes in, what comes out, the SQL with `{0}` for the first argument.

    Of an interval, `{0}` is the start and `{0e}` the end; of one that comes out, `sql` and `end` are both.
    What has no SQL is computed outside the database.
    """

    takes: tuple[Kind, ...]
    gives: Kind
    sql: str = ""
    end: str = ""


def _part(name: str) -> list[Function]:
    sql = f"date_part('{name}', {{0}} at time zone 'UTC')"
    plain = f"date_part('{name}', {{0}})"
    found = [Function((_I,), _N, sql)]
    if name in ("year", "month", "day"):
        found.append(Function((Kind.DATE,), _N, plain))
    else:
        found.append(Function((Kind.TIME,), _N, plain))
    return found


_LISTED = "case jsonb_typeof({1}) when 'array' then {1} @> to_jsonb({0}) end"
_OVERLAPS = "({0} < {1e} and {1} < {0e} or {0} = {1})"
FUNCTIONS: Mapping[str, list[Function]] = {
    # text
    "substringof": [Function((_T, _T), _B, "strpos({1}, {0}) > 0")],
    "contains": [Function((_T, _T), _B, "strpos({0}, {1}) > 0")],
    "startswith": [Function((_T, _T), _B, "starts_with({0}, {1})")],
    "endswith": [Function((_T, _T), _B, "right({0}, length({1})) = {1}")],
    "length": [Function((_T,), _N, "length({0})")],
    "indexof": [Function((_T, _T), _N, "strpos({0}, {1}) - 1")],
    "substring": [
        Function((_T, _N), _T, "substr({0}, ({1})::integer + 1)"),
        Function((_T, _N, _N), _T, "substr({0}, ({1})::integer + 1, ({2})::integer)"),
    ],
    "tolower": [Function((_T,), _T, "lower({0})")],
    "toupper": [Function((_T,), _T, "upper({0})")],
    "trim": [Function((_T,), _T, "btrim({0})")],
    "concat": [Function((_T, _T), _T, "({0} || {1})")],
    # lists inside JSON: `9 in properties/numbers`
    "in": [Function((kind, Kind.JSON), _B, _LISTED) for kind in (_N, _T, _B)],
    # date and time
    "year": _part("year"),
    "month": _part("month"),
    "day": _part("day"),
    "hour": _part("hour"),
    "minute": _part("minute"),
    "second": [
        Function((_I,), _N, "floor(date_part('second', {0} at time zone 'UTC'))"),
        Function((Kind.TIME,), _N, "floor(date_part('second', {0}))"),
    ],
    "fractionalseconds": [
        Function((_I,), _N, "mod(date_part('second', {0} at time zone 'UTC')::numeric, 1)::float8"),
        Function((Kind.TIME,), _N, "mod(date_part('second', {0})::numeric, 1)::float8"),
    ],
    "date": [Function((_I,), Kind.DATE, "({0} at time zone 'UTC')::date")],
    "time": [Function((_I,), Kind.TIME, "({0} at time zone 'UTC')::time")],
    "totaloffsetminutes": [Function((_I,), _N, "case when {0} is not null then 0 end")],
    "now": [Function((), _I, "now()")],
    "mindatetime": [Function((), _I, "'-infinity'::timestamptz")],
    "maxdatetime": [Function((), _I, "'infinity'::timestamptz")],
    # intervals; the first argument may be an instant, which is an interval of no length
    "before": [Function((_V, _V), _B, "({0e} <= {1} and {0} < {1})")],
    "after": [Function((_V, _V), _B, "({0} > {1} and {0} >= {1e})")],
    "meets": [Function((_V, _V), _B, "({0} = {1e} or {0e} = {1})")],
    "during": [Function((_V, _V), _B, "({0} >= {1} and {0} < {1e} and {0e} <= {1e})")],
    "overlaps": [Function((_V, _V), _B, _OVERLAPS)],
    "starts": [Function((_V, _V), _B, "({0} = {1})")],
    "finishes": [Function((_V, _V), _B, "({0e} = {1e})")],
    # numbers
    "round": [Function((_N,), _N, "round(({0})::numeric)::float8")],
    "floor": [Function((_N,), _N, "floor(({0})::float8)")],
    "ceiling": [Function((_N,), _N, "ceil(({0})::float8)")],
    "neg": [Function((_N,), _N, "(- {0})"), Function((_D,), _D, "(- {0})")],
    "add": [
        Function((_N, _N), _N, "(({0})::float8 + ({1})::float8)"),
        Function((_I, _D), _I, "({0} + {1})"),
        Function((_D, _I), _I, "({0} + {1})"),
        Function((_D, _D), _D, "({0} + {1})"),
        Function((_V, _D), _V, "({0} + {1})", "({0e} + {1})"),
        Function((_D, _V), _V, "({0} + {1})", "({0} + {1e})"),
    ],
    "sub": [
        Function((_N, _N), _N, "(({0})::float8 - ({1})::float8)"),
        Function((_I, _D), _I, "({0} - {1})"),
        Function((_I, _I), _D, "({0} - {1})"),
        Function((_D, _D), _D, "({0} - {1})"),
        Function((_V, _D), _V, "({0} - {1})", "({0e} - {1})"),
    ],
    "mul": [
        Function((_N, _N), _N, "(({0})::float8 * ({1})::float8)"),
        Function((_D, _N), _D, "({0} * ({1})::float8)"),
    ],
    "div": [
        Function((_N, _N), _N, "(({0})::float8 / nullif(({1})::float8, 0))"),
        Function((_D, _N), _D, "({0} / nullif(({1})::float8, 0))"),
    ],
    "mod": [Function((_N, _N), _N, "mod(({0})::numeric, nullif(({1})::numeric, 0))::float8")],
}

# Geometries are compared in the plane of longitude and latitude: distances and lengths are in degrees.
_RELATION = Function((_G, _G), _B)
SPATIAL: Mapping[str, Function] = {
    "geo.distance": Function((_G, _G), _N),
    "geo.length": Function((_G,), _N),
    "geo.intersects": _RELATION,
    "st_equals": _RELATION,
    "st_disjoint": _RELATION,
    "st_touches": _RELATION,
    "st_within": _RELATION,
    "st_overlaps": _RELATION,
    "st_crosses": _RELATION,
    "st_intersects": _RELATION,
    "st_contains": _RELATION,
    "st_relate": Function((_G, _G, _T), _B),
}
