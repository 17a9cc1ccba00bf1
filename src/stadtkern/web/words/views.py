# SPDX-License-Identifier: EUPL-1.2
"""The glossary, and the forms by which anybody tells the city of a missing word, a barrier or a fault."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.translation import gettext

from stadtkern.city.glossary.entities import Term
from stadtkern.city.messages import operations
from stadtkern.city.messages.entities import Kind
from stadtkern.insights import streams
from stadtkern.insights.explore import poster
from stadtkern.insights.streams import Site
from stadtkern.ui import fields, formats, guard
from stadtkern.ui import visit as visits
from stadtkern.ui.visit import Visit
from stadtkern.web.words import forms

PATIENCE = guard.Patience()
_FORMS: dict[Kind, type[fields.Guarded]] = {
    "term": forms.MissingForm,
    "barrier": forms.BarrierForm,
    "place": forms.PlaceForm,
}
_BASE = str.maketrans("ÄÖÜ", "AOU")
_LONGEST = 300
_DIGITS = 19  # of a number that the database keeps


async def glossary(request: HttpRequest) -> HttpResponse:
    """All words with their explanations, by letter."""
    async with visits.open_visit(request) as visit:
        letters = by_letter(visit.city.glossary.terms)
    return render(request, "web/glossary/glossary.html", {"letters": letters})


def by_letter(terms: Sequence[Term]) -> list[tuple[str, list[Term]]]:
    """The terms under their first letters, as the language of the page orders them."""
    letters: dict[str, list[Term]] = defaultdict(list)
    for term in sorted(terms, key=_order):
        first = _order(term)[:1]
        letters[first if first.isalpha() else "#"].append(term)
    return list(letters.items())


def _order(term: Term) -> str:
    return formats.words(term.name).upper().translate(_BASE)


async def missing(request: HttpRequest) -> HttpResponse:
    """A word is missing."""
    return await _form(request, kind="term", template="web/messages/missing.html")


async def barrier(request: HttpRequest) -> HttpResponse:
    """Something keeps somebody from using a page."""
    return await _form(request, kind="barrier", template="web/messages/barrier.html")


async def place(request: HttpRequest) -> HttpResponse:
    """Something is wrong at a measuring place, or with its values."""
    return await _form(request, kind="place", template="web/messages/place.html")


async def _form(request: HttpRequest, *, kind: Kind, template: str) -> HttpResponse:
    """The form, what becomes of it, and thanks."""
    status = 200
    async with visits.open_visit(request) as visit:
        site = await _site(visit, request.GET.get("ding", ""))
        begin = {
            "subject": request.GET.get("wort", "")[:100],
            "place": _named(site) if site else request.GET.get("seite", "")[:_LONGEST],
        }
        form = _FORMS[kind](request.POST or None, initial=begin)
        if request.method == "POST" and form.is_valid():
            told = {name: form.cleaned_data[name] for name in form.cleaned_data if name != "website"}
            try:
                if not PATIENCE.take(request):
                    raise operations.TooManyMessages()
                language = translation.get_language() or "de"
                await operations.take(visit.connection, kind=kind, language=language, **told)
                return redirect(f"{request.path}?danke=1")
            except operations.TooManyMessages as many:
                form.add_error(
                    None, gettext("Gerade gibt es zu viele Meldungen. Bitte kommen Sie später wieder.")
                )
                status = many.status
    # Sending again what was refused keeps its ticket, so that a double click stays one message.
    thanks = bool(request.GET.get("danke"))
    about = {"form": form, "ticket": form.next_ticket, "thanks": thanks, "site": site}
    answer = render(request, template, about, status=status)
    answer["Cache-Control"] = "no-store"
    return answer


async def _site(visit: Visit, given: str) -> Site | None:
    """The measuring place that an address names, if there is one for this visit."""
    if not (given.isascii() and given.isdecimal() and len(given) < _DIGITS):
        return None
    found = await streams.site(visit, thing_id=int(given))
    return found[0] if found else None


def _named(site: Site) -> str:
    """Name and address: the one for whoever writes, the other for whoever looks it up."""
    here = f" ({poster.address(site.id)})"
    return site.name[: _LONGEST - len(here)] + here
