# SPDX-License-Identifier: EUPL-1.2
"""create-update-delete: creating (18-088, clause 10.2)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from conformance import bodies
from conformance.checks import leads
from conformance.service import SETS, Entity, Service, at, ids, interval, literal, ref

create = pytest.mark.requirement("create-update-delete/create-entity", clause="10.2")
link = pytest.mark.requirement("create-update-delete/link-to-existing-entities", clause="10.2.1.1")
deep = pytest.mark.requirement("create-update-delete/deep-insert", clause="10.2.1.2")
status = pytest.mark.requirement("create-update-delete/deep-insert-status-code", clause="10.2.2")
LACKING = {"Datastreams": ("Thing", "Sensor", "ObservedProperty"), "Observations": ("Datastream",),
           "HistoricalLocations": ("Thing",)}  # fmt: skip


@pytest.fixture(scope="module")
def stream(sta: Service) -> Entity:
    """A Datastream whose Thing has one Location."""
    return bodies.stream(sta, "cud")


def body_for(sta: Service, entities: str, stream: Entity) -> Entity:
    """A valid body for a set, linked to existing entities."""
    linked = {name: ref(sta.get(at("Datastreams", stream) + f"/{name}"))
              for name in ("Thing", "Sensor", "ObservedProperty")}  # fmt: skip
    return {
        "Things": bodies.thing(sta, "new"),
        "Locations": bodies.location(sta, "new"),
        "HistoricalLocations": {"time": "2020-01-01T00:00:00Z", "Thing": linked["Thing"],
                                "Locations": [ref(sta.create("Locations", bodies.location(sta, "old")))]},
        "Datastreams": {**bodies.datastream(sta, "new"), **linked},
        "Sensors": bodies.sensor(sta, "new"),
        "ObservedProperties": bodies.observed_property(sta, "new"),
        "Observations": {"result": 1, "phenomenonTime": "2024-07-01T00:00:00Z", "Datastream": ref(stream)},
        "FeaturesOfInterest": bodies.feature(sta, "new"),
    }[entities]  # fmt: skip


@create
@pytest.mark.parametrize("entities", SETS)
def test_a_post_to_a_collection_creates(sta: Service, stream: Entity, entities: str) -> None:
    """201 (or 204), and a Location header with the self link of what was made."""
    answer = sta.post(entities, body_for(sta, entities, stream))
    assert answer.status_code in (201, 204), answer.text
    assert sta.made(answer)["@iot.selfLink"] == answer.headers["Location"]


@create
@pytest.mark.parametrize("entities", SETS)
def test_what_was_made_is_in_its_collection(sta: Service, stream: Entity, entities: str) -> None:
    """The new entity is found by its id in the set, once."""
    made = sta.create(entities, body_for(sta, entities, stream))
    assert ids(sta.members(entities, filter=f"id eq {literal(made['@iot.id'])}")) == [made["@iot.id"]]


@create
def test_a_post_to_a_link_also_links(sta: Service, stream: Entity) -> None:
    """An entity posted to a navigation link is linked to the entity that has the link."""
    thing = sta.create("Things", bodies.thing(sta, "holder"))
    place = sta.create(at("Things", thing) + "/Locations", bodies.location(sta, "held"))
    leads(sta, thing, "Locations", [place])
    links = {
        name: ref(sta.get(at("Datastreams", stream) + f"/{name}")) for name in ("Sensor", "ObservedProperty")
    }
    held = sta.create(at("Things", thing) + "/Datastreams", {**bodies.datastream(sta, "held"), **links})
    leads(sta, held, "Thing", thing)
    reading = sta.create(at("Datastreams", held) + "/Observations", {"result": 5})
    leads(sta, reading, "Datastream", held)
    other = sta.create(at("Locations", place) + "/Things", bodies.thing(sta, "other"))
    leads(sta, place, "Things", [thing, other])


@create
@pytest.mark.parametrize(("entities", "relation"), [(e, r) for e, rs in LACKING.items() for r in rs])
def test_integrity_constraints(sta: Service, stream: Entity, entities: str, relation: str) -> None:
    """What an entity must link to is mandatory: without it nothing is created."""
    body = body_for(sta, entities, stream)
    del body[relation]
    sta.refuses(sta.post(entities, body), 400, 422)


@create
@pytest.mark.parametrize("content", ["", "{", "[]", "[1]", '"text"', "null", '{"name":"a",}'])
def test_a_body_that_is_no_entity_is_refused(sta: Service, content: str) -> None:
    """A POST body is a single valid JSON representation of an entity."""
    kind = {"Content-Type": "application/json"}
    sta.refuses(sta.http.post(sta.url("Things"), content=content, headers=kind))


@create
@pytest.mark.parametrize(("name", "value"), [("name", 5), ("description", ["a"]), ("properties", "text")])
def test_a_property_of_the_wrong_type_is_refused(sta: Service, name: str, value: object) -> None:
    """Types of properties are those of the data model."""
    sta.refuses(sta.post("Things", {**bodies.thing(sta, "typed"), name: value}))


@create
def test_a_set_nobody_knows_takes_nothing(sta: Service) -> None:
    """POST where there is no collection is an error; so is POST to an entity."""
    sta.refuses(sta.post("Thingies", bodies.thing(sta, "lost")))
    thing = sta.create("Things", bodies.thing(sta, "target"))
    sta.refuses(sta.post(at("Things", thing), bodies.thing(sta, "lost")))


@create
def test_an_observation_gets_the_place_of_its_thing(sta: Service) -> None:
    """Special case 1: without a feature, one is made of the Thing's Location, and used again."""
    own = bodies.stream(sta, "default")
    place = sta.members(at("Datastreams", own) + "/Thing/Locations")[0]
    first, second = (sta.create("Observations", {"result": n, "Datastream": ref(own)}) for n in range(2))
    feature = sta.get(at("Observations", first) + "/FeatureOfInterest")
    assert feature["feature"] == place["location"]
    assert feature["encodingType"] == place["encodingType"]
    leads(sta, second, "FeatureOfInterest", feature)
    other = bodies.stream(sta, "elsewhere")
    third = sta.create("Observations", {"result": 3, "Datastream": ref(other)})
    assert sta.get(at("Observations", third) + "/FeatureOfInterest")["@iot.id"] != feature["@iot.id"]


