# SPDX-License-Identifier: EUPL-1.2
"""What differs between two versions, in the words of the page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, tzinfo
from typing import Any

import msgspec
from django.utils import translation
from django.utils.translation import gettext, gettext_lazy

from stadtkern.catalogue import vocabularies
from stadtkern.ui import formats

DATASET: Mapping[str, Any] = {
    "title": gettext_lazy("Titel"),
    "description": gettext_lazy("Beschreibung"),
    "keywords": gettext_lazy("Schlagwörter"),
    "themes": gettext_lazy("Themen"),
    "language": gettext_lazy("Sprachen"),
    "frequency": gettext_lazy("Aktualisierung"),
    "issued": gettext_lazy("Veröffentlicht"),
    "modified": gettext_lazy("Zuletzt geändert"),
    "temporal_from": gettext_lazy("Zeitraum von"),
    "temporal_until": gettext_lazy("Zeitraum bis"),
    "spatial": gettext_lazy("Gebiet"),
    "political_level": gettext_lazy("Verwaltungsebene"),
    "municipality_key": gettext_lazy("Gemeindeschlüssel"),
    "contact": gettext_lazy("Kontakt"),
    "access_rights": gettext_lazy("Zugang"),
    "availability": gettext_lazy("Verfügbarkeit"),
    "hvd_categories": gettext_lazy("Hochwertige Datensätze"),
    "musterdatensaetze": gettext_lazy("Musterdatensatz"),
    "legal_basis": gettext_lazy("Rechtsgrundlage"),
    "landing_page": gettext_lazy("Webseite"),
    "documentation": gettext_lazy("Dokumentation"),
    "identifier": gettext_lazy("Kennung"),
    "same_as": gettext_lazy("Gleicher Datensatz"),
    "version": gettext_lazy("Version"),
    "version_notes": gettext_lazy("Versionshinweise"),
    "provenance": gettext_lazy("Herkunft"),
}
FORM: Mapping[str, Any] = {
    "title": gettext_lazy("Titel"),
    "description": gettext_lazy("Beschreibung"),
    "access_url": gettext_lazy("Adresse"),
    "download_url": gettext_lazy("Adresse zum Herunterladen"),
    "format": gettext_lazy("Format"),
    "licence": gettext_lazy("Lizenz"),
    "attribution": gettext_lazy("Namensnennung"),
    "byte_size": gettext_lazy("Größe in Byte"),
    "checksum": gettext_lazy("Prüfsumme"),
    "rights": gettext_lazy("Rechte"),
    "availability": gettext_lazy("Verfügbarkeit"),
    "status": gettext_lazy("Zustand"),
    "languages": gettext_lazy("Sprachen"),
    "issued": gettext_lazy("Veröffentlicht"),
    "modified": gettext_lazy("Zuletzt geändert"),
    "conforms_to": gettext_lazy("Standards"),
}
_TABLES = {
    "themes": "themes", "frequency": "frequencies", "language": "languages", "languages": "languages",
    "access_rights": "access_rights", "availability": "availability", "hvd_categories": "hvd_categories",
    "political_level": "political_levels", "status": "statuses",
}  # fmt: skip


class Difference(msgspec.Struct, frozen=True):
    """One field that is not what it was; empty text where there was, or is, nothing."""

    name: str
    before: str
    after: str


def between(old: Mapping[str, Any], new: Mapping[str, Any], *, zone: tzinfo) -> list[Difference]:
    """The fields of two documents that differ, those of the dataset first."""
    found = list(_fields(old["dataset"], new["dataset"], DATASET, prefix="", zone=zone))
    olds = {form["uuid"]: form for form in old["distributions"]}
    news = {form["uuid"]: form for form in new["distributions"]}
    for uuid in dict.fromkeys([*olds, *news]):
        before, after = olds.get(uuid, {}), news.get(uuid, {})
        name = gettext("Form „%(title)s“") % {"title": form_name(after or before)}
        if not before or not after:
            exists = gettext("vorhanden")
            found.append(Difference(name, exists if before else "", exists if after else ""))
        else:
            found += _fields(before, after, FORM, prefix=f"{name}: ", zone=zone)
    return found


def described(document: Mapping[str, Any], *, zone: tzinfo) -> list[tuple[str, str]]:
    """The dataset's fields that say something, with what they say."""
    pairs = ((words, text(name, document["dataset"].get(name), zone=zone)) for name, words in DATASET.items())
    return [(str(words), said) for words, said in pairs if said]


def forms(document: Mapping[str, Any], *, zone: tzinfo) -> list[tuple[str, list[tuple[str, str]]]]:
    """Each form of the data with its fields."""
    return [
        (
            form_name(form),
            [
                (str(words), said)
                for name, words in FORM.items()
                if (said := text(name, form.get(name), zone=zone))
            ],
        )
        for form in document["distributions"]
    ]


def form_name(form: Mapping[str, Any]) -> str:
    """What a form is called."""
    return formats.words(form.get("title")) or str(form.get("format") or form.get("access_url") or "")


def text(name: str, value: Any, *, zone: tzinfo) -> str:
    """A value as people read it."""
    if name in _TABLES and value:
        return _coded(_TABLES[name], value)
    if name == "licence" and value:
        known = vocabularies.licences().get(value)
        return known.name if known else str(value)
    if name == "spatial" and value:
        return gettext("eingezeichnet (%(kind)s)") % {"kind": value.get("type", "")}
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if isinstance(value, Mapping):
        return _texts(value)
    if name in ("issued", "modified", "temporal_from", "temporal_until") and value:
        return formats.day(datetime.fromisoformat(value).astimezone(zone).date())
    return "" if value is None else str(value)


def _coded(table: str, value: Any) -> str:
    known = vocabularies.codes(table)
    at = 1 if (translation.get_language() or "").startswith("en") else 0
    codes = value if isinstance(value, list) else [value]
    return ", ".join(known[code][at] if code in known else str(code) for code in codes)


def _texts(value: Any) -> str:
    if not isinstance(value, Mapping):
        return "" if value is None else str(value)
    parts = [
        (key, ", ".join(map(str, said)) if isinstance(said, list) else str(said))
        for key, said in value.items()
    ]
    said = [(key, part) for key, part in parts if part]
    if [key for key, _ in said] == ["de"]:
        return said[0][1]
    return "\n".join(f"{key}: {part}" for key, part in said)


def _fields(
    old: Mapping[str, Any], new: Mapping[str, Any], names: Mapping[str, Any], *, prefix: str, zone: tzinfo
) -> Iterator[Difference]:
    for name, words in names.items():
        if old.get(name) != new.get(name):
            yield Difference(
                f"{prefix}{words}", text(name, old.get(name), zone=zone), text(name, new.get(name), zone=zone)
            )
