# SPDX-License-Identifier: EUPL-1.2
"""The page where anybody puts a diagram together, and what can be taken away from it."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from stadtkern.catalogue.browse import embed as embedding
from stadtkern.catalogue.charts import choice as tables
from stadtkern.catalogue.usage import counting
from stadtkern.insights import streams
from stadtkern.insights.diagrams import asking, choice, diagram, table, tabled, taken
from stadtkern.insights.diagrams.asking import Question
from stadtkern.insights.diagrams.diagram import Diagram
from stadtkern.insights.explore import download
from stadtkern.insights.stories import permissions
from stadtkern.ui import colours, spans
from stadtkern.ui import visit as visits
from stadtkern.ui.charts import sheet
from stadtkern.ui.visit import Visit

_KEPT_SECONDS = 300
_EXAMPLES = 6


async def page(request: HttpRequest) -> HttpResponse:
    """Choose a series; or the diagram of those chosen, with everything that can be changed about it."""
    if tabled.asked(request):
        shown_table = await tabled.page(request)
        if shown_table is not None:
            return shown_table
    question = _question(request)
    text = request.GET.get("suche", "")[: choice.LONGEST]
    dataset = request.GET.get("daten", "")[:200].replace("\0", "")
    async with visits.open_visit(request) as visit:
        found, roughly = await choice.offers(visit, text=text, dataset=dataset, but=question.ids)
        if dataset and not question.ids and len(found) == 1:
            return redirect(f"{request.path}?{question.query(ids=[found[0].id])}")
        shown = await diagram.build(visit, question)
        context: dict[str, Any] = {
            "question": question,
            "diagram": shown,
            "text": text,
            "dataset": dataset,
            "offers": _offers(question, found),
            "more": len(found) > choice.MOST,
            "roughly": roughly,
            "gone": bool(question.ids) or tabled.asked(request),
        }
        if shown:
            context |= await _around(visit, request, shown)
        else:
            context["examples"] = await streams.datasets(visit, limit=_EXAMPLES)
            context["tables"] = await tables.offers(visit, text=text) if not dataset else []
    return render(request, "insights/diagrams/page.html", context)


def _question(request: HttpRequest) -> Question:
    return asking.read(request.META.get("QUERY_STRING", ""))


def _offers(question: Question, found: list[choice.Offer]) -> list[tuple[choice.Offer, str]]:
    """Series with the address that takes each in."""
    return [(offer, f"?{question.query(ids=[*question.ids, offer.id])}") for offer in found[: choice.MOST]]


async def _around(visit: Visit, request: HttpRequest, shown: Diagram) -> dict[str, Any]:
    question = shown.question
    return {
        "table": table.page(visit, shown, asked=request.GET.get("seite", "")),
        "embed": await _snippet(visit, shown),
        "address": f"{settings.PUBLIC_URL}{reverse('diagram')}?{shown.query}",
        "spans": spans.NAMES,
        "groups": asking.GROUPS,
        "comparisons": asking.COMPARISONS,
        "bands": asking.BANDS,
        "chosen": [
            (stream, f"?{question.query(ids=[each for each in question.ids if each != stream.id])}")
            for stream in shown.streams
        ],
        "writes": permissions.writes(request),
        "room_left": len(question.ids) < asking.MOST_SERIES,
    }


async def _snippet(visit: Visit, shown: Diagram) -> str:
    """Lines to copy, as text to be shown; empty where not everybody may see all of it."""
    stranger = await visits.as_stranger(visit)
    if not all(stranger.scope.allows(stream.dataset.id) for stream in shown.streams):
        return ""
    return embedding.lines(f"{reverse('diagram-embedded')}?{shown.query}", title=shown.title, height=560)


async def embedded(request: HttpRequest) -> HttpResponse:
    """The diagram for other people's pages: what everybody may see, whoever is signed in."""
    if tabled.asked(request):
        return await tabled.embedded(request)
    async with visits.open_visit(request) as visit:
        stranger = await visits.as_stranger(visit)
        shown = await _shown(stranger, request)
        await _counted(request, stranger, shown, kind="embed")
    address = f"{settings.PUBLIC_URL}{reverse('diagram')}?{shown.query}"
    answer = render(request, "insights/diagrams/embedded.html", {"diagram": shown, "address": address})
    answer._csp_replace = {"frame-ancestors": ["*"], "script-src": ["'none'"]}  # type: ignore[attr-defined]
    answer["Cache-Control"] = f"public, max-age={_KEPT_SECONDS}"
    return answer


async def csv(request: HttpRequest) -> HttpResponse:
    """The numbers of the diagram."""
    if tabled.asked(request):
        return await tabled.csv(request)
    async with visits.open_visit(request) as visit:
        shown = await _shown(visit, request)
        content = table.file(visit, shown)
        await _counted(request, visit, shown, kind="download")
    return taken.numbers(content, name=_name(shown))


async def svg(request: HttpRequest) -> HttpResponse:
    """The diagram as a picture of its own."""
    if tabled.asked(request):
        return await tabled.svg(request)
    async with visits.open_visit(request) as visit:
        shown = await _shown(visit, request)
        source = taken.source(shown.about, path=reverse("diagram"))
        drawn = sheet.draw(
            sheet.Sheet(
                chart=shown.chart,
                sub=shown.sub,
                sentence=shown.sentence,
                source=source,
                colour=colours.chosen(visit.city.properties),
            )
        )
    return taken.picture(drawn, name=_name(shown))


async def _shown(visit: Visit, request: HttpRequest) -> Diagram:
    found = await diagram.build(visit, _question(request))
    if found is None:
        raise Http404
    return found


async def _counted(request: HttpRequest, visit: Visit, shown: Diagram, *, kind: counting.Kind) -> None:
    for dataset_id in {stream.dataset.id for stream in shown.streams}:
        await counting.count(request, visit, dataset_id=dataset_id, kind=kind)


def _name(shown: Diagram) -> str:
    return download.file_name(shown.streams[0], span=shown.span).removesuffix(".csv")
