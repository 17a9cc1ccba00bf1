# SPDX-License-Identifier: EUPL-1.2
"""What the catalogue offers other packages."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from stadtkern.ui import places


def register() -> None:
    """Its places on the work page."""
    places.register(
        _("Daten einspielen"),
        "imports",
        "editor",
        about=_("Aus Dateien und Adressen Datensätze machen."),
        position=20,
    )
