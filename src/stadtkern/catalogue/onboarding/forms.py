# SPDX-License-Identifier: EUPL-1.2
"""Forms of imports: a file or an address, what its columns are, what the dataset is called."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import msgspec
from django import forms
from django.utils.translation import gettext_lazy as _

from stadtkern.catalogue import vocabularies
from stadtkern.catalogue.onboarding.entities import About, Delivery

EVERY: Mapping[str, tuple[Any, timedelta | None]] = {
    "": (_("nur jetzt"), None),
    "hour": (_("jede Stunde"), timedelta(hours=1)),
    "day": (_("jeden Tag"), timedelta(days=1)),
    "week": (_("jede Woche"), timedelta(days=7)),
    "month": (_("alle 30 Tage"), timedelta(days=30)),
}
_USUAL = tuple(
    f"http://dcat-ap.de/def/licenses/{name}"
    for name in ("dl-by-de/2.0", "dl-zero-de/2.0", "cc-by/4.0", "cc-zero")
)
_ENCODINGS = [("", _("automatisch erkennen")), ("utf-8", "UTF-8"), ("cp1252", "Windows (cp1252)"),
              ("iso8859-15", "ISO 8859-15"), ("utf-16", "UTF-16"), ("cp850", "DOS (cp850)")]  # fmt: skip
_DELIMITERS = [("", _("automatisch erkennen")), (";", ";"), (",", ","), ("\t", _("Tabulator")), ("|", "|")]


class SourceForm(forms.Form):
    """Where the data come from."""

    organisation = forms.TypedChoiceField(label=_("Für welche Organisation?"), coerce=int)
    file = forms.FileField(
        label=_("Datei"),
        required=False,
        max_length=200,
        help_text=_(
            "CSV, Excel, ODS, GeoJSON, Shapefile (als ZIP), GeoPackage, Parquet oder JSON; auch gepackt."
        ),
    )
    url = forms.URLField(
        label=_("oder Adresse"),
        required=False,
        assume_scheme="https",
        max_length=2000,
        help_text=_("Eine Datei im Netz, ein WFS oder eine Sammlung einer OGC API."),
    )
    every = forms.ChoiceField(
        label=_("Adresse wieder abrufen"), required=False, choices=[(k, v[0]) for k, v in EVERY.items()]
    )

    def __init__(self, *args: Any, organisations: Sequence[tuple[int, str]], **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["organisation"].choices = organisations  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """One of the two is needed."""
        given = super().clean() or {}
        if not self.errors and bool(given.get("file")) == bool(given.get("url")):
            raise forms.ValidationError(_("Wählen Sie entweder eine Datei oder geben Sie eine Adresse an."))
        return given


class FileForm(forms.Form):
    """A further delivery."""

    file = forms.FileField(label=_("Neue Datei"), max_length=200)


class LayoutForm(forms.Form):
    """How the file is laid out, where the guess was wrong."""

    part = forms.ChoiceField(label=_("Blatt oder Ebene"), required=False)
    skip = forms.IntegerField(label=_("Zeilen vor der Überschrift"), min_value=0, max_value=1000, initial=0)
    encoding = forms.ChoiceField(label=_("Zeichenkodierung"), required=False, choices=_ENCODINGS)
    delimiter = forms.ChoiceField(label=_("Trennzeichen"), required=False, choices=_DELIMITERS)
    decimal = forms.ChoiceField(label=_("Dezimalzeichen"), choices=[(",", _("Komma")), (".", _("Punkt"))])

    def __init__(self, *args: Any, delivery: Delivery, **kwargs: Any):
        found = delivery.found
        file = found.survey.file if found else None
        initial = {"skip": 0, "decimal": ","} if file is None else msgspec.to_builtins(file)
        super().__init__(*args, **kwargs)
        self.initial = {**initial, "part": found.part if found else ""}
        parts = found.parts if found else []
        if len(parts) > 1:
            self.fields["part"].choices = [(part, part) for part in parts]  # type: ignore[attr-defined]
        else:
            del self.fields["part"]
        for name, known in (("encoding", _ENCODINGS), ("delimiter", _DELIMITERS)):
            value = initial.get(name) or ""
            if value not in [code for code, _words in known]:
                self.initial[name] = ""
        if found and found.typed:
            for name in ("encoding", "delimiter", "decimal"):
                del self.fields[name]


class DecisionForm(forms.Form):
    """A steward's decision."""

    verdict = forms.ChoiceField(
        label=_("Dürfen diese Daten gespeichert werden?"),
        widget=forms.RadioSelect,
        choices=[("allowed", _("Ja, sie dürfen")), ("refused", _("Nein, die Lieferung wird verworfen"))],
    )
    reason = forms.CharField(label=_("Begründung"), max_length=2000, widget=forms.Textarea(attrs={"rows": 3}))


class AboutForm(forms.Form):
    """What the dataset is called and under which terms it stands."""

    title = forms.CharField(
        label=_("Titel des Datensatzes"), max_length=200, widget=forms.TextInput(attrs={"lang": "de"})
    )
    description = forms.CharField(
        label=_("Was kann man daraus lernen?"),
        max_length=5000,
        widget=forms.Textarea(attrs={"rows": 4, "lang": "de"}),
    )
    licence = forms.ChoiceField(label=_("Lizenz"))
    attribution = forms.CharField(
        label=_("Namensnennung"),
        max_length=300,
        required=False,
        help_text=_("Nötig bei Lizenzen, die die Nennung der Quelle verlangen."),
    )
    room = forms.ChoiceField(label=_("Wer darf die Daten sehen?"))
    publish = forms.BooleanField(label=_("Gleich veröffentlichen"), required=False)

    def __init__(self, *args: Any, rooms: Sequence[tuple[str, str]], may_publish: bool, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["room"].choices = rooms  # type: ignore[attr-defined]
        known = vocabularies.licences()
        usual = [known[iri] for iri in _USUAL if iri in known]
        ordered = [*usual, *(licence for licence in known.values() if licence.iri not in _USUAL)]
        licences = [(licence.iri, licence.name) for licence in ordered]
        self.fields["licence"].choices = [("", _("– bitte wählen –")), *licences]  # type: ignore[attr-defined]
        if not may_publish:
            del self.fields["publish"]

    def clean(self) -> dict[str, Any]:
        """Licences that ask for the source need it."""
        given = super().clean() or {}
        chosen = given.get("licence")
        if chosen and vocabularies.licence(chosen).attribution and not given.get("attribution", "").strip():
            self.add_error("attribution", _("Diese Lizenz verlangt eine Namensnennung."))
        return given

    def about(self) -> About:
        """What was written."""
        given = {name: value for name, value in self.cleaned_data.items() if name in About.__struct_fields__}
        return msgspec.convert(given, About)


class ScheduleForm(forms.Form):
    """How often an address is fetched."""

    every = forms.ChoiceField(
        label=_("Adresse wieder abrufen"), required=False, choices=[(k, v[0]) for k, v in EVERY.items()]
    )
