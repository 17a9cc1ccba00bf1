# SPDX-License-Identifier: EUPL-1.2
"""A dataset in other people's programs: lines to copy for the usual languages and tools, each complete."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec
from django.utils.translation import gettext

from stadtkern.catalogue import addresses
from stadtkern.catalogue.browse.series import Holding
from stadtkern.catalogue.browse.table import Preview
from stadtkern.catalogue.entities import Dataset

_SIGNED = "-H 'Authorization: Bearer SCHLUESSEL' "


class Lines(msgspec.Struct, frozen=True):
    """Lines to copy: their place on the page, for what they are, what they do, and themselves."""

    name: str
    title: str
    about: str
    text: str


def of_dataset(dataset: Dataset, *, tables: Sequence[Preview], holding: Holding | None) -> list[Lines]:
    """For tables and series everything, for files how to fetch one, for what lies elsewhere nothing."""
    closed = dataset.state != "published" or dataset.room.kind != "public"
    if tables:
        key = tables[0].collection.key
        base = addresses.absolute(f"/ogc/collections/{key}")
        spatial = tables[0].geometry
        return [
            *_csv(f"{base}/download.csv", key, closed=closed),
            _javascript(f"{base}/items?limit=100&f=json", "features"),
            *_tools(f"{base}/download.csv"),
            _qgis_features() if spatial else _qgis_table(f"{base}/download.csv"),
        ]
    if holding is not None and holding.rows:
        address = addresses.absolute(f"/daten/{dataset.key}/werte.csv")
        stream = f"/sta/v1.1/Datastreams({holding.rows[0].id})"
        newest = f"{stream}/Observations?$orderby=phenomenonTime%20desc&$top=100"
        return [
            *_csv(address, dataset.key, closed=closed),
            _javascript(addresses.absolute(newest), "value"),
            *_tools(address),
            _qgis_things(),
        ]
    own = next((form for form in dataset.distributions if form.made_by == "file"), None)
    if own is not None:
        return [_curl(addresses.absolute(own.download_url), "", closed=closed)]
    return []


def _csv(address: str, key: str, *, closed: bool) -> Iterator[Lines]:
    yield _curl(address, f"{key}.csv", closed=closed)
    yield Lines(
        "python",
        "Python",
        gettext("Ohne weitere Pakete; jede Zeile wird ein Wörterbuch."),
        "import csv, io, urllib.request\n\n"
        f'with urllib.request.urlopen("{address}") as answer:\n'
        '    rows = list(csv.DictReader(io.TextIOWrapper(answer, "utf-8", newline="")))\n'
        "print(len(rows), rows[0])",
    )
    yield Lines(
        "r",
        "R",
        gettext("Als Data-Frame."),
        f'daten <- read.csv("{address}", encoding = "UTF-8")\nstr(daten)',
    )


def _curl(address: str, file: str, *, closed: bool) -> Lines:
    about = gettext("In der Kommandozeile; die Datei landet im aktuellen Ordner.")
    if closed:
        about += " " + gettext("Diese Daten sind nicht öffentlich: Setzen Sie einen Zugangsschlüssel ein.")
    where = f"-o {file}" if file else "-OJ"
    return Lines("curl", "curl", about, f"curl -L {_SIGNED if closed else ''}{where} '{address}'")


def _javascript(address: str, part: str) -> Lines:
    return Lines(
        "javascript",
        "JavaScript",
        gettext("Im Browser oder mit Node; die ersten hundert."),
        f'const answer = await fetch("{address}");\n'
        f"const {{ {part} }} = await answer.json();\n"
        f"console.log({part}.length, {part}[0]);",
    )


def _tools(address: str) -> Iterator[Lines]:
    yield Lines(
        "excel",
        gettext("Excel (Power Query)"),
        gettext("Daten → Daten abrufen → Leere Abfrage → Erweiterter Editor. Aktualisieren holt Neues."),
        "let\n"
        f'    Quelle = Csv.Document(Web.Contents("{address}"),\n'
        '        [Delimiter = ",", Encoding = 65001, QuoteStyle = QuoteStyle.Csv]),\n'
        "    Tabelle = Table.PromoteHeaders(Quelle, [PromoteAllScalars = true])\n"
        "in\n"
        "    Tabelle",
    )


def _qgis_features() -> Lines:
    return Lines(
        "qgis",
        "QGIS",
        gettext("Layer → Layer hinzufügen → WFS / OGC API – Features → Neu. Als Adresse:"),
        addresses.absolute("/ogc"),
    )


def _qgis_table(address: str) -> Lines:
    return Lines(
        "qgis",
        "QGIS",
        gettext("Layer → Layer hinzufügen → Vektorlayer → Protokoll HTTP(S), Art CSV. Als Adresse:"),
        address,
    )


def _qgis_things() -> Lines:
    return Lines(
        "qgis",
        "QGIS",
        gettext("Ab Version 3.36: Layer → Layer hinzufügen → SensorThings-Layer → Neu. Als Adresse:"),
        addresses.absolute("/sta/v1.1"),
    )
