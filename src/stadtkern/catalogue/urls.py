# SPDX-License-Identifier: EUPL-1.2
"""Addresses of this package's pages; `daten/<key>` comes last, so that no key hides a page."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from stadtkern.catalogue.browse import embed, tables
from stadtkern.catalogue.browse import views as browse
from stadtkern.catalogue.editor import data, moving, work
from stadtkern.catalogue.editor import views as editor
from stadtkern.catalogue.takeaway import views as takeaway

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("stadtkern.catalogue.files.urls")),
    path("", include("stadtkern.catalogue.harvest.urls")),
    path("", include("stadtkern.catalogue.inventory.urls")),
    path("", include("stadtkern.catalogue.onboarding.urls")),
    path("", include("stadtkern.catalogue.requests.urls")),
    path("", include("stadtkern.catalogue.subscriptions.urls")),
    path("", include("stadtkern.catalogue.versions.urls")),
    path("", include("stadtkern.catalogue.usage.urls")),
    path("arbeit", work.start, name="work"),
    path("arbeit/daten/neu", editor.new, name="dataset-new"),
    path("arbeit/daten/<slug:key>", editor.editor, name="dataset-editor"),
    path("arbeit/daten/<slug:key>/punkte", editor.points, name="dataset-points"),
    path("arbeit/daten/<slug:key>/stand", editor.state, name="dataset-state"),
    path("arbeit/daten/<slug:key>/verschieben", moving.move, name="dataset-move"),
    path("arbeit/daten/<slug:key>/formen/neu", data.add, name="dataset-form-new"),
    path("arbeit/daten/<slug:key>/formen/<int:id>", data.change, name="dataset-form"),
    path("arbeit/daten/<slug:key>/formen/<int:id>/entfernen", data.remove, name="dataset-form-remove"),
    path("daten", browse.datasets, name="datasets"),
    path("daten.atom", browse.feed, name="datasets-feed"),
    path("daten/vorschlaege", browse.suggest, name="datasets-suggestions"),
    path("daten/<slug:key>", browse.dataset, name="dataset"),
    path("daten/<slug:key>/tabelle", tables.whole, name="dataset-table"),
    path("daten/<slug:key>/schnittstelle", browse.interface, name="dataset-interface"),
    path("daten/<slug:key>/einbetten/karte", embed.embedded_map, name="dataset-embedded-map"),
    path("daten/<slug:key>/einbetten/tabelle", embed.embedded_table, name="dataset-embedded-table"),
    path("daten/<slug:key>/werte.<slug:form>", takeaway.readings, name="dataset-readings"),
]

# For machines, in no particular language.
machine_patterns: list[URLPattern | URLResolver] = [
    path("sitemap.xml", browse.sitemap_index, name="sitemap"),
    path("sitemap-<int:part>.xml", browse.sitemap, name="sitemap-part"),
]
