# SPDX-License-Identifier: EUPL-1.2
"""multi-datastream (18-088, clause 12)."""

from __future__ import annotations

import pytest

from conformance import bodies
from conformance.checks import expands, has, lacks, leads, needs, says
from conformance.service import Entity, Service, at, ids, interval, literal, names, ref

properties = pytest.mark.requirement("multi-datastream/properties", clause="12")
relations = pytest.mark.requirement("multi-datastream/relations", clause="12")
constraints = pytest.mark.requirement("multi-datastream/constraints", clause="12")
NULL_UNIT = {"name": None, "symbol": None, "definition": None}


def links(sta: Service, name: str) -> Entity:
    """A Thing, a Sensor and two ObservedProperties of its own."""
    place = bodies.location(sta, f"{name}-place")
    return {"Thing": ref(sta.create("Things", bodies.thing(sta, f"{name}-thing", Locations=[place]))),
            "Sensor": ref(sta.create("Sensors", bodies.sensor(sta, f"{name}-sensor"))),
            "ObservedProperties": [
                ref(sta.create("ObservedProperties", bodies.observed_property(sta, f"{name}-p{n}")))
                for n in (1, 0)]}  # fmt: skip


@pytest.fixture(scope="module")
def multi(sta: Service) -> Entity:
    """A MultiDatastream of two measures, with three Observations."""
    made = sta.create(
        "MultiDatastreams", {**bodies.multi_datastream(sta, "weather"), **links(sta, "weather")}
    )
    for n in range(3):
        sta.create("Observations", {
            "phenomenonTime": f"2024-03-0{n + 1}T00:00:00Z", "resultTime": f"2024-03-0{n + 1}T00:01:00Z",
            "result": [20 + n, 60 - n], "MultiDatastream": ref(made)})  # fmt: skip
    return sta.get(at("MultiDatastreams", made))  # type: ignore[no-any-return]


@properties
def test_mandatory_properties_have_their_types(sta: Service) -> None:
    """name, description, observationType are texts; unitOfMeasurements, multiObservationDataTypes arrays."""
    body = bodies.multi_datastream(sta, "plain-multi")
    made = sta.create("MultiDatastreams", {**body, **links(sta, "plain-multi")})
    has(made, name=str, description=str, observationType=str, unitOfMeasurements=list,
        multiObservationDataTypes=list)  # fmt: skip
    says(made, body)
    lacks(made, "phenomenonTime", "resultTime", "observedArea", "properties")
    assert "@iot.id" in made
    assert "@iot.selfLink" in made


@properties
def test_mandatory_properties_are_mandatory(sta: Service) -> None:
    """Without any one of them there is no MultiDatastream."""
    body = {**bodies.multi_datastream(sta, "lacking"), **links(sta, "lacking")}
    needs(
        sta,
        "MultiDatastreams",
        body,
        "name",
        "description",
        "unitOfMeasurements",
        "multiObservationDataTypes",
    )


@properties
def test_properties_is_a_json_object(sta: Service) -> None:
    """properties is an optional JSON object."""
    body = bodies.multi_datastream(sta, "rich-multi", properties={"a": [1]})
    assert sta.create("MultiDatastreams", {**body, **links(sta, "rich-multi")})["properties"] == {"a": [1]}


@properties
def test_times_are_those_of_the_observations(sta: Service, multi: Entity) -> None:
    """phenomenonTime and resultTime span all Observations."""
    assert interval(multi["phenomenonTime"]) == ("2024-03-01T00:00:00Z", "2024-03-03T00:00:00Z")
    assert interval(multi["resultTime"]) == ("2024-03-01T00:01:00Z", "2024-03-03T00:01:00Z")


@properties
def test_multi_datastreams_are_a_set_of_their_own(sta: Service, multi: Entity) -> None:
    """The root lists the set; a MultiDatastream is no Datastream."""
    assert "MultiDatastreams" in [entry["name"] for entry in sta.get("")["value"]]
    found = sta.members("MultiDatastreams", filter=f"name eq {literal(multi['name'])}")
    assert ids(found) == [multi["@iot.id"]]
    assert not sta.members("Datastreams", filter=f"name eq {literal(multi['name'])}")


