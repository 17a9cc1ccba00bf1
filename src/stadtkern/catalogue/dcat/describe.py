# SPDX-License-Identifier: EUPL-1.2
"""What a dataset, its forms and its interfaces are in the words of DCAT-AP.de 3.0."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from urllib.parse import quote

from stadtkern.catalogue import entities, vocabularies
from stadtkern.catalogue.dcat import terms
from stadtkern.catalogue.dcat.places import Addresses, extent
from stadtkern.catalogue.dcat.terms import Iri, Resource, Text, Typed
from stadtkern.catalogue.entities import Agent, Contact, Dataset, Distribution, Service

_MAIL = re.compile(r"[^@\s<>\"]+@[^@\s<>\"]+")
_BY = re.compile(r"(?:^|[/-])(?:by|odby)(?:[/-]|$)", re.IGNORECASE)
_RIGHTS_OF_ROOMS = {"public": "PUBLIC", "internal": "NON_PUBLIC", "restricted": "RESTRICTED"}
_PUBLISHER_TYPES = {"city": "LocalAuthority", "department": "LocalAuthority", "municipal": "Company"}
_CHECKSUM = re.compile(
    r"(?:(?P<kind>md5|sha1|sha224|sha256|sha384|sha512)[:-])?(?P<value>[0-9a-f]{32,128})", re.I
)
_KINDS_BY_LENGTH = {32: "md5", 40: "sha1", 56: "sha224", 64: "sha256", 96: "sha384", 128: "sha512"}


def is_by(licence: str) -> bool:
    """Whether a licence asks for the name of whoever made the data (then K35 asks for the text)."""
    return vocabularies.licence(licence).attribution or _BY.search(licence) is not None


def texts(given: Mapping[str, str]) -> list[Text | None]:
    """A text in all its languages."""
    return [terms.text(value, language) for language, value in given.items()]


def dataset(
    addresses: Addresses, about: Dataset, *, series: Iri | None = None, is_series: bool = False
) -> Iterator[Resource]:
    """A dataset with its publisher, contact, place, time, forms and interfaces; each resource once."""
    address = addresses.dataset(about.uuid)
    contact = _contact(addresses.part(about.uuid, "contact"), about.contact, about.organisation)
    place, period = _place(addresses, about), _period(addresses, about)
    forms = [_distribution(addresses, about, form) for form in about.distributions]
    yield terms.resource(
        address,
        "dcat:Dataset",
        ("rdf:type", Iri(terms.expanded("dcat:DatasetSeries")) if is_series else None),
        ("dct:title", texts(about.title) if any(about.title.values()) else Text(about.key)),
        ("dct:description", texts(about.description or about.title)),
        ("dct:publisher", addresses.organisation(about.organisation.id)),
        ("dct:identifier", terms.text(about.identifier or address.value)),
        ("dcat:keyword", [terms.text(word, tag) for tag, words in about.keywords.items() for word in words]),
        *_codes(about),
        ("dct:issued", terms.instant(about.issued or about.created_at)),
        ("dct:modified", terms.instant(about.moved)),
        ("dct:temporal", period and period.address),
        ("dct:spatial", [place and place.address, _municipality(about)]),
        ("dcat:contactPoint", contact and contact.address),
        ("dcat:landingPage", addresses.link(about.landing_page) or addresses.page(about.key)),
        ("foaf:page", [addresses.link(page) for page in about.documentation]),
        ("owl:sameAs", [terms.iri(other) for other in about.same_as]),
        ("dcat:version", terms.text(about.version)),
        ("adms:versionNotes", texts(about.version_notes)),
        ("dcat:inSeries", series),
        ("dct:references", [terms.code(terms.MUSTERDATEN, name) for name in about.musterdatensaetze[:1]]),
        ("dcatde:contributorID", terms.code(terms.CONTRIBUTORS, about.organisation.contributor_id)),
        ("dcatap:applicableLegislation", _law(about)),
        (
            "dct:provenance",
            addresses.part(about.uuid, "provenance") if any(about.provenance.values()) else None,
        ),
        ("dcat:distribution", [form[0].address for form in forms]),
    )
    yield publisher(addresses, about.organisation)
    yield from (found for found in (contact, place, period) if found is not None)
    if any(about.provenance.values()):
        label = ("rdfs:label", texts(about.provenance))
        yield terms.resource(addresses.part(about.uuid, "provenance"), "dct:ProvenanceStatement", label)
    for form in forms:
        yield from form
    for service in about.services:
        yield from _service(addresses, about, service)


def publisher(addresses: Addresses, agent: Agent) -> Resource:
    """An organisation."""
    kind = _PUBLISHER_TYPES.get(agent.kind)
    return terms.resource(
        addresses.organisation(agent.id),
        "foaf:Agent",
        ("foaf:name", [*texts(agent.name)] if any(agent.name.values()) else Text(str(agent.id))),
        ("foaf:mbox", _mail(agent.email)),
        ("foaf:homepage", addresses.link(agent.url)),
        ("dct:type", Iri(f"http://purl.org/adms/publishertype/{kind}") if kind else None),
    )


def _codes(about: Dataset) -> list[tuple[str, list[Iri | None]]]:
    """Everything that comes from a list."""
    rights = about.access_rights or _RIGHTS_OF_ROOMS[about.room.kind]
    return [
        ("dcat:theme", [terms.code(f"{terms.EU}data-theme/", name) for name in about.themes]),
        ("dct:language", [terms.code(f"{terms.EU}language/", name) for name in about.language]),
        ("dct:accrualPeriodicity", [terms.code(f"{terms.EU}frequency/", about.frequency)]),
        ("dct:accessRights", [terms.code(f"{terms.EU}access-right/", rights)]),
        ("dcatap:availability", [terms.code(f"{terms.EU}planned-availability/", about.availability)]),
        ("dcatde:politicalGeocodingLevelURI", [terms.code(terms.LEVELS, about.political_level)]),
        ("dcatap:hvdCategory", [terms.code(terms.HVD_CATEGORIES, name) for name in about.hvd_categories]),
    ]


def _law(about: Dataset) -> list[Iri | None]:
    """The law of high-value datasets where it applies, and the one that was entered, if it is an address."""
    return [Iri(entities.HVD_LAW) if about.hvd_categories else None, terms.iri(about.legal_basis)]


def _municipality(about: Dataset) -> Iri | None:
    return terms.code(terms.MUNICIPALITIES, about.municipality_key)


def _place(addresses: Addresses, about: Dataset) -> Resource | None:
    found = extent(about.spatial)
    if found is None:
        return None
    address = addresses.part(about.uuid, "place")
    return terms.resource(address, "dct:Location", ("dcat:bbox", found[0]), ("dcat:centroid", found[1]))


def _period(addresses: Addresses, about: Dataset) -> Resource | None:
    if about.temporal_from is None and about.temporal_until is None:
        return None
    return terms.resource(
        addresses.part(about.uuid, "period"),
        "dct:PeriodOfTime",
        ("dcat:startDate", terms.instant(about.temporal_from)),
        ("dcat:endDate", terms.instant(about.temporal_until)),
    )


def _mail(address: str) -> Iri | None:
    return terms.iri("mailto:" + quote(address, safe="@+.-_")) if _MAIL.fullmatch(address) else None


def _contact(address: Iri, given: Contact, agent: Agent) -> Resource | None:
    """Whom to ask: as entered, else the publisher; None where there is no way to reach anybody."""
    number = re.sub(r"[^+0-9]", "", given.telephone)
    ways = [("vcard:hasEmail", _mail(given.email)), ("vcard:hasTelephone", terms.iri(f"tel:{number}"))]
    ways.append(("vcard:hasURL", terms.iri(given.url)))
    if not any(way for _, way in ways):
        ways = [("vcard:hasEmail", _mail(agent.email)), ("vcard:hasURL", terms.iri(agent.url))]
    if not any(way for _, way in ways):
        return None
    name = terms.text(given.name or entities.text_of(agent.name))
    return terms.resource(address, "vcard:Kind", ("vcard:fn", name), *ways)


def _distribution(addresses: Addresses, about: Dataset, form: Distribution) -> list[Resource]:
    """One form; what an interface serves has the interface's address and no download (K39)."""
    name = f"distribution-{form.uuid}"
    service = next((each for each in about.services if each.uuid == form.service_uuid), None)
    download = None if service else addresses.link(form.download_url)
    access = addresses.link(service.endpoint_url if service else form.access_url) or download
    checksum = _CHECKSUM.fullmatch(form.checksum)
    rights = terms.text(form.rights)
    described = terms.resource(
        addresses.part(about.uuid, name),
        "dcat:Distribution",
        ("dct:title", texts(form.title)),
        ("dct:description", texts(form.description)),
        ("dcat:accessURL", access or addresses.page(about.key)),
        ("dcat:downloadURL", download),
        ("dcat:accessService", addresses.service(service.uuid) if service else None),
        ("dct:format", terms.code(f"{terms.EU}file-type/", form.format)),
        ("dcat:mediaType", terms.code(terms.IANA, form.media_type)),
        ("dct:license", terms.iri(form.licence)),
        ("dcatde:licenseAttributionByText", attribution(about, form)),
        (
            "dcat:byteSize",
            None if form.byte_size is None else Typed(str(form.byte_size), "xsd:nonNegativeInteger"),
        ),
        ("spdx:checksum", addresses.part(about.uuid, f"checksum-{form.uuid}") if checksum else None),
        ("dct:rights", addresses.part(about.uuid, f"rights-{form.uuid}") if rights else None),
        ("dcatap:availability", terms.code(f"{terms.EU}planned-availability/", form.availability)),
        ("adms:status", terms.code(f"{terms.EU}distribution-status/", form.status)),
        ("dct:language", [terms.code(f"{terms.EU}language/", tag) for tag in form.languages]),
        ("dct:issued", terms.instant(form.issued)),
        ("dct:modified", terms.instant(form.modified)),
        ("dct:conformsTo", [terms.iri(standard) for standard in form.conforms_to]),
        ("dcatap:applicableLegislation", Iri(entities.HVD_LAW) if about.hvd_categories else None),
    )
    found = [described]
    if checksum:
        found.append(_checksum(addresses.part(about.uuid, f"checksum-{form.uuid}"), checksum))
    if rights:
        address = addresses.part(about.uuid, f"rights-{form.uuid}")
        found.append(terms.resource(address, "dct:RightsStatement", ("rdfs:label", rights)))
    return found


