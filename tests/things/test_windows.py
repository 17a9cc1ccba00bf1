# SPDX-License-Identifier: EUPL-1.2
"""Pages in the order of time hold every observation once, however the windows fall."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest

from stadtkern.things.queries import counting, guard, reader, windows
from tests.things.factories import City, datastream, location, restricted, thing

pytestmark = pytest.mark.anyio

START = datetime(2024, 1, 1, tzinfo=UTC)


def history(seed: int, *, rows: int) -> list[dict[str, Any]]:
    """Bursts and gaps, equal instants, and some intervals."""
    chance = random.Random(seed)
    found, moment = list[dict[str, Any]](), START
    for number in range(rows):
        moment += timedelta(seconds=chance.choice([0, 1, 60, 60, 3600, 86_400 * 20]))
        text = moment.isoformat()
        if chance.random() < 0.2:
            text += "/" + (moment + timedelta(hours=2)).isoformat()
        found.append({"phenomenonTime": text.replace("+00:00", "Z"), "result": number})
    return found


@pytest.fixture(scope="module")
async def streams(city: City, database: str) -> list[int]:
    """Three histories, one of which only somebody else may see, and a datastream without observations."""
    own = [datastream(name=str(seed), observations=history(seed, rows=30)) for seed in (1, 2)]
    number = await city.create(
        "Things", thing(Locations=[location()], Datastreams=[*own, datastream(name="empty")])
    )
    secret = City(city.client, await restricted(database, key="later"))
    await secret.create(
        "Things", thing(Locations=[location()], Datastreams=[datastream(observations=history(3, rows=60))])
    )
    return [item["@iot.id"] for item in await city.values(f"Things({number})/Datastreams?$orderby=name")]


@pytest.fixture(params=[(1, 3), (5_000, 16)], ids=["many", "one"])
def narrow(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows of different sizes, the cost of each looked at."""
    at_once, growth = request.param
    monkeypatch.setattr(windows, "AT_ONCE", at_once)
    monkeypatch.setattr(windows, "_GROWTH", growth)
    monkeypatch.setattr(windows, "UNASKED", 10)


async def paged(city: City, address: str | None) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    while address:
        page = await city.get(address)
        found += page["value"]
        address = page.get("@iot.nextLink")
    return found


FILTERS = [
    "",
    "result mod 7 eq 3",
    "phenomenonTime ge 2024-02-01T00:00:00Z and result lt 25",
    "phenomenonTime lt 2024-02-01T00:00:00Z and (result gt 5 or result eq 1)",
    "phenomenonTime gt 2024-01-21T00:00:00Z and phenomenonTime le 2024-03-01T00:00:00Z",
    "phenomenonTime gt 2030-01-01T00:00:00Z",
    "not (phenomenonTime gt 2024-02-01T00:00:00Z)",
    "result gt 1000",
]


@pytest.mark.parametrize("text", FILTERS)
@pytest.mark.parametrize("order", ["phenomenonTime", "phenomenonTime desc"])
async def test_pages_in_time_are_what_a_sort_would_give(
    city: City, streams: list[int], narrow: None, text: str, order: str
) -> None:
    chosen = f"&$filter={quote(text)}" if text else ""
    for root in ("Observations", *(f"Datastreams({number})/Observations" for number in streams)):
        everything = await city.values(f"{root}?$top=1000&$orderby=id{chosen}")
        ours = await paged(city, f"{root}?$top=9&$orderby={order}{chosen}")
        assert sorted(item["@iot.id"] for item in ours) == [item["@iot.id"] for item in everything]
        times = [item["phenomenonTime"].partition("/")[0] for item in ours]
        assert times == sorted(times, reverse=order.endswith("desc"))
        skipped = await city.values(f"{root}?$top=5&$skip=3&$orderby={order}{chosen}")
        assert skipped == ours[3:8]


