# SPDX-License-Identifier: EUPL-1.2
"""resource-path: the eight usages of addresses (18-088, clause 9.2.3)."""

from __future__ import annotations

from urllib.parse import urljoin

import pytest

from conformance.service import RELATIONS, SETS, Entity, Service, at, ids, instant, literal
from conformance.town import DAY, Town

requirement = pytest.mark.requirement("resource-path/resource-path-to-entities", clause="9.2.3")
SET_OF = {"Thing": "Things", "Sensor": "Sensors", "ObservedProperty": "ObservedProperties",
          "Datastream": "Datastreams", "FeatureOfInterest": "FeaturesOfInterest"}  # fmt: skip


@requirement
def test_the_root_lists_every_entity_set(sta: Service) -> None:
    """Usage 1: without a resource path the answer lists name and url of every entity set."""
    listed = sta.get("")["value"]
    by_name = {entry["name"]: entry["url"] for entry in listed}
    assert set(SETS) <= set(by_name)
    for url in by_name.values():
        assert "value" in sta.get(urljoin(sta.base + "/", url), top=1)


@requirement
def test_the_root_tells_what_it_conforms_to(sta: Service) -> None:
    """Usage 1: serverSettings/conformance is a list of requirement URIs, this class among them."""
    listed = sta.get("")["serverSettings"]["conformance"]
    assert all(isinstance(uri, str) for uri in listed)
    root = "http://www.opengis.net/spec/iot_sensing/1.1/req/resource-path"
    assert any(uri.startswith(root) for uri in listed), listed


@requirement
@pytest.mark.parametrize("entities", SETS)
def test_a_set_is_a_list_in_value(sta: Service, city: Town, entities: str) -> None:
    """Usage 2: an entity set answers an object whose value is a list of entities."""
    answer = sta.ask(entities, top=2)
    assert answer.headers["Content-Type"].startswith("application/json")
    value = answer.json()["value"]
    assert 1 <= len(value) <= 2
    assert all("@iot.id" in entity for entity in value)


@requirement
def test_an_empty_collection_is_an_empty_list(sta: Service, city: Town) -> None:
    """Usage 2: a collection without members is an empty list, not an error."""
    answer = sta.get(at("Datastreams", city.streams[3]) + "/Observations")
    assert answer["value"] == []
    assert "@iot.nextLink" not in answer


@requirement
def test_an_entity_by_its_id(sta: Service, city: Town) -> None:
    """Usage 3: an id in parentheses leads to that one entity."""
    for thing in city.things:
        assert sta.get(at("Things", thing)) == sta.get(thing["@iot.selfLink"])


@requirement
@pytest.mark.parametrize("entities", SETS)
def test_an_id_nobody_has_is_not_found(sta: Service, city: Town, entities: str) -> None:
    """Usage 3: the entity that is not there answers 404."""
    sample = sta.get(entities, top=1)["value"][0]["@iot.id"]
    unlikely: object = (
        8_999_999_999_999 if isinstance(sample, int) else "00000000-dead-beef-0000-000000000000"
    )
    sta.refuses(sta.ask(f"{entities}({literal(unlikely)})"), 404)


@requirement
@pytest.mark.parametrize("path", ["Thingies", "Things/Nothing", "thing"])
def test_an_address_of_nothing_is_refused(sta: Service, path: str) -> None:
    """Usage 2: what is no entity set is an error of the client."""
    sta.refuses(sta.ask(path), 400, 404)


@requirement
def test_every_property_by_its_name(sta: Service, city: Town) -> None:
    """Usage 4: the answer is an object with this one property."""
    cases = (("Things", city.things[0], ("name", "description", "properties")),
             ("Locations", city.locations[0], ("name", "encodingType", "location", "properties")),
             ("Datastreams", city.streams[0], ("observationType", "unitOfMeasurement", "phenomenonTime")),
             ("Sensors", city.sensors[0], ("metadata", "encodingType")),
             ("ObservedProperties", city.properties[0], ("definition",)),
             ("Observations", city.observations[0], ("result", "phenomenonTime", "resultTime", "validTime")),
             ("FeaturesOfInterest", city.features[0], ("feature",)))  # fmt: skip
    for entities, entity, properties in cases:
        whole = sta.get(at(entities, entity))
        for name in properties:
            found = sta.get(f"{at(entities, entity)}/{name}")
            assert {k: v for k, v in found.items() if not k.startswith("@")} == {name: whole[name]}


@requirement
def test_a_property_inside_a_property(sta: Service, city: Town) -> None:
    """Usage 4: properties of a complex value are addressed by further names."""
    assert sta.get(at("Datastreams", city.streams[0]) + "/unitOfMeasurement/symbol") == {"symbol": "°C"}
    assert sta.get(at("Things", city.things[1]) + "/properties/deep/er") == {"er": "x1"}
    assert sta.get(at("Things", city.things[1]) + "/properties/rank") == {"rank": 10}


@requirement
def test_a_property_without_value_is_no_content(sta: Service, city: Town) -> None:
    """Usage 4: a single-valued property that is null answers 204."""
    answer = sta.ask(at("Observations", city.observations[1]) + "/resultTime")
    assert answer.status_code == 204
    assert not answer.content


@requirement
def test_a_property_nobody_knows_is_not_found(sta: Service, city: Town) -> None:
    """Usage 4: what is no property answers 404 (or 400, where an address is a matter of grammar)."""
    sta.refuses(sta.ask(at("Things", city.things[0]) + "/colour"), 400, 404)


