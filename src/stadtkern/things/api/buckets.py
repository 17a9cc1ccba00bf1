# SPDX-License-Identifier: EUPL-1.2
"""Answers to `$aggregate` and `$downsample`: rows in the shape of a data array, or CSV."""

from __future__ import annotations

import base64
import binascii
import math
from dataclasses import replace
from typing import Any

import numpy as np
from starlette.responses import Response

from stadtkern.core import problems
from stadtkern.things import entities
from stadtkern.things.aggregate import asking, calendar, curve, lttb, pages, pieces, span
from stadtkern.things.aggregate.asking import Aggregate
from stadtkern.things.aggregate.pages import Page, UnfitAggregate
from stadtkern.things.aggregate.pieces import Source
from stadtkern.things.api import answers, formats
from stadtkern.things.api.call import Call
from stadtkern.things.api.formats import Format, moments, render, table, walk
from stadtkern.things.language import checker, tree
from stadtkern.things.language.paths import Resource
from stadtkern.things.language.tree import Options
from stadtkern.things.queries import locate, onward, spatial
from stadtkern.things.queries.problems import ForeignToken
from stadtkern.things.store.batch import Integers, Numbers, Texts

OPTIONS = ("$aggregate", "$downsample")
_TAKEN = {*OPTIONS, "$filter", "$orderby", "$top", "$skiptoken", "$resultFormat"}


def wanted(options: Options) -> bool:
    """Whether buckets or a thinned curve are asked for. Raises UnfitAggregate where that stands too deep."""
    for item in options.expand:
        if item.options.given.keys() & set(OPTIONS) or wanted(item.options):
            raise UnfitAggregate(
                f"{' and '.join(OPTIONS)} do not fit into $expand; ask each Datastream's Observations",
                where="$expand",
            )
    return bool(options.given.keys() & set(OPTIONS))


async def answer(call: Call, resource: Resource, options: Options) -> Response:
    """The buckets or points of one Datastream's Observations."""
    form = formats.said(options, call.header(b"accept"))
    _check(resource, options, form)
    aggregate = asking.aggregate(options.given["$aggregate"]) if "$aggregate" in options.given else None
    count = asking.thinned(options.given["$downsample"]) if "$downsample" in options.given else None
    bounds = span.of(options.filter)
    if options.filter is not None:
        checker.condition(options.filter, entity=entities.OBSERVATION)
    async with walk.opened(call) as read:
        parent = await locate.parent(read.connection, read.scope, steps=resource.steps)
        if parent is None or parent.entity.name != "Datastream":
            raise _elsewhere()
        facts = await pieces.facts(read.connection, read.scope, datastream_id=parent.id)
        solved = await spatial.solve(
            read.connection, read.scope, entity=entities.OBSERVATION, options=replace(options, order=())
        )
        source = Source(read.connection, read.scope, facts, bounds.rest, solved=solved)
        address = f"{read.service}/Datastreams({parent.id})"
        if aggregate is None:
            points = await curve.read(source, start=bounds.start, end=bounds.end, count=count or 0)
            return _points(call, resource, form, address, *points)
        page = await pages.read(source, _asked(aggregate, bounds, options))
    if count is not None:
        page = _thinned(page, aggregate, count)
    return _buckets(call, resource, options, form, address, page, aggregate, facts.zone.key)


def _check(resource: Resource, options: Options, form: Format) -> None:
    last = resource.last
    if resource.inside or resource.tail or not last.many or last.entity is not entities.OBSERVATION:
        raise _elsewhere()
    if last.relation is None or last.relation.remote != "datastream_id":
        raise _elsewhere()
    others = options.given.keys() - _TAKEN
    if others:
        raise UnfitAggregate(f"{', '.join(sorted(others))} cannot go with it", where=min(others))
    if "$aggregate" not in options.given and options.given.keys() & {"$orderby", "$top", "$skiptoken"}:
        raise UnfitAggregate("points come in the order of time, as many as you say", where="$downsample")
    if form is Format.GEOJSON:
        raise UnfitAggregate("buckets come as JSON or CSV", where="$resultFormat")


def _elsewhere() -> problems.Problem:
    return UnfitAggregate(
        "it goes to one Datastream's Observations, e.g. /Datastreams(1)/Observations?$aggregate=hour(mean)",
        where="address",
    )