def attribution(about: Dataset, form: Distribution) -> Text | None:
    """The name to give with a BY licence: as entered, else the publisher's (K35)."""
    name = form.attribution or (entities.text_of(about.organisation.name) if is_by(form.licence) else "")
    return terms.text(name, "de")


def _checksum(address: Iri, found: re.Match[str]) -> Resource:
    value = found["value"].lower()
    kind = (found["kind"] or _KINDS_BY_LENGTH.get(len(value), "sha256")).lower()
    return terms.resource(
        address,
        "spdx:Checksum",
        ("spdx:algorithm", Iri(f"{terms.NAMESPACES['spdx']}checksumAlgorithm_{kind}")),
        ("spdx:checksumValue", Typed(value, "xsd:hexBinary")),
    )


def _service(addresses: Addresses, about: Dataset, service: Service) -> Iterator[Resource]:
    """An interface, as far as it serves this dataset: others may not be visible to whoever reads."""
    address = addresses.service(service.uuid)
    contact = _contact(Iri(f"{address.value}-contact"), service.contact, about.organisation)
    categories = service.hvd_categories or about.hvd_categories
    yield terms.resource(
        address,
        "dcat:DataService",
        ("dct:title", texts(service.title) if any(service.title.values()) else texts(about.title)),
        ("dct:description", texts(service.description)),
        ("dct:publisher", addresses.organisation(about.organisation.id)),
        ("dcat:endpointURL", addresses.link(service.endpoint_url) or addresses.page(about.key)),
        ("dcat:endpointDescription", addresses.link(service.endpoint_description)),
        ("dcat:servesDataset", addresses.dataset(about.uuid)),
        ("dct:license", terms.iri(service.licence)),
        ("dct:accessRights", terms.code(f"{terms.EU}access-right/", service.access_rights)),
        ("dcatap:availability", terms.code(f"{terms.EU}planned-availability/", service.availability)),
        ("dct:conformsTo", [terms.iri(standard) for standard in service.conforms_to]),
        ("dcat:contactPoint", contact and contact.address),
        ("foaf:page", [addresses.link(page) for page in service.documentation]),
        ("dcatap:hvdCategory", [terms.code(terms.HVD_CATEGORIES, name) for name in categories]),
        ("dcatap:applicableLegislation", Iri(entities.HVD_LAW) if categories else None),
    )
    if contact is not None:
        yield contact
