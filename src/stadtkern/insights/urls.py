# SPDX-License-Identifier: EUPL-1.2
"""Addresses of the cockpit and of the pages of things and series."""

from __future__ import annotations

from django.urls import path

from stadtkern.insights.atlas import views as atlas
from stadtkern.insights.cockpit import views as cockpit
from stadtkern.insights.diagrams import views as diagrams
from stadtkern.insights.explore import embed
from stadtkern.insights.explore import views as explore

urlpatterns = [
    path("", cockpit.front, name="front"),
    path("kachel/<slug:key>", cockpit.tile, name="tile"),
    path("karte", atlas.page, name="map"),
    path("karte/districts.json", atlas.districts_json, name="districts-json"),
    path("karte/places.json", atlas.places_json, name="places-json"),
    path("karte/vorschlaege", atlas.suggest, name="map-suggestions"),
    path("karte/daten/<slug:key>.json", atlas.features_json, name="map-features"),
    path("dinge", explore.things, name="things"),
    path("dinge/<int:id>", explore.thing, name="thing"),
    path("messreihen/<int:id>", explore.datastream, name="datastream"),
    path("messreihen/<int:id>/verlauf.json", explore.chart_json, name="chart-json"),
    path("messreihen/<int:id>/einbetten", embed.chart, name="datastream-embedded"),
    path("messreihen/<int:id>/werte.csv", explore.csv, name="csv"),
    path("diagramm", diagrams.page, name="diagram"),
    path("diagramm/werte.csv", diagrams.csv, name="diagram-csv"),
    path("diagramm/bild.svg", diagrams.svg, name="diagram-svg"),
    path("diagramm/einbetten", diagrams.embedded, name="diagram-embedded"),
]
