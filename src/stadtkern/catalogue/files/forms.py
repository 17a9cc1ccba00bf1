# SPDX-License-Identifier: EUPL-1.2
"""Forms of files: a further one, and a new content for one that is there."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from stadtkern.catalogue.editor.forms import LicensedForm


class FileForm(LicensedForm):
    """A further file."""

    file = forms.FileField(
        label=_("Datei"),
        max_length=200,
        help_text=_(
            "Zum Beispiel ein PDF, ein Bild oder ein ZIP-Archiv. Tabellen gehören unter „Daten einspielen“."
        ),
    )
    title = forms.CharField(
        label=_("Bezeichnung"),
        required=False,
        max_length=200,
        help_text=_("Wie die Datei auf der Seite heißt. Leer: wie ihr Name."),
    )
    field_order = ("file", "title", "licence", "attribution", "rights")


class ReplaceForm(forms.Form):
    """A new content."""

    file = forms.FileField(label=_("Neue Datei"), max_length=200)
    note = forms.CharField(
        label=_("Was ist anders?"),
        required=False,
        max_length=300,
        help_text=_("Für Ihre Kolleginnen und Kollegen; öffentlich steht es nicht."),
    )
