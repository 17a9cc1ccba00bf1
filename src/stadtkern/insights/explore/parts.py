# SPDX-License-Identifier: EUPL-1.2
"""What several pages of a series share: the series itself, the span asked for, the chart of it."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest

from stadtkern.insights import streams as streams_of
from stadtkern.insights.explore import history, picture, rows
from stadtkern.insights.streams import Stream
from stadtkern.ui import spans
from stadtkern.ui.visit import Visit

_LARGEST_ID = 2**63 - 1


async def stream(visit: Visit, id: int) -> Stream:
    """The series, or 404 for what is not there for this visit."""
    found = await streams_of.one(visit, datastream_id=id) if id <= _LARGEST_ID else None
    if found is None:
        raise Http404
    return found


def span(request: HttpRequest, visit: Visit, stream: Stream) -> spans.Span:
    """The span that the address asks for."""
    asked = {key: request.GET.get(key, "") for key in ("zeitraum", "von", "bis", "aufloesung", "vergleich")}
    return spans.choose(
        asked, first=stream.first_time, last=stream.last_time, now=visit.now, zone=visit.city.zone
    )


async def chart(visit: Visit, request: HttpRequest, stream: Stream, *, table: bool) -> dict[str, Any]:
    """What the chart's template needs, with the table below it where asked for."""
    chosen = span(request, visit, stream)
    found = await history.read(visit, stream=stream, span=chosen)
    chosen = spans.shown_as(chosen, bucket=found.bucket)
    asked = {key: request.GET.get(key, "") for key in ("vor", "seite")}
    return {
        "span": chosen,
        "datasets": [stream.dataset.about],
        "span_names": spans.NAMES,
        "bucket_names": [(name, spans.BUCKET_NAMES[bucket]) for name, bucket in spans.BUCKETS.items()],
        "history": found,
        "picture": picture.draw(visit, stream=stream, span=chosen, history=found),
        "unit": picture.unit(stream, chosen.bucket),
        "table": await rows.read(visit, stream=stream, span=chosen, history=found, asked=asked)
        if table
        else None,
    }
