# SPDX-License-Identifier: EUPL-1.2
"""The form of a tile; which fields it has depends on its kind."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from stadtkern.city import languages
from stadtkern.insights.cockpit.definitions import Definition, Form, Text
from stadtkern.ui import fields, formats

_EXAMPLES = {
    "flow": gettext_lazy("Was gezählt wird, zum Beispiel „Räder“."),
    "free": gettext_lazy("Was die Zahl bedeutet, zum Beispiel „frei“."),
    "bays": gettext_lazy("Das Wort für den Zustand, zum Beispiel „frei“ oder „geöffnet“."),
    "low": gettext_lazy("Das Wort für Orte unter der Grenze, zum Beispiel „durstig“."),
    "places": gettext_lazy("Was gezählt wird, zum Beispiel „Räder“."),
}
_NUMBER = forms.TextInput(attrs={"inputmode": "decimal"})


class Number(forms.FloatField):
    """A number as people write it: with a comma or a point."""

    def to_python(self, value: Any) -> Any:
        """The number; what is none or has no end is refused."""
        if isinstance(value, str):
            value = value.strip().replace("−", "-")
            value = value.replace(".", "").replace(",", ".") if "," in value else value
        number: float | None = super().to_python(value)
        if number is not None and (not math.isfinite(number) or abs(number) > 1e15):
            raise forms.ValidationError(gettext_lazy("Bitte geben Sie eine Zahl ein."))
        return number


class TileForm(forms.Form):
    """Words and bounds of a tile. Fields that its kind does not know are taken out."""

    title_de = fields.Text(label=gettext_lazy("Überschrift"), max_length=80)
    title_en = fields.Text(label=gettext_lazy("Überschrift auf Englisch"), max_length=80, required=False)
    title_easy = fields.Text(
        label=gettext_lazy("Überschrift in Leichter Sprache"), max_length=80, required=False
    )
    body_de = fields.Text(
        label=gettext_lazy("Der Text"), max_length=1500, widget=forms.Textarea(attrs={"rows": 5})
    )
    body_en = fields.Text(
        label=gettext_lazy("Text auf Englisch"),
        max_length=1500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 5}),
    )
    body_easy = fields.Text(
        label=gettext_lazy("Text in Leichter Sprache"),
        max_length=1500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=gettext_lazy("Kurze Sätze, jeder in einer eigenen Zeile; lange Wörter trennen: Rad·weg."),
    )
    until = forms.DateField(
        label=gettext_lazy("Tag des Ereignisses"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    link = fields.Text(
        label=gettext_lazy("Link der Überschrift"),
        max_length=500,
        required=False,
        help_text=gettext_lazy("Eine Adresse mit https:// oder, auf diesen Seiten, ab dem Schrägstrich."),
    )
    noun_de = fields.Text(label=gettext_lazy("Wort zur Zahl"), max_length=60, required=False)
    noun_en = fields.Text(label=gettext_lazy("Wort zur Zahl auf Englisch"), max_length=60, required=False)
    places_de = fields.Text(
        label=gettext_lazy("Wie heißen die Orte, von denen die Werte kommen?"),
        max_length=60,
        required=False,
        help_text=gettext_lazy("In der Mehrzahl hinter „an 3 …“, zum Beispiel „Zählstellen“."),
    )
    places_en = fields.Text(label=gettext_lazy("Die Orte auf Englisch"), max_length=60, required=False)
    low = Number(label=gettext_lazy("Anfang des Balkens"), widget=_NUMBER)
    high = Number(label=gettext_lazy("Ende des Balkens"), widget=_NUMBER)
    threshold = Number(label=gettext_lazy("Grenzwert"), widget=_NUMBER)
    above = forms.TypedChoiceField(label="", coerce=lambda value: value == "1")
    most = forms.IntegerField(label=gettext_lazy("Wie viele Orte?"), min_value=1, max_value=15, initial=5)
    digits = forms.IntegerField(
        label=gettext_lazy("Stellen hinter dem Komma"), min_value=0, max_value=6, initial=0, required=False
    )
    wide = forms.BooleanField(label=gettext_lazy("Breite Kachel"), required=False)

    def __init__(self, *arguments: Any, kind: Form, **more: Any):
        super().__init__(*arguments, **more)
        self.kind = kind
        kept = ("title_de", "title_en", "title_easy", *_FIELDS[kind], "wide")
        self.fields = {name: self.fields[name] for name in kept}
        if "above" in kept:
            about: Any = self.fields["above"]
            about.label, about.choices = _ABOVE[kind]
        if kind == "gauge":
            self.fields["threshold"].required = False
        if kind == "countdown":
            self.fields["body_de"].required = False
        if "noun_de" in kept:
            self.fields["noun_de"].help_text = _EXAMPLES[kind]

    def clean_link(self) -> str:
        """Addresses of these pages, or safe ones elsewhere."""
        link = str(self.cleaned_data["link"]).strip()
        own = link.startswith("/") and not link.startswith(("//", "/\\"))
        if link and not own and not link.startswith("https://"):
            raise forms.ValidationError(
                gettext_lazy("Bitte beginnen Sie die Adresse mit https:// oder mit einem Schrägstrich.")
            )
        return link

    def clean(self) -> dict[str, Any]:
        """A bar ends behind its beginning, and the limit lies on it."""
        given = super().clean() or {}
        low, high, limit = given.get("low"), given.get("high"), given.get("threshold")
        if low is not None and high is not None:
            if high <= low:
                self.add_error("high", gettext_lazy("Das Ende muss größer sein als der Anfang."))
            elif limit is not None and not low <= limit <= high:
                self.add_error("threshold", gettext_lazy("Der Grenzwert muss auf dem Balken liegen."))
        return given

    def told(self, *, key: str, source: Mapping[str, Any]) -> Definition:
        """The tile with these words, fed by what was chosen."""
        given = self.cleaned_data
        plain = ("low", "high", "threshold", "link")
        more: dict[str, Any] = {name: given[name] for name in plain if name in given}
        more |= {name: given[name] for name in ("most", "digits") if given.get(name) is not None}
        more |= {name: text_of(given, name) for name in ("noun", "places", "body") if f"{name}_de" in given}
        if "until" in given:
            more["until"] = given["until"].isoformat()
        if "above" in given:
            more["above"] = bool(given["above"])
        return Definition(
            key=key, form=self.kind, title=text_of(given, "title"), wide=given["wide"], **more, **source
        )


_NOUN, _PLACES, _BODY = (
    ("noun_de", "noun_en"),
    ("places_de", "places_en"),
    ("body_de", "body_en", "body_easy"),
)
_FIELDS: Mapping[Form, tuple[str, ...]] = {
    "flow": (*_NOUN, *_PLACES),
    "value": (),
    "level": ("digits",),
    "gauge": ("low", "high", "threshold", "above"),
    "free": (*_NOUN, *_PLACES),
    "bays": ("above", *_NOUN, *_PLACES),
    "low": ("threshold", *_NOUN, *_PLACES),
    "ranking": ("above", "most"),
    "places": _NOUN,
    "countdown": ("until", *_BODY, "link"),
    "text": (*_BODY, "link"),
}
_ABOVE = {
    "gauge": (
        gettext_lazy("Was ist gut?"),
        [("0", gettext_lazy("unter dem Grenzwert")), ("1", gettext_lazy("über dem Grenzwert"))],
    ),
    "bays": (
        gettext_lazy("Welcher Wert wird gezählt?"),
        [("0", gettext_lazy("0 oder falsch (zum Beispiel frei)")),
         ("1", gettext_lazy("1 oder wahr (zum Beispiel belegt)"))],
    ),
    "ranking": (
        gettext_lazy("Reihenfolge"),
        [("1", gettext_lazy("die höchsten Werte zuerst")),
         ("0", gettext_lazy("die niedrigsten Werte zuerst"))],
    ),
}  # fmt: skip


def tile_start(definition: Definition) -> dict[str, Any]:
    """What the form begins with for a tile that is there."""
    begun: dict[str, Any] = {}
    for name in ("title", "noun", "places", "body"):
        begun |= start_of(getattr(definition, name), name)
    kept = ("link", "most", "digits", "wide", "until")
    numbers = ("low", "high", "threshold")
    return {
        **begun,
        **{name: getattr(definition, name) for name in kept},
        **{name: _number(getattr(definition, name)) for name in numbers},
        "above": "1" if definition.above else "0",
    }


def _number(value: float | None) -> str:
    """As people write it in the page's language, and as exactly as it was said."""
    text = "" if value is None else repr(value).removesuffix(".0")
    return text.replace(".", ",") if formats.language().startswith("de") else text


def text_of(given: Mapping[str, Any], name: str) -> Text:
    """What was written in each language, as far as something was."""
    said = {code: given.get(f"{name}_{field}", "") for code, field in languages.FIELDS.items()}
    return {code: text for code, text in said.items() if text}


def start_of(text: Text, name: str) -> dict[str, str]:
    """What the fields of each language begin with."""
    return {f"{name}_{field}": text.get(code, "") for code, field in languages.FIELDS.items()}
