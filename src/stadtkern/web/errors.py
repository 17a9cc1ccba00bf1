# SPDX-License-Identifier: EUPL-1.2
"""Errors as pages: what happened, what it means, what to do."""

from __future__ import annotations

import psycopg
import psycopg_pool
import structlog
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.decorators import async_only_middleware
from django.utils.translation import gettext

from stadtkern.core.problems import Problem
from stadtkern.ui.assets import AssetsAreMissing
from stadtkern.web.headers import Answer

log = structlog.get_logger(__name__)


@async_only_middleware
def problems_as_pages(get_response: Answer) -> Answer:
    """Turn what views raise into pages; the only place that does."""

    async def answer(request: HttpRequest) -> HttpResponseBase:
        return await get_response(request)

    def process_exception(request: HttpRequest, error: Exception) -> HttpResponse | None:
        if isinstance(error, Http404):
            return not_found(request, error)
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
        if isinstance(error, psycopg.OperationalError | psycopg_pool.PoolTimeout):
            log.warning("a page could not reach the database", path=request.path, error=str(error))
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
        remedy=gettext("Suchen Sie auf der Seite der Messorte danach, oder beginnen Sie bei „Stadt jetzt“."),
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


def _page(request: HttpRequest, *, status: int, title: str, text: str, remedy: str) -> HttpResponse:
    context = {"title": title, "text": text, "remedy": remedy, "status": status}
    try:
        return render(request, "ui/error.html", context, status=status)
    except AssetsAreMissing:
        return HttpResponse(
            f"{title}. {text} {remedy}", status=status, content_type="text/plain; charset=utf-8"
        )
