# SPDX-License-Identifier: EUPL-1.2
"""The map as a drawing: what readers see first, without script, and where nothing else can be drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from stadtkern.features.entities import Collection, Row
from stadtkern.insights.atlas import document, layers, places
from stadtkern.insights.atlas.asking import Asked
from stadtkern.insights.atlas.places import Place, words_with_unit
from stadtkern.ui import maps
from stadtkern.ui.maps import Figure, Spot

# More points than that are no picture any more, and a heavy page.
_MOST = 400
_MOST_FIGURES = 150


def draw(
    *,
    asked: Asked,
    land: Sequence[Mapping[str, Any]],
    found: Sequence[Place],
    rows: Sequence[tuple[Collection, Sequence[Row]]],
) -> SafeString:
    """The places and rows over the outlines; with a district asked for, only over that."""
    spots = [_spot(place) for place in found if place.point][:_MOST]
    figures: list[Figure] = []
    for collection, some in rows:
        for row in some:
            _add(row, collection, spots=spots, figures=figures)
    outline = places.district(land, asked.district) if asked.district else None
    return maps.draw(
        land=[outline] if outline else land,
        spots=spots,
        figures=figures[:_MOST_FIGURES],
        radius=8.0 if len(spots) <= 60 else 5.0,
        title=gettext("Karte der Messorte"),
        name="blatt",
        class_="sk-map sk-map--sheet",
    )


def _spot(place: Place) -> Spot:
    lon, lat = place.point or (0.0, 0.0)
    return Spot(
        lon=lon,
        lat=lat,
        label=f"{place.name}: {words_with_unit(place)}",
        value=None if document.mood(place) == "silent" else 1.0,
        off=document.mood(place) == "off",
        url=reverse("thing", args=[place.thing]),
        shape=place.kind.shape,
    )


def _add(row: Row, collection: Collection, *, spots: list[Spot], figures: list[Figure]) -> None:
    geometry = row.geometry
    if not isinstance(geometry, Mapping):
        return
    label = layers.name(row, collection)
    if geometry.get("type") == "Point":
        if len(spots) < 2 * _MOST:
            lon, lat = geometry["coordinates"][:2]
            spots.append(Spot(lon=lon, lat=lat, label=label, value=1.0))
    elif geometry.get("type") != "MultiPoint":
        figures.append(Figure(geometry, label))