@requirement
def test_the_raw_value_of_a_property(sta: Service, city: Town) -> None:
    """Usage 5: $value is the bare text, number or ISO 8601 time."""
    reading = at("Observations", city.observations[3])
    symbol = at("Datastreams", city.streams[0]) + "/unitOfMeasurement/symbol"
    name = at("Things", city.things[0]) + "/name"
    for path, expected in ((name, city.things[0]["name"]), (symbol, "°C")):
        answer = sta.ask(path + "/$value")
        assert answer.status_code == 200
        assert answer.text == expected
    assert float(sta.ask(reading + "/result/$value").text) == -2
    assert instant(sta.ask(reading + "/resultTime/$value").text) == f"{DAY}03:30:15.5Z"
    assert "/" in sta.ask(at("Observations", city.observations[2]) + "/validTime/$value").text


@requirement
def test_the_raw_value_is_plain_text(sta: Service, city: Town) -> None:
    """Usage 5: a primitive $value is text/plain."""
    answer = sta.ask(at("Observations", city.observations[3]) + "/resultTime/$value")
    assert answer.headers["Content-Type"].startswith("text/plain")


@requirement
def test_a_link_by_its_name(sta: Service, city: Town) -> None:
    """Usage 6: a relation to one answers the entity, a relation to many a collection."""
    stream = at("Datastreams", city.streams[0])
    assert sta.get(stream + "/Thing")["@iot.id"] == city.things[0]["@iot.id"]
    assert sorted(map(str, ids(sta.members(stream + "/Observations")))) == sorted(
        map(str, ids(city.observations[:10]))
    )


@requirement
def test_references_of_a_collection(sta: Service, city: Town) -> None:
    """Usage 7: $ref answers the self links of the related entities and nothing else."""
    found = sta.get(at("Things", city.things[0]) + "/Datastreams/$ref")["value"]
    assert all(list(entry) == ["@iot.selfLink"] for entry in found), found
    expected = {stream["@iot.selfLink"] for stream in city.streams[:2]}
    assert {entry["@iot.selfLink"] for entry in found} == expected


@requirement
def test_the_reference_of_one_entity(sta: Service, city: Town) -> None:
    """Usage 7: $ref of a relation to one holds the one self link, alone or in value."""
    found = sta.get(at("Datastreams", city.streams[0]) + "/Thing/$ref")
    entries = found.get("value", [found])
    assert [entry["@iot.selfLink"] for entry in entries] == [city.things[0]["@iot.selfLink"]]


@requirement
def test_paths_go_on_through_relations(sta: Service, city: Town) -> None:
    """Usage 8: an entity of a collection of an entity, its properties and its links."""
    reading, stream = city.observations[3], at("Datastreams", city.streams[0])
    inner = f"{stream}/{at('Observations', reading)}"
    assert sta.get(inner)["@iot.id"] == reading["@iot.id"]
    assert instant(sta.get(inner + "/resultTime")["resultTime"]) == f"{DAY}03:30:15.5Z"
    assert sta.get(inner + "/FeatureOfInterest")["@iot.id"] == city.features[1]["@iot.id"]
    assert sta.get(inner + "/Datastream/Thing/name") == {"name": city.things[0]["name"]}
    whole = sta.members(at("Observations", reading) + "/Datastream/Thing/Locations")
    assert ids(whole) == ids(city.locations[:1])


@requirement
def test_a_path_through_a_stranger_is_not_found(sta: Service, city: Town) -> None:
    """Usage 8: an entity that is no member of the collection named is not found in it."""
    inner = at("Datastreams", city.streams[1]) + "/" + at("Observations", city.observations[0])
    sta.refuses(sta.ask(inner), 404)
    sta.refuses(sta.ask(at("Things", city.things[1]) + "/" + at("Datastreams", city.streams[0])), 404)
    nobody = at("Things", city.things[1]) + "/" + at("Datastreams", city.streams[0]) + "/Observations"
    sta.refuses(sta.ask(nobody), 404)


@requirement
@pytest.mark.parametrize("entities", SETS)
def test_every_path_of_four_steps(sta: Service, city: Town, entities: str) -> None:
    """Usage 8: from every entity set through every relation, four steps deep, each with its $ref."""
    start = {"Things": city.things[0], "Locations": city.locations[0], "Sensors": city.sensors[0],
             "Datastreams": city.streams[0], "ObservedProperties": city.properties[0],
             "Observations": city.observations[0], "FeaturesOfInterest": city.features[0]}  # fmt: skip
    found = start.get(entities)
    if found is None:
        found = sta.members(at("Things", city.things[0]) + "/HistoricalLocations")[0]
    _walk(sta, entities, at(entities, found), depth=4)


def _walk(sta: Service, entities: str, path: str, *, depth: int) -> None:
    for relation in RELATIONS[entities] if depth else ():
        inner = f"{path}/{relation}"
        many = relation in SETS
        answer: Entity = sta.get(inner, top=1) if many else sta.get(inner)
        reference = sta.get(inner + "/$ref")
        entity = answer["value"][0] if many else answer
        assert "@iot.id" in entity
        assert "@iot.selfLink" in (reference["value"][0] if "value" in reference else reference)
        further = f"{inner}({literal(entity['@iot.id'])})" if many else inner
        _walk(sta, SET_OF.get(relation, relation), further, depth=depth - 2)
