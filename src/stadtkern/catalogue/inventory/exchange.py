# SPDX-License-Identifier: EUPL-1.2
"""Pages that bring the inventory in from Excel and give it out again."""

from __future__ import annotations

import asyncio

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from stadtkern.catalogue.inventory import cells, concepts, forms, operations, queries, sheet, words, workbook
from stadtkern.catalogue.inventory.entities import Entry
from stadtkern.catalogue.inventory.queries import Asked
from stadtkern.catalogue.inventory.views import Desk, open_desk
from stadtkern.catalogue.inventory.words import told
from stadtkern.core import audit
from stadtkern.identity import permissions

_MOST = 50_000


@told
async def take_in(request: HttpRequest) -> HttpResponse:
    """Read a spreadsheet: all of its lines, or none and what is wrong in which."""
    context: dict[str, object] = {}
    async with open_desk(request) as desk:
        offered = desk.person.own_first(desk.reach.where("editor"), number=lambda each: each.id)
        if not offered:
            raise permissions.RoleIsMissing("editor")
        files = request.FILES if request.method == "POST" else None
        form = forms.ImportForm(request.POST or None, files, organisations=offered)
        if request.method == "POST" and form.is_valid():
            context = await _take(desk, form)
    return render(request, "catalogue/inventory/import.html", {"form": form, **context})


async def _take(desk: Desk, form: forms.ImportForm) -> dict[str, object]:
    organisation_id = form.cleaned_data["organisation"]
    known = {entry.id: entry for entry in await _everything(desk, organisation_id)}
    titles = {entry.facts.title.lower(): entry.id for entry in known.values()}
    try:
        rows = await cells.read(form.cleaned_data["file"])
    except cells.SheetIsUnreadable as unreadable:
        form.add_error("file", words.says(unreadable))
        return {}
    found = sheet.read(rows, known=known, titles=titles, concepts=concepts.labels())
    if found.findings or not found.lines:
        return {"findings": found.findings, "empty": not found.lines and not found.findings}
    made, changed = await operations.take_over(
        desk.visit.connection,
        reach=desk.reach,
        organisation_id=organisation_id,
        lines=found.lines,
        known=known,
    )
    return {"done": True, "made": made, "changed": changed, "same": len(found.lines) - made - changed}


async def _everything(desk: Desk, organisation_id: int | None) -> list[Entry]:
    asked = Asked(organisation_id=organisation_id)
    return await queries.entries(
        desk.visit.connection, desk.reach, asked=asked, today=desk.today, limit=_MOST
    )


async def template(request: HttpRequest) -> HttpResponse:
    """An empty workbook with the columns, the lists to choose from, and how to fill it in."""
    async with open_desk(request):
        pass
    return await _workbook([], name="inventar-vorlage.xlsx")


async def export(request: HttpRequest) -> HttpResponse:
    """The entries one may see, of one organisation or all, in the columns that the import reads."""
    asked = request.GET.get("organisation", "")
    async with open_desk(request) as desk:
        organisation_id = int(asked) if asked.isdecimal() and len(asked) < 16 else None
        entries = await _everything(desk, organisation_id)
    audit.export()
    return await _workbook(entries, name="inventar.xlsx")


async def _workbook(entries: list[Entry], *, name: str) -> HttpResponse:
    labels = [(concept.slug, concept.label) for concept in concepts.everything()]
    written = await asyncio.to_thread(workbook.write, entries, concepts=labels)
    answer = HttpResponse(written, content_type=workbook.MEDIA_TYPE)
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    answer["Cache-Control"] = "no-store"
    return answer
