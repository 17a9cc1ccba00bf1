# SPDX-License-Identifier: EUPL-1.2
"""datamodel/thing (18-088, clause 8.2.1)."""

from __future__ import annotations

import pytest

from conformance import bodies
from conformance.checks import expands, has, lacks, leads, needs, says
from conformance.service import Service, at
from conformance.town import Town

properties = pytest.mark.requirement("datamodel/thing/properties", clause="8.2.1")
relations = pytest.mark.requirement("datamodel/thing/relations", clause="8.2.1")


@properties
def test_name_and_description_are_texts(sta: Service) -> None:
    """name and description are mandatory texts."""
    body = bodies.thing(sta, "plain")
    made = sta.create("Things", body)
    has(made, name=str, description=str)
    says(made, body)
    lacks(made, "properties")


@properties
def test_properties_is_a_json_object_of_any_content(sta: Service) -> None:
    """properties is an optional JSON object; whatever is in it comes back unchanged."""
    content = {"text": "Ä„“ß'\"\\", "number": 1.5, "whole": 3, "yes": True, "nothing": None,
               "list": [1, "two", {"three": 3}], "object": {"in": {"side": []}}, "with space": 1}  # fmt: skip
    made = sta.create("Things", bodies.thing(sta, "rich", properties=content))
    has(made, properties=dict)
    assert made["properties"] == content


@properties
def test_mandatory_properties_are_mandatory(sta: Service) -> None:
    """Without name or description there is no Thing."""
    needs(sta, "Things", bodies.thing(sta, "lacking"), "name", "description")


@relations
def test_a_thing_leads_to_its_datastreams(sta: Service, city: Town) -> None:
    """One Thing has zero to many Datastreams."""
    for number, expected in ((0, city.streams[:2]), (1, city.streams[2:3]), (3, [])):
        leads(sta, city.things[number], "Datastreams", expected)
        expands(sta, "Things", city.things[number], "Datastreams", expected)


@relations
def test_a_thing_leads_to_its_locations(sta: Service, city: Town) -> None:
    """A Thing has zero to many Locations."""
    for number in range(3):
        leads(sta, city.things[number], "Locations", [city.locations[number]])
    leads(sta, city.things[3], "Locations", [])


@relations
def test_a_thing_leads_to_its_historical_locations(sta: Service, city: Town) -> None:
    """A Thing has zero to many HistoricalLocations, one for each time it got Locations."""
    found = sta.members(at("Things", city.things[0]) + "/HistoricalLocations")
    assert len(found) == 1
    leads(sta, city.things[0], "HistoricalLocations", found)
    leads(sta, city.things[3], "HistoricalLocations", [])


@relations
def test_several_things_may_be_at_one_location(sta: Service) -> None:
    """A Location may be that of several Things; a Thing may have several Locations at the same time."""
    places = [sta.create("Locations", bodies.location(sta, f"shared{number}")) for number in range(2)]
    links = [{"@iot.id": place["@iot.id"]} for place in places]
    first = sta.create("Things", bodies.thing(sta, "sharer1", Locations=links))
    second = sta.create("Things", bodies.thing(sta, "sharer2", Locations=links[:1]))
    leads(sta, first, "Locations", places)
    leads(sta, places[0], "Things", [first, second])
    leads(sta, places[1], "Things", [first])
