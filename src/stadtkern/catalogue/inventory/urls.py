# SPDX-License-Identifier: EUPL-1.2
"""Addresses of the inventory."""

from __future__ import annotations

from django.urls import path

from stadtkern.catalogue.inventory import exchange, releasing, views

urlpatterns = [
    path("arbeit/inventar", views.listing, name="inventory"),
    path("arbeit/inventar/neu", views.new, name="inventory-new"),
    path("arbeit/inventar/luecken", views.gaps, name="inventory-gaps"),
    path("arbeit/inventar/einlesen", exchange.take_in, name="inventory-import"),
    path("arbeit/inventar/vorlage.xlsx", exchange.template, name="inventory-template"),
    path("arbeit/inventar/liste.xlsx", exchange.export, name="inventory-export"),
    path("arbeit/inventar/<int:id>", views.entry, name="inventory-entry"),
    path("arbeit/inventar/<int:id>/bearbeiten", views.edit, name="inventory-edit"),
    path("arbeit/inventar/<int:id>/loeschen", views.delete, name="inventory-delete"),
    path("arbeit/inventar/<int:id>/vorschlagen", releasing.propose, name="inventory-propose"),
    path("arbeit/inventar/<int:id>/entscheiden", releasing.decide, name="inventory-decide"),
    path("arbeit/inventar/<int:id>/zurueckziehen", releasing.withdraw, name="inventory-withdraw"),
    path("arbeit/inventar/<int:id>/datensatz", releasing.dataset, name="inventory-dataset"),
]
