# SPDX-License-Identifier: EUPL-1.2
"""create-observations-via-mqtt (18-088, clause 14.1)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from conformance import bodies, mqtt
from conformance.checks import leads
from conformance.service import Entity, Service, at, instant, literal, ref

requirement = pytest.mark.requirement(mqtt.CREATE, clause="14.1")


@pytest.fixture(scope="module")
def client(sta: Service) -> Iterator[mqtt.Client]:
    """A connection to the broker."""
    opened = mqtt.Client(mqtt.endpoint(sta, mqtt.CREATE))
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def stream(sta: Service) -> Entity:
    """A Datastream with a default feature."""
    return bodies.stream(sta, "mqtt")


def arrives(sta: Service, stream: Entity, result: object) -> Entity:
    """The Observation with this result, once it is there."""
    path = at("Datastreams", stream) + "/Observations"
    found = mqtt.eventually(
        lambda: sta.members(path, filter=f"result eq {literal(result)}"), f"result {result}"
    )
    assert len(found) == 1
    return found[0]  # type: ignore[no-any-return]


@requirement
def test_the_root_names_the_endpoints(sta: Service) -> None:
    """serverSettings lists the requirement and, under its URI, the endpoints (clause 9.2.3.1)."""
    mqtt.endpoint(sta, mqtt.CREATE)
    settings = sta.get("")["serverSettings"]
    uri = "http://www.opengis.net/spec/iot_sensing/1.1/req/" + mqtt.CREATE
    if uri not in settings["conformance"]:
        pytest.skip("the service does not say that it conforms")
    assert settings[uri]["endpoints"]
    assert all("://" in each for each in settings[uri]["endpoints"])


@requirement
def test_publish_to_the_set(sta: Service, client: mqtt.Client, stream: Entity) -> None:
    """A publication to VERSION/Observations creates what a POST would."""
    body = {"result": 11, "phenomenonTime": "2024-03-01T00:00:00Z", "Datastream": ref(stream)}
    client.publish(f"{sta.version}/Observations", body)
    made = arrives(sta, stream, 11)
    assert instant(made["phenomenonTime"]) == "2024-03-01T00:00:00Z"
    assert sta.get(at("Observations", made) + "/FeatureOfInterest")["@iot.id"]


@requirement
def test_publish_to_the_observations_of_a_datastream(
    sta: Service, client: mqtt.Client, stream: Entity
) -> None:
    """The topic links the Observation to its Datastream."""
    client.publish(f"{sta.version}/Datastreams({literal(stream['@iot.id'])})/Observations", {"result": 12})
    leads(sta, arrives(sta, stream, 12), "Datastream", stream)


@requirement
def test_publish_to_the_observations_of_a_feature(sta: Service, client: mqtt.Client, stream: Entity) -> None:
    """The topic links the Observation to its FeatureOfInterest."""
    feature = sta.create("FeaturesOfInterest", bodies.feature(sta, "mqtt"))
    topic = f"{sta.version}/FeaturesOfInterest({literal(feature['@iot.id'])})/Observations"
    client.publish(topic, {"result": 13, "Datastream": ref(stream)})
    leads(sta, arrives(sta, stream, 13), "FeatureOfInterest", feature)


@requirement
def test_publish_with_new_related_entities(sta: Service, client: mqtt.Client, stream: Entity) -> None:
    """A deep insert works as over HTTP."""
    body = {"result": 14, "Datastream": ref(stream), "FeatureOfInterest": bodies.feature(sta, "mqtt-deep")}
    client.publish(f"{sta.version}/Observations", body)
    made = arrives(sta, stream, 14)
    assert sta.get(at("Observations", made) + "/FeatureOfInterest")["name"] == sta.name("mqtt-deep")


@requirement
def test_all_properties_arrive(sta: Service, client: mqtt.Client, stream: Entity) -> None:
    """Times, quality and parameters are stored as over HTTP."""
    client.publish(f"{sta.version}/Observations", {
        "result": 15, "phenomenonTime": "2024-03-02T00:00:00Z/2024-03-02T01:00:00Z",
        "Datastream": ref(stream),
        "resultTime": "2024-03-02T02:00:00Z", "parameters": {"a": 1}, "resultQuality": "good",
    })  # fmt: skip
    made = arrives(sta, stream, 15)
    assert "/" in made["phenomenonTime"]
    assert instant(made["resultTime"]) == "2024-03-02T02:00:00Z"
    assert (made["parameters"], made["resultQuality"]) == ({"a": 1}, "good")


@requirement
@pytest.mark.parametrize("payload", [b"{", b"", b"[]", b'{"result": 16}', b"\xff\xfe"])
def test_what_is_no_observation_creates_nothing(
    sta: Service, client: mqtt.Client, stream: Entity, payload: bytes
) -> None:
    """A broken publication creates nothing, and those after it still do."""
    client.publish(f"{sta.version}/Observations", payload)
    result = 1600 + sum(payload)
    client.publish(
        f"{sta.version}/Datastreams({literal(stream['@iot.id'])})/Observations", {"result": result}
    )
    arrives(sta, stream, result)
    assert not sta.members(at("Datastreams", stream) + "/Observations", filter="result eq 16")


@requirement
def test_many_publications_arrive_once_each(sta: Service, client: mqtt.Client) -> None:
    """What the broker has acknowledged is stored, none twice."""
    own = bodies.stream(sta, "mqtt-many")
    topic = f"{sta.version}/Datastreams({literal(own['@iot.id'])})/Observations"
    for n in range(100):
        client.publish(topic, {"result": n, "phenomenonTime": f"2024-03-01T00:{n // 60:02}:{n % 60:02}Z"})
    path = at("Datastreams", own) + "/Observations"
    mqtt.eventually(lambda: sta.get(path, count="true", top=0)["@iot.count"] >= 100, "100 Observations")
    assert sorted(each["result"] for each in sta.members(path)) == list(range(100))


@requirement
def test_publish_to_a_multi_datastream(sta: Service, client: mqtt.Client) -> None:
    """MultiDatastreams take publications, too."""
    if "MultiDatastreams" not in [entry["name"] for entry in sta.get("")["value"]]:
        pytest.skip("the service has no MultiDatastreams")
    thing = sta.create(
        "Things", bodies.thing(sta, "mqtt-multi", Locations=[bodies.location(sta, "mqtt-multi")])
    )
    body = {**bodies.multi_datastream(sta, "mqtt-multi"), "Thing": ref(thing), "Sensor": bodies.sensor(sta),
            "ObservedProperties": [bodies.observed_property(sta, f"mqtt{n}") for n in range(2)]}  # fmt: skip
    multi = sta.create("MultiDatastreams", body)
    client.publish(
        f"{sta.version}/MultiDatastreams({literal(multi['@iot.id'])})/Observations", {"result": [1, 2]}
    )
    path = at("MultiDatastreams", multi) + "/Observations"
    assert mqtt.eventually(lambda: sta.members(path), "the Observation")[0]["result"] == [1, 2]
