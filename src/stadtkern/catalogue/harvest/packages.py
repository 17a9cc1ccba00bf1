# SPDX-License-Identifier: EUPL-1.2
"""From the packages of a CKAN portal to the fields of a dataset."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from stadtkern.catalogue import vocabularies
from stadtkern.catalogue.dcat import terms
from stadtkern.catalogue.harvest import mapping
from stadtkern.catalogue.harvest.entities import Found, Page, tell
from stadtkern.core import jsons

_MOST_FORMS = 500
# Licences as CKAN portals usually call them.
_LICENCES = {
    "cc-by": "cc-by", "cc-by-4.0": "cc-by/4.0", "cc-by-sa": "cc-by-sa", "cc-by-sa-4.0": "cc-by-sa/4.0",
    "cc-zero": "cc-zero", "cc0-1.0": "cc-zero", "odc-by": "odby",
    "odc-odbl": "odbl", "odc-pddl": "odcpddl",
    "dl-de-by-2.0": "dl-by-de/2.0",
    "dl-de-zero-2.0": "dl-zero-de/2.0", "dl-de/by-2-0": "dl-by-de/2.0", "dl-de/zero-2-0": "dl-zero-de/2.0",
    "other-open": "other-open", "other-closed": "other-closed",
}  # fmt: skip


def page(given: list[dict[str, Any]], *, base: str) -> Page:
    """A page of packages; what cannot be understood is named."""
    found = Page()
    for package in given:
        name = _text(package, "id") or _text(package, "name")
        if package.get("state", "active") != "active" or package.get("private") is True:
            continue
        if not name or not _text(package, "title"):
            found.refused.append((name[:500], tell("no_title" if name else "no_id")))
            continue
        found.found.append(_dataset(package, name, base))
    return found


def _dataset(package: Mapping[str, Any], identifier: str, base: str) -> Found:
    extras = _extras(package)
    modified = mapping.moment(_text(package, "metadata_modified"))
    own = terms.iri(extras.get("uri", ""))
    address = f"{base}dataset/{_text(package, 'name') or identifier}"
    metadata: dict[str, Any] = {
        "title": _texts(package, "title"),
        "description": _texts(package, "notes"),
        "keywords": {"de": _keywords(package)},
        "themes": _themes(package, extras),
        "frequency": _code(extras.get("frequency", ""), f"{terms.EU}frequency/"),
        "access_rights": _code(extras.get("access_rights", ""), f"{terms.EU}access-right/"),
        "issued": mapping.moment(extras.get("issued", ""))
        or mapping.moment(_text(package, "metadata_created")),
        "modified": mapping.moment(extras.get("modified", "")) or modified,
        **_period(extras),
        "contact": {
            "name": extras.get("contact_name", "") or _text(package, "maintainer"),
            "email": (extras.get("contact_email", "") or _text(package, "maintainer_email")).removeprefix(
                "mailto:"
            ),
            "url": extras.get("contact_uri", "") if terms.iri(extras.get("contact_uri", "")) else "",
        },
        "landing_page": address,
        "identifier": extras.get("identifier", "") or identifier,
        "same_as": [own.value] if own else [],
        "version": _text(package, "version"),
        "spatial": _spatial(extras.get("spatial", "")),
    }
    found = Found(identifier=identifier[:1_000], modified=modified, metadata=metadata)
    resources = package.get("resources")
    for resource in (resources if isinstance(resources, list) else [])[:_MOST_FORMS]:
        form = _form(resource, package) if isinstance(resource, Mapping) else None
        if form is None:
            found.notes.append(tell("no_address", n=1))
        else:
            found.forms.append(form)
    return found


def _form(resource: Mapping[str, Any], package: Mapping[str, Any]) -> dict[str, Any] | None:
    address = terms.iri(_text(resource, "url"))
    if address is None or not address.value.startswith(("http://", "https://", "ftp://")):
        return None
    size = resource.get("size")
    name = _text(resource, "name")
    return {
        "title": {"de": name} if name else {},
        "description": _texts(resource, "description"),
        "access_url": address.value,
        "download_url": "",
        "format": re.sub(r"[^A-Z0-9_+-]", "", _text(resource, "format").rpartition("/")[2].upper())[:40],
        "media_type": mapping.media_type(_text(resource, "mimetype")),
        "licence": licence(
            _text(resource, "license"), _text(package, "license_id"), _text(package, "license_url")
        ),
        "attribution": _text(resource, "licenseAttributionByText"),
        "byte_size": size if isinstance(size, int) and 0 <= size < 2**53 else None,
        "issued": mapping.moment(_text(resource, "created")),
        "modified": mapping.moment(_text(resource, "last_modified")),
    }


def licence(*given: str) -> str:
    """The first of these that is a licence: an entry of the list, a name CKAN has for one, or an address."""
    for name in given:
        known = vocabularies.LICENCES + _LICENCES.get(name.lower(), name)
        if known in vocabularies.licences():
            return known
        address = terms.iri(name)
        if address is not None and address.value.startswith("http"):
            return address.value
    return ""


def _text(given: Mapping[str, Any], name: str) -> str:
    value = given.get(name)
    found = terms.text(value) if isinstance(value, str) else None
    return found.value[:20_000] if found else ""


def _texts(given: Mapping[str, Any], name: str) -> dict[str, str]:
    """A text, perhaps with translations beside it, as some portals have them."""
    value = given.get(f"{name}_translated") or given.get(name)
    if isinstance(value, Mapping):
        texts = {str(tag): _text(value, tag) for tag in value}
        return {tag: text for tag, text in texts.items() if text}
    text = _text(given, name)
    return {"de": text} if text else {}


def _extras(package: Mapping[str, Any]) -> dict[str, str]:
    extras = package.get("extras")
    found = {
        str(each.get("key")): str(each.get("value") or "")
        for each in (extras if isinstance(extras, list) else [])
        if isinstance(each, Mapping)
    }
    return {key: text.value for key, value in found.items() if (text := terms.text(value)) is not None}


def _keywords(package: Mapping[str, Any]) -> list[str]:
    tags = package.get("tags")
    words = [
        _text(each, "display_name") or _text(each, "name")
        for each in _listed(tags)
        if isinstance(each, Mapping)
    ]
    return list(dict.fromkeys(word[:200] for word in words if word))[:200]


def _themes(package: Mapping[str, Any], extras: Mapping[str, str]) -> list[str]:
    """Groups that are called like the EU's themes, and themes that stand as addresses in an extra."""
    groups = package.get("groups")
    names = [_text(each, "name").upper() for each in _listed(groups) if isinstance(each, Mapping)]
    names += re.findall(rf"{re.escape(terms.EU)}data-theme/([A-Z]{{4}})", extras.get("theme", ""))
    return [name for name in dict.fromkeys(names) if name in vocabularies.codes("themes")]


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _code(text: str, base: str) -> str:
    found = terms.code(base, text) if text else None
    return found.value.removeprefix(base) if found else ""


def _period(extras: Mapping[str, str]) -> dict[str, Any]:
    since, until = (
        mapping.moment(extras.get("temporal_start", "")),
        mapping.moment(extras.get("temporal_end", "")),
    )
    return {} if since and until and since > until else {"temporal_from": since, "temporal_until": until}


def _spatial(text: str) -> dict[str, Any] | None:
    """The box around a GeoJSON geometry in an extra."""
    from stadtkern.catalogue.dcat import places

    try:
        points = list(places.positions(msgspec.json.decode(text))) if text.startswith("{") else []
    except jsons.UNREADABLE:
        return None
    return (
        mapping.box(points)
        if points and all(-180 <= x <= 180 and -90 <= y <= 90 for x, y in points)
        else None
    )
