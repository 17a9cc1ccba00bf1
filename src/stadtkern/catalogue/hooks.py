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
    places.register(
        _("Kataloge ernten"),
        "harvest",
        "publisher",
        about=_("Datensätze anderer Portale nach Plan übernehmen."),
        position=70,
    )
