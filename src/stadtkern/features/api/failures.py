# SPDX-License-Identifier: EUPL-1.2
"""Pages for what was wrong: in the reader's language, with the details for those who program."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from stadtkern.core import problems
from stadtkern.features.api import shell
from stadtkern.features.api.call import Call
from stadtkern.features.api.words import words

# What the problems' own words say in German: what happened, and how to mend it.
_GERMAN: Mapping[str, tuple[str, str]] = {
    "NotFound": (
        "Unter dieser Adresse gibt es nichts",
        "Bitte prüfen Sie die Adresse. Was Sie nicht sehen dürfen, wird ebenso beantwortet.",
    ),
    "NoSuchCollection": (
        "Diese Sammlung gibt es nicht",
        "Die Liste der Sammlungen nennt alles, was es gibt. Was Sie nicht sehen dürfen, wird ebenso"
        " beantwortet.",
    ),
    "NoSuchFeature": (
        "Dieses Objekt gibt es in der Sammlung nicht",
        "Bitte prüfen Sie die Nummer. Wurde die Sammlung neu geliefert, haben die Objekte neue Nummern.",
    ),
    "NoSuchVersion": (
        "Diese Fassung der Sammlung gibt es nicht",
        "Ältere Fassungen werden nur eine Zeit lang aufgehoben. Die Liste der Fassungen nennt, welche es"
        " gibt.",
    ),
    "Unavailable": (
        "Die Datenbank antwortet gerade nicht",
        "Bitte versuchen Sie es in einigen Sekunden noch einmal.",
    ),
    "NotPossibleHere": (
        "An dieser Adresse lässt sich nichts ändern",
        "Hier kann nur gelesen werden: mit GET, HEAD oder OPTIONS.",
    ),
    "NoSuchForm": (
        "In dieser Form gibt es die Seite nicht",
        "Mit f=html wird sie eine Seite, mit f=json ein Dokument für Programme.",
    ),
    "QueryTooExpensive": (
        "Die Antwort würde zu lange dauern",
        "Bitte wählen Sie ein kleineres Gebiet oder weniger Objekte, oder vergleichen Sie ein Merkmal mit"
        " „=“.",
    ),
    "UnusableValue": (
        "Mit einem Wert in der Adresse lässt sich nicht rechnen",
        "Bitte prüfen Sie Zahlen und Daten: Vielleicht sind sie zu groß oder zu klein.",
    ),
    "UnusableQuery": (
        "Der Teil der Adresse hinter dem Fragezeichen ist nicht zu lesen",
        "Jede Angabe darf dort einmal stehen, in UTF-8, alle zusammen mit höchstens 16 KiB.",
    ),
    "UnknownParameter": (
        "Die Adresse enthält eine Angabe, die es hier nicht gibt",
        "Die abfragbaren Merkmale nennen alle Namen; sie werden genau so geschrieben, auch mit großen"
        " Buchstaben.",
    ),
    "InvalidParameter": (
        "Eine Angabe in der Adresse hat keinen brauchbaren Wert",
        "Die Beschreibung des Dienstes (OpenAPI) sagt, was dort stehen darf.",
    ),
    "InvalidFilter": (
        "Der Filter ist nicht zu lesen",
        "Filter werden in CQL2 geschrieben, zum Beispiel Hoehe > 20 AND Art LIKE 'Ac%': Texte in einfachen"
        " Anführungszeichen, Namen ohne oder in doppelten. Mit filter-lang=cql2-json gilt die Form als JSON.",
    ),
    "UnknownFunction": (
        "Der Filter nutzt etwas, das dieser Dienst nicht kennt",
        "Die Seite zur Konformität nennt die Teile von CQL2, die es hier gibt.",
    ),
    "UnknownColumn": (
        "Dieses Merkmal hat die Sammlung nicht",
        "Die abfragbaren Merkmale nennen alle Namen; sie werden genau so geschrieben, auch mit großen"
        " Buchstaben.",
    ),
    "UnfitComparison": (
        "Der Filter vergleicht, was sich nicht vergleichen lässt",
        "Bitte vergleichen Sie ein Merkmal mit einem Wert seiner Art: Texte in Anführungszeichen, Zahlen"
        " ohne, Zeiten als TIMESTAMP('…') oder DATE('…').",
    ),
    "InvalidGeometry": (
        "Eine Geometrie in der Adresse ist keine",
        "Bitte schreiben Sie sie zum Beispiel so: POLYGON((7.5 51.9, 7.7 51.9, 7.7 52, 7.5 51.9)),"
        " geschlossen und ohne sich selbst zu kreuzen; bei einem Rechteck steht die Ecke unten links zuerst.",
    ),
    "TooManyGeometries": (
        "Der Filter müsste zu viele Geometrien vergleichen",
        "Bitte wählen Sie ein kleineres Gebiet.",
    ),
    "UnknownReference": (
        "Dieses Koordinatensystem wird nicht angeboten",
        "Bitte nennen Sie eines von denen, die bei der Sammlung unter „crs“ stehen, mit der ganzen Adresse.",
    ),
    "OutsideOfReference": (
        "Die Koordinaten liegen außerhalb dessen, was ihr Koordinatensystem abdeckt",
        "Bitte prüfen Sie die Reihenfolge: EPSG:4326 hat die Breite zuerst, CRS84 die Länge, EPSG:25832 den"
        " Ostwert.",
    ),
    "OneReferenceOnly": (
        "In dieser Form gibt es Koordinaten nur als Länge und Breite",
        "Bitte lassen Sie die Angabe crs weg, oder wählen Sie GeoJSON oder CSV.",
    ),
    "TooManyRows": (
        "Die Auswahl hat mehr Zeilen, als diese Form aufnimmt",
        "Bitte laden Sie CSV oder Parquet, oder schränken Sie die Auswahl ein.",
    ),
    "TooLargeForExcel": (
        "Die Texte der Auswahl sind für eine Excel-Datei zu lang",
        "Bitte laden Sie CSV oder Parquet, oder schränken Sie die Auswahl ein.",
    ),
    "ChangedMeanwhile": (
        "Eine neue Lieferung hat die Sammlung geändert, während sie gesendet wurde",
        "Bitte laden Sie noch einmal; dann kommt die neue Lieferung.",
    ),
    "BusyMaking": (
        "Gerade werden andere Dateien gemacht",
        "Bitte versuchen Sie es gleich noch einmal, oder laden Sie CSV: Das wird sofort gesendet.",
    ),
}


def page(call: Call, problem: problems.Problem) -> str:
    """What was wrong, where, and how to mend it; in other languages than English the details are folded."""
    say, found = words(call.language), problem.document()
    title = next(text for status, text in say.wrong if status in (problem.status, 0))
    known = _GERMAN.get(type(problem).__name__) if call.language == "de" else None
    what, remedy = known or (found["title"], found.get("remedy", ""))
    foreign = "" if known or call.language == "en" else ' lang="en"'
    listed = f"<p{foreign}><strong>{escape(what)}.</strong> {escape(remedy)}</p>"
    if where := found.get("where"):
        listed += f"<p>{escape(say.concerns)} <code>{escape(str(where))}</code></p>"
    if detail := found.get("detail"):
        said = f'<p lang="en"><code>{escape(str(detail))}</code></p>'
        summary = f"<summary>{escape(say.details)}</summary>"
        listed += f'<details class="sk-explains">{summary}{said}</details>' if known else said
    onward = shell.link(shell.to(call, "collections"), say.to_collections)
    body = f'<div class="sk-note sk-section">{listed}</div><p class="sk-actions">{onward}</p>'
    return shell.page(call, title, body)
