# SPDX-License-Identifier: EUPL-1.2
"""Addresses that a sign-in provider knows; they are the same in every language."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, URLResolver, path

urlpatterns: list[URLPattern | URLResolver] = []

if settings.SIGN_IN_WITH:
    from allauth.socialaccount.providers.openid_connect import views as provider

    def _leave(request: HttpRequest, provider_id: str) -> HttpResponse:
        """By a page that leads on: browsers let no form end at another host (`form-action`)."""
        answer: HttpResponse = provider.login(request, provider_id)
        if answer.status_code != 302:
            return answer
        return render(request, "identity/leaving.html", {"to": answer.headers["location"]})

    urlpatterns += [
        path("anmelden/oidc/<str:provider_id>", _leave, name="openid_connect_login"),
        path("anmelden/oidc/<str:provider_id>/zurueck", provider.callback, name="openid_connect_callback"),
    ]
