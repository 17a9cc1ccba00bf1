# SPDX-License-Identifier: EUPL-1.2
"""From a graph of DCAT, of any profile, to the fields of a dataset; what has no field is left out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from stadtkern.catalogue.dcat import terms
from stadtkern.catalogue.harvest.entities import Found, tell

RDF_TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
_NUMBER = r"[-+]?\d+(?:\.\d*)?(?:[eE][-+]?\d+)?"
_POSITION = re.compile(rf"({_NUMBER})\s+({_NUMBER})")
_MOST_FORMS = 500


def uri(address: str) -> Any:
    """An address as rdflib knows it."""
    from rdflib import URIRef

    return URIRef(address)


class Node:
    """One subject of a graph, asked for its properties by short names."""

    def __init__(self, graph: Any, subject: Any):
        self._graph = graph
        self.subject = subject

    def all(self, *names: str) -> Iterator[Any]:
        """All values of these properties, those of the first name first."""
        for name in names:
            yield from sorted(self._graph.objects(self.subject, uri(terms.expanded(name))), key=str)

    def one(self, *names: str) -> str:
        """A value as text, or nothing."""
        return str(next(self.all(*names), "")).strip()

    def texts(self, *names: str) -> dict[str, str]:
        """Texts by language; those without one are German."""
        found: dict[str, str] = {}
        for value in self.all(*names):
            text = terms.text(str(value))
            if text is not None and not _is_uri(value):
                found.setdefault((getattr(value, "language", None) or "de").lower(), text.value[:20_000])
        return found

    def nodes(self, *names: str) -> Iterator[Node]:
        """The subjects that these properties point at."""
        for value in self.all(*names):
            yield Node(self._graph, value)

    def links(self, *names: str) -> list[str]:
        """Values that are addresses."""
        found = (terms.iri(str(value)) for value in self.all(*names))
        return list(dict.fromkeys(each.value for each in found if each is not None))

    def codes(self, name: str, *bases: str) -> list[str]:
        """The last parts of addresses that begin with one of the bases."""
        found = []
        for value in self.all(name):
            for base in bases:
                if str(value).startswith(base) and terms.code(base, str(value)):
                    found.append(str(value).removeprefix(base))
        return list(dict.fromkeys(found))

    def moment(self, *names: str) -> datetime | None:
        """A point in time, also where only the day or the year is named."""
        for value in self.all(*names):
            found = moment(str(value))
            if found is not None:
                return found
        return None


def moment(text: str) -> datetime | None:
    """A date or an instant of ISO 8601 (a year stands for its first day); None for anything else."""
    text = text.strip()
    if re.fullmatch(r"\d{4}(-\d\d)?", text):
        text = (text + "-01-01")[:10]
    try:
        found = datetime.fromisoformat(text)
        found = found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None
    return found if 1 < found.year < 9999 else None


def _is_uri(value: Any) -> bool:
    from rdflib import URIRef

    return isinstance(value, URIRef)


def dataset(graph: Any, subject: Any) -> Found | str:
    """A dataset, or what is wrong with it."""
    node = Node(graph, subject)
    title = node.texts("dct:title")
    if not title:
        return tell("no_title")
    own = terms.iri(str(subject)) if _is_uri(subject) else None
    identifier = own.value if own else node.one("dct:identifier")
    if not identifier:
        return tell("no_id")
    modified = node.moment("dct:modified")
    metadata = {
        "title": title,
        "description": node.texts("dct:description"),
        "keywords": _keywords(node),
        "themes": node.codes("dcat:theme", f"{terms.EU}data-theme/"),
        "language": node.codes("dct:language", f"{terms.EU}language/"),
        "frequency": next(iter(node.codes("dct:accrualPeriodicity", f"{terms.EU}frequency/")), ""),
        "issued": node.moment("dct:issued"),
        "modified": modified,
        "access_rights": next(iter(node.codes("dct:accessRights", f"{terms.EU}access-right/")), ""),
        "availability": next(iter(node.codes("dcatap:availability", f"{terms.EU}planned-availability/")), ""),
        "political_level": next(iter(node.codes("dcatde:politicalGeocodingLevelURI", terms.LEVELS)), ""),
        "municipality_key": next(
            iter([*node.codes("dct:spatial", terms.MUNICIPALITIES),
                  *node.codes("dcatde:politicalGeocodingURI", terms.MUNICIPALITIES)]), ""
        ),
        "hvd_categories": node.codes("dcatap:hvdCategory", terms.HVD_CATEGORIES),
        "musterdatensaetze": node.codes("dct:references", terms.MUSTERDATEN)[:1],
        "contact": _contact(node),
        "landing_page": next(iter(node.links("dcat:landingPage")), ""),
        "documentation": node.links("foaf:page"),
        "identifier": node.one("dct:identifier") or identifier,
        "same_as": list(dict.fromkeys([*([own.value] if own else []), *node.links("owl:sameAs")]))[:20],
        "version": node.one("dcat:version", "owl:versionInfo"),
        "version_notes": node.texts("adms:versionNotes"),
        **_period(node),
        "spatial": _spatial(node),
    }  # fmt: skip
    forms = [_form(form) for form in node.nodes("dcat:distribution")]
    found = Found(identifier=identifier[:1_000], modified=modified, metadata=metadata)
    found.forms = [form for form in forms[:_MOST_FORMS] if form is not None]
    if len(found.forms) < len(forms):
        found.notes.append(tell("no_address", n=len(forms) - len(found.forms)))
    return found


def _keywords(node: Node) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for value in node.all("dcat:keyword"):
        word = terms.text(str(value))
        words = found.setdefault((getattr(value, "language", None) or "de").lower(), [])
        if word is not None and word.value not in words and len(words) < 200:
            words.append(word.value[:200])
    return found


def _contact(node: Node) -> dict[str, str]:
    for kind in node.nodes("dcat:contactPoint"):
        return {
            "name": kind.one("vcard:fn", "vcard:organization-name"),
            "email": kind.one("vcard:hasEmail").removeprefix("mailto:"),
            "telephone": kind.one("vcard:hasTelephone").removeprefix("tel:"),
            "url": next(iter(kind.links("vcard:hasURL")), ""),
        }
    return {}


def _period(node: Node) -> dict[str, datetime | None]:
    for period in node.nodes("dct:temporal"):
        since, until = period.moment("dcat:startDate"), period.moment("dcat:endDate")
        if since and until and since > until:
            return {}
        return {"temporal_from": since, "temporal_until": until}
    return {}


def _spatial(node: Node) -> dict[str, Any] | None:
    """The box around a place in degrees, from WKT in longitude and latitude."""
    for place in node.nodes("dct:spatial"):
        for value in place.all("dcat:bbox", "dcat:centroid"):
            points = [(float(x), float(y)) for x, y in _POSITION.findall(str(value)[:100_000])]
            if points and all(-180 <= x <= 180 and -90 <= y <= 90 for x, y in points):
                return box(points)
    return None


def box(points: list[tuple[float, float]]) -> dict[str, Any]:
    """The rectangle around points as GeoJSON; one point stays one."""
    xs, ys = [x for x, _ in points], [y for _, y in points]
    west, east, south, north = min(xs), max(xs), min(ys), max(ys)
    if (west, south) == (east, north):
        return {"type": "Point", "coordinates": [west, south]}
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}


def _form(node: Node) -> dict[str, Any] | None:
    """A distribution; None where it has no address that a page may link to."""
    access = next((link for link in node.links("dcat:accessURL", "dcat:downloadURL") if _web(link)), "")
    if not access:
        return None
    size = node.one("dcat:byteSize").partition(".")[0]
    return {
        "title": node.texts("dct:title"),
        "description": node.texts("dct:description"),
        "access_url": access,
        "download_url": next((link for link in node.links("dcat:downloadURL") if _web(link)), ""),
        "format": _format(node),
        "media_type": media_type(node.one("dcat:mediaType")),
        "licence": next(iter(node.links("dct:license")), ""),
        "attribution": node.one("dcatde:licenseAttributionByText"),
        "byte_size": int(size) if size.isascii() and size.isdigit() and len(size) < 16 else None,
        "availability": next(iter(node.codes("dcatap:availability", f"{terms.EU}planned-availability/")), ""),
        "status": next(iter(node.codes("adms:status", f"{terms.EU}distribution-status/")), ""),
        "languages": node.codes("dct:language", f"{terms.EU}language/"),
        "issued": node.moment("dct:issued"),
        "modified": node.moment("dct:modified"),
        "conforms_to": node.links("dct:conformsTo"),
    }


def _web(link: str) -> bool:
    return link.startswith(("http://", "https://", "ftp://"))


def _format(node: Node) -> str:
    coded = node.codes("dct:format", f"{terms.EU}file-type/")
    given = coded[0] if coded else node.one("dct:format").rpartition("/")[2]
    return re.sub(r"[^A-Z0-9_+-]", "", given.upper())[:40]


def media_type(given: str) -> str:
    """`text/csv` from itself or from its address; nothing for anything else."""
    name = given.removeprefix("https://www.iana.org/assignments/media-types/")
    name = name.removeprefix("http://www.iana.org/assignments/media-types/")
    return name.lower() if re.fullmatch(r"[A-Za-z0-9.+-]{1,60}/[A-Za-z0-9.+-]{1,90}", name) else ""
