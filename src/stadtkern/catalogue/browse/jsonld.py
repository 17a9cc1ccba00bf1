# SPDX-License-Identifier: EUPL-1.2
"""A dataset in the words of schema.org, for search engines (https://schema.org/Dataset)."""

from __future__ import annotations

from typing import Any

import msgspec
from django.utils.safestring import SafeString, mark_safe

from stadtkern.catalogue import addresses, vocabularies
from stadtkern.catalogue.browse import wording
from stadtkern.catalogue.entities import Dataset, Distribution, text_of

# In a script element nothing may look like its end or like a comment.
_HARMLESS = str.maketrans(
    {"<": r"\u003c", ">": r"\u003e", "&": r"\u0026", "\u2028": r"\u2028", "\u2029": r"\u2029"}
)
_LONGEST = 5000
_SHORTEST = 50


def script(dataset: Dataset, *, city: str) -> SafeString:
    """The document as it may stand inside of a script element."""
    text = msgspec.json.encode(document(dataset, city=city)).decode()
    return mark_safe(text.translate(_HARMLESS))  # noqa: S308  (nothing in it can end the element)


def document(dataset: Dataset, *, city: str) -> dict[str, Any]:
    """Members without a value are left out."""
    address = addresses.absolute(f"/daten/{dataset.key}")
    said = {
        "@context": "https://schema.org/",
        "@type": "Dataset",
        "@id": address,
        "url": address,
        "name": wording.said(dataset.title),
        "description": _description(dataset),
        "identifier": dataset.identifier or str(dataset.uuid),
        "keywords": list(dataset.keywords.get(wording.language()) or dataset.keywords.get("de") or ()),
        "inLanguage": [code.lower() for code in dataset.language],
        "dateCreated": _date(dataset.created_at),
        "datePublished": _date(dataset.issued),
        "dateModified": _date(dataset.moved),
        "temporalCoverage": _span(dataset),
        "spatialCoverage": _place(dataset, city=city),
        "isAccessibleForFree": True if dataset.room.kind == "public" else None,
        "license": next((_licence(form) for form in dataset.distributions if form.licence), None),
        "creditText": next((form.attribution for form in dataset.distributions if form.attribution), None),
        "version": dataset.version,
        "sameAs": list(dataset.same_as),
        "publisher": _publisher(dataset),
        "includedInDataCatalog": {"@type": "DataCatalog", "name": city, "url": addresses.absolute("/daten")},
        "distribution": [_form(form) for form in dataset.distributions],
    }
    return {name: value for name, value in said.items() if value}


def _description(dataset: Dataset) -> str:
    """At least as long as search engines ask for, at most what they read."""
    text = wording.said(dataset.description) or wording.said(dataset.title)
    if len(text) < _SHORTEST:
        text = f"{text} – {wording.said(dataset.title)}, {text_of(dataset.organisation.name)}".strip(" –")
    return text[:_LONGEST]


def _date(value: Any) -> str | None:
    return value.isoformat() if value else None


def _span(dataset: Dataset) -> str | None:
    since, until = dataset.temporal_from, dataset.temporal_until
    if not (since or until):
        return None
    return f"{since.date().isoformat() if since else '..'}/{until.date().isoformat() if until else '..'}"


def _place(dataset: Dataset, *, city: str) -> dict[str, Any] | None:
    """The box around the area: south west north east, as schema.org has it."""
    points = list(_positions((dataset.spatial or {}).get("coordinates")))
    if not points:
        return None
    xs, ys = [x for x, _ in points], [y for _, y in points]
    box = f"{min(ys)} {min(xs)} {max(ys)} {max(xs)}"
    return {"@type": "Place", "name": city, "geo": {"@type": "GeoShape", "box": box}}


def _positions(given: Any) -> list[tuple[float, float]]:
    if not isinstance(given, list | tuple) or not given:
        return []
    if isinstance(given[0], int | float):
        return [(float(given[0]), float(given[1]))]
    return [point for part in given for point in _positions(part)]


def _publisher(dataset: Dataset) -> dict[str, Any]:
    said = dataset.organisation
    named = {"@type": "GovernmentOrganization", "name": text_of(said.name)}
    return named | ({"url": said.url} if said.url else {}) | ({"email": said.email} if said.email else {})


def _licence(form: Distribution) -> str:
    return vocabularies.licence(form.licence).text or form.licence


def _form(form: Distribution) -> dict[str, Any]:
    said = {
        "@type": "DataDownload",
        "name": wording.said(form.title),
        "contentUrl": form.download_url or form.access_url,
        "encodingFormat": form.media_type or form.format,
        "contentSize": f"{form.byte_size} B" if form.byte_size is not None else None,
        "license": _licence(form) if form.licence else None,
    }
    return {name: value for name, value in said.items() if value}
