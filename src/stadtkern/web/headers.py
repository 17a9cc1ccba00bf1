# SPDX-License-Identifier: EUPL-1.2
"""Response headers that protect every page, and pages made small for the way."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils import cache, text
from django.utils.decorators import async_only_middleware

Answer = Callable[[HttpRequest], Awaitable[HttpResponseBase]]

_WORTH_COMPRESSING = 1_000
_RANDOM_BYTES = 100  # against guessing at secrets by the length (BREACH)
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


@async_only_middleware
def compressed(get_response: Answer) -> Answer:
    """Compress whole pages; streams stay as they are, because a browser stops at their first gzip member."""

    async def answer(request: HttpRequest) -> HttpResponseBase:
        response = await get_response(request)
        if not isinstance(response, HttpResponse) or len(response.content) < _WORTH_COMPRESSING:
            return response
        cache.patch_vary_headers(response, ("Accept-Encoding",))
        if "gzip" in request.headers.get("accept-encoding", "") and not response.has_header(
            "Content-Encoding"
        ):
            response.content = text.compress_string(response.content, max_random_bytes=_RANDOM_BYTES)
            response["Content-Encoding"] = "gzip"
            response["Content-Length"] = str(len(response.content))
        return response

    return answer
