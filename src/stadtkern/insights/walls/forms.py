# SPDX-License-Identifier: EUPL-1.2
"""The form of a new key for a screen."""

from __future__ import annotations

from datetime import timedelta

from django import forms
from django.utils.translation import gettext_lazy

from stadtkern.ui import fields


class KeyForm(forms.Form):
    """Where the screen hangs, and how long it may show the board."""

    name = fields.Text(
        label=gettext_lazy("Wo hängt der Bildschirm?"),
        max_length=80,
        help_text=gettext_lazy("Zum Beispiel „Leitstelle, Raum 204“. So finden Sie den Schlüssel wieder."),
    )
    days = forms.TypedChoiceField(
        label=gettext_lazy("Wie lange gilt er?"),
        choices=[
            ("30", gettext_lazy("30 Tage")),
            ("90", gettext_lazy("90 Tage")),
            ("365", gettext_lazy("ein Jahr")),
        ],
        coerce=int,
        initial="365",
    )

    @property
    def lasts(self) -> timedelta:
        """How long the key opens the board."""
        return timedelta(days=self.cleaned_data["days"])
