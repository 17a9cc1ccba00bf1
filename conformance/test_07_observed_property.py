# SPDX-License-Identifier: EUPL-1.2
"""datamodel/observed-property (18-088, clause 8.2.6)."""

from __future__ import annotations

import pytest

from conformance import bodies
from conformance.checks import expands, has, lacks, leads, needs, says
from conformance.service import Service
from conformance.town import Town

properties = pytest.mark.requirement("datamodel/observed-property/properties", clause="8.2.6")
relations = pytest.mark.requirement("datamodel/observed-property/relations", clause="8.2.6")


@properties
def test_mandatory_properties_have_their_types(sta: Service) -> None:
    """name, definition (a URI) and description are texts."""
    body = bodies.observed_property(sta, "plain-property")
    made = sta.create("ObservedProperties", body)
    has(made, name=str, definition=str, description=str)
    says(made, body)
    lacks(made, "properties")


@properties
def test_properties_is_a_json_object(sta: Service) -> None:
    """properties is an optional JSON object."""
    body = bodies.observed_property(sta, "rich-property", properties={"symbol": "T", "deep": {"er": None}})
    assert sta.create("ObservedProperties", body)["properties"] == {"symbol": "T", "deep": {"er": None}}


@properties
def test_mandatory_properties_are_mandatory(sta: Service) -> None:
    """Without any one of the three there is no ObservedProperty."""
    body = bodies.observed_property(sta, "lacking")
    needs(sta, "ObservedProperties", body, "name", "definition", "description")


@relations
def test_an_observed_property_leads_to_its_datastreams(sta: Service, city: Town) -> None:
    """An ObservedProperty has zero to many Datastreams."""
    for observed, streams in ((0, (0, 3)), (1, (1, 2))):
        expected = [city.streams[number] for number in streams]
        leads(sta, city.properties[observed], "Datastreams", expected)
        expands(sta, "ObservedProperties", city.properties[observed], "Datastreams", expected)
    unused = sta.create("ObservedProperties", bodies.observed_property(sta, "unused"))
    leads(sta, unused, "Datastreams", [])
