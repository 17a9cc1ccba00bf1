# SPDX-License-Identifier: EUPL-1.2
"""Things and Locations as rows with columns, for whoever shows tables: each protected by its dataset.

`dataplane.py` hands them to the service of features, which knows only their shape.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal

import msgspec

from stadtkern.core.access import Scope
from stadtkern.core.fragments import Fragment

Type = Literal["text", "integer", "number", "boolean", "date", "instant", "json"]
Geometry = Literal[
    "Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon",
    "GeometryCollection", "Geometry",
]  # fmt: skip
Bounds = tuple[float, float, float, float]

# A location holds a geometry, or a feature that has one; its bounds are empty where it has none.
_SHAPE = (
    "case when l.bounds is null then null when l.location ? 'geometry' then l.location -> 'geometry'"
    " else l.location end"
)


class Column(msgspec.Struct, frozen=True, kw_only=True):
    """A column and the SQL of its value."""

    name: str
    type: Type
    sql: str
    title: Mapping[str, str]
    description: Mapping[str, str] = {}
    unit: str = ""
    parts: Mapping[str, Mapping[str, str]] = {}


class _Entities:
    """What both have in common: nobody keeps count of them, and what they span is asked with a filter."""

    geometry: Geometry | None = "Geometry"
    bounds: Bounds | None = None
    dataset_id: int | None = None
    dataset_key = ""
    n: int | None = None
    version: str | None = None
    place = "things"
    modified_at: datetime | None = None
    columns: Sequence[Column]

    def column(self, index: int) -> str:
        """The SQL of a column's value."""
        return self.columns[index].sql

    def narrowed(self, index: int) -> str | None:  # noqa: ARG002
        """Names are short: no index has a part of them."""
        return None


# What properties are called that data usually bring, as far as the city's own pages name them.
_PROPERTIES: Mapping[str, Mapping[str, str]] = {
    "address": {"de": "Anschrift", "en": "Address"},
    "building": {"de": "Gebäude", "en": "Building"},
    "capacity": {"de": "Stellplätze", "en": "Capacity"},
    "district": {"de": "Stadtbezirk", "en": "District"},
    "fictitious": {"de": "Lage erfunden", "en": "Place made up"},
    "garage": {"de": "Parkhaus", "en": "Car park"},
    "height": {"de": "Höhe", "en": "Height"},
    "key": {"de": "Kennung", "en": "Key"},
    "owner": {"de": "Verantwortlich", "en": "Responsible"},
    "position": {"de": "Genauigkeit der Lage", "en": "Exactness of the position"},
    "position_note": {"de": "Zur Lage", "en": "On the position"},
    "purpose": {"de": "Wozu", "en": "Purpose"},
    "quarter": {"de": "Stadtteil", "en": "Quarter"},
    "simulated": {"de": "Simuliert", "en": "Simulated"},
    "since": {"de": "Seit", "en": "Since"},
    "station": {"de": "Station", "en": "Station"},
    "type": {"de": "Art", "en": "Type"},
}
_COMMON = (
    Column(name="name", type="text", sql="f.name", title={"de": "Name", "en": "Name"}),
    Column(
        name="description",
        type="text",
        sql="f.description",
        title={"de": "Beschreibung", "en": "Description"},
    ),
    Column(
        name="properties",
        type="json",
        sql="f.properties",
        title={"de": "Eigenschaften", "en": "Properties"},
        parts=_PROPERTIES,
    ),
)


class Locations(_Entities):
    """The Locations, each with its geometry."""

    key = "locations"
    title: Mapping[str, str] = {"de": "Orte der Messstellen", "en": "Locations"}
    description: Mapping[str, str] = {
        "de": "Die Locations der SensorThings API.", "en": "The Locations of the SensorThings API."
    }  # fmt: skip
    columns = _COMMON
    shape = _SHAPE.replace("l.", "f.")
    area = "f.bounds"

    def table(self, scope: Scope) -> Fragment:  # noqa: ARG002
        """The table itself."""
        return Fragment("things.location f")

    def access(self, scope: Scope) -> Fragment:
        """Each has a dataset."""
        return scope.on("f.dataset_id")

    def near(self, scope: Scope, box: str) -> Fragment:  # noqa: ARG002
        """Bounds have an index."""
        return Fragment("f.bounds && %s::box", (box,))


class Things(_Entities):
    """The Things, each with the geometry of the first of its Locations that may be seen."""

    key = "things"
    title: Mapping[str, str] = {"de": "Messstellen und andere Dinge", "en": "Things"}
    description: Mapping[str, str] = {
        "de": "Die Things der SensorThings API an ihren Orten.",
        "en": "The Things of the SensorThings API at their Locations.",
    }
    columns = _COMMON
    shape = "p.shape"
    area = "p.bounds"

    def table(self, scope: Scope) -> Fragment:
        """Things, each beside one place."""
        head = f"things.thing f left join lateral (select {_SHAPE} as shape, l.bounds"
        join = (
            " from things.thing_location tl join things.location l on l.id = tl.location_id"
            " where tl.thing_id = f.id and "
        )
        tail = Fragment(" order by l.bounds is null, l.id limit 1) p on true")
        return Fragment(head + join) + scope.on("l.dataset_id") + tail

    def access(self, scope: Scope) -> Fragment:
        """Each has a dataset."""
        return scope.on("f.dataset_id")

    def near(self, scope: Scope, box: str) -> Fragment:
        """The bounds of locations have an index; which of them is shown is looked at afterwards."""
        head = "f.id in (select n.thing_id from things.thing_location n join things.location m"
        inner = Fragment(head + " on m.id = n.location_id where m.bounds && %s::box and ", (box,))
        return inner + scope.on("m.dataset_id") + Fragment(") and p.bounds && %s::box", (box,))
