# SPDX-License-Identifier: EUPL-1.2
"""By which area the list can be narrowed down: a district, or a rectangle drawn on a small map."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import shapely
import shapely.geometry
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from stadtkern.catalogue.search.question import Question
from stadtkern.ui import ground, maps
from stadtkern.ui.visit import Visit


class Areas(msgspec.Struct, frozen=True):
    """What can be chosen (box as it stands in the address, name, whether it is), and the map to draw on.

    `edges`: west, south, east, north of the map, for the script.
    """

    choices: Sequence[tuple[str, str, bool]]
    drawing: SafeString | str
    edges: str

    @property
    def chosen(self) -> str:
        """The name of what is chosen, or nothing."""
        return next((name for _, name, here in self.choices if here), "")


async def read(visit: Visit, *, question: Question) -> Areas:
    """The districts by name, and before them the rectangle that is asked for, where it is none of theirs."""
    land = await ground.outlines(visit)
    asked = _box(question.area) if question.area else ""
    found = []
    for feature in land:
        if feature["properties"]["level"] == "district":
            west, south, east, north = shapely.geometry.shape(feature["geometry"]).bounds
            box = _box((west, south, east, north))
            found.append((box, feature["properties"]["name"], box == asked))
    found.sort(key=lambda each: each[1])
    if asked and not any(here for _, _, here in found):
        found.insert(0, (asked, gettext("gezeichneter Ausschnitt"), True))
    if not land:
        return Areas(found, "", "")
    drawing = maps.draw(land=land, spots=[], title=gettext("Karte der Stadt"), name="ausschnitt-karte")
    return Areas(found, drawing, _box(maps.edges(land)))


def _box(bounds: tuple[float, float, float, float]) -> str:
    return ",".join(f"{number:.4f}" for number in bounds)
