# SPDX-License-Identifier: EUPL-1.2
"""The words of the service's pages, German and English; the data plane has no gettext."""

from __future__ import annotations

import msgspec


class Words(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that is said on the pages."""

    yes: str
    no: str
    home: str
    skip: str
    where: str
    start: str
    interfaces: str
    # Names and addresses below the home page of the pages that the footer names.
    footer: tuple[tuple[str, str], ...]
    official: str
    menu: str
    menu_label: str
    search: str
    sign_in: str
    account: str
    imprint: str
    service: str
    about_service: str
    collections: str
    about_collections: str
    conformance: str
    about_conformance: str
    about_api: str
    title: str
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
    map: str
    map_note: str
    first: str
    feature: str
    place: str
    all_features: str
    addresses: str
    about_addresses: str
    wrong: tuple[tuple[int, str], ...]
    number: str
    dataset: str
    concerns: str
    details: str
    to_collections: str


_GERMAN = Words(
    yes="ja",
    no="nein",
    home="/",
    skip="Zum Inhalt springen",
    where="Sie sind hier",
    start="Startseite",
    interfaces="Schnittstellen",
    footer=(
        ("Datenschutz", "datenschutz"),
        ("Quellen und Lizenzen", "quellen"),
        ("Schnittstellen", "schnittstellen"),
        ("Barrierefreiheit", "barrierefreiheit"),
    ),
    official="Offizielle Website der Stadtverwaltung",
    menu="Menü",
    menu_label="Hauptnavigation",
    search="Suche",
    sign_in="Anmelden",
    account="Mein Konto",
    imprint="Impressum",
    service="Tabellen und Geodaten",
    about_service="Für Karten- und Auswertungsprogramme: OGC API – Features, Teil 1 bis 3. Im Browser lässt"
    " sich ansehen, was Programme hier lesen.",
    collections="Sammlungen",
    about_collections="Alle Tabellen und Geodaten, die Sie sehen dürfen.",
    conformance="Konformität",
    about_conformance="Welche Teile der Standards dieser Dienst erfüllt.",
    about_api="Beschreibung des Dienstes für Programme.",
    title="Titel",
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
    map="Karte der Objekte auf dieser Seite",
    map_note="Die Karte zeigt die Objekte dieser Seite; die Liste nennt dieselben.",
    first="Zum Anfang",
    feature="Objekt",
    place="Wo es liegt",
    all_features="Alle Objekte",
    addresses="Für Programme",
    about_addresses="Diese Adressen in QGIS, ArcGIS oder ein eigenes Programm kopieren.",
    wrong=(
        (404, "Das gibt es hier nicht"),
        (405, "Das geht hier nicht"),
        (422, "Diese Frage ist zu aufwendig"),
        (503, "Gerade nicht zu erreichen"),
        (0, "Diese Anfrage lässt sich nicht beantworten"),
    ),
    number="Nr.",
    dataset="Herkunft, Lizenz und Beschreibung",
    concerns="Es geht um:",
    details="Einzelheiten für Programme (englisch)",
    to_collections="Alle Sammlungen ansehen",
)
_ENGLISH = Words(
    yes="yes",
    no="no",
    home="/en/",
    skip="Skip to content",
    where="You are here",
    start="Home",
    interfaces="Interfaces",
    footer=(
        ("Privacy", "datenschutz"),
        ("Sources and licences", "quellen"),
        ("Interfaces", "schnittstellen"),
        ("Accessibility", "barrierefreiheit"),
    ),
    official="Official website of the city administration",
    menu="Menu",
    menu_label="Main navigation",
    search="Search",
    sign_in="Sign in",
    account="My account",
    imprint="Imprint",
    service="Tables and geodata",
    about_service="For programs that draw maps and evaluate: OGC API – Features, parts 1 to 3. In the browser"
    " one sees what programs read here.",
    collections="Collections",
    about_collections="All tables and geodata that you may see.",
    conformance="Conformance",
    about_conformance="Which parts of the standards this service conforms to.",
    about_api="Description of the service for programs.",
    title="Title",
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
    map="Map of the features on this page",
    map_note="The map shows the features of this page; the list names the same.",
    first="Back to the beginning",
    feature="Feature",
    place="Where it lies",
    all_features="All features",
    addresses="For programs",
    about_addresses="Copy these addresses into QGIS, ArcGIS or a program of your own.",
    wrong=(
        (404, "There is no such thing here"),
        (405, "This is not possible here"),
        (422, "This question takes too much"),
        (503, "Out of reach at the moment"),
        (0, "This request cannot be answered"),
    ),
    number="No.",
    dataset="Origin, licence and description",
    concerns="This is about:",
    details="Details for programs",
    to_collections="Show all collections",
)


def words(language: str) -> Words:
    """The words of a language."""
    return _ENGLISH if language == "en" else _GERMAN
