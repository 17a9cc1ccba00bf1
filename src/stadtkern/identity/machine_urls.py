# SPDX-License-Identifier: EUPL-1.2
"""Addresses that a sign-in provider knows; they are the same in every language."""

from __future__ import annotations

from django.conf import settings
from django.urls import URLPattern, URLResolver, path

urlpatterns: list[URLPattern | URLResolver] = []

if settings.SIGN_IN_WITH:
    from stadtkern.identity.entry import leaving

    urlpatterns += [
        path("anmelden/oidc/<str:provider_id>", leaving.leave, name="openid_connect_login"),
        path("anmelden/oidc/<str:provider_id>/zurueck", leaving.come_back, name="openid_connect_callback"),
    ]
