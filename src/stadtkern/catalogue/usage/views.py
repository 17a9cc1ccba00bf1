# SPDX-License-Identifier: EUPL-1.2
"""Pages of the counts: one dataset, and the most used ones."""

from __future__ import annotations

import csv
import io
from datetime import timedelta

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from stadtkern.catalogue import queries as datasets
from stadtkern.catalogue.entities import Dataset
from stadtkern.catalogue.usage import queries
from stadtkern.catalogue.usage.queries import Month
from stadtkern.core import audit
from stadtkern.identity import permissions
from stadtkern.ui import visit as visits
from stadtkern.ui.visit import Visit

_SPAN = timedelta(days=90)


async def dataset(request: HttpRequest, key: str) -> HttpResponse:
    """How often one dataset was used, month by month."""
    async with visits.open_visit(request) as visit:
        found, months = await _read(visit, key)
    highest = max((count.n or 0 for month in months for count in month.counts[:1]), default=0)
    places = queries.shown([month.counts for month in months])
    kinds = _named(places)
    context = {
        "dataset": found,
        "months": [
            (month, list(zip(kinds, [month.counts[at] for at in places], strict=True))) for month in months
        ],
        "kinds": kinds,
        "smallest": queries.SMALLEST,
        "bars": [(month, _height(month, highest)) for month in reversed(months)]
        if highest and months[1:]
        else [],
    }
    return render(request, "catalogue/usage/dataset.html", context)


async def dataset_csv(request: HttpRequest, key: str) -> HttpResponse:
    """The same as CSV; a small count stands as `<5`."""
    async with visits.open_visit(request) as visit:
        _, months = await _read(visit, key)
    audit.export()
    written = io.StringIO()
    table = csv.writer(written, lineterminator="\r\n")
    table.writerow(["month", *queries.KINDS])
    for month in months:
        numbers = [f"<{queries.SMALLEST}" if count.n is None else str(count.n) for count in month.counts]
        table.writerow([f"{month.first:%Y-%m}", *numbers])
    answer = HttpResponse(written.getvalue(), content_type="text/csv; charset=utf-8; header=present")
    answer["Content-Disposition"] = f'attachment; filename="{key}-nutzung.csv"'
    return answer


async def most(request: HttpRequest) -> HttpResponse:
    """What is used most, for those who work here."""
    async with visits.open_visit(request) as visit:
        await permissions.require(request, visit.connection, role="reader")
        since = visit.now.astimezone(visit.city.zone).date() - _SPAN
        found = await queries.most(visit.connection, visit.scope, since=since)
    places = queries.shown([each.counts for each in found])
    context = {
        "found": [(each, [each.counts[at] for at in places]) for each in found],
        "since": since,
        "kinds": _named(places),
        "smallest": queries.SMALLEST,
    }
    return render(request, "catalogue/usage/most.html", context)


async def _read(visit: Visit, key: str) -> tuple[Dataset, list[Month]]:
    found = await datasets.one(visit.connection, visit.scope, key=key)
    if found is None:
        raise Http404
    audit.only(found.id)
    today = visit.now.astimezone(visit.city.zone).date()
    months = await queries.months(visit.connection, visit.scope, dataset_id=found.id, today=today)
    began = found.created_at.astimezone(visit.city.zone).date().replace(day=1)
    return found, queries.since(months, began=began)


def _named(places: list[int]) -> list[str]:
    return [str(words) for at, words in enumerate(queries.KINDS.values()) if at in places]


def _height(month: Month, highest: int) -> int:
    """The height of a bar, of 100."""
    return round(100 * (month.counts[0].n or 0) / highest)
