# SPDX-License-Identifier: EUPL-1.2
"""datamodel/historical-location (18-088, clause 8.2.3)."""

from __future__ import annotations

import pytest

from conformance import bodies
from conformance.checks import expands, has, leads, needs
from conformance.service import Service, at, instant, ref

properties = pytest.mark.requirement("datamodel/historical-location/properties", clause="8.2.3")
relations = pytest.mark.requirement("datamodel/historical-location/relations", clause="8.2.3")


@properties
def test_time_is_an_instant(sta: Service) -> None:
    """time is a mandatory ISO 8601 instant: when the Thing was there."""
    place = sta.create("Locations", bodies.location(sta, "hist-place"))
    thing = sta.create("Things", bodies.thing(sta, "hist-thing"))
    body = {"time": "2024-02-29T10:20:30Z", "Thing": ref(thing), "Locations": [ref(place)]}
    made = sta.create("HistoricalLocations", body)
    has(made, time=str)
    assert instant(made["time"]) == "2024-02-29T10:20:30Z"


@properties
def test_time_keeps_its_instant_in_another_zone(sta: Service) -> None:
    """An instant told with an offset is the same instant when it is filtered for in UTC."""
    place = sta.create("Locations", bodies.location(sta, "zone-place"))
    thing = sta.create("Things", bodies.thing(sta, "zone-thing"))
    body = {"time": "2024-02-29T10:20:30+02:00", "Thing": ref(thing), "Locations": [ref(place)]}
    sta.create("HistoricalLocations", body)
    found = at("Things", thing) + "/HistoricalLocations"
    assert len(sta.members(found, filter="time eq 2024-02-29T08:20:30Z")) == 1
    assert not sta.members(found, filter="time eq 2024-02-29T10:20:30Z")


@properties
def test_time_and_thing_are_mandatory(sta: Service) -> None:
    """Without a time or a Thing there is no HistoricalLocation."""
    place = sta.create("Locations", bodies.location(sta, "need-place"))
    thing = sta.create("Things", bodies.thing(sta, "need-thing"))
    body = {"time": "2024-02-29T10:20:30Z", "Thing": ref(thing), "Locations": [ref(place)]}
    needs(sta, "HistoricalLocations", body, "time", "Thing")
    leads(sta, thing, "HistoricalLocations", [])


@relations
def test_a_historical_location_leads_to_its_thing_and_locations(sta: Service) -> None:
    """It has exactly one Thing and one to many Locations, and both lead back."""
    places = [sta.create("Locations", bodies.location(sta, f"both{number}")) for number in range(2)]
    thing = sta.create("Things", bodies.thing(sta, "both-thing"))
    body = {"time": "2024-02-29T10:20:30Z", "Thing": ref(thing), "Locations": [ref(p) for p in places]}
    made = sta.create("HistoricalLocations", body)
    leads(sta, made, "Thing", thing)
    leads(sta, made, "Locations", places)
    expands(sta, "HistoricalLocations", made, "Thing", thing)
    expands(sta, "HistoricalLocations", made, "Locations", places)
    leads(sta, thing, "HistoricalLocations", [made])
    for place in places:
        leads(sta, place, "HistoricalLocations", [made])
