# SPDX-License-Identifier: EUPL-1.2
"""Gives the Things of Musterstadt places inside its outlines: made up, always the same, marked as such."""

from __future__ import annotations

import lzma
import random
from collections.abc import Sequence
from importlib import resources

import msgspec
import shapely.geometry

from stadtkern.city import districts
from stadtkern.ingest.imports import entities

_SPELLED = {"sued": "Süd", "nord": "Nord", "sud": "Süd"}
_UMLAUTS = {"huettenheim": "Hüttenheim", "muendelheim": "Mündelheim", "grossenbaum": "Großenbaum"}
NOTE = {
    "de": "Die Lage ist frei erfunden: Musterstadt gibt es nicht. Nur die Umrisse sind echt (Duisburg).",
    "en": "This place is made up: Musterstadt does not exist. Only the outlines are real (Duisburg).",
}


def outlines() -> list[districts.District]:
    """The outlines that come with the demo (© OpenStreetMap contributors, ODbL)."""
    packed = resources.files(__package__) / "data" / "districts.geojson.xz"
    collection = msgspec.json.decode(lzma.decompress(packed.read_bytes()))
    return [
        districts.District(
            code=feature["properties"]["code"],
            name=_name(feature["properties"]["name"], feature["properties"]["level"]),
            level=feature["properties"]["level"],
            geometry=feature["geometry"],
        )
        for feature in collection["features"]
    ]


def _name(raw: str, level: str) -> str:
    if level == "city":
        return "Musterstadt"
    if raw in _UMLAUTS:
        return _UMLAUTS[raw]
    return "-".join(_SPELLED.get(part, part.capitalize()) for part in raw.split("-"))


def placer(quarters: Sequence[str]) -> entities.Place | None:
    """Puts each Thing into one of the quarters, by its key; None where there are no quarters."""
    if not quarters:
        return None
    known = {district.code: district for district in outlines()}

    def place(key: str, name: str) -> entities.Point:
        district = known[random.Random(f"quarter {key}").choice(quarters)]  # noqa: S311
        longitude, latitude = _point(district, seed=key)
        said = {
            "position": "approximate",
            "fictitious": True,
            "position_note": NOTE,
            "quarter": district.name,
        }
        return entities.Point(longitude, latitude, f"{name}, {district.name}", said)

    return place


def _point(district: districts.District, *, seed: str) -> tuple[float, float]:
    """A point well inside the outline that depends on the seed only."""
    dice = random.Random(seed)  # noqa: S311
    shape = shapely.geometry.shape(district.geometry)
    inner = shape.buffer(-0.002)
    area = shape if inner.is_empty else inner
    west, south, east, north = area.bounds
    for _ in range(1000):
        point = shapely.geometry.Point(dice.uniform(west, east), dice.uniform(south, north))
        if area.contains(point):
            return round(point.x, 5), round(point.y, 5)
    middle = area.representative_point()
    return round(middle.x, 5), round(middle.y, 5)
