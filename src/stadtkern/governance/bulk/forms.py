# SPDX-License-Identifier: EUPL-1.2
"""The form under a list of datasets: what shall be done with those that are ticked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext, gettext_lazy

from stadtkern.catalogue import vocabularies
from stadtkern.catalogue.browse import wording
from stadtkern.governance.bulk.acts import ACTS, Said
from stadtkern.ui.fields import Text

_NOTHING = ("", "–")


class StepForm(forms.Form):
    """What shall be done, and with which room, theme or licence."""

    act = forms.ChoiceField(
        label=gettext_lazy("Was soll mit ihnen geschehen?"),
        choices=[(key, act.title) for key, act in ACTS.items()],
        widget=forms.RadioSelect,
    )
    room = forms.ChoiceField(label=gettext_lazy("Beim Verschieben: in welchen Raum?"), required=False)
    theme = forms.ChoiceField(label=gettext_lazy("Beim Thema: welches?"), required=False)
    licence = forms.ChoiceField(label=gettext_lazy("Bei der Lizenz: welche?"), required=False)
    attribution = Text(
        label=gettext_lazy("Bei der Lizenz: Quellenangabe"),
        max_length=300,
        required=False,
        help_text=gettext_lazy("Wie die Stadt genannt werden will; manche Lizenzen verlangen sie."),
    )

    def __init__(self, *args: Any, rooms: Sequence[tuple[str, str]], **more: Any):
        super().__init__(*args, **more)
        self._rooms = dict(rooms)
        fields: Any = self.fields
        fields["room"].choices = [_NOTHING, *self._rooms.items()]
        fields["theme"].choices = [_NOTHING, *_themes().items()]
        fields["licence"].choices = [_NOTHING, *_licences().items()]

    def clean(self) -> dict[str, Any]:
        """A step that needs a room, a theme or a licence names it."""
        given: dict[str, Any] = super().clean() or {}
        wanted = {"move": "room", "theme": "theme", "licence": "licence"}.get(given.get("act", ""))
        if wanted and not given.get(wanted) and wanted not in self.errors:
            self.add_error(wanted, gettext("Bitte wählen Sie aus."))
        licence = given.get("licence") if given.get("act") == "licence" else None
        if licence and vocabularies.licence(licence).attribution and not given.get("attribution"):
            self.add_error("attribution", gettext("Diese Lizenz verlangt eine Quellenangabe."))
        return given

    def said(self) -> Said:
        """What a valid form says."""
        given = self.cleaned_data
        match given["act"]:
            case "move":
                return Said(act="move", value=given["room"], title=self._rooms[given["room"]])
            case "theme":
                return Said(act="theme", value=given["theme"], title=_themes()[given["theme"]])
            case "licence":
                value, name = given["licence"], _licences()[given["licence"]]
                return Said(act="licence", value=value, title=name, attribution=given["attribution"])
        return Said(act=given["act"])


def _themes() -> dict[str, str]:
    return {code: wording.name("theme", code) for code in vocabularies.codes(wording.TABLES["theme"])}


def _licences() -> dict[str, str]:
    return {each.iri: each.name for each in vocabularies.licences().values()}
