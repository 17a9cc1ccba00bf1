# SPDX-License-Identifier: EUPL-1.2
"""create-update-delete: changing with PATCH, PUT and JSON Patch (18-088, clause 10.3)."""

from __future__ import annotations

import pytest

from conformance import bodies
from conformance.bodies import fresh
from conformance.checks import leads
from conformance.service import SETS, Entity, Service, at, instant, interval, ref

update = pytest.mark.requirement("create-update-delete/update-entity", clause="10.3")
put = pytest.mark.requirement("create-update-delete/update-entity-put", clause="10.3")
patch = pytest.mark.requirement("create-update-delete/update-entity-jsonpatch", clause="10.3")
CHANGES: dict[str, Entity] = {
    "Things": {"description": "changed"},
    "Locations": {"location": {"type": "Point", "coordinates": [1.5, 2.5]}},
    "HistoricalLocations": {"time": "2020-02-02T00:00:00Z"},
    "Datastreams": {
        "unitOfMeasurement": {"name": "kelvin", "symbol": "K", "definition": "http://example.org/K"}
    },
    "Sensors": {"metadata": "changed"},
    "ObservedProperties": {"definition": "http://example.org/changed"},
    "Observations": {"result": 99.5},
    "FeaturesOfInterest": {"feature": {"type": "Point", "coordinates": [1.5, 2.5]}},
}
JSON_PATCH = "application/json-patch+json"


@update
@pytest.mark.parametrize("entities", SETS)
def test_patch_changes_only_what_it_names(sta: Service, entities: str) -> None:
    """PATCH replaces the named properties; id and all others stay."""
    made = fresh(sta, entities)
    sta.change(at(entities, made), CHANGES[entities])
    after = sta.get(at(entities, made))
    for name, value in after.items():
        if name == "time":
            assert instant(value) == CHANGES[entities]["time"]
        else:
            assert value == {**made, **CHANGES[entities]}[name], name
    assert set(after) == set(made)


@update
def test_patch_replaces_json_properties_as_a_whole(sta: Service) -> None:
    """The value given replaces the value of the property."""
    made = fresh(sta, "Things")
    sta.change(at("Things", made), {"properties": {"d": [1]}})
    assert sta.get(at("Things", made))["properties"] == {"d": [1]}


@update
def test_patch_ignores_the_id(sta: Service) -> None:
    """The id in a body is ignored: it is not a property one can change."""
    made, other = fresh(sta, "Things"), fresh(sta, "Things")
    sta.change(at("Things", made), {"@iot.id": other["@iot.id"], "description": "mine"})
    assert sta.get(at("Things", made))["description"] == "mine"
    assert sta.get(at("Things", other)) == other


@update
def test_patch_replaces_single_links(sta: Service) -> None:
    """A reference to one replaces the relation."""
    stream, sensor = bodies.stream(sta, "relink"), sta.create("Sensors", bodies.sensor(sta, "relink-new"))
    old = sta.get(at("Datastreams", stream) + "/Sensor")
    sta.change(at("Datastreams", stream), {"Sensor": ref(sensor)})
    leads(sta, stream, "Sensor", sensor)
    leads(sta, old, "Datastreams", [])


@update
def test_patch_moves_an_observation_to_another_feature(sta: Service) -> None:
    """Relations of Observations can be replaced, too."""
    made = fresh(sta, "Observations")
    feature = sta.create("FeaturesOfInterest", bodies.feature(sta, "moved-to"))
    sta.change(at("Observations", made), {"FeatureOfInterest": ref(feature)})
    leads(sta, made, "FeatureOfInterest", feature)


@update
def test_patch_takes_no_inline_entities(sta: Service) -> None:
    """An update does not contain related entities as inline content."""
    stream = bodies.stream(sta, "inline")
    answer = sta.http.patch(
        sta.url(at("Datastreams", stream)), json={"Sensor": bodies.sensor(sta, "sneaked")}
    )
    sta.refuses(answer)


@update
@pytest.mark.parametrize("change", [{"name": 5}, {"name": None}, {"Locations": [{"@iot.id": -1}]}])
def test_a_wrong_patch_changes_nothing(sta: Service, change: Entity) -> None:
    """A value of the wrong type, or a link to nobody, is refused as a whole."""
    made = fresh(sta, "Things")
    answer = sta.http.patch(sta.url(at("Things", made)), json={"description": "half", **change})
    sta.refuses(answer)
    assert sta.get(at("Things", made)) == made


@update
@pytest.mark.parametrize("method", ["PATCH", "PUT", "DELETE"])
def test_what_is_not_there_cannot_be_changed(sta: Service, method: str) -> None:
    """A request to an address without entity fails."""
    made = fresh(sta, "Things")
    sta.delete(at("Things", made))
    body = None if method == "DELETE" else bodies.thing(sta, "ghost")
    answer = sta.http.request(method, sta.url(at("Things", made)), json=body)
    if method == "PUT" and answer.status_code in (405, 501):
        pytest.skip("PUT is optional, and not offered here")
    sta.refuses(answer, 404)


