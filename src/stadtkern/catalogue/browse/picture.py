# SPDX-License-Identifier: EUPL-1.2
"""Where a dataset's data are: a map over the outlines of the city, with the names of the places beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from stadtkern.catalogue.browse import series, table
from stadtkern.catalogue.entities import Dataset
from stadtkern.features import queries
from stadtkern.ui import ground, maps
from stadtkern.ui.maps import Figure, Spot
from stadtkern.ui.visit import Visit

_MOST = 300
# What all areas and lines may weigh: a picture of 600 points shows no more.
_MOST_POSITIONS = 60_000
_NAMED = 12


class Picture(msgspec.Struct, frozen=True):
    """The map, the first places by name (with an address, or none), and how many more it shows."""

    drawing: SafeString
    names: Sequence[tuple[str, str]]
    more: int


async def of_dataset(visit: Visit, dataset: Dataset) -> Picture | None:
    """The map of a dataset; None without places, or where points would have no ground."""
    spots, figures = await _places(visit, dataset)
    if not spots and not figures:
        return None
    land = _under(await ground.outlines(visit), [*spots, *maps.corners(figures)])
    if not land and not figures:
        return None
    drawing = maps.draw(
        land=land,
        spots=spots,
        figures=figures,
        radius=_radius(len(spots)),
        title=gettext("Wo die Daten herkommen"),
        name="karte",
    )
    names = list(dict.fromkeys([(s.label, s.url) for s in spots] + [(f.label, "") for f in figures]))
    return Picture(drawing, names[:_NAMED], max(0, len(names) - _NAMED))


async def _places(visit: Visit, dataset: Dataset) -> tuple[list[Spot], list[Figure]]:
    if dataset.kind == "series":
        return await series.places(visit, dataset_id=dataset.id, most=_MOST), []
    found = await queries.collections(visit.connection, visit.scope, dataset_id=dataset.id)
    spatial = next((each for each in found if each.geometry is not None), None)
    if spatial is None:
        return [], []
    spots: list[Spot] = []
    figures: list[Figure] = []
    left = _MOST_POSITIONS
    for geometry, label in await table.places(visit, collection=spatial, most=_MOST):
        if geometry["type"] in ("Point", "MultiPoint"):
            points = geometry["coordinates"]
            points = [points] if geometry["type"] == "Point" else points
            spots += [Spot(lon=p[0], lat=p[1], label=label, value=1.0) for p in points[:_MOST]]
        elif left > 0:
            figures.append(Figure(geometry, label))
            left -= _weight(geometry.get("coordinates") or geometry.get("geometries"))
    return spots[:_MOST], figures


def _weight(part: Any) -> int:
    """How many positions there are in it."""
    if isinstance(part, Mapping):
        return _weight(part.get("coordinates") or part.get("geometries"))
    if not isinstance(part, list) or not part:
        return 0
    return 1 if isinstance(part[0], int | float) else sum(map(_weight, part))


def _under(land: Sequence[Mapping[str, Any]], data: Sequence[Spot]) -> Sequence[Mapping[str, Any]]:
    """The outlines, unless the data lie quite elsewhere."""
    if not land:
        return ()
    edge = maps.corners([Figure(each.get("geometry") or each, "") for each in land])
    (west, south), (east, north) = ((spot.lon, spot.lat) for spot in edge)
    lons, lats = [spot.lon for spot in data], [spot.lat for spot in data]
    apart = max(lons) < west or min(lons) > east or max(lats) < south or min(lats) > north
    return () if apart else land


def _radius(n: int) -> float:
    """Many places are drawn small, so that they are told apart."""
    return 9.0 if n <= 20 else 6.0 if n <= 80 else 4.0
