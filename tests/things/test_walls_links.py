# SPDX-License-Identifier: EUPL-1.2
"""What is public may hang at what is hidden, and the other way round; neither shows nor touches the other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import pytest

from stadtkern.core import access, datasets, tokens
from stadtkern.core import database as core_database
from stadtkern.things.queries import counting
from tests.things import judging, twins
from tests.things.factories import City, datastream, hourly, location, restricted, sensor, thing

pytestmark = pytest.mark.anyio


@dataclass(frozen=True)
class Links:
    """A public series whose Thing and Sensor are hidden, seen by the public and by the holder of both."""

    city: City
    both: City
    stream: int
    thing: int
    sensor: int


async def _holder_of_both(database: str) -> str:
    async with await core_database.connect(url=database, autocommit=True) as connection:
        test = (await datasets.find(connection, key="test")).id
        secret = (await datasets.find(connection, key="secret")).id
        scopes = {test: access.VERBS, secret: access.VERBS}
        made = await tokens.create(connection, name="both", scopes=scopes, default_dataset_id=secret)
        return made.secret


@pytest.fixture(scope="module")
async def links(city: City, database: str) -> Links:
    """A public series is put to a hidden Thing and a hidden Sensor by somebody who may do both."""
    await restricted(database, key="secret")
    both = City(city.client, await _holder_of_both(database))
    await twins.build(city, name="public")
    stream = (await city.values("Datastreams"))[0]["@iot.id"]
    hidden = await twins.build(both, name="hidden")
    sensor = (await both.values(f"Things({hidden})/Datastreams?$expand=Sensor"))[0]["Sensor"]["@iot.id"]
    body = {"Thing": {"@iot.id": hidden}, "Sensor": {"@iot.id": sensor}}
    answer = await both.send("PATCH", f"Datastreams({stream})", json=body)
    assert answer.status_code == 200, answer.text
    return Links(city, both, stream, hidden, sensor)


async def test_a_public_series_of_a_hidden_thing_does_not_show_it(links: Links) -> None:
    for asker in (links.city, links.city.anonymous()):
        found = await asker.get(f"Datastreams({links.stream})?$expand=Thing,Sensor,Observations")
        assert (found["Thing"], found["Sensor"]) == (None, None)
        assert len(found["Observations"]) == 3
        one = f"Datastreams({links.stream})"
        for tail in (
            "Thing",
            "Thing/Locations",
            "Thing/$ref",
            "Thing/name/$value",
            "Sensor",
            "Sensor/Datastreams",
        ):
            assert (await asker.refused("GET", f"{one}/{tail}"))["code"] == 404
        for path in (
            f"Things({links.thing})/Datastreams",
            f"Sensors({links.sensor})/Datastreams({links.stream})",
        ):
            assert (await asker.refused("GET", path))["code"] == 404
    assert (await links.both.get(f"Datastreams({links.stream})/Thing"))["name"] == "hidden"


@pytest.mark.parametrize(
    "text",
    [
        "Datastream/Thing/name eq 'hidden'",
        "startswith(Datastream/Thing/name, 'h')",
        "Datastream/Thing/id gt 0 and Datastream/Sensor/id gt 0 and Datastream/name eq 'public air'",
        "length(Datastream/Thing/properties/code) gt 0 and Datastream/name eq 'public air'",
        "not (Datastream/Thing/name ne 'hidden')",
    ],
)
async def test_filters_through_the_hidden_find_nothing(links: Links, text: str) -> None:
    for asker in (links.city, links.city.anonymous()):
        answer = await asker.get(f"Observations?$count=true&$filter={quote(text)}")
        assert answer == {"@iot.count": 0, "value": []}
    assert (await links.both.get(f"Observations?$count=true&$filter={quote(text)}"))["@iot.count"] > 0


async def test_the_public_still_adds_to_its_series_of_a_hidden_thing(links: Links) -> None:
    """The default feature stems from the hidden Thing's place, so the observation is shown without it."""
    body = {"result": 8, "phenomenonTime": "2024-07-01T00:00:00Z"}
    number = await links.city.create(f"Datastreams({links.stream})/Observations", body)
    found = await links.city.get(f"Observations({number})?$expand=FeatureOfInterest,Datastream")
    assert found["FeatureOfInterest"] is None
    assert found["Datastream"]["@iot.id"] == links.stream
    missing = await links.city.refused("GET", f"Observations({number})/FeatureOfInterest")
    assert missing["code"] == 404
    assert (await links.both.get(f"Observations({number})/FeatureOfInterest"))["name"] == "hidden square"


async def test_an_order_through_the_hidden_is_the_order_without_it(links: Links) -> None:
    """All values behind the wall count as absent, so the key decides."""
    found = await links.city.values("Observations?$orderby=Datastream/Thing/name desc,id desc")
    plain = await links.city.values("Observations?$filter=Datastream/Thing/name eq null&$orderby=id desc")
    ids = [item["@iot.id"] for item in found]
    assert ids[-len(plain) :] == [item["@iot.id"] for item in plain]


@dataclass(frozen=True)
class Neighbours:
    """A public Thing, and somebody whose token is for another public dataset."""

    city: City
    other: City
    ids: dict[str, int]


