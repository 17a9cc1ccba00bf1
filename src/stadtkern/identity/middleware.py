# SPDX-License-Identifier: EUPL-1.2
"""Sessions, accounts and the guard against forged forms around every page, mostly without a thread."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib import auth
from django.contrib.sessions.backends.base import UpdateError
from django.http import HttpRequest, HttpResponseBase
from django.middleware.csrf import CsrfViewMiddleware
from django.utils.cache import patch_vary_headers
from django.utils.decorators import async_only_middleware
from django.utils.functional import SimpleLazyObject
from django.utils.http import http_date

from stadtkern.identity.sessions import SessionStore

Answer = Callable[[HttpRequest], Awaitable[HttpResponseBase]]
_SAFE = frozenset(("GET", "HEAD", "OPTIONS", "TRACE"))


@async_only_middleware
def sessions(get_response: Answer) -> Answer:
    """Offer `request.session` and `request.user`; the database is asked only where a view asks them."""

    async def answer(request: HttpRequest) -> HttpResponseBase:
        secret = request.COOKIES.get(settings.SESSION_COOKIE_NAME)
        store = SessionStore(secret)
        request.session = store
        request.user = SimpleLazyObject(partial(auth.get_user, request))  # type: ignore[assignment]
        request.auser = partial(auth.aget_user, request)
        request.build_absolute_uri = partial(_public, request)  # type: ignore[method-assign]
        response = await get_response(request)
        if secret:  # what is shown to somebody in particular stays between them and us
            response["Cache-Control"] = "private, no-store"
            patch_vary_headers(response, ("Cookie",))
        store = request.session  # allauth may have put another one in its place
        if store.accessed or store.modified:
            store.device = request.headers.get("user-agent", "")
            await _keep(store, response, had=secret)
        return response

    return answer


def _public(request: HttpRequest, location: str | None = None) -> str:
    """Links that leave the site begin with our own address, whatever the Host header says."""
    return f"{settings.PUBLIC_URL}{request.get_full_path() if location is None else location}"


async def _keep(store: SessionStore, response: HttpResponseBase, *, had: str | None) -> None:
    if store.is_empty():
        if had:
            _forget_cookie(response)
        return
    if not store.modified or response.status_code >= 500:
        return
    try:
        await sync_to_async(store.save)()
    except UpdateError:  # it was ended elsewhere in this very moment
        _forget_cookie(response)
        return
    age = settings.SESSION_COOKIE_AGE
    response.set_cookie(
        settings.SESSION_COOKIE_NAME,
        store.session_key or "",
        max_age=age,
        expires=http_date(time.time() + age),
        path="/",
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    response["Cache-Control"] = "private, no-store"
    patch_vary_headers(response, ("Cookie",))


def _forget_cookie(response: HttpResponseBase) -> None:
    response.delete_cookie(settings.SESSION_COOKIE_NAME, path="/", samesite="Lax")


@async_only_middleware
def csrf(get_response: Answer) -> Answer:
    """Django's guard against forged forms; only a body that must be read costs a thread."""
    guard = CsrfViewMiddleware(get_response)

    async def answer(request: HttpRequest) -> HttpResponseBase:
        guard.process_request(request)
        return guard.process_response(request, await get_response(request))

    async def process_view(
        request: HttpRequest, view: Any, args: Any, kwargs: Any
    ) -> HttpResponseBase | None:
        if request.method in _SAFE:
            return guard.process_view(request, view, args, kwargs)
        return await sync_to_async(guard.process_view)(request, view, args, kwargs)

    answer.process_view = process_view  # type: ignore[attr-defined]
    return answer
