# SPDX-License-Identifier: EUPL-1.2
"""The forms of the editor: a new dataset, its metadata, one form of its data."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from itertools import groupby
from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils.translation import gettext, gettext_lazy

from stadtkern.catalogue import vocabularies
from stadtkern.catalogue.browse import wording
from stadtkern.catalogue.operations import forms as addresses_of

_TEXT = 20_000
_FIRST, _LAST = date(1000, 1, 1), date(2999, 12, 31)
_NOTHING = ("", "–")


class Day(forms.DateField):
    """A date as browsers pick it."""

    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")

    def __init__(self, **given: Any) -> None:
        limits = [MinValueValidator(_FIRST), MaxValueValidator(_LAST)]
        super().__init__(input_formats=["%Y-%m-%d"], required=False, validators=limits, **given)


def _text(label: Any, *, longest: int = 300, rows: int = 0, **given: Any) -> forms.CharField:
    widget = forms.Textarea(attrs={"rows": rows}) if rows else forms.TextInput()
    return forms.CharField(label=label, max_length=longest, **{"widget": widget, "required": False, **given})


def _one_of(label: Any, facet: str, **given: Any) -> forms.ChoiceField:
    return forms.ChoiceField(label=label, required=False, choices=lambda: [_NOTHING, *_codes(facet)], **given)


def _some_of(label: Any, facet: str, **given: Any) -> forms.MultipleChoiceField:
    widget = forms.CheckboxSelectMultiple()
    return forms.MultipleChoiceField(
        label=label, required=False, widget=widget, choices=lambda: _codes(facet), **given
    )


def _codes(facet: str) -> list[tuple[str, str]]:
    table = vocabularies.codes(wording.TABLES[facet])
    return [(code, wording.name(facet, code)) for code in table]


def _concepts() -> list[Any]:
    known = sorted(vocabularies.concepts().values(), key=lambda each: (each.theme, each.name))
    groups = groupby(known, key=lambda each: each.theme)
    return [_NOTHING, *((theme, [(each.slug, each.name) for each in group]) for theme, group in groups)]


class MetadataForm(forms.Form):
    """Everything that people say of a dataset."""

    title_de = _text(gettext_lazy("Titel"), required=True, longest=200)
    description_de = _text(
        gettext_lazy("Beschreibung"), rows=6, longest=_TEXT,
        help_text=gettext_lazy("Was lässt sich hier erfahren? Ein, zwei Sätze zuerst, dann Einzelheiten."),
    )  # fmt: skip
    title_en = _text(gettext_lazy("Titel auf Englisch"), longest=200)
    description_en = _text(gettext_lazy("Beschreibung auf Englisch"), rows=4, longest=_TEXT)
    title_easy = _text(gettext_lazy("Titel in Leichter Sprache"), longest=200)
    description_easy = _text(
        gettext_lazy("Beschreibung in Leichter Sprache"), rows=6, longest=_TEXT,
        help_text=gettext_lazy(
            "Kurze Sätze, jeder in einer eigenen Zeile. Keine Fremdwörter; lange Wörter trennen: Rad·weg."
        ),
    )  # fmt: skip
    keywords_de = _text(
        gettext_lazy("Schlagwörter"), longest=1000, help_text=gettext_lazy("Mehrere mit Komma trennen.")
    )
    themes = _some_of(gettext_lazy("Themen"), "theme")
    musterdatensatz = forms.ChoiceField(
        label=gettext_lazy("Musterdatensatz"), required=False, choices=_concepts,
        help_text=gettext_lazy("Womit dieser Datensatz in anderen Kommunen zu vergleichen ist."),
    )  # fmt: skip
    hvd_categories = _some_of(
        gettext_lazy("Hochwertiger Datensatz"), "hvd",
        help_text=gettext_lazy("Nur ankreuzen, was die Durchführungsverordnung (EU) 2023/138 nennt."),
    )  # fmt: skip
    temporal_from = Day(label=gettext_lazy("Daten von"))
    temporal_until = Day(
        label=gettext_lazy("Daten bis"), help_text=gettext_lazy("Leer lassen, wenn es weitergeht.")
    )
    place = forms.ChoiceField(label=gettext_lazy("Gebiet"), required=False)
    political_level = _one_of(gettext_lazy("Ebene"), "political_level")
    municipality_key = forms.RegexField(
        r"^\d{8}$", label=gettext_lazy("Gemeindeschlüssel (AGS)"), required=False,
        error_messages={"invalid": gettext_lazy("Der Gemeindeschlüssel hat acht Ziffern, etwa 05515000.")},
    )  # fmt: skip
    contact_name = _text(gettext_lazy("Wer gibt Auskunft?"))
    contact_email = forms.EmailField(label=gettext_lazy("E-Mail für Fragen"), required=False, max_length=200)
    contact_telephone = _text(gettext_lazy("Telefon"), longest=60)
    contact_url = forms.URLField(label=gettext_lazy("Kontaktseite"), required=False, assume_scheme="https")
    frequency = _one_of(gettext_lazy("Wie oft aktualisiert?"), "frequency")
    modified = Day(label=gettext_lazy("Stand der Daten"))
    access_rights = _one_of(gettext_lazy("Zugang"), "access_rights")
    availability = _one_of(gettext_lazy("Verfügbarkeit"), "availability")
    language = _some_of(gettext_lazy("Sprache"), "language")
    legal_basis = _text(gettext_lazy("Rechtsgrundlage"), longest=500)
    provenance_de = _text(
        gettext_lazy("Herkunft"), rows=3, longest=_TEXT, help_text=gettext_lazy("Wie die Daten entstehen.")
    )
    landing_page = forms.URLField(
        label=gettext_lazy("Seite mit mehr dazu"), required=False, assume_scheme="https", max_length=1000
    )
    identifier = _text(
        gettext_lazy("Kennung"), help_text=gettext_lazy("Leer lassen; nur wenn es schon eine gibt.")
    )
    version = _text(gettext_lazy("Version"), longest=60)
    seen = forms.CharField(widget=forms.HiddenInput(), required=False, max_length=40)

    def __init__(self, *args: Any, places: Sequence[tuple[str, str]] = (), **given: Any) -> None:
        super().__init__(*args, **given)
        field = self.fields["place"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101  (declared above)
        field.choices = [_NOTHING, *places]

    def clean(self) -> dict[str, Any]:
        """The time must run forward."""
        found: dict[str, Any] = super().clean() or {}
        since, until = found.get("temporal_from"), found.get("temporal_until")
        if since and until and until < since:
            self.add_error("temporal_until", gettext("Das Ende liegt vor dem Anfang."))
        return found


class DatasetForm(forms.Form):
    """A new dataset."""

    title = _text(
        gettext_lazy("Titel"), required=True, longest=200, widget=forms.TextInput(attrs={"lang": "de"})
    )
    kind = forms.ChoiceField(
        label=gettext_lazy("Art der Daten"), initial="files",
        choices=[(kind, wording.KINDS[kind]) for kind in ("files", "table", "features", "link", "series")],
    )  # fmt: skip
    organisation = forms.ChoiceField(label=gettext_lazy("Stelle"))
    room = forms.ChoiceField(
        label=gettext_lazy("Datenraum"),
        help_text=gettext_lazy("Wer den Datensatz sehen darf, sobald er veröffentlicht ist."),
    )

    def __init__(
        self,
        *args: Any,
        organisations: Sequence[tuple[str, str]],
        rooms: Sequence[tuple[str, str]],
        **given: Any,
    ) -> None:
        super().__init__(*args, **given)
        for name, choices in (("organisation", organisations), ("room", rooms)):
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)  # noqa: S101  (declared above)
            field.choices = list(choices)


class LicensedForm(forms.Form):
    """What may be done with something, and who is to be named for it."""

    licence = forms.ChoiceField(
        label=gettext_lazy("Lizenz"),
        choices=lambda: [_NOTHING, *((each.iri, each.name) for each in vocabularies.licences().values())],
    )
    attribution = _text(
        gettext_lazy("Quellenangabe"), help_text=gettext_lazy("Wie die Stadt genannt werden will.")
    )
    rights = _text(gettext_lazy("Hinweise zu Rechten"), longest=1000)

    def clean(self) -> dict[str, Any]:
        """A licence that demands a source needs one."""
        found: dict[str, Any] = super().clean() or {}
        licence = found.get("licence")
        if licence and vocabularies.licence(licence).attribution and not found.get("attribution"):
            self.add_error("attribution", gettext("Diese Lizenz verlangt eine Quellenangabe."))
        return found


class FormForm(LicensedForm):
    """One form in which the data can be had."""

    title_de = _text(gettext_lazy("Bezeichnung"), longest=200)
    access_url = _text(
        gettext_lazy("Adresse"), required=True, longest=2000,
        help_text=gettext_lazy("Wo die Daten oder die Seite mit ihnen zu finden sind."),
    )  # fmt: skip
    direct = forms.BooleanField(
        label=gettext_lazy("Unter dieser Adresse beginnt sofort das Herunterladen"), required=False
    )
    format = forms.ChoiceField(
        label=gettext_lazy("Format"), required=False,
        choices=lambda: [_NOTHING, *((each.code, each.name) for each in vocabularies.file_types().values())],
    )  # fmt: skip
    byte_size = forms.IntegerField(
        label=gettext_lazy("Größe in Byte"), required=False, min_value=0, max_value=2**62
    )
    field_order = (
        "title_de", "access_url", "direct", "format", "licence", "attribution", "rights", "byte_size",
    )  # fmt: skip

    def clean_access_url(self) -> str:
        """Only addresses that a page may link to."""
        given: str = self.cleaned_data["access_url"].strip()
        if not addresses_of.linkable(given):
            raise forms.ValidationError(
                gettext("Die Adresse muss mit https:// beginnen und ohne Leerzeichen sein.")
            )
        return given
