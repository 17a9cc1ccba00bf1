# SPDX-License-Identifier: EUPL-1.2
"""The datasets of Musterstadt: where each comes from, under which licence, and what is made up about it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

_ABOUT_CITY = {"political_level": "municipality", "access_rights": "PUBLIC", "availability": "AVAILABLE"}
_DL_DE = {"licence": "dl-de/by-2-0", "licence_url": "https://www.govdata.de/dl-de/by-2-0"}


class Replay(msgspec.Struct, frozen=True, kw_only=True):
    """What is replayed: the original's wall clock from `window_start` on, `cycle_weeks` long."""

    window_start: datetime
    cycle_weeks: int


class File(msgspec.Struct, frozen=True, kw_only=True):
    """A packed file and the mapping that reads it."""

    name: str
    mapping: str


class Set(msgspec.Struct, frozen=True, kw_only=True):
    """A dataset of the demo."""

    key: str
    about: Mapping[str, Any]
    room: str = "public"
    files: tuple[File, ...] = ()
    replay: Replay | None = None
    quarters: tuple[str, ...] = ()
    """Codes of the quarters in which its Things are placed; empty: nowhere."""


INNER = ("501", "504", "505", "506", "507", "508", "502", "503")
ALL = (
    *INNER,
    "509",
    "401",
    "402",
    "305",
    "306",
    "307",
    "304",
    "701",
    "702",
    "703",
    "705",
    "707",
    "600",
    "200",
    "100",
)

BICYCLES = Set(
    key="musterstadt-fahrrad",
    about={
        "title": {"de": "Radverkehr an Dauerzählstellen", "en": "Bicycle traffic at permanent counters"},
        "description": {
            "de": "Wie viele Fahrräder fahren wann an 23 Zählstellen vorbei? Stundenwerte aller Stellen, "
            "Viertelstunden von drei Stellen. Echte Messwerte aus Münster, um {weeks} Wochen verschoben.",
            "en": "How many bicycles pass 23 counters, and when? Hours of all, quarter hours of three. "
            "Real readings from Münster, replayed {weeks} weeks later.",
        },
        **_DL_DE,
        "attribution": "Stadt Münster",
        "source": "https://opendata.stadt-muenster.de",
        "metadata": {
            "themes": ["TRAN"],
            "keywords": {
                "de": ["Radverkehr", "Fahrrad", "Zählstelle", "Verkehr", "Mobilität"],
                "en": ["cycling", "bicycle", "counter", "traffic", "mobility"],
            },
            "frequency": "HOURLY",
            "musterdatensaetze": ["verkehr/radverkehr/messung"],
            **_ABOUT_CITY,
        },
        "simulated": False,
        "replay": True,
    },
    files=(
        File(name="bike_hourly.csv.xz", mapping="bike_hourly.toml"),
        File(name="bike_quarterhour.csv.xz", mapping="bike_quarterhour.toml"),
    ),
    replay=Replay(window_start=datetime(2026, 2, 7), cycle_weeks=3),
    quarters=ALL,
)

PARKING = Set(
    key="musterstadt-parken",
    about={
        "title": {"de": "Freie Plätze in Parkhäusern", "en": "Free spaces in car parks"},
        "description": {
            "de": "Wo ist noch ein Platz frei? Freie Stellplätze in 20 Parkhäusern, alle 15 Minuten. "
            "Echte Messwerte aus Münster, um {weeks} Wochen verschoben; zwei lange Ausfälle gehören dazu.",
            "en": "Where is a space left? Free spaces in 20 car parks every 15 minutes. Real readings from "
            "Münster, replayed {weeks} weeks later; two long outages are part of them.",
        },
        **_DL_DE,
        "attribution": "Parkhausbelegung Stadt Münster, historisiert von Code For Münster",
        "source": "https://github.com/codeformuenster/parking-decks-muenster",
        "metadata": {
            "themes": ["TRAN"],
            "keywords": {
                "de": ["Parken", "Parkhaus", "Stellplatz", "Auslastung", "Verkehr"],
                "en": ["parking", "car park", "occupancy", "traffic"],
            },
            "frequency": "15MIN",
            "musterdatensaetze": ["verkehr/kfz/parkplatz"],
            **_ABOUT_CITY,
        },
        "simulated": False,
        "replay": True,
    },
    files=(File(name="parking.csv.xz", mapping="parking.toml"),),
    replay=Replay(window_start=datetime(2026, 4, 10), cycle_weeks=3),
    quarters=INNER,
)

