# SPDX-License-Identifier: EUPL-1.2
"""Registers the pages of the site itself, and the places of packages that lie below the registries."""

from __future__ import annotations

from django import forms
from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

# Before any form is defined: what Django says here is not how anybody speaks.
forms.Field.default_error_messages["required"] = _("Bitte füllen Sie dieses Feld aus.")
forms.Field.default_error_messages["max_length"] = _(
    "Das ist zu lang: %(show_value)s Zeichen, höchstens %(limit_value)s haben Platz."
)


class WebConfig(AppConfig):
    """The app `web`."""

    name = "stadtkern.web"
    label = "web"

    def ready(self) -> None:
        """Say what is about the site, and where people, roles and keys of devices are looked after."""
        from stadtkern.ui import places
        from stadtkern.web import pages, post

        pages.register()
        places.register(
            _("Menschen und Rollen"),
            "organisations",
            "administrator",
            about=_("Einladen, Rollen vergeben, Organisationen anlegen."),
            position=80,
            group="rights",
        )
        places.register(
            _("Geräteschlüssel"),
            "devices",
            "steward",
            about=_("Schlüssel, mit denen Geräte Messwerte einliefern."),
            position=70,
            group="rights",
        )
        places.register(
            _("Post"),
            "mail",
            "administrator",
            about=_("Welche E-Mails warten und welche nicht ankamen."),
            position=90,
            waiting=post.waiting,
        )
