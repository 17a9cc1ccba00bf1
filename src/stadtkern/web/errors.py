# SPDX-License-Identifier: EUPL-1.2
"""Errors as pages: what happened, what it means, what to do."""

from __future__ import annotations

from urllib.parse import urlencode

import psycopg
import psycopg_pool
import structlog
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.decorators import async_only_middleware
from django.utils.translation import gettext

from stadtkern.core.problems import Problem
from stadtkern.identity import words
from stadtkern.identity.permissions import RoleIsMissing, SignInNeeded
from stadtkern.ui.assets import AssetsAreMissing
from stadtkern.web.headers import Answer

log = structlog.get_logger(__name__)

# Escaped once more it still is an address that servers take.
_LONGEST_WAY_BACK = 2_000


@async_only_middleware
def problems_as_pages(get_response: Answer) -> Answer:
    """Turn what views raise into pages; the only place that does."""

    async def answer(request: HttpRequest) -> HttpResponseBase:
        return await get_response(request)

    def process_exception(request: HttpRequest, error: Exception) -> HttpResponse | None:
        if isinstance(error, Http404):
            return not_found(request, error)
        if isinstance(error, SignInNeeded):
            return redirect(f"{reverse('account_login')}?{urlencode({'next': _way_back(request)})}")
        if isinstance(error, RoleIsMissing):
            return _page(
                request,
                status=403,
                title=gettext("Dafür reicht Ihre Rolle nicht"),
                text=gettext("Nötig ist die Rolle „%(role)s“.") % {"role": words.role(error.detail)},
                remedy=gettext("Wer Ihre Organisation verwaltet, kann sie Ihnen geben."),
            )
        if isinstance(error, Problem):
            return (
                not_found(request, error)
                if error.status == 404
                else _page(
                    request,
                    status=error.status,
                    title=gettext(error.title),
                    text=error.detail,
                    remedy=gettext(error.remedy),
                )
            )
        if isinstance(error, psycopg.errors.QueryCanceled):
            log.warning("a page took too long", path=_told(request))
            return _page(
                request,
                status=503,
                title=gettext("Das hat zu lange gedauert"),
                text=gettext(
                    "Die Frage an die Datenbank wurde abgebrochen, damit andere nicht warten müssen."
                ),
                remedy=gettext("Bitte fragen Sie nach weniger: weniger Wörter, ein kürzerer Zeitraum."),
            )
        if isinstance(error, psycopg.OperationalError | psycopg_pool.PoolTimeout):
            log.warning("a page could not reach the database", path=_told(request), error=str(error))
            return unavailable(request)
        return None

    answer.process_exception = process_exception  # type: ignore[attr-defined]
    return answer


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001
    """Nothing at this address."""
    return _page(
        request,
        status=404,
        title=gettext("Diese Seite gibt es nicht"),
        text=gettext(
            "Unter dieser Adresse ist nichts zu finden. Vielleicht wurde etwas umbenannt oder entfernt."
        ),
        remedy=gettext("Suchen Sie danach, oder beginnen Sie bei „Stadt jetzt“."),
    )


def forged(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form without its secret: the page was open for too long, or another site sent it."""
    log.info("a form was refused", path=_told(request), reason=reason)
    return _page(
        request,
        status=403,
        title=gettext("Das Formular ist nicht mehr gültig"),
        text=gettext(
            "Es wurde nichts geändert. Vielleicht war die Seite lange offen, oder Cookies sind gesperrt."
        ),
        remedy=gettext(
            "Bitte gehen Sie zurück, laden Sie die Seite neu und senden Sie das Formular noch einmal."
        ),
    )


def broken(request: HttpRequest) -> HttpResponse:
    """A mistake of ours."""
    return _page(
        request,
        status=500,
        title=gettext("Hier ist uns ein Fehler unterlaufen"),
        text=gettext(
            "Die Seite konnte nicht erstellt werden. Der Fehler ist aufgezeichnet; es ist nichts verloren."
        ),
        remedy=gettext("Bitte laden Sie die Seite in ein paar Minuten neu."),
    )


def unavailable(request: HttpRequest) -> HttpResponse:
    """The database does not answer."""
    response = _page(
        request,
        status=503,
        title=gettext("Die Daten sind gerade nicht erreichbar"),
        text=gettext(
            "Die Datenbank antwortet nicht. Messwerte, die bereits bestätigt wurden, sind gespeichert."
        ),
        remedy=gettext("Bitte laden Sie die Seite in einer Minute neu."),
    )
    response["Retry-After"] = "30"
    return response


def _told(request: HttpRequest) -> str:
    """The path as logs tell it: without the secret that it may hold."""
    match = request.resolver_match
    secret = str(match.kwargs.get("secret", "")) if match else ""
    return request.path.replace(secret, "…") if secret else request.path


def _way_back(request: HttpRequest) -> str:
    """Where to go after the sign-in: here, or to the place from which a form could not be sent."""
    here = request.get_full_path() if request.method in ("GET", "HEAD") else ""
    return here if 0 < len(here) <= _LONGEST_WAY_BACK else reverse("account")


def _page(request: HttpRequest, *, status: int, title: str, text: str, remedy: str) -> HttpResponse:
    context = {"title": title, "text": text, "remedy": remedy, "status": status}
    try:
        return render(request, "ui/error.html", context, status=status)
    except AssetsAreMissing:
        return HttpResponse(
            f"{title}. {text} {remedy}", status=status, content_type="text/plain; charset=utf-8"
        )
