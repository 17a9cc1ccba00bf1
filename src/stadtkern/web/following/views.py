# SPDX-License-Identifier: EUPL-1.2
"""The page on which a browser begins and ends to follow something, and the door through which it says so."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import msgspec
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import translation
from django.views.decorators.csrf import csrf_exempt

from stadtkern.core import jsons, problems
from stadtkern.identity.push import keys, operations
from stadtkern.identity.push.operations import Kind, Subscription
from stadtkern.ui import formats, guard
from stadtkern.ui import visit as visits
from stadtkern.ui.visit import Visit
from stadtkern.web.following import queries

_MOST_BYTES = 8_192
_LARGEST_BOUND = 1e15


class NotToBeFollowed(problems.Problem):
    """This cannot be followed.

    Follow a public dataset, a place, or a series with numbers and a bound.
    """

    status = 422


class TooManyBrowsers(problems.Problem):
    """From this connection many browsers have begun to follow something just now.

    Try again in an hour.
    """

    status = 429


class Patience(guard.Patience):
    """How many browsers may begin behind one address within the hour; an office has many."""

    per_hour = 60


PATIENCE = Patience()


@csrf_exempt  # whoever asks proves itself by its subscription; no cookie opens anything here
async def page(request: HttpRequest) -> HttpResponse:
    """What can be followed, and what this browser follows; to a message of the page, JSON."""
    if not settings.PUSH:
        raise Http404
    if request.method == "POST":
        return await _heard(request)
    async with visits.open_visit(request) as visit:
        found = await _target(visit, request.GET)
        context = {
            "target": found,
            "asked": any(request.GET.get(name) for name in queries.NAMES),
            "key": keys.packed(keys.public(settings.SECRET_KEY)),
            "now_value": "" if found is None or found.value is None else formats.number(found.value),
        }
    return render(request, "web/following/following.html", context)


async def _target(visit: Visit, given: Mapping[str, Any]) -> queries.Target | None:
    for name, kind in queries.NAMES.items():
        if asked := str(given.get(name, ""))[:200].replace("\0", ""):
            return await queries.target(visit, kind=kind, name=asked)
    return None


async def _heard(request: HttpRequest) -> JsonResponse:
    try:
        if len(request.body) > _MOST_BYTES:
            raise operations.SubscriptionIsOfNoUse()
        given = msgspec.json.decode(request.body)
        if not isinstance(given, dict):
            raise operations.SubscriptionIsOfNoUse()
        subscription = operations.read(given.get("subscription"))
        async with visits.open_visit(request) as visit:
            answer = await _do(request, visit, given, subscription)
    except jsons.UNREADABLE:
        answer = _refused(operations.SubscriptionIsOfNoUse("the body is no JSON"))
    except problems.Problem as problem:
        answer = _refused(problem)
    answer["Cache-Control"] = "no-store"
    return answer


def _refused(problem: problems.Problem) -> JsonResponse:
    return JsonResponse(problem.document(), status=problem.status, content_type="application/problem+json")


async def _do(
    request: HttpRequest, visit: Visit, given: dict[str, Any], subscription: Subscription
) -> JsonResponse:
    """One of follow, list, leave, move; answered with what the browser follows then."""
    match given.get("do"):
        case "follow":
            await _follow(request, visit, given, subscription)
        case "leave":
            number = _number(given.get("id"))
            await operations.leave(visit.connection, subscription=subscription, id=number)
            if number is None:
                return JsonResponse({"follows": []})
        case "move":
            to = operations.read(given.get("to"))
            await operations.browser(visit.connection, subscription=subscription)
            await operations.check(to, allowed=settings.PUSH_ALLOWED)
            await operations.move(visit.connection, subscription=subscription, to=to)
            subscription = to
        case "list":
            pass
        case _:
            raise problems.NotFound()
    number = await operations.browser(visit.connection, subscription=subscription)
    found = await queries.of(visit, browser_id=number)
    return JsonResponse({"follows": [msgspec.structs.asdict(each) for each in found]})


async def _follow(
    request: HttpRequest, visit: Visit, given: dict[str, Any], subscription: Subscription
) -> None:
    kind, bound, above = given.get("kind"), given.get("bound"), given.get("above") is not False
    if kind not in queries.NAMES.values():
        raise NotToBeFollowed()
    wanted = cast(Kind, kind)
    found = await queries.target(visit, kind=wanted, name=str(given.get("name", ""))[:200].replace("\0", ""))
    number = _bound(bound) if wanted == "stream" else None
    if found is None:
        raise NotToBeFollowed()
    try:
        await operations.browser(visit.connection, subscription=subscription)
    except operations.BrowserIsUnknown:
        if not PATIENCE.take(request):
            raise TooManyBrowsers() from None
    await operations.check(subscription, allowed=settings.PUSH_ALLOWED)
    await operations.follow(
        visit.connection,
        subscription=subscription,
        language=(translation.get_language() or "de")[:2],
        kind=wanted,
        target=found.id,
        bound=number,
        above=above,
        met=found.silent if number is None else found.passes(bound=number, above=above),
    )


def _number(given: Any) -> int | None:
    """Of one thing that is followed; None for all."""
    if given is None:
        return None
    if isinstance(given, bool) or not isinstance(given, int) or not 0 < given < 2**63:
        raise problems.NotFound()
    return given


def _bound(given: Any) -> float:
    if isinstance(given, bool) or not isinstance(given, int | float) or not abs(given) <= _LARGEST_BOUND:
        raise NotToBeFollowed("the bound is no number")
    return float(given)
