# SPDX-License-Identifier: EUPL-1.2
"""What the reading tests read: entities of every type, different in what a wrong answer would mix up."""

from __future__ import annotations

from dataclasses import dataclass, field

from conformance import bodies
from conformance.service import Entity, Service, at, ref

DAY = "2024-03-01T"
RESULTS = (3, 1, 4.5, -2, 10, 7, 8.25, 20, 0, 6)


@dataclass
class Town:
    """Entities by the short names that tests use; see `build`."""

    things: list[Entity] = field(default_factory=list)
    locations: list[Entity] = field(default_factory=list)
    sensors: list[Entity] = field(default_factory=list)
    properties: list[Entity] = field(default_factory=list)
    streams: list[Entity] = field(default_factory=list)
    observations: list[Entity] = field(default_factory=list)
    features: list[Entity] = field(default_factory=list)
    places: dict[str, Entity] = field(default_factory=dict)

    @property
    def readings(self) -> str:
        """The path of the ten readings, whose results are RESULTS in the order of their times."""
        return at("Datastreams", self.streams[0]) + "/Observations"


def build(sta: Service) -> Town:
    """Three Things with a Location, one without; four Datastreams, the last empty; ten and three readings."""
    town = Town()
    for number in range(3):
        place = bodies.location(
            sta, f"place{number}", bodies.point(8, 50 + number), properties={"floor": number}
        )
        town.locations.append(sta.create("Locations", place))
    for number in range(4):
        more: Entity = {"Locations": [ref(town.locations[number])]} if number < 3 else {}
        if number < 3:
            more["properties"] = {"rank": number * 10, "kind": "odd" if number % 2 else "even",
                                  "deep": {"er": f"x{number}"}, "list": [number, number + 1]}  # fmt: skip
        town.things.append(sta.create("Things", bodies.thing(sta, f"thing{number}", **more)))
    for number in range(2):
        town.sensors.append(
            sta.create("Sensors", bodies.sensor(sta, f"sensor{number}", properties={"serial": number}))
        )
        made = bodies.observed_property(sta, f"property{number}", properties={"symbol": "TH"[number]})
        town.properties.append(sta.create("ObservedProperties", made))
        town.features.append(
            sta.create(
                "FeaturesOfInterest", bodies.feature(sta, f"feature{number}", properties={"area": number})
            )
        )
    _streams(sta, town)
    _observations(sta, town)
    return town


def _streams(sta: Service, town: Town) -> None:
    for number, (thing, sensor, observed) in enumerate([(0, 0, 0), (0, 1, 1), (1, 0, 1), (2, 1, 0)]):
        unit = bodies.PERCENT if observed else bodies.CELSIUS
        links = {"Thing": ref(town.things[thing]), "Sensor": ref(town.sensors[sensor]),
                 "ObservedProperty": ref(town.properties[observed])}  # fmt: skip
        body = bodies.datastream(
            sta, f"stream{number}", unitOfMeasurement=unit, properties={"order": number}, **links
        )
        town.streams.append(sta.create("Datastreams", body))


def _observations(sta: Service, town: Town) -> None:
    for hour, result in enumerate(RESULTS):
        body: Entity = {"phenomenonTime": f"{DAY}{hour:02}:00:00Z", "result": result,
                        "Datastream": ref(town.streams[0]), "FeatureOfInterest": ref(town.features[hour % 2]),
                        "parameters": {"hour": hour, "half": "am"}}  # fmt: skip
        if hour % 3 == 0:
            body["resultTime"] = f"{DAY}{hour:02}:30:15.500Z"
        if hour < 4:
            body["validTime"] = f"{DAY}{hour:02}:00:00Z/{DAY}{hour + 2:02}:00:00Z"
        if hour == 5:
            body["resultQuality"] = "good"
        town.observations.append(sta.create("Observations", body))
    for number, stream in ((0, 1), (1, 1), (2, 2)):
        body = {"phenomenonTime": f"2024-04-0{number + 1}T12:00:00Z/2024-04-0{number + 1}T13:00:00Z",
                "result": 100 + number, "resultTime": f"2024-04-0{number + 1}T13:00:00Z",
                "Datastream": ref(town.streams[stream])}  # fmt: skip
        town.observations.append(sta.create("Observations", body))


def places(sta: Service) -> dict[str, Entity]:
    """Locations of every kind of geometry, laid out so that every spatial relation separates some of them."""
    square = bodies.polygon((10, 10), (12, 10), (12, 12), (10, 12))
    shapes = {
        "centre": bodies.point(11, 11),
        "corner": bodies.point(10, 10),
        "far": bodies.point(30, 30),
        "square": square,
        "shifted": bodies.polygon((11, 11), (13, 11), (13, 13), (11, 13)),
        "neighbour": bodies.polygon((12, 10), (14, 10), (14, 12), (12, 12)),
        "inner": bodies.polygon((10.5, 10.5), (11.5, 10.5), (11.5, 11.5), (10.5, 11.5)),
        "across": bodies.line((9, 11), (13, 11)),
        "away": bodies.line((30, 30), (31, 30)),
    }
    return {name: sta.create("Locations", bodies.location(sta, f"geo {name}", shape))
            for name, shape in shapes.items()}  # fmt: skip
