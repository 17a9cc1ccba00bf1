# SPDX-License-Identifier: EUPL-1.2
"""What is told of organisations, and who is invited to them."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from stadtkern.identity import words


class OrganisationForm(forms.Form):
    """An organisation."""

    name = forms.CharField(label=_("Name"), max_length=200)
    kind = forms.ChoiceField(
        label=_("Was für eine Organisation?"),
        help_text=_("Partner sehen nichts Internes, nur was ihnen freigegeben wird."),
    )
    email = forms.EmailField(label=_("E-Mail-Adresse für Fragen zu Daten"), max_length=254, required=False)
    url = forms.URLField(
        label=_("Webseite"),
        max_length=500,
        required=False,
        assume_scheme="https",
    )
    contributor_id = forms.CharField(
        label=_("Kennung als Datenbereitstellende (contributorID)"),
        help_text=_("Für GovData, zum Beispiel http://dcat-ap.de/def/contributors/…"),
        max_length=300,
        required=False,
    )

    def __init__(self, *args: Any, city: bool = False, **kwargs: Any):
        super().__init__(*args, **kwargs)
        if city:
            del self.fields["kind"]
        else:
            kinds = [(key, text) for key, text in words.KINDS.items() if key != "city"]
            self.fields["kind"].choices = kinds  # type: ignore[attr-defined]

    def about(self) -> dict[str, Any]:
        """As it is stored."""
        given = self.cleaned_data
        return {
            "name": {"de": given["name"]},
            "email": given["email"],
            "url": given["url"],
            "contributor_id": given["contributor_id"],
        }


class RoleForm(forms.Form):
    """A role for a member."""

    role = forms.ChoiceField(label=_("Rolle"), choices=list(words.ROLES_IN_FULL.items()))


class InvitationForm(RoleForm):
    """Who is invited, and as what."""

    email = forms.EmailField(
        label=_("E-Mail-Adresse"), max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "off"})
    )
    field_order = ("email", "role")
