# SPDX-License-Identifier: EUPL-1.2
"""Addresses, texts and values as RDF knows them and as every writer can write them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import NamedTuple
from urllib.parse import quote

from stadtkern.core import times

NAMESPACES = {
    "adms": "http://www.w3.org/ns/adms#",
    "dcat": "http://www.w3.org/ns/dcat#",
    "dcatap": "http://data.europa.eu/r5r/",
    "dcatde": "http://dcat-ap.de/def/dcatde/",
    "dct": "http://purl.org/dc/terms/",
    "eli": "http://data.europa.eu/eli/ontology#",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "geosparql": "http://www.opengis.net/ont/geosparql#",
    "hydra": "http://www.w3.org/ns/hydra/core#",
    "owl": "http://www.w3.org/2002/07/owl#",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "spdx": "http://spdx.org/rdf/terms#",
    "vcard": "http://www.w3.org/2006/vcard/ns#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
# Bases of the lists that codes come from.
EU = "http://publications.europa.eu/resource/authority/"
IANA = "https://www.iana.org/assignments/media-types/"
HVD_CATEGORIES = "http://data.europa.eu/bna/"
LEVELS = "http://dcat-ap.de/def/politicalGeocoding/Level/"
MUNICIPALITIES = "http://dcat-ap.de/def/politicalGeocoding/municipalityKey/"
LICENCES = "http://dcat-ap.de/def/licenses/"
CONTRIBUTORS = "http://dcat-ap.de/def/contributors/"
MUSTERDATEN = "https://musterdatenkatalog.de/def/musterdatensatz/"

_SCHEME = re.compile(
    r"(?:(?:https?|ftp|mqtts?)://[^/?#\s]|urn:[a-z0-9][a-z0-9-]{0,31}:.|mailto:.|tel:.)", re.IGNORECASE
)
_SAFE = "/?:@!$&'()*+,;=-._~%#[]"
_LANGUAGE = re.compile(r"[a-zA-Z]{1,8}(?:-[a-zA-Z0-9]{1,8})*")
# What XML 1.0 cannot hold (2.2), and halves of characters.
_UNFIT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
_CODE = re.compile(r"[A-Za-z0-9._+-]+(?:/[A-Za-z0-9._+-]+)*")


class Iri(NamedTuple):
    """The address of something."""

    value: str


class Text(NamedTuple):
    """A text, in a language where one is known."""

    value: str
    language: str = ""


class Typed(NamedTuple):
    """A value of a named type, such as `xsd:dateTime`."""

    value: str
    kind: str


Term = Iri | Text | Typed


class Resource(NamedTuple):
    """What is said of one address; the properties in the order in which they are written."""

    address: Iri
    properties: tuple[tuple[str, Term], ...]


def expanded(name: str) -> str:
    """The full address of a name such as `dct:title`."""
    prefix, _, local = name.partition(":")
    return NAMESPACES[prefix] + local


def iri(text: str) -> Iri | None:
    """An address every format can hold, or None for what is none; odd letters are encoded (RFC 3987, 3.1)."""
    text = text.strip()
    if not _SCHEME.match(text) or _UNFIT.search(text):
        return None
    encoded = quote(text, safe=_SAFE)
    encoded = re.sub(r"%(?![0-9A-Fa-f]{2})", "%25", encoded)
    return None if encoded.count("#") > 1 or not _brackets(encoded) else Iri(encoded)


def _brackets(text: str) -> bool:
    """Whether brackets stand only around the number of a host."""
    head, _, rest = text.partition("://")
    host, _, path = rest.partition("/")
    return "[" not in path and "]" not in path and (("[" in host) == ("]" in host)) and "[" not in head


def code(base: str, name: str) -> Iri | None:
    """An entry of a list by its code, which may be the whole address; None for what cannot be a code."""
    name = name.removeprefix(base)
    return Iri(base + name) if _CODE.fullmatch(name) else None


def text(value: str, language: str = "") -> Text | None:
    """A text without what no format can hold, or None for an empty one."""
    clean = _UNFIT.sub("", value).strip()
    tag = language if _LANGUAGE.fullmatch(language) else ""
    return Text(clean, tag) if clean else None


def instant(moment: datetime | None) -> Typed | None:
    """A point in time."""
    if moment is None:
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return Typed(times.format_instant(aware), "xsd:dateTime")


def resource(
    address: Iri, kind: str, *properties: tuple[str, Term | Iterable[Term | None] | None]
) -> Resource:
    """Something of a kind; what is None is not said, and nothing is said twice."""
    said: list[tuple[str, Term]] = [("rdf:type", Iri(expanded(kind)))]
    for name, value in properties:
        terms = [value] if value is None or isinstance(value, Iri | Text | Typed) else value
        said += [(name, term) for term in terms if term is not None]
    return Resource(address, tuple(dict.fromkeys(said)))
