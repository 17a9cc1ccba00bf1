# SPDX-License-Identifier: EUPL-1.2
"""Codes of imports in the words of the pages: findings, troubles, changes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from stadtkern.catalogue.onboarding.entities import Trouble
from stadtkern.ingest.imports.survey import drift, privacy
from stadtkern.ingest.imports.survey.story import Finding
from stadtkern.ui import formats

TYPES: Mapping[str, Any] = {
    "text": _("Text"),
    "integer": _("ganze Zahl"),
    "number": _("Zahl"),
    "boolean": _("ja oder nein"),
    "date": _("Tag"),
    "instant": _("Zeitpunkt"),
    "json": _("verschachtelt"),
}
TARGETS: Mapping[str, Any] = {
    "table": _("Tabelle"),
    "features": _("Orte auf der Karte"),
    "series": _("Messreihen"),
    "stations": _("Orte von Messstellen, deren Messreihen schon da sind"),
}
FINDINGS: Mapping[str, Any] = {
    "no_rows": _("Keine Zeile lässt sich speichern."),
    "encoding": _("Zeichen sind unlesbar; die Zeichenkodierung stimmt nicht."),
    "words": _(
        "Wörter in einer Spalte mit Zahlen oder Zeiten. Sagen Sie, was sie bedeuten, oder machen "
        "Sie Text daraus."
    ),
    "mostly_refused": _("Mehr als jeder zwanzigste Wert passt nicht zur gewählten Art. Stimmt sie?"),
    "key_twice": _("Der Schlüssel kommt mehrfach vor; Zeilen würden einander überschreiben."),
    "key_missing": _("In Zeilen fehlt der Schlüssel."),
    "geometry_mostly_missing": _(
        "Mehr als die Hälfte der Zeilen hat keinen Ort. Stimmen die Spalten und das Bezugssystem?"
    ),
    "time_missing": _("Mehr als jede zwanzigste Zeile hat keine brauchbare Zeit."),
    "time_twice": _(
        "Dieselbe Zeit kommt in einer Reihe mehrfach vor; nur ein Wert bliebe übrig. Welche Spalte nennt "
        "den Messort? Oder ist es eine Tabelle?"
    ),
    "mixed_places": _(
        "Koordinaten in Grad unter solchen in Metern, oder umgekehrt; sie bleiben leer. Bringen Sie alle "
        "in ein Bezugssystem."
    ),
    "no_station": _(
        "Keine Messstelle der Liste kommt im Datensatz vor. Stimmen der Datensatz und die Spalte mit den "
        "Namen?"
    ),
    "station_twice": _("Messstellen kommen in der Liste mehrfach vor. Welcher Ort gilt?"),
    "station_unknown": _("Messstellen, die der Datensatz nicht kennt, werden ausgelassen."),
    "station_fixed": _("Messstellen, deren Ort anderswo gepflegt wird, werden ausgelassen."),
    "station_missing": _("Messstellen des Datensatzes, zu denen die Liste keinen Ort nennt."),
    "value": _("Werte passen nicht zur Art der Spalte; sie bleiben leer."),
    "day": _("Tage oder Zeiten, die es nicht gibt oder die nicht zu lesen sind; sie bleiben leer."),
    "width": _("Zeilen mit zu wenigen oder zu vielen Feldern werden ausgelassen."),
    "cells": _("Zeilen mit falsch gesetzten Anführungszeichen werden ausgelassen."),
    "time": _("Zeilen ohne lesbare Zeit werden ausgelassen."),
    "gap": _(
        "Uhrzeiten, die es bei der Umstellung auf Sommerzeit nicht gab, werden ausgelassen. Steht "
        "die Zeit in UTC?"
    ),
    "range": _("Zeilen, deren Zeit zu weit zurück oder voraus liegt, werden ausgelassen."),
    "fold": _("Zeilen der doppelten Stunde im Herbst, die zu oft vorkommen, werden ausgelassen."),
    "geometry_broken": _("Orte, die es nicht geben kann; sie bleiben leer."),
    "geometry_invalid": _("Flächen, die sich selbst schneiden, werden repariert."),
    "extra_cells": _("Leere Felder am Ende von Zeilen werden übergangen."),
    "code": _("Wörter werden als Zahlen gelesen, wie Sie es gesagt haben."),
    "duplicate": _("Dieselbe Zeit kommt mehrfach vor; die früheren Werte entfallen, der letzte zählt."),
    "dst_fold": _("Eine Zeile steht für die doppelte Stunde im Herbst; sie wird gekennzeichnet."),
    "dst_fold_kept": _("Beide Durchgänge der doppelten Stunde im Herbst bleiben getrennt."),
    "counter_reset": _("Der Zähler beginnt neu; das wird gekennzeichnet."),
    "flagged": _("Werte werden als zweifelhaft gekennzeichnet."),
    "missing": _("Leere Felder."),
    "empty": _("Die Spalte ist ganz leer."),
    "constant": _("Immer derselbe Wert."),
    "standstill": _("So oft hintereinander derselbe Wert. Steht das Gerät still?"),
    "outlier": _("Werte weit außerhalb des Üblichen."),
    "rows_twice": _("Zeilen kommen mehrfach vor; sie bleiben stehen."),
    "geometry_missing": _("Zeilen ohne Ort."),
    "far_away": _("Orte außerhalb Deutschlands. Stimmt das Bezugssystem?"),
    "place_turned": _(
        "Orte, die erst mit vertauschten Koordinaten in Deutschland lägen. Sind in der Datei Länge (etwa "
        "7,6) und Breite (etwa 51,9) vertauscht?"
    ),
    "moving": _("Die Koordinaten des Messorts wechseln; es gilt der erste Ort."),
    "no_series": _("Keine Zahlen: Die Spalte wird nicht Teil der Messreihen."),
    "zeros": _("Nullen, obwohl sonst kein Wert in ihre Nähe kommt. Fehlen dort Werte?"),
    "gaps": _("Lücken in der Zeit; genannt ist die längste."),
    "reset": _("Der Zähler springt zurück. Ist es ein fortlaufender Zählerstand?"),
    "jump": _("Das Niveau springt auf das Zehnfache oder mehr. Wechselt die Einheit?"),
}
PRIVACY: Mapping[str, Any] = {
    "named_name": _("Die Überschrift lässt Namen von Menschen erwarten."),
    "named_email": _("Die Überschrift lässt E-Mail-Adressen erwarten."),
    "named_address": _("Die Überschrift lässt Anschriften von Menschen erwarten."),
    "named_phone": _("Die Überschrift lässt Telefonnummern erwarten."),
    "named_birth": _("Die Überschrift lässt Geburtstage erwarten."),
    "named_account": _("Die Überschrift lässt Kontonummern erwarten."),
    "named_identity": _("Die Überschrift lässt Kennnummern von Menschen oder Vorgängen erwarten."),
    "named_plate": _("Die Überschrift lässt Kfz-Kennzeichen erwarten."),
    "named_sensitive": _("Die Überschrift lässt besonders geschützte Angaben erwarten."),
    "looks_email": _("E-Mail-Adressen"),
    "looks_phone": _("Telefonnummern"),
    "looks_account": _("Kontonummern (IBAN)"),
    "looks_plate": _("Kfz-Kennzeichen"),
    "looks_ip": _("Internetadressen von Anschlüssen (IP)"),
    "small_count": _("Kleine Anzahlen von Menschen; hinter ihnen können Einzelne erkennbar sein."),
    "small_group": _("Seltene Kombinationen dieser Merkmale; Einzelne können erkennbar sein."),
}
CHANGES: Mapping[str, Any] = {
    "gone": _("Die Spalte fehlt."),
    "new": _("Die Spalte ist neu; sie würde nicht übernommen."),
    "type": _("Die Spalte enthält etwas anderes als bisher."),
    "shrunk": _("Es sind weniger als halb so viele Zeilen wie bei der letzten Lieferung."),
    "srid": _("Das Bezugssystem der Koordinaten ist ein anderes."),
}
TROUBLES: Mapping[str, Any] = {
    "empty": _("Die Datei ist leer."),
    "foreign": _("Das ist eine Datei der Art %(what)s und keine Tabelle."),
    "markup": _(
        "Das ist eine Webseite oder XML und keine Tabelle. Speichern Sie die Daten als CSV, Excel "
        "oder GeoJSON."
    ),
    "binary": _("Das ist keine Textdatei und keines der Formate, die wir lesen."),
    "broken": _(
        "Die Datei ist beschädigt oder unvollständig. Speichern Sie sie neu und versuchen Sie es noch einmal."
    ),
    "broken_archive": _("Das Archiv lässt sich nicht öffnen. Packen Sie es neu, ohne Kennwort."),
    "encrypted": _("Die Datei verlangt ein Kennwort. Speichern Sie sie ohne Kennwort."),
    "bomb": _("Ausgepackt wäre die Datei größer, als wir annehmen. Teilen Sie sie auf."),
    "nested": _("Im Archiv steckt noch ein Archiv. Packen Sie die Daten nur einmal ein."),
    "members": _("Das Archiv enthält zu viele Dateien (%(n)s)."),
    "many": _("Das Archiv enthält %(n)s Dateien. Laden Sie die gewünschte einzeln hoch."),
    "path": _("Das Archiv enthält Pfade, die aus ihm herausführen. Packen Sie es neu."),
    "entities": _(
        "Die Datei bringt eigene XML-Entitäten mit; das tut kein Büroprogramm. Speichern Sie sie neu."
    ),
    "far_cell": _("Im Blatt steht eine Zelle sehr weit außen. Löschen Sie leere Zeilen und Spalten am Rand."),
    "columns": _(
        "Die Tabelle hat %(n)s Spalten; wir lesen höchstens %(most)s. Lassen Sie weg, was niemand braucht."
    ),
    "no_rows": _("Unter der Überschrift steht keine Zeile."),
    "part": _("Blatt oder Ebene „%(part)s“ gibt es in dieser Datei nicht."),
    "too_large": _("Die Datei ist zu groß. Teilen Sie sie auf, oder liefern Sie sie als Parquet."),
    "large_sheet": _("Die Tabellenmappe ist größer als 150 MB. Speichern Sie das Blatt als CSV."),
    "large_json": _(
        "Die JSON-Datei ist größer als 400 MB. Liefern Sie sie als CSV oder zeilenweise (NDJSON)."
    ),
    "json": _("Die Datei ist kein gültiges JSON (%(why)s)."),
    "geojson": _("Das ist kein gültiges GeoJSON."),
    "no_records": _("In der Datei ist keine Liste von Datensätzen."),
    "late_key": _(
        "Das Feld „%(key)s“ kommt erst weit unten in der Datei vor. Schreiben Sie in jeden "
        "Datensatz alle Felder."
    ),
    "no_dbf": _(
        "Zum Shapefile fehlt die Datei .dbf mit den Angaben. Packen Sie alle seine Dateien zusammen ein."
    ),
    "not_geopackage": _("Das ist eine SQLite-Datei, aber kein GeoPackage."),
    "layers": _(
        "Der Dienst hat mehrere Ebenen: %(names)s. Hängen Sie die gewünschte als typeNames=… an die Adresse."
    ),
    "no_service": _("Unter der Adresse antwortet kein WFS."),
    "memory": _("Die Datei braucht mehr Arbeitsspeicher, als da ist. Teilen Sie sie auf."),
    "fell": _("Die Verarbeitung ist mehrmals abgebrochen. Es wurde nichts halb gespeichert."),
    "AddressRefused": _(
        "Diese Adresse dürfen wir nicht abrufen: Sie führt in ein internes Netz oder ist keine Webadresse."
    ),
    "AnswerTooLarge": _("Unter der Adresse liegt mehr, als wir auf einmal abrufen."),
    "SourceAnswered": _("Die Adresse antwortet mit einem Fehler."),
    "SourceIsAway": _("Unter der Adresse antwortet niemand."),
    "NotFound": _("Den Datensatz, zu dem das gehört, gibt es nicht mehr."),
    "UnusableFile": _("Die Datei lässt sich nicht als Tabelle lesen."),
    "InvalidMapping": _("Der Plan passt nicht zu dieser Datei."),
    "CollectionExists": _("Eine Tabelle mit diesem Namen gibt es schon."),
    "DuplicateKey": _("Zeilen haben denselben Schlüssel; es wurde nichts gespeichert."),
    "DatasetNotReady": _("Gespeichert, aber noch nicht veröffentlicht: Dem Datensatz fehlen Angaben."),
}

UNCLEAR = frozenset(("UnusableFile", "InvalidMapping", "SourceAnswered", "DatasetNotReady", "DuplicateKey"))
"""Troubles of which what the reader said tells more."""


def trouble(found: Trouble) -> str:
    """Why a file did not go on."""
    sentence = TROUBLES.get(found.code)
    if sentence is None:
        return gettext("Das hat nicht geklappt.")
    facts = {name: _fact(value) for name, value in found.facts.items()}
    try:
        return str(sentence) % facts
    except KeyError:  # a fact of another version
        return str(sentence).partition("%")[0]


def _fact(value: Any) -> Any:
    """Numbers as people write them, and of what a reader said the place in the file."""
    if isinstance(value, int):
        return formats.number(value, digits=0)
    place = _BYTE.search(value) if isinstance(value, str) else None
    return gettext("Byte %(n)s") % {"n": formats.number(int(place[1]), digits=0)} if place else value


def finding(found: Finding) -> dict[str, Any]:
    """A finding as a row of the report."""
    return {
        "weight": found.weight,
        "column": found.column,
        "n": found.n,
        "line": found.line,
        "example": _shown(found.code, found.example),
        "says": FINDINGS.get(found.code, found.code),
    }


_BYTE = re.compile(r"\bbyte (\d+)")
_WIDTH = re.compile(r"(\d+) / (\d+)")
_HOURS = re.compile(r"(\d+) h")
_PAIR = re.compile(r"([-+\d.e]+) (→|/) ([-+\d.e]+)")
_LONG = 72


def _shown(code: str, example: str) -> str:
    """Numbers of ours as people write them; what stands in the file as it stands there."""
    if code == "width" and (width := _WIDTH.fullmatch(example)):
        return gettext("%(n)s statt %(usual)s Felder") % {"n": width[1], "usual": width[2]}
    if code == "gaps" and (hours := _HOURS.fullmatch(example)):
        return _duration(int(hours[1]))
    if code in ("reset", "jump", "far_away", "place_turned") and (pair := _PAIR.fullmatch(example)):
        return f"{_figure(pair[1])} {pair[2]} {_figure(pair[3])}"
    if code in ("constant", "outlier"):
        return _figure(example)
    return example


def _figure(text: str) -> str:
    """With the decimal places that it was told with."""
    return formats.number(float(text), digits=len(text.partition(".")[2].partition("e")[0]))


def _duration(hours: int) -> str:
    if hours < _LONG:
        return ngettext("%(n)s Stunde", "%(n)s Stunden", hours) % {"n": formats.number(hours, digits=0)}
    days = round(hours / 24)
    return ngettext("%(n)s Tag", "%(n)s Tage", days) % {"n": formats.number(days, digits=0)}


def concern(found: privacy.Finding) -> dict[str, Any]:
    """Something that could be about people."""
    return {
        "says": PRIVACY.get(found.code, found.code),
        "column": found.column,
        "n": found.n,
        "example": found.example,
    }


def change(found: drift.Change) -> dict[str, Any]:
    """How a delivery differs from the one before."""
    before, now = (str(TYPES.get(each, each)) for each in (found.before, found.now))
    return {"says": CHANGES.get(found.code, found.code), "column": found.column, "before": before, "now": now}