@relations
def test_every_relation_in_both_directions(sta: Service, multi: Entity) -> None:
    """Thing, Sensor, ObservedProperties, Observations: there and back."""
    for relation, entities in (("Thing", "Things"), ("Sensor", "Sensors")):
        other = sta.get(at("MultiDatastreams", multi) + f"/{relation}")
        leads(sta, multi, relation, other)
        expands(sta, "MultiDatastreams", multi, relation, other)
        leads(sta, sta.get(at(entities, other)), "MultiDatastreams", [multi])
        leads(sta, other, "Datastreams", [])
    for observed in sta.members(at("MultiDatastreams", multi) + "/ObservedProperties"):
        leads(sta, observed, "MultiDatastreams", [multi])
        expands(sta, "ObservedProperties", observed, "MultiDatastreams", [multi])
    readings = sta.members(at("MultiDatastreams", multi) + "/Observations")
    leads(sta, multi, "Observations", readings)
    assert len(readings) == 3


@relations
def test_an_observation_leads_to_its_multi_datastream(sta: Service, multi: Entity) -> None:
    """An Observation of a MultiDatastream has that one, a FeatureOfInterest, and no Datastream."""
    reading = sta.members(at("MultiDatastreams", multi) + "/Observations")[0]
    leads(sta, reading, "MultiDatastream", multi)
    assert sta.get(at("Observations", reading) + "/FeatureOfInterest")["feature"]["type"] == "Point"
    answer = sta.ask(at("Observations", reading) + "/Datastream")
    assert answer.status_code in (204, 404), answer.text


@relations
def test_an_observation_has_one_of_both(sta: Service, multi: Entity) -> None:
    """An Observation belongs to a Datastream or to a MultiDatastream, never to both."""
    stream = bodies.stream(sta, "either")
    both = {"result": [1, 2], "Datastream": ref(stream), "MultiDatastream": ref(multi)}
    sta.refuses(sta.post("Observations", both))
    reading = sta.create("Observations", {"result": 1, "Datastream": ref(stream)})
    sta.refuses(sta.http.patch(sta.url(at("Observations", reading)), json={"MultiDatastream": ref(multi)}))


@relations
@pytest.mark.parametrize("relation", ["Thing", "Sensor", "ObservedProperties"])
def test_links_are_mandatory(sta: Service, relation: str) -> None:
    """A MultiDatastream has one Thing, one Sensor and at least one ObservedProperty."""
    body = {**bodies.multi_datastream(sta, "linkless"), **links(sta, "linkless")}
    del body[relation]
    sta.refuses(sta.post("MultiDatastreams", body))


@relations
def test_filters_through_multi_datastreams(sta: Service, multi: Entity) -> None:
    """Relations to and from MultiDatastreams work in $filter, $orderby and $expand."""
    path = at("MultiDatastreams", multi) + "/Observations"
    assert len(sta.members("Observations", filter=f"MultiDatastream/id eq {literal(multi['@iot.id'])}")) == 3
    things = sta.members("Things", filter=f"MultiDatastreams/name eq {literal(multi['name'])}")
    assert names(things) == ["weather-thing"]
    found = sta.members(path, orderby="phenomenonTime desc", expand="MultiDatastream($select=name)")
    assert [each["result"] for each in found] == [[22, 58], [21, 59], [20, 60]]
    assert {each["MultiDatastream"]["name"] for each in found} == {multi["name"]}


@constraints
def test_observed_properties_keep_their_order(sta: Service, multi: Entity) -> None:
    """The order of ObservedProperties is that of unitOfMeasurements and of every result."""
    found = sta.members(at("MultiDatastreams", multi) + "/ObservedProperties")
    assert names(found) == ["weather-p1", "weather-p0"]
    inline = sta.get(at("MultiDatastreams", multi), expand="ObservedProperties")["ObservedProperties"]
    assert names(inline) == ["weather-p1", "weather-p0"]


@constraints
@pytest.mark.parametrize("change", [
    {"unitOfMeasurements": [bodies.CELSIUS]}, {"multiObservationDataTypes": [bodies.MEASUREMENT]},
    {"unitOfMeasurements": [bodies.CELSIUS] * 3}, {"multiObservationDataTypes": [bodies.MEASUREMENT] * 3},
    {"unitOfMeasurements": []},
])  # fmt: skip
def test_sizes_must_match(sta: Service, change: Entity) -> None:
    """As many units as data types as ObservedProperties."""
    body = {**bodies.multi_datastream(sta, "uneven"), **links(sta, "uneven"), **change}
    sta.refuses(sta.post("MultiDatastreams", body))
    body = {**bodies.multi_datastream(sta, "uneven"), **links(sta, "uneven2")}
    body["ObservedProperties"] = body["ObservedProperties"][:1]
    sta.refuses(sta.post("MultiDatastreams", body))
    assert not sta.members("MultiDatastreams", filter=f"name eq {literal(sta.name('uneven'))}")


