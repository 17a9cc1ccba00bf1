# SPDX-License-Identifier: EUPL-1.2
"""Addresses of the Action API, with and without its version."""

from __future__ import annotations

from django.urls import path, re_path

from stadtkern.catalogue.ckan import views

urlpatterns = [
    path("api/3", views.version, name="ckan-version"),
    re_path(r"^api/(?:3/)?action/(?P<name>[^/]{1,100})/?$", views.action, name="ckan-action"),
]
