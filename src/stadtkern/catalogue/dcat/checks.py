# SPDX-License-Identifier: EUPL-1.2
"""Judges a record by rules of DCAT-AP.de 3.0 that no shape notices; K numbers are its conventions."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import msgspec

from stadtkern.catalogue import vocabularies
from stadtkern.catalogue.dcat import describe, terms
from stadtkern.catalogue.dcat.places import Addresses
from stadtkern.catalogue.entities import Dataset, Distribution

_ANY = Addresses("https://any.example")


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """Something to mend: the field, which rule asks for it, what is wrong."""

    field: str
    rule: str
    message: str


def findings(about: Dataset, *, now: datetime) -> list[Finding]:
    """Everything that is wrong with a record, in the order of its fields."""
    found = [*_texts(about), *_times(about, now), *_people(about), *_codes(about), *_addresses(about)]
    for place, form in enumerate(about.distributions):
        found += _form(about, form, f"distributions/{place}")
    return [*found, *_high_value(about)]


def _found(field: str, rule: str, message: str) -> Finding:
    return Finding(field=field, rule=rule, message=message)


def _texts(about: Dataset) -> Iterator[Finding]:
    for field in ("title", "description"):
        if not any(getattr(about, field).values()):
            yield _found(field, "mandatory", "it is empty")
    if len(about.musterdatensaetze) > 1:
        yield _found("musterdatensaetze", "one concept", "only the first of several is exported")


def _times(about: Dataset, now: datetime) -> Iterator[Finding]:
    ahead = now + timedelta(days=1)
    for field in ("issued", "modified"):
        moment = getattr(about, field)
        if moment is not None and moment > ahead:
            yield _found(field, "dates", "it lies in the future")
    if about.issued and about.modified and about.modified < about.issued:
        yield _found("modified", "dates", "it was changed before it was published")
    if about.temporal_from and about.temporal_until and about.temporal_until < about.temporal_from:
        yield _found("temporal_until", "dates", "the period ends before it begins")


def _people(about: Dataset) -> Iterator[Finding]:
    contacts = [each for each in describe.dataset(_ANY, about) if each.address.value.endswith("#contact")]
    if not contacts:
        yield _found(
            "contact", "vcard:Kind", "neither mail address, telephone number nor web address can be used"
        )
    if terms.code(terms.CONTRIBUTORS, about.organisation.contributor_id) is None:
        yield _found("organisation", "K12", "the publisher has no contributor id from the list of DCAT-AP.de")


def _codes(about: Dataset) -> Iterator[Finding]:
    lists = {
        "themes": f"{terms.EU}data-theme/", "language": f"{terms.EU}language/",
        "hvd_categories": terms.HVD_CATEGORIES, "musterdatensaetze": terms.MUSTERDATEN,
        "frequency": f"{terms.EU}frequency/", "political_level": terms.LEVELS,
        "access_rights": f"{terms.EU}access-right/", "availability": f"{terms.EU}planned-availability/",
        "municipality_key": terms.MUNICIPALITIES,
    }  # fmt: skip
    known = {"themes": "themes", "frequency": "frequencies", "access_rights": "access_rights",
             "availability": "availability", "political_level": "political_levels"}  # fmt: skip
    for field, base in lists.items():
        value = getattr(about, field)
        table = vocabularies.codes(known[field]) if field in known else None
        for name in (value,) if isinstance(value, str) else value:
            unknown = table is not None and name.removeprefix(base) not in table
            if name and (unknown or terms.code(base, name) is None):
                yield _found(field, "vocabulary", f"{name[:80]!r} is no code of {base}")


def _addresses(about: Dataset) -> Iterator[Finding]:
    for field in ("landing_page", "documentation", "same_as"):
        value = getattr(about, field)
        for address in (value,) if isinstance(value, str) else value:
            if address and _ANY.link(address) is None:
                yield _found(field, "IRI", f"{address[:80]!r} is no address")


def _form(about: Dataset, form: Distribution, field: str) -> Iterator[Finding]:
    if not form.licence:
        yield _found(f"{field}/licence", "exactly one licence", "there is none")
    elif terms.iri(form.licence) is None:
        yield _found(f"{field}/licence", "exactly one licence", f"{form.licence[:80]!r} is no address")
    elif describe.is_by(form.licence) and not form.attribution:
        yield _found(
            f"{field}/attribution", "K35", "the licence asks for a name; the publisher's is exported"
        )
    if _ANY.link(form.access_url) is None:
        yield _found(f"{field}/access_url", "mandatory", "it is no address; the dataset's page is exported")
    if form.download_url and _ANY.link(form.download_url) is None:
        yield _found(f"{field}/download_url", "IRI", "it is no address")
    served = any(service.uuid == form.service_uuid for service in about.services)
    if served and form.download_url:
        yield _found(f"{field}/download_url", "K39", "an interface serves it, so there is no download")
    elif form.download_url and form.access_url != form.download_url:
        yield _found(f"{field}/access_url", "K39", "a direct download has the same access address")
    if form.media_type and terms.code(terms.IANA, form.media_type) is None:
        yield _found(f"{field}/media_type", "vocabulary", "it is no media type of IANA")
    if form.format and terms.code(f"{terms.EU}file-type/", form.format) is None:
        yield _found(f"{field}/format", "vocabulary", "it is no file type of the EU's list")


def _high_value(about: Dataset) -> Iterator[Finding]:
    """Regulation (EU) 2023/138: an interface with documentation, open to everybody under a licence."""
    if not about.hvd_categories:
        return
    if not about.services:
        yield _found("services", "HVD", "a high-value dataset is offered through an interface too")
    for place, service in enumerate(about.services):
        if not service.documentation:
            yield _found(f"services/{place}/documentation", "HVD", "it is not documented")
        if not (service.licence or any(form.licence for form in about.distributions)):
            yield _found(f"services/{place}/licence", "HVD", "no licence says that it may be used")
    if about.access_rights not in ("", "PUBLIC") or about.room.kind != "public":
        yield _found("access_rights", "HVD", "a high-value dataset is public")
