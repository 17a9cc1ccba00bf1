# SPDX-License-Identifier: EUPL-1.2
"""A chart goes into a story that is there: editors choose which, and write on with it as the last part."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext, gettext_lazy

from stadtkern.catalogue.charts import asking as charts
from stadtkern.catalogue.charts import chart
from stadtkern.identity import permissions
from stadtkern.insights.diagrams import asking, diagram
from stadtkern.insights.stories import operations, queries
from stadtkern.insights.stories.entities import Block, Entry
from stadtkern.insights.stories.permissions import WRITES
from stadtkern.ui import formats, telling
from stadtkern.ui import visit as visits
from stadtkern.ui.visit import Visit

# Shorter lists need no search.
SHORT = 8
_LONGEST_WORDS = 100
_TELLING = telling.Telling(
    {
        operations.StoryIsFull: (
            gettext_lazy("In diesem Daten-Fenster ist kein Platz mehr."),
            gettext_lazy(
                "Nehmen Sie einen Teil heraus, oder nehmen Sie das Diagramm in ein anderes Daten-Fenster auf."
            ),
        )
    }
)


def of_chart(address: str) -> str:
    """The query of a chart of series or of a table; nothing where the address names neither."""
    query = charts.of_address(address)
    if charts.names_table(query):
        return query[: asking.LONGEST_QUERY]
    question = asking.of_address(address)
    return question.query() if question.ids else ""


@_TELLING.told
async def page(request: HttpRequest) -> HttpResponse:
    """The stories to choose from for the chart in `?diagramm=`; a POST puts it at the end of one."""
    source = of_chart((request.POST or request.GET).get("diagramm", ""))
    async with visits.open_visit(request) as visit:
        person = await permissions.require_in_city(request, visit.connection, role=WRITES)
        title = await _title(visit, source)
        number = request.POST.get("story", "")
        if request.method == "POST" and title and number.isdecimal() and len(number) < 19:
            block = Block(kind="diagram", source=source)
            # Nothing of the chart's title: others read the note who may not know its data.
            note = gettext("Diagramm aufgenommen")
            at = await operations.append(
                visit.connection, by=person.principal_id, id=int(number), block=block, note=note
            )
            return redirect(f"{reverse('story-edit', args=[int(number)])}?aufgenommen=1#teil-{at}")
        entries = await queries.every(visit.connection)
    words = request.GET.get("suche", "")[:_LONGEST_WORDS]
    about = {
        "source": source,
        "title": title,
        "words": words,
        "searched": len(entries) > SHORT,
        "entries": [entry for entry in entries if _holds(entry, words)],
    }
    return render(request, "insights/stories/take.html", about, status=200 if title else 404)


async def _title(visit: Visit, source: str) -> str:
    """What the chart is called; nothing where there is none for whoever asks."""
    if charts.names_table(source):
        table = await chart.build(visit, source)
        return table.title if table else ""
    found = await diagram.build(visit, asking.of_address(source)) if source else None
    return found.title if found else ""


def _holds(entry: Entry, words: str) -> bool:
    said = f"{' '.join(entry.title.values())} {formats.words(entry.title)}".casefold()
    return all(word in said for word in words.casefold().split())
