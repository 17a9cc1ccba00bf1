# SPDX-License-Identifier: EUPL-1.2
"""Addresses of the cockpit and of the pages of things and series."""

from __future__ import annotations

from django.urls import path

from stadtkern.insights.atlas import basemap
from stadtkern.insights.atlas import views as atlas
from stadtkern.insights.boards import tiles, work
from stadtkern.insights.boards import views as boards
from stadtkern.insights.diagrams import views as diagrams
from stadtkern.insights.explore import embed, labels, poster
from stadtkern.insights.explore import views as explore
from stadtkern.insights.pictures import views as pictures
from stadtkern.insights.stories import taking
from stadtkern.insights.stories import views as stories
from stadtkern.insights.stories import work as telling
from stadtkern.insights.walls import views as walls

urlpatterns = [
    path("", boards.front, name="front"),
    path("tafeln/<slug:key>", boards.board, name="board"),
    path("tafeln/<slug:key>/<slug:tile>", boards.tile, name="tile"),
    path("arbeit/tafeln", work.listing, name="boards-work"),
    path("arbeit/tafeln/neu", work.new, name="board-new"),
    path("arbeit/tafeln/<slug:key>", work.board, name="board-work"),
    path("arbeit/tafeln/<slug:key>/tun", work.do, name="board-do"),
    path("arbeit/tafeln/<slug:key>/einstellungen", work.settings, name="board-settings"),
    path("arbeit/tafeln/<slug:key>/thema", work.theme, name="board-theme"),
    path("arbeit/tafeln/<slug:key>/quelle", tiles.source, name="board-source"),
    path("arbeit/tafeln/<slug:key>/kacheln/neu", tiles.new, name="board-tile-new"),
    path("arbeit/tafeln/<slug:key>/kacheln/<slug:tile>", tiles.change, name="board-tile"),
    path("arbeit/tafeln/<slug:key>/versionen", work.versions, name="board-versions"),
    path("arbeit/tafeln/<slug:key>/versionen/<int:number>", work.version, name="board-version"),
    path("arbeit/tafeln/<slug:key>/waende", walls.listing, name="board-walls"),
    path("arbeit/tafeln/<slug:key>/waende/<int:id>/beenden", walls.end, name="board-wall-end"),
    path("wand/<str:secret>", walls.wall, name="wall"),
    path("karte", atlas.page, name="map"),
    path("karte/districts.json", atlas.districts_json, name="districts-json"),
    path("karte/places.json", atlas.places_json, name="places-json"),
    path("karte/grund/<int:z>/<int:x>/<int:y>", basemap.tile, name="map-tile"),
    path("karte/vorschlaege", atlas.suggest, name="map-suggestions"),
    path("karte/daten/<slug:key>.json", atlas.features_json, name="map-features"),
    path("dinge", explore.things, name="things"),
    path("dinge/schilder", labels.page, name="thing-labels"),
    path("dinge/<int:id>", explore.thing, name="thing"),
    path("dinge/<int:id>/aushang", poster.sheet, name="thing-poster"),
    path("dinge/<int:id>/bild", pictures.show, name="thing-picture"),
    path("arbeit/dinge/<int:id>/bild", pictures.change, name="thing-picture-change"),
    path("arbeit/dinge/<int:id>/bild/entfernen", pictures.remove, name="thing-picture-remove"),
    path("m/<int:id>", poster.short, name="thing-short"),
    path("messreihen/<int:id>", explore.datastream, name="datastream"),
    path("messreihen/<int:id>/verlauf.json", explore.chart_json, name="chart-json"),
    path("messreihen/<int:id>/einbetten", embed.chart, name="datastream-embedded"),
    path("messreihen/<int:id>/werte.csv", explore.csv, name="csv"),
    path("diagramm", diagrams.page, name="diagram"),
    path("diagramm/werte.csv", diagrams.csv, name="diagram-csv"),
    path("diagramm/bild.svg", diagrams.svg, name="diagram-svg"),
    path("diagramm/einbetten", diagrams.embedded, name="diagram-embedded"),
    path("datenfenster", stories.listing, name="stories"),
    path("datenfenster.rss", stories.feed, name="stories-feed"),
    path("datenfenster/<slug:key>", stories.story, name="story"),
    path("datenfenster/<slug:key>/kachel/<int:number>", stories.tile, name="story-tile"),
    path("arbeit/datenfenster", telling.listing, name="stories-work"),
    path("arbeit/datenfenster/neu", telling.new, name="story-new"),
    path("arbeit/datenfenster/aufnehmen", taking.page, name="story-take"),
    path("arbeit/datenfenster/<int:id>", telling.edit, name="story-edit"),
    path("arbeit/datenfenster/<int:id>/vorschau", telling.preview, name="story-preview"),
    path("arbeit/datenfenster/<int:id>/freigabe", telling.release, name="story-release"),
    path("arbeit/datenfenster/<int:id>/versionen", telling.versions, name="story-versions"),
    path("arbeit/datenfenster/<int:id>/versionen/<int:number>", telling.version, name="story-version"),
    path("arbeit/datenfenster/<int:id>/entfernen", telling.remove, name="story-remove"),
]
