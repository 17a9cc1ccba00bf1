# SPDX-License-Identifier: EUPL-1.2
"""Registers the places where people work on rooms and agreements; the log is reached from the rooms."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy

from stadtkern.governance import waiting
from stadtkern.ui import places


class Governance(AppConfig):
    """The package as Django knows it."""

    name = "stadtkern.governance"

    def ready(self) -> None:
        """Put the places on the page of work."""
        places.register(
            gettext_lazy("Meine Datensätze"),
            "bulk",
            "editor",
            about=gettext_lazy("Finden, was fehlt, und mehrere auf einmal ändern."),
            position=10,
            group="data",
        )
        places.register(
            gettext_lazy("Datenräume"),
            "rooms",
            None,
            about=gettext_lazy("Wer welche Daten sehen darf, und auf welche Bedingungen hin."),
            position=60,
            group="rights",
            waiting=waiting.rooms,
        )
        places.register(
            gettext_lazy("Vereinbarungen"),
            "agreements",
            "steward",
            about=gettext_lazy("Geschlossene Daten für eine Zeit mit anderen teilen."),
            position=61,
            group="rights",
            waiting=waiting.agreements,
        )