@update
def test_a_stream_follows_its_observations(sta: Service) -> None:
    """phenomenonTime and resultTime of a Datastream stay right when Observations change and go."""
    stream = bodies.stream(sta, "follow")
    made = [sta.create("Observations", {"result": n, "phenomenonTime": f"2024-09-0{n}T00:00:00Z",
                                        "resultTime": f"2024-09-0{n}T01:00:00Z", "Datastream": ref(stream)})
            for n in (1, 2, 3)]  # fmt: skip
    sta.delete(at("Observations", made[2]))
    assert interval(sta.get(at("Datastreams", stream))["phenomenonTime"])[1] == "2024-09-02T00:00:00Z"
    assert interval(sta.get(at("Datastreams", stream))["resultTime"])[1] == "2024-09-02T01:00:00Z"
    sta.change(at("Observations", made[0]), {"phenomenonTime": "2024-09-05T00:00:00Z"})
    found = sta.get(at("Datastreams", stream))["phenomenonTime"]
    assert interval(found) == ("2024-09-02T00:00:00Z", "2024-09-05T00:00:00Z")


def puts(sta: Service, path: str, body: Entity) -> None:
    """PUT, where it is offered: services MAY support it."""
    answer = sta.http.put(sta.url(path), json=body)
    if answer.status_code in (405, 501):
        pytest.skip("PUT is optional, and not offered here")
    assert answer.status_code in (200, 204), answer.text


@put
def test_put_replaces_all_properties(sta: Service) -> None:
    """What the body leaves out has no value afterwards; relations stay."""
    stream = bodies.stream(sta, "replaced", properties={"a": 1})
    thing = sta.get(at("Datastreams", stream) + "/Thing")
    puts(sta, at("Datastreams", stream), bodies.datastream(sta, "replacing"))
    after = sta.get(at("Datastreams", stream))
    assert after["name"] == sta.name("replacing")
    assert after.get("properties") is None
    leads(sta, after, "Thing", thing)


@put
@pytest.mark.parametrize("name", ["name", "description"])
def test_put_needs_mandatory_properties(sta: Service, name: str) -> None:
    """A mandatory property without default that is left out answers 400."""
    made = fresh(sta, "Things")
    puts(sta, at("Things", made), bodies.thing(sta, "complete"))
    body = {key: value for key, value in bodies.thing(sta, "less").items() if key != name}
    sta.refuses(sta.http.put(sta.url(at("Things", made)), json=body), 400)
    assert sta.get(at("Things", made))["name"] == sta.name("complete")


def patches(sta: Service, path: str, operations: list[Entity], *codes: int) -> None:
    """JSON Patch, where it is offered: services MAY support it."""
    answer = sta.http.patch(sta.url(path), json=operations, headers={"Content-Type": JSON_PATCH})
    if answer.status_code in (415, 501):
        pytest.skip("JSON Patch is optional, and not offered here")
    fits = answer.status_code in (codes or (200, 204))
    assert fits, f"{operations} answered {answer.status_code}: {answer.text[:300]}"


@patch
@pytest.mark.parametrize(("operations", "expected"), [
    ([{"op": "add", "path": "/properties/d", "value": [1]}], {"a": 1, "b": {"c": 2}, "d": [1]}),
    ([{"op": "replace", "path": "/properties/b/c", "value": 3}], {"a": 1, "b": {"c": 3}}),
    ([{"op": "remove", "path": "/properties/a"}], {"b": {"c": 2}}),
    ([{"op": "copy", "from": "/properties/b", "path": "/properties/e"}],
     {"a": 1, "b": {"c": 2}, "e": {"c": 2}}),
    ([{"op": "move", "from": "/properties/b/c", "path": "/properties/c"}], {"a": 1, "b": {}, "c": 2}),
    ([{"op": "test", "path": "/properties/a", "value": 1}, {"op": "remove", "path": "/properties/b"}],
     {"a": 1}),
])  # fmt: skip
def test_every_operation_of_json_patch(sta: Service, operations: list[Entity], expected: Entity) -> None:
    """add, replace, remove, copy, move and test of RFC 6902."""
    made = fresh(sta, "Things")
    patches(sta, at("Things", made), operations)
    after = sta.get(at("Things", made))
    assert after["properties"] == expected
    assert after["name"] == made["name"]


@patch
def test_json_patch_of_other_properties(sta: Service) -> None:
    """Any property can be the target, in other sets, too."""
    stream = bodies.stream(sta, "patched")
    operations: list[Entity] = [
        {"op": "replace", "path": "/name", "value": sta.name("patched-new")},
        {"op": "replace", "path": "/unitOfMeasurement/symbol", "value": "K"},
    ]
    patches(sta, at("Datastreams", stream), operations)
    after = sta.get(at("Datastreams", stream))
    assert after["name"] == sta.name("patched-new")
    assert after["unitOfMeasurement"] == {**bodies.CELSIUS, "symbol": "K"}


@patch
def test_a_failed_test_changes_nothing(sta: Service) -> None:
    """A patch is applied as a whole or not at all."""
    made = fresh(sta, "Things")
    operations: list[Entity] = [{"op": "remove", "path": "/properties/a"},
                                {"op": "test", "path": "/properties/b/c", "value": 99}]  # fmt: skip
    patches(sta, at("Things", made), operations, 400, 409, 412, 422)
    assert sta.get(at("Things", made)) == made