@create
def test_an_observation_without_any_place_is_refused(sta: Service) -> None:
    """An Observation links to a feature: without one, and without a Location to make it of, there is none."""
    thing = sta.create("Things", bodies.thing(sta, "nowhere"))
    nowhere = sta.create(at("Things", thing) + "/Datastreams", {
        **bodies.datastream(sta, "nowhere"), "Sensor": bodies.sensor(sta, "nowhere"),
        "ObservedProperty": bodies.observed_property(sta, "nowhere")})  # fmt: skip
    body = {"result": 1, "phenomenonTime": "2024-07-01T00:00:00Z"}
    sta.refuses(sta.post("Observations", {**body, "Datastream": ref(nowhere)}), 400, 409, 422)
    sta.refuses(sta.post(at("Datastreams", nowhere) + "/Observations", body), 400, 409, 422)
    assert not sta.members(at("Datastreams", nowhere) + "/Observations")
    feature = bodies.feature(sta, "nowhere")
    made = sta.create("Observations", {**body, "Datastream": ref(nowhere), "FeatureOfInterest": feature})
    assert sta.get(at("Observations", made) + "/FeatureOfInterest")["name"] == feature["name"]


@create
def test_a_moved_thing_gets_another_feature(sta: Service) -> None:
    """Special case 1: after a move, the feature is that of the new Location."""
    own = bodies.stream(sta, "moving")
    before = sta.create("Observations", {"result": 1, "Datastream": ref(own)})
    thing = sta.get(at("Datastreams", own) + "/Thing")
    place = sta.create("Locations", bodies.location(sta, "moved", bodies.point(1, 2)))
    sta.change(at("Things", thing), {"Locations": [ref(place)]})
    after = sta.create("Observations", {"result": 2, "Datastream": ref(own)})
    feature = sta.get(at("Observations", after) + "/FeatureOfInterest")
    assert feature["feature"] == bodies.point(1, 2)
    assert sta.get(at("Observations", before) + "/FeatureOfInterest")["@iot.id"] != feature["@iot.id"]


@create
def test_times_nobody_gave(sta: Service, stream: Entity) -> None:
    """Special case 2: no resultTime is null; no phenomenonTime is the time of creation."""
    made = sta.create("Observations", {"result": 3, "Datastream": ref(stream)})
    assert made["resultTime"] is None
    moment = datetime.fromisoformat(interval(made["phenomenonTime"])[0])
    assert abs(datetime.now(UTC) - moment) < timedelta(minutes=10)


@link
def test_links_to_existing_entities(sta: Service, stream: Entity) -> None:
    """References by @iot.id link to what is there, and create nothing."""
    feature = sta.create("FeaturesOfInterest", bodies.feature(sta, "linked"))
    body = {"result": 1, "Datastream": ref(stream), "FeatureOfInterest": ref(feature)}
    made = sta.create("Observations", body)
    leads(sta, made, "FeatureOfInterest", feature)
    leads(sta, made, "Datastream", stream)
    places = [sta.create("Locations", bodies.location(sta, f"linked{n}")) for n in range(2)]
    thing = sta.create("Things", bodies.thing(sta, "linker", Locations=[ref(place) for place in places]))
    leads(sta, thing, "Locations", places)


