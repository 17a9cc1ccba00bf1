# SPDX-License-Identifier: EUPL-1.2
"""receive-updates-via-mqtt (18-088, clause 14.2)."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from conformance import bodies, mqtt
from conformance.service import Entity, Service, at, literal, ref

requirement = pytest.mark.requirement(mqtt.RECEIVE, clause="14.2")
Listen = Callable[[str], mqtt.Client]


@pytest.fixture
def listen(sta: Service) -> Iterator[Listen]:
    """A way to open subscriptions, each on a connection of its own."""
    opened: list[mqtt.Client] = []

    def subscribe(topic: str) -> mqtt.Client:
        opened.append(mqtt.Client(mqtt.endpoint(sta, mqtt.RECEIVE)))
        opened[-1].subscribe(f"{sta.version}/{topic}")
        return opened[-1]

    yield subscribe
    for each in opened:
        each.close()


@pytest.fixture(scope="module")
def stream(sta: Service) -> Entity:
    """A Datastream to write to."""
    return bodies.stream(sta, "updates")


def topic(entities: str, entity: Entity) -> str:
    """The topic of an entity."""
    return f"{entities}({literal(entity['@iot.id'])})"


def whole(message: Entity, entity: Entity) -> bool:
    """Whether a message is the complete representation of an entity (its links aside)."""
    own = {key: value for key, value in entity.items() if "@" not in key}
    return {key: value for key, value in message.items() if "@" not in key and key in own} == own


@requirement
@pytest.mark.parametrize(
    "entities", ["Things", "Locations", "Sensors", "ObservedProperties", "FeaturesOfInterest"]
)
def test_new_members_of_a_set(sta: Service, listen: Listen, entities: str) -> None:
    """A subscription to a set receives the complete representation of every new entity."""
    heard = listen(entities)
    make = {"Things": bodies.thing, "Locations": bodies.location, "Sensors": bodies.sensor,
            "ObservedProperties": bodies.observed_property, "FeaturesOfInterest": bodies.feature}  # fmt: skip
    made = sta.create(entities, make[entities](sta, "heard"))  # type: ignore[operator]
    message = heard.until(lambda each: each.get("@iot.id") == made["@iot.id"])
    assert whole(message, made), message


@requirement
def test_new_observations_of_the_set(sta: Service, listen: Listen, stream: Entity) -> None:
    """A subscription to VERSION/Observations receives every new Observation."""
    heard = listen("Observations")
    made = sta.create("Observations", {"result": 1, "Datastream": ref(stream)})
    assert whole(heard.until(lambda each: each.get("@iot.id") == made["@iot.id"]), made)


@requirement
def test_new_observations_of_a_datastream(sta: Service, listen: Listen, stream: Entity) -> None:
    """A subscription to the Observations of a Datastream receives its own, and no others."""
    heard = listen(topic("Datastreams", stream) + "/Observations")
    other = bodies.stream(sta, "others")
    sta.create("Observations", {"result": 2, "Datastream": ref(other)})
    made = [sta.create("Observations", {"result": n, "Datastream": ref(stream)}) for n in (3, 4, 5)]
    assert [heard.next()["@iot.id"] for _ in made] == [each["@iot.id"] for each in made]


@requirement
def test_changed_members_of_a_set(sta: Service, listen: Listen) -> None:
    """A change of a member is told with the complete new representation."""
    thing = sta.create("Things", bodies.thing(sta, "told"))
    heard = listen("Things")
    sta.change(at("Things", thing), {"description": "changed"})
    message = heard.until(lambda each: each.get("@iot.id") == thing["@iot.id"])
    assert whole(message, sta.get(at("Things", thing)))


@requirement
def test_changes_of_one_entity(sta: Service, listen: Listen) -> None:
    """A subscription to an entity receives it whenever it changes, and no others."""
    thing, other = (sta.create("Things", bodies.thing(sta, f"watched{n}")) for n in range(2))
    heard = listen(topic("Things", thing))
    sta.change(at("Things", other), {"description": "no news"})
    sta.change(at("Things", thing), {"properties": {"a": 1}})
    message = heard.next()
    assert message["@iot.id"] == thing["@iot.id"]
    assert message["properties"] == {"a": 1}


@requirement
def test_changes_of_a_property(sta: Service, listen: Listen) -> None:
    """A subscription to a property receives its name and its new value."""
    thing = sta.create("Things", bodies.thing(sta, "property"))
    heard = listen(topic("Things", thing) + "/description")
    sta.change(at("Things", thing), {"description": "first"})
    assert heard.next() == {"description": "first"}
    sta.change(at("Things", thing), {"description": "second"})
    assert heard.next() == {"description": "second"}


@requirement
def test_selected_properties_of_a_set(sta: Service, listen: Listen, stream: Entity) -> None:
    """?$select= after a set chooses what messages hold."""
    heard = listen(topic("Datastreams", stream) + "/Observations?$select=phenomenonTime,result")
    sta.create(
        "Observations", {"result": 7, "phenomenonTime": "2024-03-01T00:00:00Z", "Datastream": ref(stream)}
    )
    message = heard.next()
    assert {key for key in message if not key.startswith("@")} == {"phenomenonTime", "result"}
    assert message["result"] == 7


@requirement
def test_members_made_by_a_deep_insert(sta: Service, listen: Listen) -> None:
    """What a deep insert makes is told in every set it belongs to."""
    streams, sensors = listen("Datastreams"), listen("Sensors")
    thing = sta.create("Things", bodies.thing(sta, "deep", Datastreams=[{
        **bodies.datastream(sta, "deep-heard"), "Sensor": bodies.sensor(sta, "deep-heard"),
        "ObservedProperty": bodies.observed_property(sta, "deep-heard")}]))  # fmt: skip
    made = sta.members(at("Things", thing) + "/Datastreams", expand="Sensor")[0]
    streams.until(lambda each: each.get("@iot.id") == made["@iot.id"])
    sensors.until(lambda each: each.get("@iot.id") == made["Sensor"]["@iot.id"])


@requirement
def test_members_of_a_relation(sta: Service, listen: Listen) -> None:
    """A subscription to a relation of an entity receives the new members of it."""
    thing = sta.create("Things", bodies.thing(sta, "related"))
    heard = listen(topic("Things", thing) + "/Datastreams")
    body = {**bodies.datastream(sta, "related"), "Sensor": bodies.sensor(sta, "related"),
            "ObservedProperty": bodies.observed_property(sta, "related")}  # fmt: skip
    made = sta.create(at("Things", thing) + "/Datastreams", body)
    assert heard.next()["@iot.id"] == made["@iot.id"]


@requirement
def test_a_move_is_told_as_history(sta: Service, listen: Listen) -> None:
    """A HistoricalLocation made by the service is a new member like others."""
    place = sta.create("Locations", bodies.location(sta, "told-place"))
    thing = sta.create("Things", bodies.thing(sta, "told-mover"))
    heard = listen("HistoricalLocations")
    sta.change(at("Things", thing), {"Locations": [ref(place)]})
    made = sta.members(at("Things", thing) + "/HistoricalLocations")[0]
    heard.until(lambda each: each.get("@iot.id") == made["@iot.id"])


@requirement
def test_every_observation_is_told(sta: Service, listen: Listen) -> None:
    """Many Observations in a short time arrive all, in their order."""
    own = bodies.stream(sta, "many")
    heard = listen(topic("Datastreams", own) + "/Observations")
    for n in range(50):
        sta.create("Observations", {"result": n, "Datastream": ref(own)})
    assert [heard.next()["result"] for _ in range(50)] == list(range(50))
