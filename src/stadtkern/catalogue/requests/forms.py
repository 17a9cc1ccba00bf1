# SPDX-License-Identifier: EUPL-1.2
"""Forms of requests: asking in public, moderating, answering."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from stadtkern.catalogue.inventory.forms import Text
from stadtkern.catalogue.requests import guard
from stadtkern.catalogue.requests.entities import PROGRESS
from stadtkern.identity.mail import queue


class Guarded(forms.Form):
    """A form that anybody may send, with what keeps programs from filling it."""

    website = forms.CharField(
        label=gettext_lazy("Dieses Feld bitte leer lassen"),
        required=False,
        widget=forms.TextInput(attrs={"tabindex": "-1", "autocomplete": "off"}),
    )
    ticket = forms.CharField(max_length=200, required=False, widget=forms.HiddenInput)
    ticket_holds = False

    def clean_website(self) -> str:
        """A trap: people do not see it."""
        if self.cleaned_data["website"]:
            raise forms.ValidationError(gettext_lazy("Dieses Feld muss leer bleiben."))
        return ""

    def clean(self) -> dict[str, Any]:
        """A ticket of ours, neither too young nor too old."""
        given = super().clean() or {}
        age = guard.age(str(given.get("ticket", "")))
        self.ticket_holds = age is not None and guard.TOO_FAST <= age <= guard.TOO_OLD
        if age is not None and age < guard.TOO_FAST:
            self.add_error(None, gettext_lazy("Das ging sehr schnell. Bitte senden Sie noch einmal ab."))
        elif not self.ticket_holds:
            self.add_error(
                None, gettext_lazy("Die Seite war zu lange offen. Bitte senden Sie noch einmal ab.")
            )
        return given


class AskForm(Guarded):
    """What somebody would like to have. No name, and an address only for whoever wants the answer by mail."""

    title = Text(
        label=gettext_lazy("Welche Daten wünschen Sie sich?"),
        min_length=5,
        max_length=150,
        help_text=gettext_lazy("In einem Satz, zum Beispiel: „Standorte aller Trinkbrunnen“."),
    )
    body = Text(
        label=gettext_lazy("Was genau brauchen Sie?"),
        min_length=10,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=gettext_lazy(
            "Welcher Zeitraum, wie genau, in welchem Format? Bitte schreiben Sie nichts über sich oder "
            "andere Personen hinein: Der Text wird öffentlich."
        ),
    )
    purpose = Text(
        label=gettext_lazy("Wofür möchten Sie die Daten verwenden?"),
        max_length=1000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("Es hilft uns beim Abwägen. Sie müssen nichts begründen."),
    )
    email = forms.EmailField(
        label=gettext_lazy("Antwort per E-Mail an"),
        required=False,
        max_length=queue.MOST_LETTERS,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        help_text=gettext_lazy(
            "Nur wenn Sie möchten. Wir fragen erst im Postfach nach, zeigen die Adresse niemandem und "
            "löschen sie mit der letzten Antwort."
        ),
    )

    def __init__(self, *args: Any, mail: bool = False, **kwargs: Any):
        super().__init__(*args, **kwargs)
        if not mail:
            del self.fields["email"]

    def clean(self) -> dict[str, Any]:
        """No advertising."""
        given = super().clean()
        text = " ".join(str(given.get(name, "")) for name in ("title", "body", "purpose"))
        if guard.links(text) > guard.MOST_LINKS:
            self.add_error(None, gettext_lazy("Bitte nennen Sie höchstens zwei Adressen von Webseiten."))
        return given


class ModerationForm(forms.Form):
    """Whether others see it, and why not."""

    shown = forms.ChoiceField(
        label=gettext_lazy("Soll die Anfrage öffentlich werden?"),
        choices=[("yes", gettext_lazy("Veröffentlichen")), ("no", gettext_lazy("Nicht veröffentlichen"))],
        widget=forms.RadioSelect,
    )
    refusal = Text(
        label=gettext_lazy("Begründung, wenn nicht"),
        max_length=1000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("Wer gefragt hat, liest sie unter der eigenen Adresse der Anfrage."),
    )

    def clean(self) -> dict[str, Any]:
        """A refusal has a reason."""
        given = super().clean() or {}
        if given.get("shown") == "no" and not given.get("refusal"):
            self.add_error(
                "refusal", gettext_lazy("Bitte sagen Sie, warum die Anfrage nicht öffentlich wird.")
            )
        return given


class AnswerForm(forms.Form):
    """What is answered, how far it is, and what came of it."""

    progress = forms.ChoiceField(label=gettext_lazy("Wie weit?"), choices=list(PROGRESS.items()))
    body = Text(
        label=gettext_lazy("Antwort"),
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=gettext_lazy("Sie erscheint öffentlich unter der Anfrage, ohne Ihren Namen."),
    )
    dataset = Text(
        label=gettext_lazy("Datensatz, der die Anfrage erfüllt"),
        max_length=100,
        required=False,
        help_text=gettext_lazy("Der letzte Teil seiner Adresse, zum Beispiel „trinkbrunnen“."),
    )
    entry = forms.IntegerField(
        label=gettext_lazy("Eintrag im Dateninventar"),
        min_value=1,
        max_value=2**53,
        required=False,
        help_text=gettext_lazy("Seine Nummer. Öffentlich ist sie nicht."),
    )