@link
def test_a_link_to_nobody_is_refused(sta: Service, stream: Entity) -> None:
    """A reference to an entity that is not there creates nothing."""
    unlikely: object = 8_999_999_999_999 if isinstance(stream["@iot.id"], int) else "no-such-entity"
    body = {"result": 1, "Datastream": {"@iot.id": unlikely}}
    sta.refuses(sta.post("Observations", body))
    thing = bodies.thing(sta, "dangling", Locations=[{"@iot.id": unlikely}])
    sta.refuses(sta.post("Things", thing))
    assert not sta.members("Things", filter=f"name eq {literal(thing['name'])}")


def tree(sta: Service, name: str) -> Entity:
    """A Thing with everything that can hang on it."""
    return bodies.thing(sta, name, Locations=[bodies.location(sta, f"{name}-place")], Datastreams=[
        bodies.datastream(
            sta, f"{name}-stream{n}", Sensor=bodies.sensor(sta, f"{name}-sensor{n}"),
            ObservedProperty=bodies.observed_property(sta, f"{name}-property{n}"),
            Observations=[{"result": n * 10 + m, "phenomenonTime": f"2024-08-0{m + 1}T00:00:00Z",
                           "FeatureOfInterest": bodies.feature(sta, f"{name}-feature{n}{m}")}
                          for m in range(2)],
        ) for n in range(2)])  # fmt: skip


@deep
def test_deep_insert_creates_and_relates_everything(sta: Service) -> None:
    """Every inline entity is created once, and related to its parent."""
    made = sta.create("Things", tree(sta, "deep"))
    whole = sta.get(at("Things", made),
                    expand="Locations,HistoricalLocations/Locations,Datastreams($orderby=name;$expand=Sensor,"
                           "ObservedProperty,"
                           "Observations($orderby=result;$expand=FeatureOfInterest))")  # fmt: skip
    assert [place["name"] for place in whole["Locations"]] == [sta.name("deep-place")]
    history = whole["HistoricalLocations"]
    assert [ids(each["Locations"]) for each in history] == [ids(whole["Locations"])]
    for n, each in enumerate(whole["Datastreams"]):
        assert each["name"] == sta.name(f"deep-stream{n}")
        assert each["Sensor"]["name"] == sta.name(f"deep-sensor{n}")
        assert each["ObservedProperty"]["name"] == sta.name(f"deep-property{n}")
        assert [reading["result"] for reading in each["Observations"]] == [n * 10, n * 10 + 1]
        features = [reading["FeatureOfInterest"]["name"] for reading in each["Observations"]]
        assert features == [sta.name(f"deep-feature{n}{m}") for m in range(2)]
        assert interval(each["phenomenonTime"]) == ("2024-08-01T00:00:00Z", "2024-08-02T00:00:00Z")
    for entities, count in (("Sensors", 2), ("ObservedProperties", 2), ("FeaturesOfInterest", 4)):
        assert len(sta.members(entities, filter=f"startswith(name,'{sta.name('deep-')}')")) == count


@deep
def test_deep_insert_mixes_new_and_existing(sta: Service, stream: Entity) -> None:
    """Inline entities stand beside references; the observation of a new stream creates stream and feature."""
    thing = sta.get(at("Datastreams", stream) + "/Thing")
    body = {"result": 8, "Datastream": {
        **bodies.datastream(sta, "mixed"), "Thing": ref(thing), "Sensor": bodies.sensor(sta, "mixed"),
        "ObservedProperty": bodies.observed_property(sta, "mixed")}}  # fmt: skip
    made = sta.create("Observations", body)
    inner = sta.get(at("Observations", made) + "/Datastream", expand="Thing,Sensor")
    assert inner["Thing"]["@iot.id"] == thing["@iot.id"]
    assert inner["Sensor"]["name"] == sta.name("mixed")


@deep
def test_deep_insert_fails_as_a_whole(sta: Service) -> None:
    """On failure none of the entities is created."""
    body = tree(sta, "whole")
    body["Datastreams"][1].pop("ObservedProperty")
    sta.refuses(sta.post("Things", body), 400, 422)
    for entities in (
        "Things",
        "Locations",
        "Datastreams",
        "Sensors",
        "ObservedProperties",
        "FeaturesOfInterest",
    ):
        assert not sta.members(entities, filter=f"startswith(name,'{sta.name('whole')}')"), entities


@status
def test_deep_insert_answers_201_with_the_address(sta: Service) -> None:
    """201 Created, and a Location header with the address of the outer entity."""
    answer = sta.post("Things", tree(sta, "status"))
    assert answer.status_code == 201
    assert sta.made(answer)["name"] == sta.name("status")


@deep
def test_given_ids_are_ignored(sta: Service) -> None:
    """A value for a computed property (the id) in a whole representation is no error."""
    sample = sta.create("Sensors", bodies.sensor(sta, "sample"))["@iot.id"]
    body = tree(sta, "computed")
    body["@iot.selfLink"] = "http://example.org/nowhere"
    made = sta.create("Things", {**body, "@iot.id": 8_999_999 if isinstance(sample, int) else "computed-id"})
    assert made["name"] == sta.name("computed")
