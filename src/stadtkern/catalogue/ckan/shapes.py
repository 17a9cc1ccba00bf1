# SPDX-License-Identifier: EUPL-1.2
"""Datasets, forms, organisations and themes as CKAN writes them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from stadtkern.catalogue import addresses, entities, vocabularies
from stadtkern.catalogue.dcat import places, terms
from stadtkern.catalogue.entities import Agent, Dataset, Distribution
from stadtkern.catalogue.operations import datasets

Document = dict[str, Any]


def moment(instant: datetime | None) -> str | None:
    """CKAN writes UTC without saying so, always with microseconds."""
    if instant is None:
        return None
    return instant.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds")


def organisation_name(agent: Agent) -> str:
    """The name of an organisation in addresses.

    Harvesters take it for the identity, so it must not change because another one comes: all but the
    city itself, of which there is one, carry their number.
    """
    name = datasets.slug(entities.text_of(agent.name))
    return name if agent.kind == "city" else f"{name}-{agent.id}"


def organisation_id(number: int) -> str:
    """The id of an organisation."""
    return str(uuid5(NAMESPACE_URL, f"urn:stadtkern:organisation:{number}"))


def organisation(agent: Agent) -> Document:
    """An organisation as it stands in a dataset."""
    title = entities.text_of(agent.name)
    return {
        "id": organisation_id(agent.id),
        "name": organisation_name(agent),
        "title": title,
        "type": "organization",
        "description": "",
        "image_url": "",
        "created": None,
        "is_organization": True,
        "approval_status": "approved",
        "state": "active",
    }


def group(theme: str) -> Document:
    """A theme of the EU as a group."""
    title = vocabularies.name("themes", theme)
    name = theme.lower()
    return {
        "id": name,
        "name": name,
        "title": title,
        "display_name": title,
        "description": "",
        "image_display_url": "",
    }


def tag(word: str) -> Document:
    """A keyword."""
    return {"id": word, "name": word, "display_name": word, "state": "active", "vocabulary_id": None}


def licence_id(licence: str) -> str:
    """The licence's code, or its address where it is not in the list."""
    return licence.removeprefix(vocabularies.LICENCES)


def licence(known: vocabularies.Licence) -> Document:
    """A licence."""
    conformance = {True: "approved", False: "rejected", None: "not reviewed"}[known.open]
    return {
        "id": known.code,
        "title": known.name,
        "url": known.text or known.iri,
        "status": "active",
        "od_conformance": conformance,
        "osd_conformance": "not reviewed",
        "domain_data": True,
        "domain_content": False,
        "domain_software": False,
        "family": "",
        "maintainer": "",
        "is_generic": False,
    }


def words(about: Dataset) -> list[str]:
    """All keywords, each once, in the order of the alphabet."""
    return sorted({word.strip() for each in about.keywords.values() for word in each if word.strip()})


def package(about: Dataset, *, with_table: Collection[UUID] = ()) -> Document:
    """A dataset; `with_table`: forms that `datastore_search` can read."""
    about = addresses.completed(about)
    licences = {form.licence: None for form in about.distributions if form.licence}
    known = vocabularies.licence(next(iter(licences))) if licences else None
    agent = about.organisation
    tags = words(about)
    return {
        "id": str(about.uuid),
        "name": about.key,
        "title": about.name,
        "notes": entities.text_of(about.description),
        "author": entities.text_of(agent.name),
        "author_email": agent.email or None,
        "maintainer": about.contact.name or entities.text_of(agent.name),
        "maintainer_email": about.contact.email or agent.email or None,
        "license_id": licence_id(known.iri) if known else None,
        "license_title": known.name if known else None,
        "license_url": (known.text or known.iri) if known else None,
        "isopen": bool(known and known.open),
        "metadata_created": moment(about.created_at),
        "metadata_modified": moment(about.changed_at),
        "creator_user_id": None,
        "owner_org": organisation_id(agent.id),
        "private": about.room.kind != "public",
        "state": "active",
        "type": "dataset",
        "version": about.version or None,
        "url": about.landing_page or addresses.absolute(f"/daten/{about.key}"),
        "num_resources": len(about.distributions),
        "num_tags": len(tags),
        "organization": organisation(agent),
        "groups": [group(theme) for theme in about.themes],
        "tags": [tag(word) for word in tags],
        "extras": [{"key": key, "value": value} for key, value in _extras(about).items()],
        "resources": [
            resource(about, form, position=place, has_table=form.uuid in with_table)
            for place, form in enumerate(about.distributions)
        ],
        "relationships_as_subject": [],
        "relationships_as_object": [],
    }


def resource(about: Dataset, form: Distribution, *, position: int, has_table: bool) -> Document:
    """A form of a dataset."""
    modified = form.modified or about.modified
    return {
        "id": str(form.uuid),
        "package_id": str(about.uuid),
        "position": position,
        "name": entities.text_of(form.title) or form.format or about.name,
        "description": entities.text_of(form.description),
        "format": form.format,
        "mimetype": form.media_type or None,
        "mimetype_inner": None,
        "url": form.download_url or form.access_url,
        "url_type": "datastore" if has_table else None,
        "resource_type": None,
        "size": form.byte_size,
        "hash": form.checksum,
        "created": moment(form.issued or about.issued or about.created_at),
        "last_modified": moment(modified),
        "metadata_modified": moment(about.changed_at),
        "state": "active",
        "cache_url": None,
        "cache_last_updated": None,
        "datastore_active": has_table,
        "license": form.licence or None,
        "licenseAttributionByText": form.attribution or None,
    }


def _extras(about: Dataset) -> Mapping[str, str]:
    """What CKAN has no field for, under the names that portals have agreed on."""
    extent = places.extent(about.spatial)
    address = addresses.absolute(f"/catalog/datasets/{about.uuid}")
    found = {
        "uri": address,
        "identifier": about.identifier or address,
        "contributorID": about.organisation.contributor_id,
        "publisher_name": entities.text_of(about.organisation.name),
        "contact_name": about.contact.name,
        "contact_email": about.contact.email,
        "contact_uri": about.contact.url,
        "issued": moment(about.issued) or "",
        "modified": moment(about.modified) or "",
        "temporal_start": moment(about.temporal_from) or "",
        "temporal_end": moment(about.temporal_until) or "",
        "frequency": about.frequency,
        "access_rights": about.access_rights,
        "politicalGeocodingLevelURI": about.political_level and terms.LEVELS + about.political_level,
        "spatial_wkt": extent[0].value if extent else "",
        "hvd_category": ",".join(f"{terms.HVD_CATEGORIES}{name}" for name in about.hvd_categories),
        "applicable_legislation": entities.HVD_LAW if about.hvd_categories else "",
        "documentation": ",".join(about.documentation),
    }
    return {key: value for key, value in found.items() if value}
