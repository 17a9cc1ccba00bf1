# SPDX-License-Identifier: EUPL-1.2
"""A chart to put into other people's pages: what everybody may see, without cookies, script or our menus."""

from __future__ import annotations

import msgspec
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from stadtkern.catalogue.browse import embed as embedding
from stadtkern.catalogue.usage import counting
from stadtkern.core import access
from stadtkern.insights.explore import parts
from stadtkern.insights.streams import Stream
from stadtkern.ui import spans
from stadtkern.ui import visit as visits
from stadtkern.ui.visit import Visit

_KEPT_SECONDS = 300


async def chart(request: HttpRequest, id: int) -> HttpResponse:
    """The chart of one series. Whoever is signed in sees here what strangers see: other pages could look."""
    async with visits.open_visit(request) as visit:
        stranger = msgspec.structs.replace(
            visit, scope=await visits.DOOR.gate.scope(visit.connection, access.ANONYMOUS)
        )
        stream = await parts.stream(stranger, id)
        context = {"stream": stream, **await parts.chart(stranger, request, stream, table=False)}
        await counting.count(request, stranger, dataset_id=stream.dataset.id, kind="embed")
    context["address"] = f"{settings.PUBLIC_URL}{reverse('datastream', args=[id])}?{context['span'].query()}"
    answer = render(request, "insights/explore/embedded.html", context)
    answer._csp_replace = {"frame-ancestors": ["*"], "script-src": ["'none'"]}  # type: ignore[attr-defined]
    answer["Cache-Control"] = f"public, max-age={_KEPT_SECONDS}"
    return answer


async def snippet(visit: Visit, stream: Stream, span: spans.Span) -> str:
    """The lines to copy, as text to be shown; empty where not everybody may see the series."""
    everybody = await visits.DOOR.gate.scope(visit.connection, access.ANONYMOUS)
    if not everybody.allows(stream.dataset.id):
        return ""
    address = f"{reverse('datastream-embedded', args=[stream.id])}?{span.query()}"
    return embedding.lines(address, title=stream.name, height=460)
