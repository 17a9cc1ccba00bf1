# SPDX-License-Identifier: EUPL-1.2
"""The address alone decides the language: German without prefix, English under /en/; no cookie."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.utils import translation
from django.utils.decorators import async_only_middleware

from stadtkern.web.headers import Answer


@async_only_middleware
def from_path(get_response: Answer) -> Answer:
    """Activate the language that the path names."""

    async def answer(request: HttpRequest) -> HttpResponseBase:
        language = translation.get_language_from_path(request.path_info) or settings.LANGUAGE_CODE
        translation.activate(language)
        request.LANGUAGE_CODE = language
        response = await get_response(request)
        response.headers.setdefault("Content-Language", language)
        return response

    return answer
