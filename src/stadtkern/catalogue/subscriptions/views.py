# SPDX-License-Identifier: EUPL-1.2
"""Pages on which people ask to hear of datasets, confirm it from their mailbox, and leave."""

from __future__ import annotations

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import translation
from django.views.decorators.csrf import csrf_exempt

from stadtkern.catalogue import letters
from stadtkern.catalogue.requests.operations import TooManyRequests
from stadtkern.catalogue.requests.replies import private
from stadtkern.catalogue.subscriptions import forms, operations, queries
from stadtkern.core import access, problems
from stadtkern.ui import done, guard
from stadtkern.ui import visit as visits

PATIENCE = guard.Patience()
_LARGEST_ID = 18


async def subscribe(request: HttpRequest) -> HttpResponse:
    """The form, for one dataset or for a theme, and the mail that follows."""
    _only_with_mail()
    key = request.GET.get("datensatz", "")[:100]
    async with visits.open_visit(request) as visit:
        everybody = await visits.DOOR.gate.scope(visit.connection, access.ANONYMOUS)
        one = await queries.dataset(visit.connection, everybody, key=key) if key else None
        if key and one is None:
            raise Http404
        form = forms.SubscribeForm(request.POST or None, one=one is not None)
        status = 200
        if request.method == "POST" and form.is_valid():
            if PATIENCE.take(request):
                await operations.ask(
                    visit.connection,
                    address=form.cleaned_data["email"],
                    language=translation.get_language() or "de",
                    dataset_id=one.id if one else None,
                    theme=form.cleaned_data.get("theme", ""),
                    title=one.title if one else "",
                )
                return redirect("subscription-sent")
            form.add_error(
                None,
                translation.gettext(
                    "Von hier wurden viele E-Mails angefordert. Bitte kommen Sie in einer Stunde wieder."
                ),
            )
            status = TooManyRequests.status
    context = {"form": form, "one": one, "ticket": form.next_ticket}
    answer = render(request, "catalogue/subscriptions/subscribe.html", context, status=status)
    answer["Cache-Control"] = "no-store"
    return answer


async def sent(request: HttpRequest) -> HttpResponse:
    """The same for everybody: whether a mail went out is only seen in the mailbox."""
    _only_with_mail()
    async with visits.open_visit(request):
        return render(request, "catalogue/subscriptions/sent.html")


@csrf_exempt  # the address is all that proves it
async def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """Looking confirms nothing: programs that check mails look at links, too."""
    uuid = letters.read(token, "confirm")
    if uuid is None:
        raise Http404
    async with visits.open_visit(request) as visit:
        if request.method == "POST":
            try:
                who = await operations.confirm(visit.connection, uuid=uuid)
            except problems.NotFound:
                return private(render(request, "catalogue/subscriptions/over.html", status=410))
            manage = reverse("subscriptions", args=[letters.token(who, "leave", key=settings.SECRET_KEY)])
            return redirect(f"{manage}?neu=1")
        everybody = await visits.DOOR.gate.scope(visit.connection, access.ANONYMOUS)
        found = await queries.asked(visit.connection, everybody, uuid=uuid)
    if found is None:
        return private(render(request, "catalogue/subscriptions/over.html", status=410))
    return private(render(request, "catalogue/subscriptions/confirm.html", {"wish": found[0]}))


@csrf_exempt  # RFC 8058: mail programs leave with one request of their own, without cookie or form
async def manage(request: HttpRequest, token: str) -> HttpResponse:
    """What one hears of; end one, or all."""
    uuid = letters.read(token, "leave")
    if uuid is None:
        raise Http404
    async with visits.open_visit(request) as visit:
        if request.method == "POST":
            number = request.POST.get("id", "")
            one = number.isascii() and number.isdigit() and len(number) <= _LARGEST_ID
            await operations.leave(visit.connection, uuid=uuid, id=int(number) if one else None)
            if request.POST.get(letters.ONE_CLICK[0]) is None:
                return done.redirect("subscriptions", did="beendet", token=token)
        everybody = await visits.DOOR.gate.scope(visit.connection, access.ANONYMOUS)
        wishes = await queries.of(visit.connection, everybody, uuid=uuid)
    context = {"wishes": wishes, "fresh": "neu" in request.GET}
    return private(render(request, "catalogue/subscriptions/manage.html", context))


def _only_with_mail() -> None:
    """Without mail the page could only promise what never comes."""
    if not settings.MAIL_WORKS:
        raise Http404
