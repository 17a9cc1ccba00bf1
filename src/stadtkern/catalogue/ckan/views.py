# SPDX-License-Identifier: EUPL-1.2
"""The one door of the Action API: finds the action, reads parameters, wraps result or error as CKAN does."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.views.decorators.csrf import csrf_exempt

from stadtkern.catalogue import machine
from stadtkern.catalogue.ckan import datastore, lists, packages, parameters
from stadtkern.catalogue.ckan.parameters import Parameters
from stadtkern.catalogue.ckan.problems import (
    BodyRefused,
    ParametersRefused,
    QueryTooExpensive,
    SearchQueryRefused,
    UnknownAction,
    ValueRefused,
)
from stadtkern.catalogue.usage import counting
from stadtkern.core import access, problems, reading
from stadtkern.core.problems import Problem
from stadtkern.ui.visit import Visit

log = structlog.get_logger(__name__)

Action = Callable[[Visit, Parameters], Awaitable[Any]]
VERSION = "2.10.0"
_MILLISECONDS = 10_000


async def status_show(visit: Visit, given: Parameters) -> dict[str, Any]:  # noqa: ARG001
    """Return what site this is and which version of CKAN it answers like."""
    return {
        "ckan_version": VERSION,
        "site_url": settings.PUBLIC_URL,
        "site_title": f"Datenkatalog {visit.city.name}",
        "site_description": "",
        "locale_default": "de",
        "error_emails_to": None,
        "extensions": ["datastore"],
    }


async def site_read(visit: Visit, given: Parameters) -> bool:  # noqa: ARG001
    """Return true."""
    return True


async def help_show(visit: Visit, given: Parameters) -> str | None:  # noqa: ARG001
    """Return what an action does. `name`."""
    found = ACTIONS.get(given.must("name"))
    if found is None:
        raise problems.NotFound()
    return found.__doc__


ACTIONS: dict[str, Action] = {
    action.__name__: action
    for action in (
        packages.package_list, packages.package_search, packages.package_show, packages.resource_show,
        packages.current_package_list_with_resources, packages.package_autocomplete,
        lists.organization_list, lists.organization_show, lists.organization_list_for_user,
        lists.group_list, lists.group_show, lists.tag_list, lists.tag_show, lists.license_list,
        datastore.datastore_search, status_show, site_read, help_show,
    )
}  # fmt: skip


@csrf_exempt
async def action(request: HttpRequest, name: str) -> HttpResponseBase:
    """Call an action by GET, or by POST with JSON as CKAN's own clients do; nothing is ever written."""
    if request.method == "OPTIONS":
        return _open(HttpResponse(status=204))
    explained = f"{settings.PUBLIC_URL}/api/3/action/help_show?name={name}"
    try:
        found = ACTIONS.get(name)
        if found is None:
            raise UnknownAction(f"Action name not known: {name[:80]}")
        if request.method not in ("GET", "HEAD", "POST"):
            raise UnknownAction("send GET or POST")
        given = Parameters(parameters.given(request))
        async with machine.opened(request, authorization=_authorization(request)) as visit:
            await visit.connection.commit()  # the snapshot is a transaction of its own
            async with reading.snapshot(
                visit.connection, timeout=_MILLISECONDS, expensive=QueryTooExpensive, unusable=ValueRefused
            ):
                result = await found(visit, given)
            await counting.settle(visit.connection)
        return _json({"help": explained, "success": True, "result": result}, status=200)
    except (UnknownAction, BodyRefused) as error:
        cause = "JSON Error: " if isinstance(error, BodyRefused) else ""
        return _json(f"Bad request - {cause}{error.detail}", status=400)
    except Problem as error:
        status, document = _error(error)
        return _json({"help": explained, "success": False, "error": document}, status=status)


async def version(request: HttpRequest) -> HttpResponseBase:  # noqa: ARG001
    """Which version of the API this is."""
    return _json({"version": 3}, status=200)


def _error(error: Problem) -> tuple[int, dict[str, Any]]:
    if isinstance(error, ParametersRefused):
        return 409, {"__type": "Validation Error", **error.errors}
    if isinstance(error, SearchQueryRefused):
        return 409, {"__type": "Search Query Error", "message": f"Search Query is invalid: {error.detail}"}
    if isinstance(error, problems.NotFound):
        return 404, {"__type": "Not Found Error", "message": error.detail or "Not found"}
    if isinstance(error, access.Unauthorised | access.Forbidden):
        return 403, {
            "__type": "Authorization Error",
            "message": f"Access denied: {error.detail or error.title}",
        }
    if error.status < 500:
        return 409, {"__type": "Validation Error", error.where or "message": [error.detail or error.title]}
    log.warning("an action failed", error=repr(error))
    return error.status, {"__type": "Internal Error", "message": error.title}


def _authorization(request: HttpRequest) -> str | None:
    """CKAN's clients send a token bare, in one of two headers."""
    given = request.headers.get("authorization") or request.headers.get("x-ckan-api-key") or ""
    if given and " " not in given.strip():
        return f"Bearer {given.strip()}"
    return given or None


def _json(document: Any, *, status: int) -> HttpResponse:
    return _open(
        HttpResponse(
            msgspec.json.encode(document), status=status, content_type="application/json;charset=utf-8"
        )
    )


def _open(answer: HttpResponse) -> HttpResponse:
    """Other sites may read; what they read depends on who asks."""
    answer["Access-Control-Allow-Origin"] = "*"
    answer["Access-Control-Allow-Methods"] = "GET, POST, OPTIONS"
    answer["Access-Control-Allow-Headers"] = "Authorization, Content-Type, X-CKAN-API-Key"
    answer["Vary"] = "Cookie, Authorization, X-CKAN-API-Key"
    return answer