ENERGY = Set(
    key="musterstadt-energie",
    about={
        "title": {
            "de": "Energieverbrauch von zwölf Gebäuden (Archiv)",
            "en": "Energy use of twelve buildings (archive)",
        },
        "description": {
            "de": "Strom und Gas je Stunde mit Außentemperatur, 2018 und 2019. Gebäude der Universität "
            "Cambridge; einige Gaszähler haben 2018 vermutlich die Einheit gewechselt und sind bis dahin "
            "als zweifelhaft markiert.",
            "en": "Electricity and gas by the hour with outdoor temperature, 2018 and 2019. Buildings of the "
            "University of Cambridge; some gas meters probably changed their unit in 2018 and are marked.",
        },
        "licence": "MIT",
        "licence_url": "https://doi.org/10.5281/zenodo.10955332",
        "attribution": "Cambridge Estates Building Energy Archive; Temperatur: Met Office, OGL v3",
        "source": "https://doi.org/10.5281/zenodo.10955332",
        "metadata": {
            "themes": ["ENER"],
            "keywords": {
                "de": ["Energieverbrauch", "Strom", "Gas", "Gebäude", "Archiv"],
                "en": ["energy use", "electricity", "gas", "buildings", "archive"],
            },
            "frequency": "NEVER",
            "temporal_until": "2019-12-31T23:00:00Z",
            "musterdatensaetze": ["energie/energiebericht"],
            "access_rights": "PUBLIC",
        },
        "simulated": False,
        "replay": False,
    },
    files=(File(name="energy.csv.xz", mapping="energy.toml"),),
)

_SIMULATED = {
    "licence": "CC0-1.0",
    "licence_url": "https://creativecommons.org/publicdomain/zero/1.0/deed.de",
    "attribution": "Stadtkern, simulierte Werte",
    "simulated": True,
    "replay": False,
}

PROBES = Set(
    key="musterstadt-sonden",
    about={
        "title": {
            "de": "Boden, Wasser, Luft und Stellplätze (simuliert)",
            "en": "Soil, water, air and bays (simulated)",
        },
        "description": {
            "de": "Erfundene Werte zum Ausprobieren: Bodenfeuchte unter Bäumen, Grundwasser, Lufttemperatur "
            "und Behindertenstellplätze. Nichts davon wurde gemessen.",
            "en": "Invented values to try things out: soil moisture under city trees, groundwater, air "
            "temperature and disabled parking bays. None of it was measured.",
        },
        "metadata": {
            "themes": ["ENVI", "TRAN"],
            "keywords": {
                "de": [
                    "Bodenfeuchte",
                    "Stadtbäume",
                    "Grundwasser",
                    "Lufttemperatur",
                    "Behindertenstellplatz",
                ],
                "en": ["soil moisture", "city trees", "groundwater", "air temperature", "disabled parking"],
            },
            "frequency": "15MIN",
            **_ABOUT_CITY,
        },
        **_SIMULATED,
    },
    quarters=ALL,
)

TRYOUT = Set(
    key="musterstadt-ausprobieren",
    about={
        "title": {"de": "Zum Ausprobieren", "en": "For trying things out"},
        "description": {
            "de": "Hier landet, was Sie mit dem Demo-Schlüssel selbst anlegen.",
            "en": "What you create with the demo token ends up here.",
        },
        **_SIMULATED,
    },
)

RESTRICTED = Set(
    key="musterstadt-rathaus",
    room="musterstadt-rathaus",
    about={
        "title": {
            "de": "Raumklima im Rathaus (simuliert, nicht öffentlich)",
            "en": "Indoor climate of the town hall (simulated, not public)",
        },
        "description": {
            "de": "Beispiel für einen Datenraum mit beschränktem Zugang.",
            "en": "An example of a data room with restricted access.",
        },
        **_SIMULATED,
    },
)

SETS = (BICYCLES, PARKING, ENERGY, PROBES, TRYOUT, RESTRICTED)
