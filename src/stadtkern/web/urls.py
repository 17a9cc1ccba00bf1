# SPDX-License-Identifier: EUPL-1.2
"""All addresses of the pages, the same ones in every language."""

from __future__ import annotations

from django.urls import include, path

from stadtkern.catalogue import urls as catalogue
from stadtkern.web import errors, language, views
from stadtkern.web.app import views as app
from stadtkern.web.following import views as following
from stadtkern.web.looks import views as looks
from stadtkern.web.nearby import views as nearby
from stadtkern.web.ratings import views as ratings
from stadtkern.web.search import views as search
from stadtkern.web.signs import views as signs
from stadtkern.web.words import views as words
from stadtkern.web.words import work

handler404 = errors.not_found
handler500 = errors.broken

urlpatterns = [
    path("", include("stadtkern.catalogue.dcat.urls")),
    path("", include("stadtkern.catalogue.ckan.urls")),
    path("", include(catalogue.machine_patterns)),
    path("", include("stadtkern.identity.machine_urls")),
    path("sw.js", app.worker, name="worker"),
    path("app/icon-<int:size>-<slug:purpose>.png", app.icon, name="app-icon"),
    path("auftritt.css", looks.stylesheet, name="looks-css"),
    path("auftritt/logo", looks.picture, name="logo"),
    path("gebaerdensprache/<uuid:content>", signs.film, name="sign-film"),
    path("gebaerdensprache/<uuid:content>.vtt", signs.captions, name="sign-captions"),
    *language.patterns(
        path("", include("stadtkern.insights.urls")),
        path("", include("stadtkern.identity.urls")),
        path("", include("stadtkern.catalogue.urls")),
        path("", include("stadtkern.governance.urls")),
        path("app.webmanifest", app.manifest, name="manifest"),
        path("offline", app.offline, name="offline"),
        path("folgen", following.page, name="following"),
        path("naehe", nearby.page, name="nearby"),
        path("quellen", views.sources, name="sources"),
        path("schnittstellen", views.interfaces, name="interfaces"),
        path("schnittstellen/daten-api", views.sensorthings, name="sensorthings"),
        path("barrierefreiheit/melden", words.barrier, name="barrier"),
        path("stimmt-nicht", words.place, name="place-report"),
        path("geholfen", ratings.rate, name="rate"),
        path("arbeit/geholfen", ratings.listing, name="ratings"),
        path("suche", search.page, name="search"),
        path("suche/vorschlaege", search.suggest, name="search-suggestions"),
        path("ueber", views.about, name="about"),
        path("glossar", words.glossary, name="glossary"),
        path("glossar/fehlt", words.missing, name="glossary-missing"),
        path("arbeit/auftritt", looks.looks, name="looks"),
        path("arbeit/gebaerdensprache", signs.listing, name="sign-work"),
        path("arbeit/gebaerdensprache/video", signs.change, name="sign-video"),
        path("arbeit/gebaerdensprache/entfernen", signs.remove, name="sign-remove"),
        path("arbeit/glossar", work.listing, name="glossary-work"),
        path("arbeit/glossar/neu", work.new, name="glossary-new"),
        path("arbeit/glossar/<slug:key>", work.change, name="glossary-term"),
        path("arbeit/glossar/<slug:key>/entfernen", work.remove, name="glossary-remove"),
        path("arbeit/rueckmeldungen", work.messages, name="messages"),
        path("arbeit/rueckmeldungen/<int:id>", work.settle, name="message"),
        path("ui", views.components, name="components"),
        path("datenschutz", views.privacy, name="privacy"),
        path("barrierefreiheit", views.accessibility, name="accessibility"),
    ),
]
