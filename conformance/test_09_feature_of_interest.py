# SPDX-License-Identifier: EUPL-1.2
"""datamodel/feature-of-interest (18-088, clause 8.2.8)."""

from __future__ import annotations

import pytest

from conformance import bodies
from conformance.checks import expands, has, lacks, leads, needs, says
from conformance.service import Service
from conformance.town import Town

properties = pytest.mark.requirement("datamodel/feature-of-interest/properties", clause="8.2.8")
relations = pytest.mark.requirement("datamodel/feature-of-interest/relations", clause="8.2.8")


@properties
def test_mandatory_properties_have_their_types(sta: Service) -> None:
    """name, description, encodingType are texts; feature is what the encodingType says."""
    body = bodies.feature(sta, "plain-feature")
    made = sta.create("FeaturesOfInterest", body)
    has(made, name=str, description=str, encodingType=str, feature=dict)
    says(made, body)
    lacks(made, "properties")


@properties
def test_a_feature_may_be_an_area(sta: Service) -> None:
    """Any GeoJSON geometry is a feature."""
    area = bodies.polygon((7, 51), (8, 51), (8, 52))
    assert sta.create("FeaturesOfInterest", bodies.feature(sta, "area", area))["feature"] == area


@properties
def test_properties_is_a_json_object(sta: Service) -> None:
    """properties is an optional JSON object."""
    made = sta.create("FeaturesOfInterest", bodies.feature(sta, "rich-feature", properties={"area": 1.5}))
    assert made["properties"] == {"area": 1.5}


@properties
def test_mandatory_properties_are_mandatory(sta: Service) -> None:
    """Without any one of the four there is no FeatureOfInterest."""
    body = bodies.feature(sta, "lacking")
    needs(sta, "FeaturesOfInterest", body, "name", "description", "encodingType", "feature")


@relations
def test_a_feature_leads_to_its_observations(sta: Service, city: Town) -> None:
    """A FeatureOfInterest has zero to many Observations."""
    for number in range(2):
        expected = city.observations[number:10:2]
        leads(sta, city.features[number], "Observations", expected)
        expands(sta, "FeaturesOfInterest", city.features[number], "Observations", expected)
    leads(sta, sta.create("FeaturesOfInterest", bodies.feature(sta, "unseen")), "Observations", [])