@constraints
@pytest.mark.parametrize("result", [[1], [1, 2, 3], 1, "text", {"a": 1}, []])
def test_a_result_has_one_element_per_unit(sta: Service, multi: Entity, result: object) -> None:
    """A result of another size, or none, is refused."""
    sta.refuses(sta.post("Observations", {"result": result, "MultiDatastream": ref(multi)}))
    assert len(sta.members(at("MultiDatastreams", multi) + "/Observations")) == 3


@constraints
def test_elements_may_be_of_any_type(sta: Service) -> None:
    """Numbers, texts and truths stand side by side; what has no unit says null."""
    body = {**bodies.multi_datastream(sta, "motley"), **links(sta, "motley")}
    body["multiObservationDataTypes"] = [
        bodies.OM + "OM_CategoryObservation",
        bodies.OM + "OM_TruthObservation",
    ]
    body["unitOfMeasurements"] = [NULL_UNIT, NULL_UNIT]
    made = sta.create("MultiDatastreams", body)
    assert made["unitOfMeasurements"] == [NULL_UNIT, NULL_UNIT]
    reading = sta.create("Observations", {"result": ["clear", True], "MultiDatastream": ref(made)})
    assert reading["result"] == ["clear", True]


@constraints
def test_updates_keep_to_the_constraints(sta: Service) -> None:
    """A PATCH that would break the sizes is refused; one that keeps them is not."""
    made = sta.create("MultiDatastreams", {**bodies.multi_datastream(sta, "kept"), **links(sta, "kept")})
    path = at("MultiDatastreams", made)
    answer = sta.http.patch(sta.url(path), json={"unitOfMeasurements": [bodies.CELSIUS]})
    sta.refuses(answer)
    sta.change(path, {"unitOfMeasurements": [bodies.PERCENT, bodies.CELSIUS], "description": "turned"})
    after = sta.get(path)
    assert after["unitOfMeasurements"] == [bodies.PERCENT, bodies.CELSIUS]
    assert after["description"] == "turned"
    reading = sta.create("Observations", {"result": [1, 2], "MultiDatastream": ref(made)})
    sta.refuses(sta.http.patch(sta.url(at("Observations", reading)), json={"result": [1]}))
    sta.change(at("Observations", reading), {"result": [3, 4]})
    assert sta.get(at("Observations", reading))["result"] == [3, 4]


@relations
def test_deep_insert_of_a_multi_datastream(sta: Service) -> None:
    """A Thing with a MultiDatastream and its parts is created as a whole."""
    body = bodies.thing(sta, "deep-multi", MultiDatastreams=[{
        **bodies.multi_datastream(sta, "deep-multi"), "Sensor": bodies.sensor(sta, "deep-multi"),
        "ObservedProperties": [bodies.observed_property(sta, f"deep-multi{n}") for n in (1, 0)],
        "Observations": [{"result": [1, 2], "phenomenonTime": "2024-03-01T00:00:00Z",
                          "FeatureOfInterest": bodies.feature(sta, "deep-multi")}]}])  # fmt: skip
    made = sta.create("Things", body)
    found = sta.get(at("Things", made), expand="MultiDatastreams($expand=ObservedProperties,Observations)")
    inner = found["MultiDatastreams"][0]
    assert names(inner["ObservedProperties"]) == ["deep-multi1", "deep-multi0"]
    assert [each["result"] for each in inner["Observations"]] == [[1, 2]]


@relations
@pytest.mark.parametrize(
    ("relation", "entities"),
    [("Thing", "Things"), ("Sensor", "Sensors"), ("ObservedProperties", "ObservedProperties"), ("", "")],
)
def test_delete_takes_what_cannot_be_without(sta: Service, relation: str, entities: str) -> None:
    """With its Thing, its Sensor or a property of it a MultiDatastream goes, and so do its Observations."""
    made = sta.create("MultiDatastreams", {**bodies.multi_datastream(sta, "goes"), **links(sta, "goes")})
    reading = sta.create("Observations", {"result": [1, 2], "MultiDatastream": ref(made)})
    path = at("MultiDatastreams", made)
    found = sta.get(f"{path}/{relation}") if relation else made
    sta.delete(at(entities, found.get("value", [found])[0]) if relation else path)
    sta.refuses(sta.ask(path), 404, 410)
    sta.refuses(sta.ask(at("Observations", reading)), 404, 410)
