# SPDX-License-Identifier: EUPL-1.2
"""Addresses of versions."""

from __future__ import annotations

from django.urls import path

from stadtkern.catalogue.versions import views

urlpatterns = [
    path("daten/<slug:key>/versionen", views.listing, name="versions"),
    path("daten/<slug:key>/versionen/<int:number>", views.one, name="version"),
    path("arbeit/daten/<slug:key>/versionen/<int:number>", views.restore, name="version-restore"),
]
