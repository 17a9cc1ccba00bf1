# SPDX-License-Identifier: EUPL-1.2
"""Addresses of the catalogue for machines; they are the same in every language."""

from __future__ import annotations

from django.urls import path

from stadtkern.catalogue.dcat import views

urlpatterns = [
    path("catalog", views.catalogue, name="catalog"),
    path("catalog/checks", views.findings, name="catalog-checks"),
    path("catalog.<str:ending>", views.catalogue, name="catalog-as"),
    path("catalog/hvd", views.catalogue, {"part": "hvd"}, name="catalog-hvd"),
    path("catalog/hvd.<str:ending>", views.catalogue, {"part": "hvd"}, name="catalog-hvd-as"),
    path("catalog/datasets/<uuid:uuid>", views.dataset, name="catalog-dataset"),
    path("catalog/datasets/<uuid:uuid>.<str:ending>", views.dataset, name="catalog-dataset-as"),
]
