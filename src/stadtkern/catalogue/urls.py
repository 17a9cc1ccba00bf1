# SPDX-License-Identifier: EUPL-1.2
"""Addresses of this package's pages."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("stadtkern.catalogue.inventory.urls")),
    path("", include("stadtkern.catalogue.requests.urls")),
]
