# SPDX-License-Identifier: EUPL-1.2
"""Addresses of this package's pages; `daten/<key>` comes last, so that no key hides a page."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from stadtkern.catalogue.browse import views as browse

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("stadtkern.catalogue.inventory.urls")),
    path("", include("stadtkern.catalogue.onboarding.urls")),
    path("", include("stadtkern.catalogue.requests.urls")),
    path("", include("stadtkern.catalogue.versions.urls")),
    path("", include("stadtkern.catalogue.usage.urls")),
    path("daten", browse.datasets, name="datasets"),
    path("daten.atom", browse.feed, name="datasets-feed"),
    path("daten/<slug:key>", browse.dataset, name="dataset"),
    path("daten/<slug:key>/schnittstelle", browse.interface, name="dataset-interface"),
    path("daten/<slug:key>/werte.csv", browse.readings, name="dataset-readings"),
]

# For machines, in no particular language.
machine_patterns: list[URLPattern | URLResolver] = [
    path("sitemap.xml", browse.sitemap_index, name="sitemap"),
    path("sitemap-<int:part>.xml", browse.sitemap, name="sitemap-part"),
]
