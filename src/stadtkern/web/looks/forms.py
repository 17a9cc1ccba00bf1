# SPDX-License-Identifier: EUPL-1.2
"""The form of the city's looks."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext, gettext_lazy

from stadtkern.city import logo
from stadtkern.ui import colours, formats
from stadtkern.ui.fields import Text


class LooksForm(forms.Form):
    """Name, colour, logo, addresses."""

    name = Text(label=gettext_lazy("Name der Stadt"), max_length=80)
    accent = forms.RegexField(
        r"^#[0-9A-Fa-f]{6}$",
        label=gettext_lazy("Farbe der Stadt"),
        widget=forms.TextInput(attrs={"type": "color"}),
        help_text=gettext_lazy(
            "Für Links, Knöpfe und eine Linie im Diagramm. Für dunkle Seiten wird sie von selbst aufgehellt."
        ),
    )
    picture = forms.FileField(
        label=gettext_lazy("Logo oder Wappen"),
        required=False,
        widget=forms.FileInput(attrs={"accept": "image/png,image/jpeg,image/webp"}),
        help_text=gettext_lazy("PNG, JPEG oder WebP bis 256 KiB. Ohne Logo steht dort der erste Buchstabe."),
    )
    without = forms.BooleanField(label=gettext_lazy("Logo entfernen"), required=False)
    official = forms.BooleanField(
        label=gettext_lazy("Zeile „Offizielle Website der Stadtverwaltung“ zeigen"), required=False
    )
    imprint_url = forms.URLField(
        label=gettext_lazy("Adresse des Impressums"), required=False, assume_scheme="https"
    )
    privacy_url = forms.URLField(
        label=gettext_lazy("Adresse der Datenschutzerklärung"), required=False, assume_scheme="https"
    )
    enforcement_url = forms.URLField(
        label=gettext_lazy("Adresse der Schlichtungsstelle für Barrierefreiheit"),
        required=False,
        assume_scheme="https",
    )
    accessibility_checked = forms.DateField(
        label=gettext_lazy("Tag, an dem die Erklärung zur Barrierefreiheit zuletzt geprüft wurde"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=gettext_lazy(
            "Das Gesetz verlangt ihn in der Erklärung, und mindestens einmal im Jahr eine neue Prüfung."
        ),
    )

    def clean_accent(self) -> str:
        """A colour that can be read."""
        colour = str(self.cleaned_data["accent"]).lower()
        nearest = colours.readable(colour)
        if nearest != colour:
            about = {
                "contrast": formats.number(colours.contrast(colour, "#f6f6f4"), digits=1),
                "nearest": nearest,
            }
            raise forms.ValidationError(
                gettext(
                    "Dieser Ton ist zu blass: Sein Kontrast ist %(contrast)s zu 1, nötig sind 4,5 zu 1."
                    " Der nächste lesbare ist %(nearest)s."
                )
                % about
            )
        return colour

    def clean_picture(self) -> bytes | None:
        """A picture of a kind and size that are taken."""
        given: Any = self.cleaned_data["picture"]
        if not given:
            return None
        data: bytes = given.read(logo.LARGEST + 1)
        if len(data) > logo.LARGEST or logo.kind_of(data) is None:
            raise forms.ValidationError(
                gettext("Das ist kein Bild in PNG, JPEG oder WebP bis 256 KiB. SVG nehmen wir nicht an.")
            )
        return data
