# SPDX-License-Identifier: EUPL-1.2
"""GeoJSON (RFC 7946): each entity a Feature at its place, everything else about it flat in `properties`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import msgspec

from stadtkern.things.entities import EntityType
from stadtkern.things.language import parser
from stadtkern.things.language.tree import Expand, Options
from stadtkern.things.representation import Document

_GEOMETRIES = (
    "Point",
    "MultiPoint",
    "LineString",
    "MultiLineString",
    "Polygon",
    "MultiPolygon",
    "GeometryCollection",
)
# Where the place of an entity stands: in a property, or in that of a related entity.
_OWN: Mapping[str, str] = {
    "Location": "location",
    "FeatureOfInterest": "feature",
    "Datastream": "observedArea",
    "MultiDatastream": "observedArea",
}
_RELATED: Mapping[str, tuple[str, str]] = {
    "Thing": ("Locations", "location"),
    "HistoricalLocation": ("Locations", "location"),
    "Observation": ("FeatureOfInterest", "feature"),
}


class Features:
    """Makes features of documents of one entity type."""

    def __init__(self, entity: EntityType, options: Options):
        self._own = _OWN.get(entity.name, "")
        self._related, self._inside = _RELATED.get(entity.name, ("", ""))
        self._added = bool(self._related) and all(item.name != self._related for item in options.expand)
        relation = entity.relation(self._related) if self._related else None
        self._many = relation is not None and relation.many
        self.options = self._with_place(options)

    def feature(self, document: Document) -> Document:
        """One feature; without a known place its geometry is null."""
        geometry = self._geometry(document)
        properties = dict(_flat(document, "", skip=self._own))
        found = {"type": "Feature", "geometry": geometry, "properties": properties}
        number = document.get("@iot.id")
        return found if number is None else {"id": number, **found}

    def _with_place(self, options: Options) -> Options:
        if self._own and options.select is not None:
            options = replace(options, select=(*options.select, self._own))
        if not self._added:
            return options
        inner = Options(select=("id", self._inside), given={"$select": f"id,{self._inside}"})
        if self._many:
            order = parser.orders("id desc", where="$orderby")
            inner = replace(inner, order=order, top=5)
        return replace(options, expand=(*options.expand, Expand(self._related, inner)))

    def _geometry(self, document: Document) -> Any:
        if self._own:
            return _geometry(document.get(self._own))
        if not self._related:
            return None
        name = self._related
        found = document.pop(name, None) if self._added else document.get(name)
        if self._added:
            document.pop(f"{name}@iot.nextLink", None)
        places = [item.get(self._inside) for item in (found if isinstance(found, list) else [found]) if item]
        return next((shape for place in places if (shape := _geometry(place))), None)


def _geometry(value: Any) -> Any:
    """The geometry that a location or feature is or contains, None where it is something else."""
    if isinstance(value, msgspec.Raw):
        value = msgspec.json.decode(value)
    if isinstance(value, dict) and value.get("type") == "Feature":
        value = value.get("geometry")
    return value if isinstance(value, dict) and value.get("type") in _GEOMETRIES else None


def _flat(value: Mapping[str, Any], lead: str, *, skip: str = "") -> Iterator[tuple[str, Any]]:
    """Members of objects as `a/b`, of related entities as `Datastreams/0/name`; other lists stay whole."""
    for key, item in value.items():
        if key.endswith("@iot.navigationLink") or (key == skip and not lead):
            continue
        if isinstance(item, msgspec.Raw):
            item = msgspec.json.decode(item)
        name = lead + key
        if isinstance(item, dict):
            yield from _flat(item, name + "/")
        elif isinstance(item, list) and item and all(isinstance(one, dict) for one in item):
            for index, one in enumerate(item):
                yield from _flat(one, f"{name}/{index}/")
        else:
            yield name, item
