# SPDX-License-Identifier: EUPL-1.2
"""Forms of sources: a new one, and how one is harvested."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from stadtkern.core import addresses

RHYTHMS = {
    6: _("alle sechs Stunden"),
    24: _("täglich"),
    168: _("wöchentlich"),
    720: _("alle 30 Tage"),
}
KINDS = {"dcat": _("DCAT (RDF-Dokument oder -Seiten)"), "ckan": _("CKAN (Action API)")}
ROOMS = {"public": _("Öffentlich"), "internal": _("Verwaltungsintern")}


class Rhythm(forms.Form):
    """How a source is harvested."""

    title = forms.CharField(label=_("Name der Quelle"), max_length=200)
    every_hours = forms.TypedChoiceField(
        label=_("Wie oft"), choices=list(RHYTHMS.items()), coerce=int, initial=24
    )
    grace_days = forms.IntegerField(
        label=_("Schonfrist in Tagen"),
        min_value=1,
        max_value=365,
        initial=14,
        help_text=_(
            "So lange bleibt sichtbar, was die Quelle nicht mehr nennt; danach wird es zurückgezogen."
        ),
    )
    publish = forms.BooleanField(
        label=_("Neue Datensätze sofort veröffentlichen"),
        required=False,
        help_text=_("Sonst kommen sie als Entwurf an."),
    )
    active = forms.BooleanField(label=_("Nach Plan ernten"), required=False, initial=True)


class New(Rhythm):
    """A new source."""

    field_order = ("title", "url", "kind", "organisation", "room", "every_hours", "grace_days", "publish")

    url = forms.CharField(
        label=_("Adresse"),
        max_length=2_000,
        widget=forms.URLInput(),
        help_text=_(
            "Zum Beispiel https://portal.example/catalog.ttl oder die Startseite eines CKAN-Portals."
        ),
    )
    kind = forms.ChoiceField(label=_("Art der Quelle"), choices=list(KINDS.items()))
    organisation = forms.TypedChoiceField(
        label=_("Organisation"), coerce=int, help_text=_("Ihr gehören die übernommenen Datensätze.")
    )
    room = forms.ChoiceField(label=_("Datenraum"), choices=list(ROOMS.items()))

    def __init__(self, *arguments: Any, organisations: Sequence[tuple[int, str]], inside: bool, **named: Any):
        """`inside`: for somebody of the city; partners see nothing internal and put nothing there."""
        super().__init__(*arguments, **named)
        if not inside:
            self.fields["room"].choices = [("public", ROOMS["public"])]  # type: ignore[attr-defined]
        del self.fields["active"]
        self.fields["organisation"].choices = list(organisations)  # type: ignore[attr-defined]

    def clean_url(self) -> str:
        """Only what may be fetched at all; whether it leads inside shows when it is resolved."""
        try:
            return addresses.parse(self.cleaned_data["url"].strip()).url
        except addresses.AddressRefused as error:
            raise forms.ValidationError(
                gettext("Das ist keine öffentliche Adresse, die mit https:// oder http:// beginnt.")
            ) from error
