# SPDX-License-Identifier: EUPL-1.2
"""Pages of one's own account."""

from __future__ import annotations

from asgiref.sync import sync_to_async
from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from stadtkern.identity import permissions, visits
from stadtkern.identity.account import export as exports
from stadtkern.identity.account import forms, operations, queries


async def account(request: HttpRequest) -> HttpResponse:
    """Who I am here, what I may do, and where I am signed in."""
    async with visits.open_visit(request) as visit:
        person = await permissions.require_signed_in(request, visit.connection)
        form = forms.NameForm(
            request.POST if request.method == "POST" else None, initial={"name": person.name}
        )
        if request.method == "POST" and form.is_valid():
            await sync_to_async(operations.rename)(
                principal_id=person.principal_id, name=form.cleaned_data["name"]
            )
            return redirect("account")
        known = await queries.language(visit.connection, person_id=person.principal_id)
        context = {
            "form": form,
            "speech": forms.LanguageForm(initial={"language": known}),
            "memberships": await queries.memberships(visit.connection, person_id=person.principal_id),
            "sessions": await queries.sessions(
                visit.connection, person_id=person.principal_id, own=_secret(request)
            ),
        }
    return render(request, "identity/account.html", context)


@require_POST
async def speak(request: HttpRequest) -> HttpResponse:
    """In which language I want to read mails."""
    async with visits.open_visit(request) as visit:
        person = await permissions.require_signed_in(request, visit.connection)
        form = forms.LanguageForm(request.POST)
        if form.is_valid():
            await operations.speak(
                visit.connection, person_id=person.principal_id, language=form.cleaned_data["language"]
            )
    return redirect("account")


@require_POST
async def end_session(request: HttpRequest) -> HttpResponse:
    """Sign me out in one other place."""
    async with visits.open_visit(request) as visit:
        person = await permissions.require_signed_in(request, visit.connection)
        await operations.end_session(
            visit.connection, person_id=person.principal_id, session=request.POST.get("session", "")[:64]
        )
    return redirect("account")


async def data(request: HttpRequest) -> HttpResponse:
    """What there is to know about taking along and erasing, and the erasing itself."""
    async with visits.open_visit(request) as visit:
        person = await permissions.require_signed_in(request, visit.connection)
    form = forms.EraseForm(request.POST if request.method == "POST" else None, email=person.email)
    if request.method == "POST" and form.is_valid():
        try:
            await sync_to_async(operations.erase)(principal_id=person.principal_id)
        except operations.LastAdministrator:
            form.add_error(
                None,
                gettext(
                    "Sonst verwaltet niemand diese Stadt. Geben Sie zuerst anderen die Rolle „Verwalten“."
                ),
            )
        else:
            answer = redirect("erased")
            answer.delete_cookie(settings.SESSION_COOKIE_NAME, path="/", samesite="Lax")
            return answer
    return render(request, "identity/data.html", {"form": form})


@require_POST
async def export(request: HttpRequest) -> HttpResponse:
    """Everything that is stored of me, as a file."""
    async with visits.open_visit(request) as visit:
        person = await permissions.require_signed_in(request, visit.connection)
        document = await exports.collect(visit.connection, principal_id=person.principal_id)
    answer = JsonResponse(document, json_dumps_params={"indent": 2, "ensure_ascii": False})
    answer["Content-Disposition"] = 'attachment; filename="meine-daten.json"'
    return answer


async def erased(request: HttpRequest) -> HttpResponse:
    """Good-bye."""
    async with visits.open_visit(request):
        return render(request, "identity/erased.html")


def _secret(request: HttpRequest) -> str:
    return request.COOKIES.get(settings.SESSION_COOKIE_NAME, "")
