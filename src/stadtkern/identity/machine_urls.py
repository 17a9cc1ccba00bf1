# SPDX-License-Identifier: EUPL-1.2
"""Addresses that a sign-in provider knows; they are the same in every language."""

from __future__ import annotations

from allauth.socialaccount.providers.openid_connect import views as provider
from django.urls import URLPattern, URLResolver, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("anmelden/oidc/<str:provider_id>", provider.login, name="openid_connect_login"),
    path("anmelden/oidc/<str:provider_id>/zurueck", provider.callback, name="openid_connect_callback"),
]
