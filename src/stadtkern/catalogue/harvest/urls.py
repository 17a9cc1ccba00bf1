# SPDX-License-Identifier: EUPL-1.2
"""Addresses of the sources that are harvested."""

from __future__ import annotations

from django.urls import path

from stadtkern.catalogue.harvest import views

urlpatterns = [
    path("arbeit/ernten", views.sources, name="harvest"),
    path("arbeit/ernten/neu", views.new, name="harvest-new"),
    path("arbeit/ernten/<int:id>", views.source, name="harvest-source"),
    path("arbeit/ernten/<int:id>/bearbeiten", views.edit, name="harvest-edit"),
    path("arbeit/ernten/<int:id>/loeschen", views.delete, name="harvest-delete"),
]
