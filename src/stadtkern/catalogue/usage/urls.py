# SPDX-License-Identifier: EUPL-1.2
"""Addresses of the counts."""

from __future__ import annotations

from django.urls import path

from stadtkern.catalogue.usage import views

urlpatterns = [
    path("daten/<slug:key>/nutzung", views.dataset, name="usage"),
    path("daten/<slug:key>/nutzung.csv", views.dataset_csv, name="usage-csv"),
    path("arbeit/nutzung", views.most, name="usage-most"),
]
