# SPDX-License-Identifier: EUPL-1.2
"""Forms of the glossary and of messages about the pages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from stadtkern.city import languages
from stadtkern.city.glossary.entities import Term
from stadtkern.ui.fields import Guarded, Text

_AREA = {"rows": 4}


def _contact() -> Text:
    """How whoever reports something can be reached: freely given, kept until it is dealt with."""
    return Text(
        label=gettext_lazy("Wie erreichen wir Sie?"),
        max_length=200,
        required=False,
        help_text=gettext_lazy(
            "Nur wenn Sie eine Antwort möchten: E-Mail oder Telefon. Wir löschen die Angabe, sobald Ihre"
            " Meldung erledigt ist."
        ),
    )


class MissingForm(Guarded):
    """A word that somebody would like to have explained."""

    subject = Text(
        label=gettext_lazy("Welches Wort fehlt?"),
        max_length=100,
        help_text=gettext_lazy("Zum Beispiel: „Grundwasserflurabstand“."),
    )
    place = Text(
        label=gettext_lazy("Wo ist es Ihnen begegnet?"),
        max_length=300,
        required=False,
        help_text=gettext_lazy("Adresse oder Titel der Seite."),
    )


class BarrierForm(Guarded):
    """Something that keeps somebody from using a page."""

    subject = Text(
        label=gettext_lazy("Worum geht es?"),
        max_length=150,
        help_text=gettext_lazy("In einem Satz, zum Beispiel: „Die Karte lässt sich nicht bedienen“."),
    )
    place = Text(
        label=gettext_lazy("Auf welcher Seite?"),
        max_length=300,
        required=False,
        help_text=gettext_lazy("Adresse oder Titel der Seite."),
    )
    body = Text(
        label=gettext_lazy("Was hindert Sie?"),
        min_length=10,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=gettext_lazy("Was wollten Sie tun, womit (Gerät, Programm), und was ist geschehen?"),
    )
    contact = _contact()


class PlaceForm(Guarded):
    """Something that is wrong at a measuring place, or with its values."""

    subject = Text(
        label=gettext_lazy("Was stimmt nicht?"),
        max_length=150,
        help_text=gettext_lazy("In einem Satz, zum Beispiel: „Die Anzeige steht seit gestern“."),
    )
    place = Text(
        label=gettext_lazy("Um welchen Ort geht es?"),
        max_length=300,
        help_text=gettext_lazy("Adresse der Seite oder Name des Messorts."),
    )
    body = Text(
        label=gettext_lazy("Möchten Sie mehr dazu sagen?"),
        max_length=4000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 5}),
    )
    contact = _contact()


class TermForm(forms.Form):
    """A word and its explanation, in both languages."""

    name_de = Text(label=gettext_lazy("Wort"), max_length=100)
    also_de = Text(
        label=gettext_lazy("Andere Formen"),
        max_length=300,
        required=False,
        help_text=gettext_lazy(
            "Mit Komma getrennt, zum Beispiel die Mehrzahl. Auch sie werden im Text erklärt."
        ),
    )
    short_de = Text(
        label=gettext_lazy("Erklärung in einem Satz"),
        max_length=200,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy("Sie erscheint dort, wo das Wort vorkommt."),
    )
    long_de = Text(
        label=gettext_lazy("Mehr dazu"), max_length=3000, required=False, widget=forms.Textarea(attrs=_AREA)
    )
    name_en = Text(label=gettext_lazy("Wort auf Englisch"), max_length=100, required=False)
    also_en = Text(label=gettext_lazy("Andere Formen auf Englisch"), max_length=300, required=False)
    short_en = Text(
        label=gettext_lazy("Erklärung auf Englisch"),
        max_length=200,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    long_en = Text(
        label=gettext_lazy("Mehr dazu auf Englisch"),
        max_length=3000,
        required=False,
        widget=forms.Textarea(attrs=_AREA),
    )

    name_easy = Text(
        label=gettext_lazy("Wort in Leichter Sprache"),
        max_length=100,
        required=False,
        help_text=gettext_lazy("Lange Wörter mit einem Punkt in der Mitte trennen: Mess·ort."),
    )
    short_easy = Text(
        label=gettext_lazy("Erklärung in Leichter Sprache"),
        max_length=200,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    long_easy = Text(
        label=gettext_lazy("Mehr dazu in Leichter Sprache"),
        max_length=3000,
        required=False,
        widget=forms.Textarea(attrs=_AREA),
    )

    def clean(self) -> dict[str, Any]:
        """A word in English needs its explanation in English, and the other way round."""
        given = super().clean() or {}
        if bool(given.get("name_en")) != bool(given.get("short_en")):
            self.add_error(
                "short_en" if given.get("name_en") else "name_en",
                gettext_lazy("Bitte füllen Sie Wort und Erklärung aus, oder lassen Sie beide leer."),
            )
        return given

    def told(self) -> dict[str, Mapping[str, Any]]:
        """What the glossary keeps, by language."""
        given = self.cleaned_data
        told: dict[str, Mapping[str, Any]] = {
            name: {code: given[f"{name}_{field}"] for code, field in languages.FIELDS.items()}
            for name in ("name", "short", "long")
        }
        told["also"] = {
            code: [form.strip() for form in given[f"also_{code}"].split(",") if form.strip()]
            for code in ("de", "en")
        }
        return told


def start(term: Term) -> dict[str, str]:
    """What the form begins with for a term that is there."""
    found: dict[str, str] = {}
    for code, field in languages.FIELDS.items():
        found |= {f"{name}_{field}": getattr(term, name).get(code, "") for name in ("name", "short", "long")}
    for code in ("de", "en"):
        found[f"also_{code}"] = ", ".join(term.also.get(code, ()))
    return found