def _asked(aggregate: Aggregate, bounds: span.Span, options: Options) -> pages.Asked:
    return pages.Asked(
        aggregate=aggregate,
        start=bounds.start,
        end=bounds.end,
        descending=_descending(options),
        top=min(pages.MAX_BUCKETS if options.top is None else options.top, pages.MAX_BUCKETS),
        begin=None if options.token is None else _read_token(options.token),
    )


def _descending(options: Options) -> bool:
    if not options.order:
        return False
    first = options.order[0]
    path = first.expression
    if len(options.order) > 1 or not isinstance(path, tree.Path) or path.names != ("phenomenonTime",):
        raise UnfitAggregate("buckets sort by phenomenonTime or phenomenonTime desc", where="$orderby")
    return first.descending


def _write_token(begin: int) -> str:
    return base64.urlsafe_b64encode(b"b%d" % begin).decode().rstrip("=")


def _read_token(token: str) -> int:
    try:
        raw = base64.urlsafe_b64decode(token.encode("ascii") + b"=" * (-len(token) % 4))
        begin = int(raw[1:]) if raw[:1] == b"b" and len(raw) < 24 else None
    except (binascii.Error, ValueError) as error:
        raise ForeignToken("it cannot be read", where="$skiptoken") from error
    if begin is None or not calendar.EARLIEST <= begin <= calendar.LATEST:
        raise ForeignToken("it was made for another query", where="$skiptoken")
    return begin


def _thinned(page: Page, aggregate: Aggregate, count: int) -> Page:
    """The buckets of a page that show the shape of the first function."""
    values = page.columns[aggregate.functions[0]].astype(np.float64)
    known = np.flatnonzero(~np.isnan(values))
    order = known[np.argsort(page.starts[known], kind="stable")]
    chosen = np.sort(order[lttb.pick(page.starts[order], values[order], count=count)])
    columns = {name: column[chosen] for name, column in page.columns.items()}
    return Page(page.starts[chosen], page.ends[chosen], columns, page.next)


def _buckets(
    call: Call,
    resource: Resource,
    options: Options,
    form: Format,
    address: str,
    page: Page,
    aggregate: Aggregate,
    city_zone: str,
) -> Response:
    columns = [_plain(page.columns[name]) for name in aggregate.functions]
    starts, ends = _edges(page)
    if form is Format.CSV:
        head = ("start", "end", *aggregate.functions)
        return _file(call, resource, [head, *zip(starts, ends, *columns, strict=True)])
    spans = (starts + "/" + ends).tolist()
    group = {
        "Datastream@iot.navigationLink": address,
        "bucket": aggregate.bucket.iso,
        "timeZone": aggregate.zone.key if aggregate.zone else city_zone,
        "components": ["phenomenonTime", *aggregate.functions],
        "dataArray@iot.count": len(spans),
        "dataArray": list(zip(spans, *columns, strict=True)),
    }
    found: dict[str, Any] = {"value": [group]}
    if page.next is not None:
        token = _write_token(page.next)
        found["@iot.nextLink"] = onward.link(f"{address}/Observations", options, token)
    return answers.document(found)


def _points(
    call: Call, resource: Resource, form: Format, address: str, points: Integers, values: Numbers
) -> Response:
    rows = list(zip(moments.texts(points), _plain(values), strict=True))
    components = ("phenomenonTime", "result")
    if form is Format.CSV:
        return _file(call, resource, [components, *rows])
    group = {
        "Datastream@iot.navigationLink": address,
        "components": components,
        "dataArray@iot.count": len(rows),
        "dataArray": rows,
    }
    return answers.document({"value": [group]})


def _file(call: Call, resource: Resource, rows: list[Any]) -> Response:
    body = b"" if call.method == "HEAD" else table.lines(rows)
    return answers.Plain(200, body, render.headers(resource, Format.CSV))


def _plain(column: Any) -> list[Any]:
    """Numbers for JSON and CSV, None where there is no value (or an average that no float can hold)."""
    values: list[Any] = column.tolist()
    if np.isfinite(column).all():
        return values
    return [value if math.isfinite(value) else None for value in values]


def _edges(page: Page) -> tuple[Texts, Texts]:
    """Where the buckets begin and end; most of them end where the next one begins."""
    if len(page.starts) and (page.starts[1:] == page.ends[:-1]).all():
        written = moments.texts(np.append(page.starts, page.ends[-1:]))
        return written[:-1], written[1:]
    edges = np.unique(np.concatenate([page.starts, page.ends]))
    written = moments.texts(edges)
    return written[np.searchsorted(edges, page.starts)], written[np.searchsorted(edges, page.ends)]
