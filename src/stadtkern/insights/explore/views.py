# SPDX-License-Identifier: EUPL-1.2
"""Pages of things and series, and what can be taken away from them."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.shortcuts import render

from stadtkern.catalogue.usage import counting
from stadtkern.insights import kinds, silence, units
from stadtkern.insights import streams as streams_of
from stadtkern.insights.explore import (
    catalogue,
    chart_data,
    compared,
    download,
    embed,
    find,
    history,
    parts,
    poster,
)
from stadtkern.insights.pictures import queries as pictures
from stadtkern.insights.pictures import views as photos
from stadtkern.insights.streams import Site, Stream
from stadtkern.ui import ground, maps, spans
from stadtkern.ui import visit as visits
from stadtkern.ui.visit import Visit

_LARGEST_ID = 2**63 - 1
_ALIKE = 8


async def things(request: HttpRequest) -> HttpResponse:
    """All things, with search and filter."""
    query = request.GET.get("q", "").strip()[:100].replace("\0", "")
    chosen = kinds.BY_KEY.get(request.GET.get("art", ""))
    async with visits.open_visit(request) as visit:
        listing = await catalogue.read(visit, query=query, kind=chosen, page=request.GET.get("seite", ""))
        sought = query.split() if not listing.entries else []
        alike, _ = await find.things(visit, words=sought, size=_ALIKE)
    context = {"listing": listing, "query": query, "chosen": chosen, "alike": alike}
    return render(request, "insights/explore/things.html", context)


async def thing(request: HttpRequest, id: int) -> HttpResponse:
    """One thing: what, why here, values now, how it went."""
    async with visits.open_visit(request) as visit:
        site, dataset = await _site(visit, id)
        series = await streams_of.of_site(visit, thing_id=id)
        shown = _chosen(series, request.GET.get("reihe", ""))
        context = {
            "site": site,
            "dataset": dataset,
            "series": series,
            "several": len({s.property_name for s in series}) < len(series),
            "shown": shown,
            "map": await _small_map(visit, site),
            "api": f"{settings.PUBLIC_URL}/sta/v1.1/Things({id})?$expand=Datastreams",
            "kind": series[0].what if series else kinds.OTHER,
            "datasets": [dataset.about],
            "against": await compared.words(visit, series),
            "quiet": await silence.meanings(visit, series),
            "short": poster.address(id),
            "photo": await pictures.one(visit, thing_id=id),
            "may_photo": await photos.may_change(visit, request, dataset),
            **(await parts.chart(visit, request, shown, table=True) if shown else {}),
        }
    return render(request, "insights/explore/thing.html", context)


async def datastream(request: HttpRequest, id: int) -> HttpResponse:
    """One series: chart, gaps, quality, table, data and address."""
    async with visits.open_visit(request) as visit:
        stream = await parts.stream(visit, id)
        context = {"stream": stream, **await parts.chart(visit, request, stream, table=True)}
        span: spans.Span = context["span"]
        context["embed"] = await embed.snippet(visit, stream, span)
        context["other_units"] = await units.changed(visit, [stream], since=span.start)
    address = f"{settings.PUBLIC_URL}/sta/v1.1/Datastreams({id})"
    context |= {
        "api": address,
        "curl": download.command(address, span=span),
        "csv": f"?{span.query()}",
    }
    return render(request, "insights/explore/datastream.html", context)


async def chart_json(request: HttpRequest, id: int) -> JsonResponse:
    """The chart's numbers, for reading them off in the browser."""
    async with visits.open_visit(request) as visit:
        stream = await parts.stream(visit, id)
        span = parts.span(request, visit, stream)
        found = await history.read(visit, stream=stream, span=span)
        return JsonResponse(chart_data.document(stream=stream, span=span, history=found))


async def csv(request: HttpRequest, id: int) -> StreamingHttpResponse:
    """All observations of the span as CSV, sent while they are read."""
    async with visits.open_visit(request) as visit:
        stream = await parts.stream(visit, id)
        span = parts.span(request, visit, stream)
        await counting.count(request, visit, dataset_id=stream.dataset.id, kind="download")
    answer = StreamingHttpResponse(
        download.lines(stream=stream, span=span), content_type="text/csv; charset=utf-8; header=present"
    )
    answer["Content-Disposition"] = f'attachment; filename="{download.file_name(stream, span=span)}"'
    return answer


async def _site(visit: Visit, id: int) -> tuple[Site, streams_of.Dataset]:
    found = await streams_of.site(visit, thing_id=id) if id <= _LARGEST_ID else None
    if found is None:
        raise Http404
    return found


def _chosen(series: list[Stream], asked: str) -> Stream | None:
    named = [s for s in series if str(s.id) == asked]
    with_values = [s for s in series if s.n and not s.multi]
    return next(iter([*named, *with_values]), None)


async def _small_map(visit: Visit, site: Site) -> Any:
    point = site.point
    if point is None:
        return None
    land = await ground.outlines(visit)
    spot = maps.Spot(lon=point[0], lat=point[1], label=site.name, value=1.0)
    return maps.draw(land=land, spots=[spot], title=site.name, name="map", class_="sk-map sk-map--small")
