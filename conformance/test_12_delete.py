# SPDX-License-Identifier: EUPL-1.2
"""create-update-delete: removing, and the history of Locations (18-088, clauses 10.4 and 8.2.3)."""

from __future__ import annotations

import pytest

from conformance import bodies
from conformance.bodies import fresh
from conformance.checks import leads
from conformance.service import SETS, Service, at, ids, ref

delete = pytest.mark.requirement("create-update-delete/delete-entity", clause="10.4")
automatic = pytest.mark.requirement("create-update-delete/historical-location-auto-creation", clause="8.2.3")
manual = pytest.mark.requirement("create-update-delete/historical-location-manual-creation", clause="8.2.3")


@delete
@pytest.mark.parametrize("entities", SETS)
def test_delete_removes(sta: Service, entities: str) -> None:
    """After a DELETE the address is gone."""
    made = fresh(sta, entities)
    sta.delete(at(entities, made))
    sta.refuses(sta.ask(at(entities, made)), 404, 410)


@delete
@pytest.mark.parametrize(("entities", "relation", "gone"), [
    ("Things", "Thing", ("Datastreams", "Observations", "HistoricalLocations")),
    ("Sensors", "Sensor", ("Datastreams", "Observations")),
    ("ObservedProperties", "ObservedProperty", ("Datastreams", "Observations")),
    ("Datastreams", "", ("Observations",)),
])  # fmt: skip
def test_what_cannot_be_without_it_goes_along(
    sta: Service, entities: str, relation: str, gone: tuple[str, ...]
) -> None:
    """Integrity constraints when deleting: Datastreams, Observations and HistoricalLocations go along."""
    stream = bodies.stream(sta, "cascade")
    reading = sta.create("Observations", {"result": 1, "Datastream": ref(stream)})
    thing = sta.get(at("Datastreams", stream) + "/Thing")
    feature = sta.get(at("Observations", reading) + "/FeatureOfInterest")
    history = sta.members(at("Things", thing) + "/HistoricalLocations")[0]
    place = sta.members(at("Things", thing) + "/Locations")[0]
    target = sta.get(at("Datastreams", stream) + f"/{relation}") if relation else stream
    sta.delete(at(entities, target))
    known = {"Datastreams": stream, "Observations": reading, "HistoricalLocations": history}
    for other, entity in known.items():
        if other in gone:
            sta.refuses(sta.ask(at(other, entity)), 404, 410)
        elif other != entities:
            sta.get(at(other, entity))
    sta.get(at("Locations", place))
    sta.get(at("FeaturesOfInterest", feature))


@delete
def test_a_feature_takes_its_observations_along(sta: Service) -> None:
    """Deleting a FeatureOfInterest deletes the Observations of it, and no others."""
    stream = bodies.stream(sta, "features")
    feature = sta.create("FeaturesOfInterest", bodies.feature(sta, "goes"))
    goes = sta.create(
        "Observations", {"result": 1, "Datastream": ref(stream), "FeatureOfInterest": ref(feature)}
    )
    stays = sta.create("Observations", {"result": 2, "Datastream": ref(stream)})
    sta.delete(at("FeaturesOfInterest", feature))
    sta.refuses(sta.ask(at("Observations", goes)), 404, 410)
    sta.get(at("Observations", stays))


@delete
def test_a_location_takes_its_history_along(sta: Service) -> None:
    """Deleting a Location deletes its HistoricalLocations; the Thing stays."""
    place = sta.create("Locations", bodies.location(sta, "vanishing"))
    thing = sta.create("Things", bodies.thing(sta, "staying", Locations=[ref(place)]))
    sta.delete(at("Locations", place))
    leads(sta, thing, "Locations", [])
    leads(sta, thing, "HistoricalLocations", [])


@automatic
def test_a_new_place_makes_history(sta: Service) -> None:
    """Whenever the Locations of a Thing change, the service makes a HistoricalLocation."""
    thing = sta.create("Things", bodies.thing(sta, "wanderer"))
    history = at("Things", thing) + "/HistoricalLocations"
    assert sta.members(history) == []
    places = [sta.create("Locations", bodies.location(sta, f"way{n}", bodies.point(n, n))) for n in range(3)]
    sta.change(at("Things", thing), {"Locations": [ref(places[0])]})
    assert [ids(each["Locations"]) for each in sta.members(history, expand="Locations")] == [ids(places[:1])]
    sta.change(at("Things", thing), {"Locations": [ref(places[1])]})
    found = sta.members(history, expand="Locations", orderby="time")
    assert [ids(each["Locations"]) for each in found] == [ids(places[:1]), ids(places[1:2])]
    leads(sta, thing, "Locations", [places[1]])
    moved = sta.create(at("Things", thing) + "/Locations", bodies.location(sta, "posted"))
    assert len(sta.members(history)) == 3
    assert moved["@iot.id"] in ids(sta.members(at("Things", thing) + "/Locations"))


@manual
def test_the_newest_history_tells_where_a_thing_is(sta: Service) -> None:
    """A HistoricalLocation posted with the newest time moves the Thing; an older one does not."""
    places = [sta.create("Locations", bodies.location(sta, f"hand{n}", bodies.point(n, n))) for n in range(3)]
    thing = sta.create("Things", bodies.thing(sta, "by-hand"))
    for place, time, where in ((0, "2016-01-01T06:00:00Z", 0), (1, "2016-01-01T07:00:00Z", 1),
                               (2, "2016-01-01T05:00:00Z", 1)):  # fmt: skip
        sta.create(
            "HistoricalLocations", {"time": time, "Thing": ref(thing), "Locations": [ref(places[place])]}
        )
        leads(sta, thing, "Locations", [places[where]])
    leads(sta, thing, "HistoricalLocations", sta.members(at("Things", thing) + "/HistoricalLocations"))
    assert len(sta.members(at("Things", thing) + "/HistoricalLocations")) == 3
