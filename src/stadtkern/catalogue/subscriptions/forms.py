# SPDX-License-Identifier: EUPL-1.2
"""The form with which people ask to hear of datasets."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from stadtkern.catalogue.browse import wording
from stadtkern.identity.mail import queue
from stadtkern.ui import fields


class SubscribeForm(fields.Guarded):
    """An address and what it wants to hear of."""

    theme = forms.ChoiceField(
        label=gettext_lazy("Worüber möchten Sie etwas erfahren?"),
        required=False,
        choices=lambda: [("", gettext_lazy("über alle Datensätze")), *wording.themes()],
    )
    email = forms.EmailField(
        label=gettext_lazy("E-Mail-Adresse"),
        max_length=queue.MOST_LETTERS,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        help_text=gettext_lazy(
            "Wir schicken Ihnen zuerst eine E-Mail, mit der Sie das Abonnement bestätigen."
        ),
    )

    def __init__(self, *args: Any, one: bool = False, **kwargs: Any):
        super().__init__(*args, **kwargs)
        if one:  # the address of the page says which dataset
            del self.fields["theme"]
