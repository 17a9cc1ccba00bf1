# SPDX-License-Identifier: EUPL-1.2
"""Between a record and its forms: what stands in the fields, and what they mean."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any

from stadtkern.catalogue import vocabularies
from stadtkern.catalogue.entities import Contact, Dataset, Distribution
from stadtkern.city import languages

# The area as it is stored, where it is none of the city's districts.
KEPT = "-"
_DAY = timedelta(days=1)
_PLAIN = (
    "frequency", "political_level", "municipality_key", "access_rights", "availability", "legal_basis",
    "landing_page", "identifier", "version",
)  # fmt: skip
_LISTS = ("themes", "hvd_categories", "language")


def initial(dataset: Dataset, *, zone: tzinfo, places: Mapping[str, Any]) -> dict[str, Any]:
    """What stands in the fields of the metadata."""
    contact = dataset.contact
    return {
        **{name: getattr(dataset, name) for name in _PLAIN},
        **{name: list(getattr(dataset, name)) for name in _LISTS},
        "title_de": dataset.title.get("de", ""),
        "title_en": dataset.title.get("en", ""),
        "description_de": dataset.description.get("de", ""),
        "description_en": dataset.description.get("en", ""),
        "title_easy": dataset.title.get(languages.EASY, ""),
        "description_easy": dataset.description.get(languages.EASY, ""),
        "keywords_de": ", ".join(dataset.keywords.get("de", ())),
        "musterdatensatz": next(iter(dataset.musterdatensaetze), ""),
        "temporal_from": _day(dataset.temporal_from, zone),
        "temporal_until": _last_day(dataset.temporal_until, zone),
        "modified": _day(dataset.modified, zone),
        "place": place_of(dataset, places=places),
        "contact_name": contact.name,
        "contact_email": contact.email,
        "contact_telephone": contact.telephone,
        "contact_url": contact.url,
        "provenance_de": dataset.provenance.get("de", ""),
        "seen": dataset.changed_at.isoformat(),
    }


def place_of(dataset: Dataset, *, places: Mapping[str, Any]) -> str:
    """The code of the district that the area is, or that it is another one."""
    if not dataset.spatial:
        return ""
    return next((code for code, geometry in places.items() if geometry == dataset.spatial), KEPT)


def metadata(
    said: Mapping[str, Any], *, dataset: Dataset, zone: tzinfo, places: Mapping[str, Any]
) -> dict[str, Any]:
    """The fields of entities.Metadata; a field that is not there, or is wrong, is left out."""
    found: dict[str, Any] = {name: said[name].strip() for name in _PLAIN if name in said}
    found |= {name: tuple(said[name]) for name in _LISTS if name in said}
    for name in ("title", "description", "keywords", "provenance"):
        texts = dict(getattr(dataset, name))
        for language, field in languages.FIELDS.items():
            given = said.get(f"{name}_{field}")
            if given is not None:
                texts[language] = _words(given) if name == "keywords" else given.replace("\r\n", "\n").strip()
        found[name] = {language: text for language, text in texts.items() if text}
    if "musterdatensatz" in said:
        others = dataset.musterdatensaetze[1:]
        found["musterdatensaetze"] = (said["musterdatensatz"], *others) if said["musterdatensatz"] else others
    found |= _times(said, dataset=dataset, zone=zone)
    if said.get("place", KEPT) != KEPT:
        found["spatial"] = places.get(said["place"])
    names = ("name", "email", "telephone", "url")
    contact = {name: said.get(f"contact_{name}", getattr(dataset.contact, name)).strip() for name in names}
    return {**found, "contact": Contact(**contact)}


def _times(said: Mapping[str, Any], *, dataset: Dataset, zone: tzinfo) -> dict[str, Any]:
    """Instants for days; a day that stays keeps its instant."""
    found: dict[str, Any] = {}
    for name, later in (("temporal_from", timedelta()), ("temporal_until", _DAY), ("modified", timedelta())):
        if name not in said:
            continue
        stored = getattr(dataset, name)
        shown = _last_day(stored, zone) if later else _day(stored, zone)
        found[name] = stored if said[name] == shown else _instant(said[name], later, zone)
    return found


def _instant(given: date | None, later: timedelta, zone: tzinfo) -> datetime | None:
    return datetime.combine(given + later, time(), zone).astimezone(UTC) if given else None


def _day(value: datetime | None, zone: tzinfo) -> date | None:
    try:
        return value.astimezone(zone).date() if value else None
    except OverflowError:
        return value.date() if value else None


def _last_day(value: datetime | None, zone: tzinfo) -> date | None:
    """The last day of a span that ends before an instant."""
    return _day(value - timedelta(microseconds=1), zone) if value else None


def _words(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(" ".join(word.split()) for word in text.split(",") if word.strip()))


def form_initial(form: Distribution) -> dict[str, Any]:
    """What stands in the fields of one form of the data."""
    return {
        "title_de": form.title.get("de", ""),
        "access_url": form.access_url,
        "direct": bool(form.download_url),
        "format": form.format,
        "licence": form.licence,
        "attribution": form.attribution,
        "rights": form.rights,
        "byte_size": form.byte_size,
    }


def form_fields(said: Mapping[str, Any], *, stored: Distribution | None) -> dict[str, Any]:
    """Fields of entities.Distribution; a direct download stands in both addresses (DCAT-AP.de, K39)."""
    known = vocabularies.file_types().get(said["format"])
    titles = {**(stored.title if stored else {}), "de": said["title_de"].strip()}
    return {
        "title": {language: text for language, text in titles.items() if text},
        "access_url": said["access_url"],
        "download_url": said["access_url"] if said["direct"] else "",
        "format": said["format"],
        "media_type": known.media_type if known else "",
        "licence": said["licence"],
        "attribution": said["attribution"].strip(),
        "rights": said["rights"].strip(),
        "byte_size": said["byte_size"],
    }
