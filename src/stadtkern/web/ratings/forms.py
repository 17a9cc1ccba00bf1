# SPDX-License-Identifier: EUPL-1.2
"""The form in which readers say whether a page helped them."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy

from stadtkern.ui.fields import Guarded, Text


class RatingForm(Guarded):
    """Yes or no, and perhaps a remark: one press is enough."""

    pause = 1

    helped = forms.ChoiceField(
        label=gettext_lazy("Hat Ihnen die Seite geholfen?"),
        choices=[("ja", gettext_lazy("Ja")), ("nein", gettext_lazy("Nein"))],
        widget=forms.RadioSelect,
    )
    remark = Text(
        label=gettext_lazy("Möchten Sie etwas dazu sagen?"),
        max_length=1000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=gettext_lazy(
            "Was hat gefehlt, was war unklar, was war gut? Es geht an die Stelle, von der die Daten sind."
            " Bitte nennen Sie keine Namen und Kontaktdaten; wir können nicht antworten."
        ),
    )
