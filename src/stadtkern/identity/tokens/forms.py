# SPDX-License-Identifier: EUPL-1.2
"""What a new key is for, what it may do, and how long."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from stadtkern.core import access
from stadtkern.identity import words
from stadtkern.identity.tokens.queries import MOST, Candidate

MOST_STREAMS = 1_000
_SPANS = (
    ("30", _("30 Tage")),
    ("90", _("90 Tage")),
    ("365", _("ein Jahr")),
    ("1825", _("fünf Jahre")),
)


class TokenForm(forms.Form):
    """A new key for one dataset."""

    name = forms.CharField(
        label=_("Wofür ist der Schlüssel?"),
        help_text=_("Zum Beispiel der Name des Programms oder die Nummer des Geräts."),
        max_length=200,
    )
    dataset = forms.SlugField(
        label=_("Datensatz"),
        help_text=_("Sein Kurzname, wie er in der Adresse steht. Nur für diesen einen gilt der Schlüssel."),
        max_length=100,
        widget=forms.TextInput(attrs={"list": "datensaetze", "autocomplete": "off"}),
    )
    streams = forms.CharField(
        label=_("Nur für diese Messreihen"),
        help_text=_(
            "Ihre Nummern mit Komma, zum Beispiel 12, 15. Die Nummer steht in der Adresse der Messreihe:"
            " /messreihen/12. Bleibt das Feld leer, gilt der Schlüssel für den ganzen Datensatz."
        ),
        max_length=4_000,
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    verbs = forms.MultipleChoiceField(
        label=_("Was darf er?"),
        choices=[(verb, words.VERBS[verb]) for verb in access.VERBS],
        widget=forms.CheckboxSelectMultiple,
    )
    days = forms.ChoiceField(label=_("Wie lange gilt er?"), choices=_SPANS)

    def __init__(self, *args: Any, datasets: Sequence[Candidate], device: bool, **kwargs: Any):
        kwargs["initial"] = {"verbs": ["create"] if device else ["read"], "days": "365" if device else "90"}
        super().__init__(*args, **kwargs)
        self.datasets = datasets
        if not device:
            self.fields["days"].choices = _SPANS[:-1]  # type: ignore[attr-defined]
        elif len(datasets) < MOST:
            named = [(each.key, f"{each.title} ({each.key})") for each in datasets]
            self.fields["dataset"].widget = forms.Select(choices=[("", gettext("Bitte wählen")), *named])
            self.fields["dataset"].help_text = gettext("Nur für diesen einen gilt der Schlüssel.")

    def clean_streams(self) -> list[int]:
        """Numbers, each once."""
        parts = [part for part in self.cleaned_data["streams"].replace(",", " ").split() if part]
        wrong = next(
            (part for part in parts if not (part.isascii() and part.isdigit() and len(part) < 19)), None
        )
        if wrong is not None:
            raise forms.ValidationError(
                gettext("„%(part)s“ ist keine Nummer einer Messreihe. Schreiben Sie zum Beispiel: 12, 15")
                % {"part": wrong[:40]}
            )
        if len(parts) > MOST_STREAMS:
            raise forms.ValidationError(
                gettext("Höchstens %(n)s Messreihen je Schlüssel.") % {"n": MOST_STREAMS}
            )
        return sorted({int(part) for part in parts})

    def clean(self) -> dict[str, Any]:
        """Whoever writes what describes series writes in the whole dataset."""
        given: dict[str, Any] = super().clean() or {}
        if given.get("streams") and "entities" in given.get("verbs", ()):
            self.add_error(
                "verbs",
                gettext(
                    "„Messorte und Messreihen anlegen“ geht nur mit einem Schlüssel für den ganzen Datensatz."
                ),
            )
        return given

    @property
    def span(self) -> timedelta:
        """How long it is to be valid."""
        return timedelta(days=int(self.cleaned_data["days"]))
