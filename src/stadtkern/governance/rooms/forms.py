# SPDX-License-Identifier: EUPL-1.2
"""Forms of data rooms."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy

from stadtkern.governance.rooms.queries import Organisation
from stadtkern.governance.words import MEMBERS


class DayInput(forms.DateInput):
    """A date as browsers pick it."""

    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


def words(
    label: Any, *, most: int, rows: int = 0, required: bool = True, help_text: Any = "", lang: str = ""
) -> forms.CharField:
    """A text in one line or, with `rows`, in several; `lang`: the language it is kept in."""
    attrs = {"lang": lang} if lang else {}
    widget = forms.Textarea(attrs={**attrs, "rows": rows}) if rows else forms.TextInput(attrs=attrs)
    return forms.CharField(
        label=label, max_length=most, required=required, widget=widget, help_text=help_text
    )


class RoomForm(forms.Form):
    """What a room is for, and what its members accept."""

    title = words(gettext_lazy("Name"), most=120, lang="de")
    purpose = words(
        gettext_lazy("Wozu er da ist"),
        most=1_000,
        rows=3,
        required=False,
        lang="de",
        help_text=gettext_lazy("Für die, die Zugang haben."),
    )
    terms = words(
        gettext_lazy("Bedingungen"),
        most=20_000,
        rows=8,
        required=False,
        lang="de",
        help_text=gettext_lazy(
            "Wer Zugang hat, stimmt ihnen zu, bevor etwas zu sehen ist – nach jeder Änderung von neuem."
        ),
    )


class NewRoomForm(forms.Form):
    """A room that is new."""

    title = words(gettext_lazy("Name"), most=120, lang="de")
    key = forms.CharField(
        label=gettext_lazy("Kennung"),
        max_length=63,
        help_text=gettext_lazy("Kleine Buchstaben, Ziffern und Bindestriche; sie steht in der Adresse."),
        validators=[
            RegexValidator(
                r"^(?!neu$)[a-z0-9][a-z0-9-]{0,62}\Z",
                gettext_lazy(
                    "Nur kleine Buchstaben ohne Umlaute, Ziffern und Bindestriche, und nicht „neu“."
                ),
            )
        ],
    )
    purpose = words(gettext_lazy("Wozu er da ist"), most=1_000, rows=3, required=False, lang="de")
    organisation = forms.TypedChoiceField(label=gettext_lazy("Wer ihn betreut"), coerce=int)

    def __init__(self, *args: Any, organisations: Sequence[Organisation], **more: Any):
        super().__init__(*args, **more)
        choice: Any = self.fields["organisation"]
        choice.choices = [(each.id, each.name) for each in organisations]


class AdmitForm(forms.Form):
    """Who is let in, and until when."""

    kind = forms.ChoiceField(label=gettext_lazy("Wer"), choices=list(MEMBERS.items()))
    name = words(
        gettext_lazy("Adresse, Name oder Nummer"),
        most=200,
        help_text=gettext_lazy(
            "Von einer Person die E-Mail-Adresse, von einer Organisation der Name, von einem Schlüssel die "
            "Nummer."
        ),
    )
    until = forms.DateField(
        label=gettext_lazy("Letzter Tag"),
        required=False,
        widget=DayInput,
        help_text=gettext_lazy("Danach endet der Zugang von selbst. Ohne Angabe gilt er bis auf Weiteres."),
    )
