# SPDX-License-Identifier: EUPL-1.2
"""Forms of requests: asking in public, moderating, answering."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy

from stadtkern.catalogue.requests.entities import PROGRESS
from stadtkern.catalogue.requests.proposing import Offers
from stadtkern.identity.mail import queue
from stadtkern.ui.fields import Guarded, Text


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
    fulfilled = forms.ChoiceField(
        label=gettext_lazy("Welcher Datensatz erfüllt die Anfrage?"),
        required=False,
        widget=forms.RadioSelect,
        help_text=gettext_lazy("Vorgeschlagen nach den Wörtern der Anfrage."),
    )
    recorded = forms.ChoiceField(
        label=gettext_lazy("Steht es schon im Dateninventar?"),
        required=False,
        widget=forms.RadioSelect,
        help_text=gettext_lazy("Nur für die Arbeit hier; öffentlich ist es nicht."),
    )
    dataset = Text(
        label=gettext_lazy("Anderer Datensatz"),
        max_length=500,
        required=False,
        help_text=gettext_lazy("Die Adresse seiner Seite, oder deren letzter Teil: „trinkbrunnen“."),
    )
    entry = forms.IntegerField(
        label=gettext_lazy("Anderer Eintrag im Dateninventar"),
        min_value=1,
        max_value=2**53,
        required=False,
        help_text=gettext_lazy("Seine Nummer: der letzte Teil der Adresse seiner Seite."),
    )

    def __init__(self, *args: Any, datasets: Offers, entries: Offers, **kwargs: Any):
        super().__init__(*args, **kwargs)
        for name, offers, nothing in (
            ("fulfilled", datasets, gettext_lazy("keiner oder noch keiner")),
            ("recorded", entries, gettext_lazy("nein, oder keiner davon")),
        ):
            if offers:
                field = cast(forms.ChoiceField, self.fields[name])
                field.choices = [("", nothing), *offers]
            else:
                del self.fields[name]

    def clean_dataset(self) -> str:
        """The key alone, also from an address; without one, that of the chosen proposal."""
        path = str(self.cleaned_data["dataset"]).strip().partition("?")[0].partition("#")[0]
        return path.rstrip("/").rpartition("/")[2] or self.cleaned_data.get("fulfilled", "")

    def clean_entry(self) -> int | None:
        """The number; without one, that of the chosen proposal."""
        number: int | None = self.cleaned_data["entry"]
        chosen = self.cleaned_data.get("recorded", "")
        return number if number is not None or not chosen else int(chosen)
