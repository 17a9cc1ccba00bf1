# SPDX-License-Identifier: EUPL-1.2
"""Puts the city's pages of now into the navigation."""

from __future__ import annotations

from django.apps import AppConfig
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _


class InsightsConfig(AppConfig):
    """The app `insights`."""

    name = "stadtkern.insights"
    label = "insights"

    def ready(self) -> None:
        """Register cockpit, map and list."""
        from stadtkern.catalogue import uses as catalogue
        from stadtkern.insights import uses
        from stadtkern.insights.boards import waiting
        from stadtkern.ui import places, sections

        sections.register(
            "now",
            _("Überblick"),
            "front",
            about=_("Die wichtigsten Zahlen der Stadt von jetzt."),
            position=10,
            below=("tafeln/",),
        )
        sections.register(
            "now", _("Karte"), "map", about=_("Alle Messorte auf der Karte und als Liste."), position=20
        )
        sections.register(
            "now",
            _("Messorte"),
            "things",
            about=_("Alles, was in der Stadt misst oder zählt, mit seinen Werten."),
            position=30,
            below=("messreihen/",),
        )
        sections.register(
            "data",
            _("Diagramm"),
            "diagram",
            about=_("Aus Messreihen und Tabellen ein Diagramm machen: vergleichen, mitnehmen, einbetten."),
            position=20,
        )
        places.register(
            _("Tafeln"),
            "boards-work",
            "editor",
            about=_("Kacheln auswählen und anordnen: für die Startseite, für Ämter, für Bildschirme."),
            position=52,
            group="pages",
            waiting=waiting.boards,
        )
        catalogue.register("insights", uses.of_dataset)
        _stories()


def _stories() -> None:
    """Register the stories: in the menu once one is public, and where they are written."""
    from stadtkern.insights.stories import work
    from stadtkern.ui import places, sections

    sections.register(
        "data",
        _("Daten-Fenster"),
        "stories",
        about=_("Geschichten, die die Daten der Stadt erzählen."),
        position=15,
        below=("datenfenster/",),
        shown=_some_are_public,
    )
    places.register(
        _("Daten-Fenster schreiben"),
        "stories-work",
        "editor",
        about=_("Geschichten aus Texten, Diagrammen, Karten und Werten, die aktuell bleiben."),
        position=30,
        group="pages",
        waiting=work.waiting,
    )


def _some_are_public(request: HttpRequest) -> bool:
    """Whether there is a story to read; as old as what the visit knows of the city."""
    visit = getattr(request, "visit", None)
    return bool(visit and visit.city.properties.get("stories_public"))