async def test_the_observations_of_a_feature_come_by_time(
    city: City, streams: list[int], narrow: None
) -> None:
    place = {"encodingType": "application/geo+json", "feature": {"type": "Point", "coordinates": [7, 51]}}
    feature = await city.create("FeaturesOfInterest", {"name": "f", "description": "-"} | place)
    for day in range(1, 8):
        about = {"FeatureOfInterest": {"@iot.id": feature}, "phenomenonTime": f"2024-02-0{day}T00:00:00Z"}
        await city.create(f"Datastreams({streams[day % 2]})/Observations", about | {"result": -day})
    counted = await city.get(f"FeaturesOfInterest({feature})/Observations?$top=1&$count=true")
    assert counted["@iot.count"] == 7
    expand = "Observations($count=true;$top=0)"
    (shown,) = await city.values(f"FeaturesOfInterest?$filter=id eq {feature}&$expand={expand}")
    assert shown["Observations@iot.count"] == 7
    for order, expected in (
        ("phenomenonTime", list(range(-1, -8, -1))),
        ("phenomenonTime desc", range(-7, 0)),
    ):
        ours = await paged(city, f"FeaturesOfInterest({feature})/Observations?$top=3&$orderby={order}")
        assert [item["result"] for item in ours] == list(expected)
        for item in ours if order.endswith("desc") else ():
            assert (await city.send("DELETE", item["@iot.selfLink"])).status_code in (200, 204)


async def test_a_datastream_without_an_order_comes_by_time(
    city: City, streams: list[int], narrow: None
) -> None:
    root = f"Datastreams({streams[0]})/Observations"
    ours = await paged(city, f"{root}?$top=7")
    assert [item["result"] for item in ours] == list(range(30))


async def test_a_page_is_one_statement_whatever_it_finds(
    city: City, streams: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []
    fetch = reader.rows.fetch
    monkeypatch.setattr(reader.rows, "fetch", lambda *args: asked.append(args) or fetch(*args))
    await city.get("Observations?$orderby=phenomenonTime desc&$top=20")
    assert len(asked) == 1


async def test_orders_that_no_index_serves_are_refused_where_there_is_much_to_sort(
    city: City, streams: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guard, "MAX_COST", 1.0)
    monkeypatch.setattr(reader, "FEW", 10)
    one = f"Datastreams({streams[0]})/Observations"
    for address in (
        "Observations?$orderby=result",
        "Observations?$orderby=id",
        "Observations?$orderby=phenomenonTime&$skip=5000",
        f"{one}?$orderby=result desc",
        f"{one}?$filter=result gt 3&$orderby=id",
        "Things?$filter=Datastreams/any(d: d/Observations/any(o: o/result gt 5))",
        f"Datastreams({streams[0]})/Thing/Datastreams?$filter=Observations/result gt 7",
        "Datastreams?$expand=Observations($orderby=result)",
        "Datastreams?$expand=Observations($filter=result gt 3)",
        "Datastreams?$expand=Observations($count=true;$top=0;$filter=result gt 3)",
    ):
        refused = await city.refused("GET", address)
        assert refused["status"] == 422, address
        assert "phenomenonTime" in refused["remedy"]
    for address in (
        "Observations",
        "Observations?$orderby=phenomenonTime desc",
        f"{one}?$orderby=phenomenonTime desc",
        "Things?$orderby=description&$filter=name eq 'tree'",
        "Datastreams?$expand=Observations($orderby=phenomenonTime desc;$top=1)",
    ):
        await city.get(address)


async def test_what_is_dear_to_count_is_estimated_and_what_is_shown_whole_is_not(
    city: City, streams: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counting, "EXACT_COST", 0.0)
    monkeypatch.setattr(counting, "LOWER_BOUND", 3)
    text = quote("result ge 20")
    whole = await city.get(f"Observations?$count=true&$filter={text}")
    assert whole["@iot.count"] == len(whole["value"]) == 20
    assert "@iot.countIsEstimate" not in whole
    part = await city.get(f"Observations?$count=true&$top=2&$filter={text}")
    assert part["@iot.countIsEstimate"] is True
    assert part["@iot.count"] == 4
    last = await city.get(f"Observations?$count=true&$skip=15&$filter={text}")
    assert (last["@iot.count"], len(last["value"])) == (20, 5)
    beyond = await city.get(f"Observations?$count=true&$skip=25&$filter={text}")
    assert (beyond["@iot.countIsEstimate"], beyond["value"]) == (True, [])