@pytest.fixture
async def neighbours(city: City, database: str) -> Neighbours:
    """Both see everything of each other."""
    async with await core_database.connect(url=database, autocommit=True) as connection:
        dataset = await datasets.save(
            connection, key="neighbour", room="public", about={"title": {"de": "-"}}
        )
        made = await tokens.create(
            connection, name="neighbour", scopes={dataset: access.VERBS}, default_dataset_id=dataset
        )
    number = await twins.build(city, name="mine")
    ids = {"Thing": number}
    for path, name in (("Locations", "Location"), ("HistoricalLocations", "HistoricalLocation")):
        ids[name] = (await city.values(f"Things({number})/{path}"))[0]["@iot.id"]
    (stream,) = await city.values(
        f"Things({number})/Datastreams?$expand=Sensor,ObservedProperty,Observations"
    )
    ids |= {name: stream[name]["@iot.id"] for name in ("Sensor", "ObservedProperty")}
    ids |= {"Datastream": stream["@iot.id"], "Observation": stream["Observations"][0]["@iot.id"]}
    return Neighbours(city, City(city.client, made.secret), ids)


SETS = {
    "Thing": "Things",
    "Location": "Locations",
    "HistoricalLocation": "HistoricalLocations",
    "Sensor": "Sensors",
    "ObservedProperty": "ObservedProperties",
    "Datastream": "Datastreams",
    "Observation": "Observations",
}


async def test_a_token_of_another_dataset_changes_nothing_that_it_sees(
    neighbours: Neighbours, database: str
) -> None:
    ids, before = neighbours.ids, await judging.rows(database)
    place = {"time": "2030-01-01T00:00:00Z", "Thing": {"@iot.id": ids["Thing"]}}
    wind = f"Things({ids['Thing']})/MultiDatastreams?$expand=ObservedProperties"
    (series,) = await neighbours.city.values(wind)
    part = series["ObservedProperties"][0]["@iot.id"]
    writes: list[tuple[str, str, Any]] = [
        *(("DELETE", f"{collection}({ids[name]})", None) for name, collection in SETS.items()),
        *(("PATCH", f"{collection}({ids[name]})", {}) for name, collection in SETS.items()),
        ("POST", f"Datastreams({ids['Datastream']})/Observations", {"result": 1}),
        ("POST", "Observations", {"result": 1, "Datastream": {"@iot.id": ids["Datastream"]}}),
        ("POST", f"Things({ids['Thing']})/Locations", location()),
        ("POST", "Locations", location() | {"Things": [{"@iot.id": ids["Thing"]}]}),
        ("POST", "Locations", location() | {"HistoricalLocations": [{"@iot.id": ids["HistoricalLocation"]}]}),
        ("POST", "Locations", location() | {"HistoricalLocations": [place]}),
        ("POST", "HistoricalLocations", place | {"Locations": [location()]}),
        ("POST", "Datastreams", datastream(Thing={"@iot.id": ids["Thing"]})),
        ("POST", f"Things({ids['Thing']})/Datastreams", datastream()),
        ("POST", "MultiDatastreams", twins.multi(Thing={"@iot.id": ids["Thing"]})),
        ("POST", "Sensors", sensor() | {"Datastreams": [datastream(Thing={"@iot.id": ids["Thing"]})]}),
        ("POST", f"Things({ids['Thing']})/Locations/$ref", {"@iot.id": ids["Location"]}),
        ("DELETE", f"Things({ids['Thing']})/Locations({ids['Location']})/$ref", None),
        ("DELETE", f"Things({ids['Thing']})/Locations/$ref?$id=/sta/v1.1/Locations({ids['Location']})", None),
        ("DELETE", f"MultiDatastreams({series['@iot.id']})/ObservedProperties({part})/$ref", None),
        ("PUT", f"Datastreams({ids['Datastream']})/Sensor/$ref", {"@iot.id": ids["Sensor"]}),
        ("POST", f"Things({ids['Thing']})/HistoricalLocations", place | {"Locations": [location()]}),
    ]
    for method, path, body in writes:
        document = await neighbours.other.refused(method, path, json=body)
        assert document["code"] == 403, (method, path, document)
    assert await judging.rows(database) == before


async def test_a_component_cannot_be_hung_into_a_multidatastream(neighbours: Neighbours) -> None:
    (series,) = await neighbours.city.values(f"Things({neighbours.ids['Thing']})/MultiDatastreams")
    property_ = {"name": "x", "definition": "-", "description": "-"}
    body = property_ | {"MultiDatastreams": [{"@iot.id": series["@iot.id"]}]}
    for asker in (neighbours.city, neighbours.other):
        assert (await asker.refused("POST", "ObservedProperties", json=body))["code"] == 405


async def test_a_location_goes_without_the_history_of_other_datasets(neighbours: Neighbours) -> None:
    place = await neighbours.other.create("Locations", location(name="borrowed"))
    body = thing(name="guest", Locations=[{"@iot.id": place}])
    guest = await neighbours.city.create("Things", body)
    assert (await neighbours.other.send("DELETE", f"Locations({place})")).status_code < 300
    history = await neighbours.city.values(f"Things({guest})/HistoricalLocations?$expand=Locations")
    assert [entry["Locations"] for entry in history] == [[]]


async def test_an_estimated_count_says_nothing_of_what_is_hidden(
    links: Links, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The planner's statistics cover all rows, so its estimate is for those who see all rows."""
    monkeypatch.setattr(counting, "EXACT_UP_TO", 1)
    address = "Observations?$count=true&$top=0&$filter=result ge 0"
    before = await links.city.get(address)
    stream = (await links.both.values(f"Things({links.thing})/Datastreams?$filter=name eq 'hidden air'"))[0]
    many = hourly(*range(24), day="2024-08-01") + hourly(*range(24), day="2024-08-02")
    for observation in many:
        await links.both.create(f"Datastreams({stream['@iot.id']})/Observations", observation)
    async with await core_database.connect(url=database, autocommit=True) as connection:
        await connection.execute("analyze things.observation, things.datastream")
    assert await links.city.get(address) == before
    assert before["@iot.countIsEstimate"]
