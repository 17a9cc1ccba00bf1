# SPDX-License-Identifier: EUPL-1.2
"""datamodel/location (18-088, clause 8.2.2)."""

from __future__ import annotations

import pytest

from conformance import bodies
from conformance.checks import expands, has, lacks, leads, needs, says
from conformance.service import Entity, Service, at
from conformance.town import Town

properties = pytest.mark.requirement("datamodel/location/properties", clause="8.2.2")
relations = pytest.mark.requirement("datamodel/location/relations", clause="8.2.2")
SHAPES = {
    "point": bodies.point(7.6, 51.9),
    "height": {"type": "Point", "coordinates": [7.6, 51.9, 63.5]},
    "line": bodies.line((7.5, 51.9), (7.6, 52.0)),
    "polygon": bodies.polygon((7.5, 51.9), (7.6, 51.9), (7.6, 52.0)),
    "points": {"type": "MultiPoint", "coordinates": [[7.5, 51.9], [7.6, 52.0]]},
}


@properties
def test_mandatory_properties_have_their_types(sta: Service) -> None:
    """name, description, encodingType are texts; location is what the encodingType says."""
    body = bodies.location(sta, "plain")
    made = sta.create("Locations", body)
    has(made, name=str, description=str, encodingType=str, location=dict)
    says(made, body)
    lacks(made, "properties")


@properties
@pytest.mark.parametrize("shape", SHAPES)
def test_any_geojson_geometry_is_a_location(sta: Service, shape: str) -> None:
    """With application/geo+json the location is a GeoJSON object, and comes back as it was sent."""
    made = sta.create("Locations", bodies.location(sta, shape, SHAPES[shape]))
    assert made["location"] == SHAPES[shape]
    assert made["encodingType"] == "application/geo+json"


@properties
def test_a_geojson_feature_is_a_location(sta: Service) -> None:
    """A GeoJSON Feature with a geometry is a location as well."""
    shape: Entity = {"type": "Feature", "properties": {}, "geometry": bodies.point(7.6, 51.9)}
    made = sta.create("Locations", bodies.location(sta, "as-feature", shape))
    assert made["location"]["type"] == "Feature"
    assert made["location"]["geometry"] == shape["geometry"]


@properties
def test_properties_is_a_json_object(sta: Service) -> None:
    """properties is an optional JSON object."""
    made = sta.create("Locations", bodies.location(sta, "rich", properties={"floor": 3, "a": [1]}))
    assert made["properties"] == {"floor": 3, "a": [1]}


@properties
def test_mandatory_properties_are_mandatory(sta: Service) -> None:
    """Without any one of the four there is no Location."""
    body = bodies.location(sta, "lacking")
    needs(sta, "Locations", body, "name", "description", "encodingType", "location")


@relations
def test_a_location_leads_to_its_things(sta: Service, city: Town) -> None:
    """A Location has zero to many Things."""
    lonely = sta.create("Locations", bodies.location(sta, "lonely"))
    leads(sta, lonely, "Things", [])
    for number in range(3):
        leads(sta, city.locations[number], "Things", [city.things[number]])
        expands(sta, "Locations", city.locations[number], "Things", [city.things[number]])


@relations
def test_a_location_leads_to_its_historical_locations(sta: Service, city: Town) -> None:
    """A Location has zero to many HistoricalLocations: those of the times a Thing was there."""
    history = sta.members(at("Things", city.things[1]) + "/HistoricalLocations")
    leads(sta, city.locations[1], "HistoricalLocations", history)
    expands(sta, "Locations", city.locations[1], "HistoricalLocations", history)
