# SPDX-License-Identifier: EUPL-1.2
"""Forms of agreements."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy

from stadtkern.governance.rooms.forms import DayInput, words
from stadtkern.governance.rooms.queries import Content, Organisation
from stadtkern.governance.words import ORGANISATIONS, PERMISSIONS
from stadtkern.ui import formats

_MOST_PEOPLE = 50


class AgreementForm(forms.Form):
    """What is agreed about datasets of one room."""

    title = words(gettext_lazy("Titel"), most=200)
    provider = forms.TypedChoiceField(label=gettext_lazy("Wer die Daten gibt"), coerce=int)
    organisations = forms.TypedMultipleChoiceField(
        label=gettext_lazy("Organisationen, die sie bekommen"),
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    people = words(
        gettext_lazy("Personen, die sie bekommen"),
        most=5_000,
        rows=3,
        required=False,
        help_text=gettext_lazy("E-Mail-Adressen ihrer Konten, eine je Zeile."),
    )
    datasets = forms.TypedMultipleChoiceField(
        label=gettext_lazy("Welche Datensätze"),
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("Nur diese werden sichtbar, nicht der ganze Datenraum."),
    )
    purpose = words(gettext_lazy("Wozu sie genutzt werden"), most=2_000, rows=3)
    permissions = forms.MultipleChoiceField(
        label=gettext_lazy("Was erlaubt ist"),
        choices=list(PERMISSIONS.items()),
        initial=["use"],
        widget=forms.CheckboxSelectMultiple,
    )
    starts = forms.DateField(label=gettext_lazy("Erster Tag"), widget=DayInput)
    ends = forms.DateField(
        label=gettext_lazy("Letzter Tag"),
        widget=DayInput,
        help_text=gettext_lazy("Um Mitternacht danach endet der Zugang von selbst."),
    )
    retention_days = forms.IntegerField(
        label=gettext_lazy("Nach wie vielen Tagen Kopien zu löschen sind"),
        required=False,
        min_value=1,
        max_value=36_500,
    )
    fee = forms.DecimalField(
        label=gettext_lazy("Entgelt in Euro"),
        min_value=Decimal(0),
        max_digits=12,
        decimal_places=2,
        required=False,
        localize=True,
    )
    fee_note = words(gettext_lazy("Wie abgerechnet wird"), most=500, required=False)
    liability = words(gettext_lazy("Haftung"), most=5_000, rows=3, required=False)

    def __init__(
        self,
        *args: Any,
        providers: Sequence[Organisation],
        recipients: Sequence[Organisation],
        contents: Sequence[Content],
        **more: Any,
    ):
        super().__init__(*args, **more)
        fields: Any = self.fields
        fields["provider"].choices = [(each.id, each.name) for each in providers]
        fields["organisations"].choices = [
            (each.id, f"{each.name} ({ORGANISATIONS[each.kind]})") for each in recipients
        ]
        fields["datasets"].choices = [
            (each.id, formats.words(each.about.get("title") or {}) or each.key) for each in contents
        ]

    def clean_people(self) -> list[str]:
        """One address per line."""
        found = [line.strip() for line in self.cleaned_data["people"].splitlines() if line.strip()]
        if len(found) > _MOST_PEOPLE:
            raise ValidationError(
                gettext_lazy("Höchstens 50 Personen; fassen Sie sie in einer Organisation zusammen.")
            )
        return found

    def clean(self) -> dict[str, Any]:
        """Somebody must get something, and the days must follow each other."""
        said: dict[str, Any] = super().clean() or self.cleaned_data
        if "people" in said and not said["people"] and not said.get("organisations"):
            self.add_error(
                "organisations", gettext_lazy("Nennen Sie mindestens eine Organisation oder Person.")
            )
        if said.get("starts") and said.get("ends") and said["ends"] < said["starts"]:
            self.add_error("ends", gettext_lazy("Der letzte Tag liegt vor dem ersten."))
        return said


class EndForm(forms.Form):
    """Why an agreement ends before its time."""

    reason = words(gettext_lazy("Grund"), most=1_000, rows=3)


class DocumentForm(forms.Form):
    """A file that belongs to an agreement."""

    document = forms.FileField(
        label=gettext_lazy("Datei"),
        max_length=200,
        help_text=gettext_lazy("Bis 10 MB. Sie wird nur zum Herunterladen angeboten."),
    )
