# SPDX-License-Identifier: EUPL-1.2
"""datamodel/entity-control-information: @iot.id, @iot.selfLink and navigation links (18-088, clause 8.1)."""

from __future__ import annotations

from urllib.parse import urljoin

import pytest

from conformance.service import RELATIONS, SETS, Service, at, ids
from conformance.town import Town

requirement = pytest.mark.requirement(
    "datamodel/entity-control-information/common-control-information", clause="8.1"
)


def sample(sta: Service, city: Town, entities: str) -> str:
    """The path of one entity of the set."""
    known = {"Things": city.things, "Locations": city.locations, "Datastreams": city.streams,
             "Sensors": city.sensors, "ObservedProperties": city.properties,
             "Observations": city.observations, "FeaturesOfInterest": city.features}  # fmt: skip
    if entities in known:
        return at(entities, known[entities][0])
    return at(entities, sta.members(at("Things", city.things[0]) + "/HistoricalLocations")[0])


@requirement
@pytest.mark.parametrize("entities", SETS)
def test_every_entity_has_id_and_self_link(sta: Service, city: Town, entities: str) -> None:
    """An entity carries @iot.id (a number or a text) and @iot.selfLink (a text)."""
    entity = sta.get(sample(sta, city, entities))
    assert isinstance(entity["@iot.id"], int | str)
    assert not isinstance(entity["@iot.id"], bool)
    assert isinstance(entity["@iot.selfLink"], str)


@requirement
@pytest.mark.parametrize("entities", SETS)
def test_the_self_link_is_the_absolute_address_of_the_entity(sta: Service, city: Town, entities: str) -> None:
    """@iot.selfLink is absolute and leads to the entity that carries it."""
    entity = sta.get(sample(sta, city, entities))
    assert entity["@iot.selfLink"].startswith("http"), entity["@iot.selfLink"]
    assert sta.get(entity["@iot.selfLink"]) == entity


@requirement
@pytest.mark.parametrize("entities", SETS)
def test_navigation_links_are_texts_that_lead_somewhere(sta: Service, city: Town, entities: str) -> None:
    """Every relation has its @iot.navigationLink, absolute or relative to the root, and it answers 200."""
    entity = sta.get(sample(sta, city, entities))
    for relation in RELATIONS[entities]:
        link = entity[f"{relation}@iot.navigationLink"]
        assert isinstance(link, str)
        answer = sta.get(urljoin(sta.base + "/", link))
        assert ("value" in answer) == relation.endswith("s"), f"{link}: {answer}"


@requirement
@pytest.mark.parametrize("entities", SETS)
def test_members_of_a_collection_carry_the_same_control_information(
    sta: Service, city: Town, entities: str
) -> None:
    """In a collection an entity looks as it does alone."""
    entity = sta.get(sample(sta, city, entities))
    identifier = entity["@iot.id"]
    value = f"'{identifier}'" if isinstance(identifier, str) else identifier
    page = sta.get(entities, filter=f"id eq {value}")
    assert page["value"] == [entity]


@requirement
def test_ids_are_unique_within_a_set(sta: Service, city: Town) -> None:
    """No two entities of a set share an id."""
    for made in (city.things, city.streams, city.observations, city.features):
        assert len(set(map(str, ids(made)))) == len(made)
