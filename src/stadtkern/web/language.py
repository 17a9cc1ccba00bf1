# SPDX-License-Identifier: EUPL-1.2
"""The address alone decides the language: German without prefix, /en/ and /leicht/ for others; no cookie."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.urls import LocalePrefixPattern, URLPattern, URLResolver
from django.utils import translation
from django.utils.decorators import async_only_middleware

from stadtkern.city import languages
from stadtkern.web.headers import Answer


class Prefix(LocalePrefixPattern):
    """The beginning of an address, by the language of the moment."""

    @property
    def language_prefix(self) -> str:
        """`""`, `en/` or `leicht/`."""
        written = languages.PREFIXES.get(translation.get_language() or settings.LANGUAGE_CODE, "")
        return f"{written}/" if written else ""


def patterns(*addresses: URLPattern | URLResolver) -> list[URLResolver]:
    """The same addresses in every language."""
    return [URLResolver(Prefix(), list(addresses))]


@async_only_middleware
def from_path(get_response: Answer) -> Answer:
    """Activate the language that the path names; `/leicht`, as people type it, leads to `/leicht/`."""

    async def answer(request: HttpRequest) -> HttpResponseBase:
        language = languages.of_path(request.path_info)
        if request.method in ("GET", "HEAD") and request.path_info == languages.prefix(language):
            return HttpResponseRedirect(languages.moved(request.get_full_path(), to=language))
        translation.activate(language)
        request.LANGUAGE_CODE = language
        response = await get_response(request)
        response.headers.setdefault("Content-Language", language)
        return response

    return answer
