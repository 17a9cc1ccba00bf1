# SPDX-License-Identifier: EUPL-1.2
"""A large catalogue: datasets with German titles, texts, facets, places and times, always the same."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from stadtkern.catalogue import vocabularies

_BLOCK = 2000
_FIRST = """
    Baum Straßen Schul Verkehrs Lärm Wasser Haushalts Park Bau Kita Wahl Luft
    """.split()  # noqa: SIM905
_SECOND = """
    kataster verzeichnis plan zählung messung statistik karte bericht flächen daten
    """.split()  # noqa: SIM905
_WORDS = """
    Stadt Bezirk Quartier Jahr Amt Erhebung Standort Fläche Anzahl Werte Messstelle Radverkehr
    Grünanlage Spielplatz Denkmal Energie Bevölkerung Einwohner Planung Umwelt Klima Sanierung Brücke
    Haltestelle Fahrplan Bibliothek Museum Sport Verein Gewässer Pegel Solaranlage Photovoltaik Wohnung
    Miete Sicherheit Feuerwehr Abfall Container
    """.split()  # noqa: SIM905
_THIRD = """
    amt anteil betrieb blick bogen dichte ende feld gang gebiet grenze gruppe heft index klasse kreis lage
    leiter liste menge netz ort punkt quote rand reihe satz stand stelle stufe teil wert zahl zone
    """.split()  # noqa: SIM905
_RARE = [first + second + third for third in _THIRD for first in _FIRST for second in _SECOND]
# As in any language, few words are frequent and most are rare.
_SAID = [*_WORDS, *_RARE]
_HOW_OFTEN = list(itertools.accumulate(1 / rank for rank in range(20, len(_SAID) + 20)))
_FORMATS = ("CSV", "JSON", "XLSX", "GEOJSON", "PDF", "SHP", "WFS_SRVC", "HTML")
_INTO_DATASETS = (
    "COPY catalogue.dataset (dataset_id, kind, title, description, keywords, themes, modified, area,"
    " temporal_from, temporal_until) FROM STDIN"
)
_INTO_FORMS = "COPY catalogue.distribution (dataset_id, access_url, format, licence) FROM STDIN"
_KINDS = ("table", "features", "files", "link", "series")


class _Office:
    """An organisation with its habits: its themes, its licence, the formats it offers."""

    def __init__(self, connection: psycopg.Connection[Any], number: int, dice: random.Random):
        self.id = _organisation(connection, number)
        self.themes = dice.sample(list(vocabularies.codes("themes")), 3)
        self.licence = dice.choice(list(vocabularies.licences())[:4])
        self.formats = [dice.sample(_FORMATS, dice.randint(1, 3)) for _ in range(3)]
        self.kinds = dice.sample(_KINDS, 3)


def fill(connection: psycopg.Connection[Any], *, datasets: int) -> None:
    """Put so many datasets of fifty organisations into the catalogue; the connection commits by itself."""
    dice = random.Random(4711)
    offices = [_Office(connection, number, dice) for number in range(50)]
    connection.execute("ALTER TABLE catalogue.dataset DISABLE TRIGGER indexed_new")  # indexed with its forms
    for start in range(0, datasets, _BLOCK):
        numbers = range(start, min(start + _BLOCK, datasets))
        owners = [dice.choice(offices) for _ in numbers]
        with connection.transaction(), connection.cursor() as cursor:
            ids = _stubs(cursor, numbers, owners)
            with cursor.copy(_INTO_DATASETS) as copy:
                for id_, office in zip(ids, owners, strict=True):
                    copy.write_row((id_, *_metadata(office, dice)))
            with cursor.copy(_INTO_FORMS) as copy:
                for row in _forms(ids, owners, dice):
                    copy.write_row(row)
    connection.execute("ALTER TABLE catalogue.dataset ENABLE TRIGGER indexed_new")
    connection.execute(
        "ANALYZE catalogue.dataset, catalogue.distribution, catalogue.entry, catalogue.combination,"
        " catalogue.mark, catalogue.word"
    )


def _organisation(connection: psycopg.Connection[Any], number: int) -> int:
    row = connection.execute(
        "INSERT INTO core.principal (kind, name) VALUES ('organisation', %s) RETURNING id", [f"Amt {number}"]
    ).fetchone()
    assert row is not None
    connection.execute("INSERT INTO core.organisation (principal_id, kind) VALUES (%s, 'department')", row)
    return int(row[0])


def _stubs(cursor: psycopg.Cursor[Any], numbers: range, owners: list[_Office]) -> list[int]:
    cursor.execute(
        "INSERT INTO core.dataset (key, room_id, organisation_id)"
        " SELECT 'bench-' || n, (SELECT id FROM core.room WHERE key = 'public'), o"
        " FROM unnest(%s::int[], %s::bigint[]) AS given (n, o) RETURNING id",
        [list(numbers), [office.id for office in owners]],
    )
    return [row[0] for row in cursor.fetchall()]


def _metadata(office: _Office, dice: random.Random) -> tuple[Any, ...]:
    title = f"{dice.choice(_FIRST)}{dice.choice(_SECOND)} {dice.choice(_WORDS)} {dice.randint(1990, 2026)}"
    about = " ".join(dice.choices(_SAID, cum_weights=_HOW_OFTEN, k=40))
    day = datetime(2000, 1, 1, tzinfo=UTC) + timedelta(days=dice.randint(0, 9000))
    west, south = 7.4 + dice.random() / 2, 51.8 + dice.random() / 2
    return (
        dice.choice(office.kinds), Jsonb({"de": title}), Jsonb({"de": about}),
        Jsonb({"de": dice.choices(_SAID, cum_weights=_HOW_OFTEN, k=4)}), [dice.choice(office.themes)],
        day + timedelta(days=300), f"({west + 0.05},{south + 0.05}),({west},{south})", day,
        day + timedelta(days=dice.randint(1, 2000)),
    )  # fmt: skip


def _forms(ids: list[int], owners: list[_Office], dice: random.Random) -> Iterator[tuple[Any, ...]]:
    for id_, office in zip(ids, owners, strict=True):
        for kind in dice.choice(office.formats):
            yield id_, f"https://stadt.example/{id_}.{kind.lower()}", kind, office.licence
