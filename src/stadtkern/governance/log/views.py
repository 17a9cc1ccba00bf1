# SPDX-License-Identifier: EUPL-1.2
"""The page of the log: searching, taking away, how long it is kept, and who may read it."""

from __future__ import annotations

import csv
import io
from datetime import date, datetime, tzinfo
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from stadtkern.core import audit
from stadtkern.governance import desk as desks
from stadtkern.governance.desk import Desk
from stadtkern.governance.log import operations, queries, telling
from stadtkern.governance.log.queries import Question
from stadtkern.governance.log.telling import Told
from stadtkern.governance.rooms.operations import NobodyByThatName
from stadtkern.governance.templatetags.governance import room_title
from stadtkern.governance.words import ACTIONS, told

SIZE = 50
_MOST_EXPORTED = 20_000
_NOBODY = gettext_lazy(
    "Mit dieser Adresse ist hier niemand bekannt. Nötig ist die Adresse einer Person, die hier in einer "
    "Organisation mitarbeitet. Andere laden Sie zuerst in eine Organisation ein."
)
_COLUMNS = (
    gettext_lazy("Zeit"),
    gettext_lazy("Wer"),
    gettext_lazy("Nummer des Kontos"),
    gettext_lazy("Nummer des Schlüssels"),
    gettext_lazy("Was"),
    gettext_lazy("Auf welchem Weg"),
    gettext_lazy("Datenräume"),
    gettext_lazy("Datensätze"),
    gettext_lazy("Worum es ging"),
    gettext_lazy("Einzelheiten"),
)


@told
async def log(request: HttpRequest, mistake: str = "") -> HttpResponse:
    """Search the log."""
    before = request.GET.get("vor", "")
    number = int(before) if before.isdecimal() and len(before) < 19 else None
    audit.only()  # looking into the log has an entry of its own, and shows no data
    async with desks.open_desk(request) as desk:
        question = _question(request, desk)
        await operations.look(desk.connection, by=desk.person, question=question)
        found = await queries.search(desk.connection, question=question, before=number, limit=SIZE + 1)
        shown = await telling.tell(desk.connection, entries=found[:SIZE], zone=desk.visit.city.zone)
        policy = await queries.policy(desk.connection)
        officers = await queries.officers(desk.connection)
    asked = {name: value for name, value in request.GET.items() if name != "vor" and value}
    context = {
        "entries": shown,
        "asked": asked,
        "query": urlencode(asked),
        "older": urlencode({**asked, "vor": str(shown[-1].entry.id)}) if len(found) > SIZE else "",
        "actions": ACTIONS,
        "policy": policy,
        "officers": officers,
        "administrator": desk.person.administrator,
        "mistake": mistake,
        "said": request.POST.get("adresse", "")[:200],
    }
    return render(request, "governance/log/log.html", context)


@told
async def export(request: HttpRequest) -> HttpResponse:
    """What was found as CSV, newest first."""
    audit.only()  # looking into the log has an entry of its own, and shows no data
    async with desks.open_desk(request) as desk:
        question = _question(request, desk)
        await operations.look(desk.connection, by=desk.person, question=question)
        found = await queries.search(desk.connection, question=question, limit=_MOST_EXPORTED)
        zone = desk.visit.city.zone
        shown = await telling.tell(desk.connection, entries=found, zone=zone)
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow(_COLUMNS)
    writer.writerows([_safe(cell) for cell in _row(each, zone)] for each in shown)
    headers = {"Content-Disposition": 'attachment; filename="protokoll.csv"'}
    return HttpResponse(
        text.getvalue().encode("utf-8-sig"), content_type="text/csv; charset=utf-8", headers=headers
    )


@told
@require_POST
async def keep(request: HttpRequest) -> HttpResponse:
    """Say how long entries stay."""
    days = request.POST.get("tage", "")
    async with desks.open_desk(request) as desk:
        number = int(days) if days.isdecimal() and len(days) < 6 else 0
        await operations.keep(desk.connection, by=desk.person, days=number)
    return redirect("log")


@told
@require_POST
async def appoint(request: HttpRequest) -> HttpResponse:
    """Let somebody read the log."""
    try:
        async with desks.open_desk(request) as desk:
            email = request.POST.get("adresse", "").strip()[:200]
            await operations.appoint(desk.connection, by=desk.person, email=email)
    except NobodyByThatName:
        return await log(request, mistake=str(_NOBODY))
    return redirect("log")


@told
@require_POST
async def dismiss(request: HttpRequest, id: int) -> HttpResponse:
    """Take it from somebody."""
    async with desks.open_desk(request) as desk:
        await operations.dismiss(desk.connection, by=desk.person, person_id=min(id, 2**63 - 1))
    return redirect("log")


def _question(request: HttpRequest, desk: Desk) -> Question:
    def text(name: str) -> str | None:
        return request.GET.get(name, "").strip()[:200].replace("\0", "") or None

    action = text("was")
    since, until = _day(request.GET.get("von", "")), _day(request.GET.get("bis", ""))
    return Question(
        action=action if action in ACTIONS else None,
        who=text("wer"),
        room=text("raum"),
        words=text("q"),
        since=desk.begin_of(since) if since else None,
        until=desk.end_of(until) if until else None,
    )


def _day(text: str) -> date | None:
    try:
        return datetime.strptime(text, "%Y-%m-%d").date() if text else None
    except ValueError:
        return None


def _row(line: Told, zone: tzinfo) -> list[str]:
    """An entry as the page tells it; the time with its offset, so that a spreadsheet can sort by it."""
    entry = line.entry
    rooms = (room_title(place.get("title"), str(place.get("key"))) for place in entry.places)
    return [
        entry.at.astimezone(zone).isoformat(sep=" ", timespec="seconds"), telling.who(entry),
        str(entry.principal_id or ""), str(entry.token_id or ""),
        str(ACTIONS.get(entry.action, entry.action)),
        line.surface, ", ".join(rooms), ", ".join(entry.datasets), line.about, "; ".join(line.details),
    ]  # fmt: skip


def _safe(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return "'" + cell if cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell
