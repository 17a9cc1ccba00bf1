# SPDX-License-Identifier: EUPL-1.2
"""Forms of the inventory: an entry, a spreadsheet, a proposal, a decision."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from itertools import groupby
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from stadtkern.catalogue.inventory import concepts
from stadtkern.catalogue.inventory.cells import LARGEST
from stadtkern.catalogue.inventory.entities import (
    EFFORT,
    FIELDS,
    LENGTHS,
    OPENNESS,
    PERSONAL,
    Facts,
    Organisation,
)
from stadtkern.ui.fields import Text

KINDS = {
    "table": gettext_lazy("Tabelle"),
    "series": gettext_lazy("Zeitreihe"),
    "features": gettext_lazy("Karte (Orte und Flächen)"),
    "files": gettext_lazy("Dateien"),
    "link": gettext_lazy("Verweis auf einen anderen Ort"),
}


class DayInput(forms.DateInput):
    """A date as browsers pick it."""

    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


def _text(name: str, *, rows: int = 0, required: bool = False, help_text: Any = "") -> Text:
    widget = forms.Textarea(attrs={"rows": rows}) if rows else forms.TextInput()
    return Text(
        label=FIELDS[name], max_length=LENGTHS[name], required=required, widget=widget, help_text=help_text
    )


def _choice(name: str, words: Mapping[str, Any]) -> forms.ChoiceField:
    return forms.ChoiceField(label=FIELDS[name], choices=list(words.items()))


def _concepts() -> list[Any]:
    groups = groupby(concepts.everything(), key=lambda concept: concept.theme)
    return [("", "–"), *((theme, [(c.slug, c.label) for c in group]) for theme, group in groups)]


class EntryForm(forms.Form):
    """What is said of data that the administration holds."""

    title = _text("title", required=True, help_text=gettext_lazy("So, dass auch Außenstehende es verstehen."))
    description = _text(
        "description", rows=4, help_text=gettext_lazy("Was steht darin, seit wann, wie genau?")
    )
    concept = forms.ChoiceField(
        label=FIELDS["concept"],
        choices=_concepts,
        required=False,
        help_text=gettext_lazy("Wie der Musterdatenkatalog für Kommunen solche Daten nennt."),
    )
    owner = _text("owner", help_text=gettext_lazy("Sachgebiet oder Stelle, keine Personennamen."))
    contact = _text("contact", help_text=gettext_lazy("Am besten ein gemeinsames Postfach."))
    system = _text("system", help_text=gettext_lazy("Das Programm, in dem die Daten geführt werden."))
    format = _text("format", help_text=gettext_lazy("Zum Beispiel Excel, Shapefile oder Datenbank."))
    frequency = _text("frequency", help_text=gettext_lazy("Zum Beispiel täglich oder einmal im Jahr."))
    legal_basis = _text(
        "legal_basis", help_text=gettext_lazy("Gesetz, Satzung oder Auftrag, auf dem die Daten beruhen.")
    )
    personal = _choice("personal", PERSONAL)
    openness = _choice("openness", OPENNESS)
    openness_reason = _text("openness_reason", rows=3)
    effort = _choice("effort", EFFORT)
    due = forms.DateField(label=FIELDS["due"], required=False, widget=DayInput)

    @property
    def facts(self) -> Facts:
        """What was entered, once the form is valid."""
        return Facts(**{name: self.cleaned_data[name] for name in Facts.__struct_fields__})


class NewEntryForm(EntryForm):
    """An entry together with whose it is."""

    organisation = forms.TypedChoiceField(label=gettext_lazy("Organisation"), coerce=int)
    field_order = ("organisation",)

    def __init__(self, *args: Any, organisations: Sequence[Organisation], **more: Any):
        super().__init__(*args, **more)
        _offer(self, organisations)


class ImportForm(forms.Form):
    """A spreadsheet for one organisation."""

    organisation = forms.TypedChoiceField(label=gettext_lazy("Organisation"), coerce=int)
    file = forms.FileField(
        label=gettext_lazy("Excel-Datei"),
        help_text=gettext_lazy("Die ausgefüllte Vorlage, höchstens 5 MB."),
        widget=forms.FileInput(attrs={"accept": ".xlsx"}),
    )

    def __init__(self, *args: Any, organisations: Sequence[Organisation], **more: Any):
        super().__init__(*args, **more)
        _offer(self, organisations)

    def clean_file(self) -> bytes:
        """The bytes of the file."""
        uploaded = self.cleaned_data["file"]
        if uploaded.size > LARGEST:
            raise forms.ValidationError(gettext_lazy("Die Datei ist größer als 5 MB."))
        return bytes(uploaded.read())


class ProposalForm(forms.Form):
    """Why data should be let out, and by when that should be decided."""

    reason = Text(
        label=gettext_lazy("Begründung"),
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=gettext_lazy("Was spricht für die Freigabe, was haben Sie geprüft?"),
    )
    due = forms.DateField(label=gettext_lazy("Entscheidung bis"), widget=DayInput)

    def __init__(self, *args: Any, today: date, **more: Any):
        super().__init__(*args, **more)
        self.today = today

    def clean_due(self) -> date:
        """A day that is still to come."""
        due: date = self.cleaned_data["due"]
        if due < self.today:
            raise forms.ValidationError(gettext_lazy("Dieser Tag ist schon vorbei."))
        return due


class DecisionForm(forms.Form):
    """The decision of somebody else, with its reason."""

    proposal = forms.IntegerField(widget=forms.HiddenInput)
    decision = forms.ChoiceField(
        label=gettext_lazy("Entscheidung"),
        choices=[("approved", gettext_lazy("Freigeben")), ("refused", gettext_lazy("Ablehnen"))],
        widget=forms.RadioSelect,
    )
    reason = Text(label=gettext_lazy("Begründung"), max_length=4000, widget=forms.Textarea(attrs={"rows": 4}))


class WithdrawalForm(forms.Form):
    """Why a proposal is taken back."""

    reason = Text(
        label=gettext_lazy("Begründung"),
        max_length=4000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class DatasetForm(forms.Form):
    """Which kind of dataset comes out of an approved entry."""

    kind = forms.ChoiceField(label=gettext_lazy("Art des Datensatzes"), choices=list(KINDS.items()))


def _offer(form: forms.Form, organisations: Sequence[Organisation]) -> None:
    field: Any = form.fields["organisation"]
    field.choices = [(str(o.id), o.name) for o in organisations]
