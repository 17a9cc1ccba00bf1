# SPDX-License-Identifier: EUPL-1.2
"""The way to the sign-in provider; loaded only where a city has one."""

from __future__ import annotations

from allauth.socialaccount.providers.openid_connect import views as provider
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation

come_back = provider.callback


def leave(request: HttpRequest, provider_id: str) -> HttpResponse:
    """By a page that leads on: browsers let no form end at another host (`form-action`).

    The address is the same in every language, so the form says which one its page had.
    """
    answer: HttpResponse = provider.login(request, provider_id)
    if answer.status_code != 302:
        return answer
    said = request.POST.get("language", "")
    language = said if said in dict(settings.LANGUAGES) else translation.get_language()
    with translation.override(language):
        return render(request, "identity/leaving.html", {"to": answer.headers["location"]})
