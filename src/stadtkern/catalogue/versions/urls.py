# SPDX-License-Identifier: EUPL-1.2
"""Addresses of versions."""

from __future__ import annotations

from django.urls import path

from stadtkern.catalogue.versions import deliveries, views

urlpatterns = [
    path("daten/<slug:key>/versionen", views.listing, name="versions"),
    path("daten/<slug:key>/versionen/<int:number>", views.one, name="version"),
    path("arbeit/daten/<slug:key>/versionen/<int:number>", views.restore, name="version-restore"),
    path("daten/<slug:key>/staende", deliveries.listing, name="data-versions"),
    path("daten/<slug:key>/staende/<int:number>", deliveries.one, name="data-version"),
    path(
        "arbeit/daten/<slug:key>/staende/<int:number>/zurueckholen",
        deliveries.restore,
        name="data-version-restore",
    ),
    path(
        "arbeit/daten/<slug:key>/staende/<int:number>/entfernen",
        deliveries.forget,
        name="data-version-forget",
    ),
]
