# SPDX-License-Identifier: EUPL-1.2
"""Which pages of the site stand where in the navigation."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from stadtkern.ui import places, sections
from stadtkern.web.ratings import views as ratings
from stadtkern.web.words import waiting


def register() -> None:
    """Put them into their sections, and the places where words are looked after among those of work."""
    sections.register(
        "now",
        _("In meiner Nähe"),
        "nearby",
        about=_("Was rund um einen Ort gemessen und gezählt wird."),
        position=25,
    )
    sections.register(
        "data",
        _("Schnittstellen"),
        "interfaces",
        about=_("Wie Programme alles lesen, was auf diesen Seiten steht: API, CSV, DCAT."),
        position=40,
    )
    sections.register("about", _("Über diese Seiten"), "about", position=10)
    sections.register(
        "about",
        _("Glossar"),
        "glossary",
        about=_("Was die Wörter auf diesen Seiten bedeuten, kurz erklärt."),
        position=20,
    )
    sections.register(
        "about",
        _("Quellen und Lizenzen"),
        "sources",
        about=_("Woher die Daten kommen und wie Sie sie weiterverwenden dürfen."),
        position=30,
    )
    sections.register(
        "about",
        _("Barrierefreiheit"),
        "accessibility",
        about=_("Was wir tun, damit alle diese Seiten nutzen können, und wie Sie uns Hürden melden."),
        position=40,
    )
    sections.register_beside(
        _("Datenschutz"), "privacy", about=_("Was diese Seiten über Sie speichern und was nicht.")
    )
    sections.register_beside(
        _("Barriere melden"), "barrier", about=_("Etwas lässt sich nicht lesen, bedienen oder verstehen?")
    )
    sections.register_beside(
        _("Fehlendes Wort melden"), "glossary-missing", about=_("Ein Wort ist nirgends erklärt?")
    )
    _places()


def _places() -> None:
    places.register(
        _("Glossar"),
        "glossary-work",
        "editor",
        about=_("Wörter erklären, die nicht alle kennen."),
        position=55,
        group="pages",
        waiting=waiting.words,
    )
    places.register(
        _("Gebärdensprache"),
        "sign-work",
        "editor",
        about=_("Videos, die eine Seite in Gebärdensprache erklären."),
        position=57,
        group="pages",
        waiting=waiting.words,
    )
    places.register(
        _("Rückmeldungen"),
        "messages",
        "editor",
        about=_("Vermisste Wörter und gemeldete Barrieren."),
        position=56,
        group="people",
        waiting=waiting.messages,
    )
    places.register(
        _("Haben die Seiten geholfen?"),
        "ratings",
        "editor",
        about=_("Was Leser*innen über die Seiten mit Ihren Daten sagen."),
        position=58,
        group="people",
        waiting=ratings.waiting,
    )
    places.register(
        _("Auftritt der Stadt"),
        "looks",
        "administrator",
        about=_("Name, Farbe und Logo auf allen Seiten."),
        position=90,
        city=True,
    )
