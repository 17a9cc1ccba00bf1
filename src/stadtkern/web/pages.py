# SPDX-License-Identifier: EUPL-1.2
"""Which pages of the site stand where in the navigation."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from stadtkern.ui import sections


def register() -> None:
    """Put them into their sections."""
    sections.register(
        "data",
        _("Schnittstellen"),
        "interfaces",
        about=_("Wie Programme alles lesen, was auf diesen Seiten steht: API, CSV, DCAT."),
        position=40,
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
