# SPDX-License-Identifier: EUPL-1.2
"""datamodel/sensor (18-088, clause 8.2.5)."""

from __future__ import annotations

import pytest

from conformance import bodies
from conformance.checks import expands, has, lacks, leads, needs, says
from conformance.service import Service
from conformance.town import Town

properties = pytest.mark.requirement("datamodel/sensor/properties", clause="8.2.5")
relations = pytest.mark.requirement("datamodel/sensor/relations", clause="8.2.5")
ENCODINGS = ("application/pdf", "http://www.opengis.net/doc/IS/SensorML/2.0", "text/html")


@properties
def test_mandatory_properties_have_their_types(sta: Service) -> None:
    """name, description, encodingType are texts; metadata is what the encodingType says."""
    body = bodies.sensor(sta, "plain-sensor")
    made = sta.create("Sensors", body)
    has(made, name=str, description=str, encodingType=str, metadata=str)
    says(made, body)
    lacks(made, "properties")


@properties
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_every_encoding_of_the_table_is_taken(sta: Service, encoding: str) -> None:
    """encodingType is one of the value codes for metadata."""
    body = bodies.sensor(sta, "encoded", encodingType=encoding, metadata="<x>ä</x>")
    made = sta.create("Sensors", body)
    says(made, body)


@properties
def test_properties_is_a_json_object(sta: Service) -> None:
    """properties is an optional JSON object."""
    made = sta.create("Sensors", bodies.sensor(sta, "rich-sensor", properties={"serial": "a/1", "n": 2}))
    assert made["properties"] == {"serial": "a/1", "n": 2}


@properties
def test_mandatory_properties_are_mandatory(sta: Service) -> None:
    """Without any one of the four there is no Sensor."""
    body = bodies.sensor(sta, "lacking")
    needs(sta, "Sensors", body, "name", "description", "encodingType", "metadata")


@relations
def test_a_sensor_leads_to_its_datastreams(sta: Service, city: Town) -> None:
    """A Sensor has zero to many Datastreams."""
    for sensor, streams in ((0, (0, 2)), (1, (1, 3))):
        expected = [city.streams[number] for number in streams]
        leads(sta, city.sensors[sensor], "Datastreams", expected)
        expands(sta, "Sensors", city.sensors[sensor], "Datastreams", expected)
    leads(sta, sta.create("Sensors", bodies.sensor(sta, "unused")), "Datastreams", [])
