# SPDX-License-Identifier: EUPL-1.2
"""Response headers that protect every page."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from django.http import HttpRequest, HttpResponseBase
from django.utils.decorators import async_only_middleware

Answer = Callable[[HttpRequest], Awaitable[HttpResponseBase]]

_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
}


@async_only_middleware
def headers(get_response: Answer) -> Answer:
    """Add them; pages are never kept by caches in between unless a view says so."""

    async def answer(request: HttpRequest) -> HttpResponseBase:
        response = await get_response(request)
        for name, value in _HEADERS.items():
            response.headers.setdefault(name, value)
        response.headers.setdefault("Cache-Control", "no-cache")
        return response

    return answer
