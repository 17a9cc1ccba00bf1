# SPDX-License-Identifier: EUPL-1.2
"""What the catalogue registers elsewhere: its places of work, and what waits there."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from stadtkern.catalogue import waiting
from stadtkern.catalogue.subscriptions import queries as subscriptions
from stadtkern.identity.account import export
from stadtkern.identity.mail import kinds
from stadtkern.ui import places, sections


def register() -> None:
    """Make the catalogue's places, pages and mails known, and its part of people's exports."""
    _sections()
    _mails()
    export.register("letters", subscriptions.stored)
    places.register(
        _("Daten einspielen"),
        "imports",
        "editor",
        about=_("Aus Dateien und Adressen Datensätze machen."),
        position=20,
        group="data",
        waiting=waiting.imports,
    )
    places.register(
        _("Kataloge ernten"),
        "harvest",
        "publisher",
        about=_("Datensätze anderer Portale nach Plan übernehmen."),
        position=70,
        group="data",
        waiting=waiting.harvests,
    )
    places.register(
        _("Dateninventar"),
        "inventory",
        "reader",
        about=_("Was die Verwaltung an Daten hat, was fehlt und was freigegeben wird."),
        position=40,
        group="data",
        waiting=waiting.releases,
    )
    places.register(
        _("Anfragen nach Daten"),
        "requests-work",
        "steward",
        about=_("Lesen, was gewünscht wird, und öffentlich antworten."),
        position=50,
        group="people",
        waiting=waiting.requests,
    )
    places.register(
        _("Nutzung"),
        "usage-most",
        "reader",
        about=_("Wie oft Datensätze angesehen und heruntergeladen werden."),
        position=80,
        group="data",
    )


def _sections() -> None:
    sections.register(
        "data",
        _("Datensätze"),
        "datasets",
        about=_("Offene Daten der Stadt suchen, ansehen und herunterladen."),
        position=10,
    )
    sections.register(
        "data",
        _("Gewünschte Daten"),
        "requests",
        about=_("Welche Daten vermisst werden, und was die Verwaltung dazu sagt."),
        position=30,
    )
    sections.register("work", _("Arbeit"), "work", about=_("Was heute zu tun ist."), position=10)


def _mails() -> None:
    """What the catalogue's mails are about."""
    for kind, words in (
        ("confirm_subscription", _("Abonnement bestätigen")),
        ("digest", _("Neue und geänderte Daten")),
        ("confirm_reply", _("Antwort gewünscht")),
        ("answer", _("Antwort auf eine Anfrage")),
        ("import_held", _("Lieferung angehalten")),
        ("harvest_failed", _("Nicht geerntet")),
    ):
        kinds.register(f"catalogue/{kind}", words)
