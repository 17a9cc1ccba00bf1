# SPDX-License-Identifier: EUPL-1.2
"""What people change of their own account."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _


class NameForm(forms.Form):
    """One's own name."""

    name = forms.CharField(
        label=_("Ihr Name"),
        max_length=200,
        help_text=_("So sehen Sie die anderen, mit denen Sie arbeiten."),
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )


class LanguageForm(forms.Form):
    """The language of the mails that one gets here."""

    language = forms.ChoiceField(
        label=_("Sprache der E-Mails an Sie"),
        required=False,
        choices=lambda: [("", _("wie die Stadt sonst schreibt")), ("de", "Deutsch"), ("en", "English")],
        help_text=_("Gilt für Hinweise zu Ihren Daten, nicht für die Seiten selbst."),
    )


class EraseForm(forms.Form):
    """The own address, typed in again."""

    email = forms.CharField(
        label=_("Ihre E-Mail-Adresse, zur Bestätigung"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )

    def __init__(self, *args: Any, email: str, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self._own = email

    def clean_email(self) -> str:
        """It must be the right one."""
        given = str(self.cleaned_data["email"]).strip().lower()
        if given != self._own.lower():
            raise forms.ValidationError(gettext("Das ist nicht die Adresse dieses Kontos."))
        return given
