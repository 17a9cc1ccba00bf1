# SPDX-License-Identifier: EUPL-1.2
"""Addresses of imports."""

from __future__ import annotations

from django.urls import path

from stadtkern.catalogue.onboarding import acts, views

urlpatterns = [
    path("arbeit/import", views.listing, name="imports"),
    path("arbeit/import/neu", views.new, name="import-new"),
    path("arbeit/import/<uuid:uuid>", views.delivery, name="import"),
    path("arbeit/import/<uuid:uuid>/stand", views.progress, name="import-progress"),
    path("arbeit/import/<uuid:uuid>/plan", acts.plan, name="import-plan"),
    path("arbeit/import/<uuid:uuid>/lesen", acts.layout, name="import-layout"),
    path("arbeit/import/<uuid:uuid>/entscheiden", acts.decide, name="import-decide"),
    path("arbeit/import/<uuid:uuid>/speichern", acts.store, name="import-store"),
    path("arbeit/import/<uuid:uuid>/verwerfen", acts.discard, name="import-discard"),
    path("arbeit/import/<uuid:uuid>/lieferung", acts.further, name="import-further"),
    path("arbeit/import/<uuid:uuid>/zeitplan", acts.schedule, name="import-schedule"),
]
