# SPDX-License-Identifier: EUPL-1.2
"""Diagrams of tables at the same addresses as those of series: page, frame, file and picture."""

from __future__ import annotations

from typing import Any

import msgspec
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from stadtkern.catalogue.browse import chips
from stadtkern.catalogue.browse import embed as embedding
from stadtkern.catalogue.browse import table as tables
from stadtkern.catalogue.charts import asking, chart, choosing, rows
from stadtkern.catalogue.charts.chart import Chart
from stadtkern.catalogue.usage import counting
from stadtkern.core import audit
from stadtkern.insights.diagrams import taken
from stadtkern.insights.stories import permissions
from stadtkern.ui import colours
from stadtkern.ui import visit as visits
from stadtkern.ui.charts import bars, sheet
from stadtkern.ui.visit import Visit

_KEPT_SECONDS = 300


def asked(request: HttpRequest) -> bool:
    """Whether the address names a table."""
    return bool(asking.names_table(_query(request)))


def _query(request: HttpRequest) -> str:
    return str(request.META.get("QUERY_STRING", ""))


async def page(request: HttpRequest) -> HttpResponse | None:
    """The diagram with everything that can be changed about it; None where its table is not there."""
    async with visits.open_visit(request) as visit:
        shown = await chart.build(visit, _query(request))
        if shown is None:
            return None
        audit.only(shown.dataset.id)
        context = {"diagram": shown, **await _around(visit, request, shown)}
    return render(request, "insights/diagrams/tabled.html", context)


async def _around(visit: Visit, request: HttpRequest, shown: Chart) -> dict[str, Any]:
    columns = shown.table.columns
    usable = [columns[at] for at in choosing.candidates(shown.table)]
    numbers = [column for column in columns if column.type in ("integer", "number")]
    by = columns[shown.plan.by] if shown.plan else None
    return {
        "table": rows.page(shown, asked=request.GET.get("seite", "")),
        "embed": await _snippet(visit, shown),
        "address": f"{settings.PUBLIC_URL}{reverse('diagram')}?{shown.query}",
        "columns": [(column.name, tables.head(column).title) for column in usable],
        "numbers": [(column.name, tables.head(column).title) for column in numbers],
        "hows": asking.HOWS if numbers else {"anzahl": asking.HOWS["anzahl"]},
        "pers": asking.PERS,
        "mosts": asking.MOSTS,
        "by": by.name if by else "",
        "dated": by is not None and by.type in ("date", "instant"),
        "value": columns[shown.plan.value].name if shown.plan and shown.plan.value is not None else "",
        "chips": [
            (chip.says, "?" + shown.question.query(filter=_without(shown, number)))
            for number, chip in enumerate(chips.chips(shown.question.filter))
        ],
        "writes": permissions.writes(request),
    }


def _without(shown: Chart, number: int) -> Any:
    """The conditions without one of them; words, where there are any, come first."""
    chosen = shown.question.filter
    if chosen.text and number == 0:
        return msgspec.structs.replace(chosen, text="")
    at = number - (1 if chosen.text else 0)
    return msgspec.structs.replace(chosen, conditions=[*chosen.conditions[:at], *chosen.conditions[at + 1 :]])


async def _snippet(visit: Visit, shown: Chart) -> str:
    """Lines to copy, as text to be shown; empty where not everybody may see it."""
    stranger = await visits.as_stranger(visit)
    if not stranger.scope.allows(shown.dataset.id) or shown.dataset.state != "published":
        return ""
    height = 300 + 58 * len(shown.bars) if shown.bars else 620
    return embedding.lines(f"{reverse('diagram-embedded')}?{shown.query}", title=shown.title, height=height)


async def embedded(request: HttpRequest) -> HttpResponse:
    """The diagram for other people's pages: what everybody may see, whoever is signed in."""
    async with visits.open_visit(request) as visit:
        stranger = await visits.as_stranger(visit)
        shown = await _shown(stranger, request)
        await counting.count(request, stranger, dataset_id=shown.dataset.id, kind="embed")
    address = f"{settings.PUBLIC_URL}{reverse('diagram')}?{shown.query}"
    answer = render(request, "insights/diagrams/embedded.html", {"diagram": shown, "address": address})
    answer._csp_replace = {"frame-ancestors": ["*"], "script-src": ["'none'"]}  # type: ignore[attr-defined]
    answer["Cache-Control"] = f"public, max-age={_KEPT_SECONDS}"
    return answer


async def csv(request: HttpRequest) -> HttpResponse:
    """The numbers of the diagram."""
    async with visits.open_visit(request) as visit:
        shown = await _shown(visit, request)
        await counting.count(request, visit, dataset_id=shown.dataset.id, kind="download")
    return taken.numbers(rows.file(shown), name=rows.file_name(shown))


async def svg(request: HttpRequest) -> HttpResponse:
    """The diagram as a picture of its own."""
    async with visits.open_visit(request) as visit:
        shown = await _shown(visit, request)
    colour = colours.chosen(visit.city.properties)
    source = taken.source(shown.about, path=reverse("dataset", args=[shown.dataset.key]))
    sentence = shown.sentence or shown.trouble
    if shown.drawn is None:
        drawn = bars.draw(
            bars.Sheet(
                bars=shown.bars,
                title=shown.title,
                sub=shown.sub,
                sentence=sentence,
                source=source,
                colour=colour,
            )
        )
    else:
        drawn = sheet.draw(
            sheet.Sheet(chart=shown.drawn, sub=shown.sub, sentence=sentence, source=source, colour=colour)
        )
    return taken.picture(drawn, name=rows.file_name(shown))


async def _shown(visit: Visit, request: HttpRequest) -> Chart:
    found = await chart.build(visit, _query(request))
    if found is None:
        raise Http404
    audit.only(found.dataset.id)
    return found
