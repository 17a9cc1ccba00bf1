# SPDX-License-Identifier: EUPL-1.2
"""Which tiles the cockpit shows: plain data, from the city's settings or else these."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import msgspec

Text = Mapping[str, str]


class Definition(msgspec.Struct, frozen=True, kw_only=True):
    """One tile: what it is about and which observed properties (by definition) feed it.

    `flow`: totals of today against a usual day. `places`: a map of the last hour. `free`: what is left of a
    capacity. `bays`: how many of some places are free. `low`: how many are below `threshold`.
    `level`: the newest value against its usual range. `types` narrows to things of these types.
    """

    key: str
    form: Literal["flow", "places", "free", "bays", "low", "level"]
    title: Text
    properties: tuple[str, ...]
    types: tuple[str, ...] = ()
    noun: Text = {}
    places: Text = {}
    good: Text = {}
    threshold: float | None = None
    digits: int = 0
    wide: bool = False


_BICYCLES = "https://www.wikidata.org/wiki/Q11442"
_PARKING = "https://www.wikidata.org/wiki/Q6501349"
_SOIL_MOISTURE = "https://www.wikidata.org/wiki/Q568748"
_GROUNDWATER = "https://www.wikidata.org/wiki/Q161598"

DEFAULT: tuple[Definition, ...] = (
    Definition(
        key="radverkehr",
        form="flow",
        title={"de": "Radverkehr", "en": "Cycling"},
        properties=(_BICYCLES,),
        noun={"de": "Räder", "en": "bicycles"},
        places={"de": "Zählstellen", "en": "counters"},
        wide=True,
    ),
    Definition(
        key="radverkehr-karte",
        form="places",
        title={"de": "Wo gerade gefahren wird", "en": "Where people are cycling"},
        properties=(_BICYCLES,),
        noun={"de": "Räder", "en": "bicycles"},
        wide=True,
    ),
    Definition(
        key="parkhaeuser",
        form="free",
        title={"de": "Parkhäuser", "en": "Car parks"},
        properties=(_PARKING,),
        types=("car_park",),
        places={"de": "Parkhäusern", "en": "car parks"},
    ),
    Definition(
        key="behindertenparkplaetze",
        form="bays",
        title={"de": "Behindertenparkplätze", "en": "Disabled parking bays"},
        properties=(_PARKING,),
        types=("bay",),
        places={"de": "Stellplätzen", "en": "bays"},
    ),
    Definition(
        key="stadtbaeume",
        form="low",
        title={"de": "Stadtbäume", "en": "City trees"},
        properties=(_SOIL_MOISTURE,),
        noun={"de": "durstig", "en": "thirsty"},
        places={"de": "Sonden", "en": "probes"},
        threshold=18.0,
    ),
    Definition(
        key="grundwasser",
        form="level",
        title={"de": "Grundwasser", "en": "Groundwater"},
        properties=(_GROUNDWATER,),
        digits=2,
    ),
)


def tiles(properties: Mapping[str, Any]) -> tuple[Definition, ...]:
    """The city's tiles: `cockpit.tiles` of its properties, or the default."""
    chosen = (properties.get("cockpit") or {}).get("tiles")
    return msgspec.convert(chosen, tuple[Definition, ...]) if chosen else DEFAULT
