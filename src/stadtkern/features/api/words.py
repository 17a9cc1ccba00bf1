# SPDX-License-Identifier: EUPL-1.2
"""The words of the service's pages, German and English; the data plane has no gettext."""

from __future__ import annotations

import msgspec


class Words(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that is said on the pages."""

    yes: str
    no: str
    skip: str
    where: str
    collections: str
    about_collections: str
    conformance: str
    about_conformance: str
    about_api: str
    title: str
    description: str
    features: str
    changed: str
    extent: str
    show: str
    queryables: str
    downloads: str
    nothing: str
    name: str
    type: str
    unit: str
    matched: str
    next: str
    geometry: str
    machine: str


_GERMAN = Words(
    yes="ja",
    no="nein",
    skip="Zum Inhalt springen",
    where="Sie sind hier",
    collections="Sammlungen",
    about_collections="Alle Tabellen und Geodaten, die Sie sehen dürfen.",
    conformance="Konformität",
    about_conformance="Welche Teile der Standards dieser Dienst erfüllt.",
    about_api="Beschreibung des Dienstes für Programme.",
    title="Titel",
    description="Beschreibung",
    features="Objekte",
    changed="Zuletzt geändert",
    extent="Ausdehnung (West, Süd, Ost, Nord)",
    show="Objekte ansehen",
    queryables="Abfragbare Merkmale",
    downloads="Herunterladen",
    nothing="Hier gibt es nichts, das Sie sehen dürfen.",
    name="Name",
    type="Art",
    unit="Einheit",
    matched="{n} Objekte entsprechen der Auswahl.",
    next="Nächste Seite",
    geometry="Geometrie",
    machine="Diese Seite für Programme (JSON)",
)
_ENGLISH = Words(
    yes="yes",
    no="no",
    skip="Skip to content",
    where="You are here",
    collections="Collections",
    about_collections="All tables and geodata that you may see.",
    conformance="Conformance",
    about_conformance="Which parts of the standards this service conforms to.",
    about_api="Description of the service for programs.",
    title="Title",
    description="Description",
    features="Features",
    changed="Last changed",
    extent="Extent (west, south, east, north)",
    show="Show features",
    queryables="Queryables",
    downloads="Download",
    nothing="There is nothing here that you may see.",
    name="Name",
    type="Type",
    unit="Unit",
    matched="{n} features match the selection.",
    next="Next page",
    geometry="Geometry",
    machine="This page for programs (JSON)",
)


def words(language: str) -> Words:
    """The words of a language."""
    return _ENGLISH if language == "en" else _GERMAN
