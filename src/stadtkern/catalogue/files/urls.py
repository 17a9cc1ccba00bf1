# SPDX-License-Identifier: EUPL-1.2
"""Addresses of files."""

from __future__ import annotations

from django.urls import path

from stadtkern.catalogue.files import desk, views

_HERE = "daten/<slug:key>/dateien/<int:file>"
_DESK = "arbeit/daten/<slug:key>/dateien/"

urlpatterns = [
    path(_HERE, views.download, name="file"),
    path(f"{_HERE}/staende", views.listing, name="file-versions"),
    path(f"{_HERE}/staende/<int:number>", views.download, name="file-version"),
    path(f"{_DESK}neu", desk.add, name="file-new"),
    path(f"{_DESK}<int:file>/neu", desk.replace, name="file-replace"),
    path(f"{_DESK}<int:file>/entfernen", desk.remove, name="file-remove"),
    path(f"{_DESK}<int:file>/staende/<int:number>/zurueckholen", desk.restore, name="file-restore"),
    path(f"{_DESK}<int:file>/staende/<int:number>/entfernen", desk.forget, name="file-forget"),
]
