# SPDX-License-Identifier: EUPL-1.2
"""Places and rows as GeoJSON (RFC 7946) for the map in the browser."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from stadtkern.core import times
from stadtkern.features.entities import Collection, Row
from stadtkern.insights.atlas import layers
from stadtkern.insights.atlas.places import Place, words_with_unit
from stadtkern.insights.pictures.queries import Picture
from stadtkern.ui import formats

_LONGEST = 120
_PROPERTIES = 8


def of_places(found: Sequence[Place], *, pictures: Mapping[int, Picture]) -> dict[str, Any]:
    """A feature for each place; `stream` is the series whose values move it, `mood` how it is drawn.

    `photo`: the digest of its picture, `shows` what that shows, where there is one.
    """
    features = [_place(place, pictures.get(place.thing)) for place in found if place.point]
    return {"type": "FeatureCollection", "features": features}


def _place(place: Place, picture: Picture | None) -> dict[str, Any]:
    said = {
        "name": place.name,
        "kind": place.kind.key,
        "shape": place.kind.shape,
        "value": words_with_unit(place),
        "mood": mood(place),
        "stream": place.id,
        "at": times.format_instant(place.at) if place.at else None,
    }
    if place.number is not None and not place.said:
        said |= {"digits": place.digits, "unit": place.symbol}
    if picture is not None:
        said |= {"photo": picture.digest, "shows": formats.words(picture.alt)}
    geometry = {"type": "Point", "coordinates": list(place.point or ())}
    return {"type": "Feature", "id": place.thing, "geometry": geometry, "properties": said}


def mood(place: Place) -> str:
    """How a place is drawn: `off` where its state says so, `silent` where nothing comes."""
    if place.said:
        return "off"
    if not place.live:
        return "silent"
    return "off" if place.kind.states and place.result in (1, True) else "live"


def of_rows(rows: Sequence[Row], collection: Collection, *, more: bool) -> dict[str, Any]:
    """A feature for each row with a geometry; `more` says that there are further ones."""
    features = [_row(row, collection) for row in rows if isinstance(row.geometry, Mapping)]
    return {"type": "FeatureCollection", "more": more, "features": features}


def _row(row: Row, collection: Collection) -> dict[str, Any]:
    facts = {
        column.name: str(value)[:_LONGEST]
        for value, column in zip(row.values, collection.columns[:_PROPERTIES], strict=False)
        if value is not None
    }
    said = {"name": layers.name(row, collection), "facts": facts}
    return {"type": "Feature", "id": row.id, "geometry": row.geometry, "properties": said}
