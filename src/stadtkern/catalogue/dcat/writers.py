# SPDX-License-Identifier: EUPL-1.2
"""Writes resources piece by piece in four formats, each text escaped as its format asks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, Protocol
from xml.sax import saxutils

import msgspec

from stadtkern.catalogue.dcat import terms
from stadtkern.catalogue.dcat.terms import Iri, Resource, Term, Text

_ESCAPES = {
    "\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t", "\u2028": "\\u2028", "\u2029": "\\u2029",
    "\x85": "\\u0085",
}  # fmt: skip
_STRING = str.maketrans(_ESCAPES)


class Writer(Protocol):
    """Writes a document: its beginning, any number of resources, its end."""

    def begin(self) -> str:
        """What stands before the first resource."""

    def write(self, resource: Resource) -> str:
        """One resource."""

    def end(self) -> str:
        """What stands after the last one."""


class Turtle:
    """RDF 1.1 Turtle."""

    def begin(self) -> str:
        """The prefixes."""
        return "".join(f"@prefix {name}: <{base}> .\n" for name, base in terms.NAMESPACES.items())

    def write(self, resource: Resource) -> str:
        """One subject with all its properties."""
        said = " ;\n    ".join(
            f"{'a' if name == 'rdf:type' else name} {_short(term)}" for name, term in resource.properties
        )
        return f"\n<{resource.address.value}> {said} .\n"

    def end(self) -> str:
        """Nothing."""
        return ""


class NTriples:
    """RDF 1.1 N-Triples: one statement per line."""

    def begin(self) -> str:
        """Nothing."""
        return ""

    def write(self, resource: Resource) -> str:
        """A line per property."""
        subject = f"<{resource.address.value}>"
        return "".join(
            f"{subject} <{terms.expanded(name)}> {_long(term)} .\n" for name, term in resource.properties
        )

    def end(self) -> str:
        """Nothing."""
        return ""


class RdfXml:
    """RDF 1.1 XML Syntax, flat: one description per resource."""

    def begin(self) -> str:
        """The declaration and the root with all namespaces."""
        spaces = "".join(f'\n  xmlns:{name}="{base}"' for name, base in terms.NAMESPACES.items())
        return f'<?xml version="1.0" encoding="UTF-8"?>\n<rdf:RDF{spaces}>\n'

    def write(self, resource: Resource) -> str:
        """One description."""
        body = "".join(f"    {self._element(name, term)}\n" for name, term in resource.properties)
        about = saxutils.quoteattr(resource.address.value)
        return f"  <rdf:Description rdf:about={about}>\n{body}  </rdf:Description>\n"

    def end(self) -> str:
        """The end of the root."""
        return "</rdf:RDF>\n"

    def _element(self, name: str, term: Term) -> str:
        if isinstance(term, Iri):
            return f"<{name} rdf:resource={saxutils.quoteattr(term.value)}/>"
        if isinstance(term, Text):
            mark = f' xml:lang="{term.language}"' if term.language else ""
        else:
            mark = f' rdf:datatype="{terms.expanded(term.kind)}"'
        content = saxutils.escape(term.value, {"\r": "&#13;", "\x85": "&#133;", "\u2028": "&#8232;"})
        return f"<{name}{mark}>{content}</{name}>"


class JsonLd:
    """JSON-LD 1.1: a context and a graph of flat nodes."""

    def __init__(self) -> None:
        self._first = True

    def begin(self) -> str:
        """The context with all prefixes; everything else is written out."""
        context = msgspec.json.encode(dict(terms.NAMESPACES)).decode()
        return f'{{"@context":{context},"@graph":['

    def write(self, resource: Resource) -> str:
        """One node."""
        said: dict[str, list[object]] = {}
        for name, term in resource.properties:
            if name == "rdf:type":
                said.setdefault("@type", []).append(term.value)
            else:
                said.setdefault(name, []).append(_value(term))
        comma, self._first = ("" if self._first else ","), False
        return comma + "\n" + msgspec.json.encode({"@id": resource.address.value, **said}).decode()

    def end(self) -> str:
        """The end of the graph."""
        return "\n]}\n"


def _value(term: Term) -> dict[str, str]:
    if isinstance(term, Iri):
        return {"@id": term.value}
    if isinstance(term, Text):
        return {"@value": term.value, "@language": term.language} if term.language else {"@value": term.value}
    return {"@value": term.value, "@type": terms.expanded(term.kind)}


def _short(term: Term) -> str:
    """A term in Turtle."""
    if isinstance(term, Iri | Text):
        return _long(term)
    return f'"{term.value.translate(_STRING)}"^^{term.kind}'


def _long(term: Term) -> str:
    """A term in N-Triples."""
    if isinstance(term, Iri):
        return f"<{term.value}>"
    quoted = f'"{term.value.translate(_STRING)}"'
    if isinstance(term, Text):
        return f"{quoted}@{term.language}" if term.language else quoted
    return f"{quoted}^^<{terms.expanded(term.kind)}>"


class Format(NamedTuple):
    """One format: the ending of its addresses, its media types (the first is its own), its writer."""

    ending: str
    media_types: tuple[str, ...]
    writer: type[Turtle | NTriples | RdfXml | JsonLd]


FORMATS = (
    Format("ttl", ("text/turtle", "application/x-turtle", "text/n3"), Turtle),
    Format("jsonld", ("application/ld+json", "application/json"), JsonLd),
    Format("rdf", ("application/rdf+xml", "application/xml", "text/xml"), RdfXml),
    Format("nt", ("application/n-triples", "text/plain"), NTriples),
)
BY_ENDING = {form.ending: form for form in FORMATS}


def document(form: Format, resources: Iterator[Resource]) -> Iterator[str]:
    """A whole document, piece by piece."""
    writer: Writer = form.writer()
    yield writer.begin()
    for resource in resources:
        yield writer.write(resource)
    yield writer.end()
