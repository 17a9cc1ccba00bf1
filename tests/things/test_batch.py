# SPDX-License-Identifier: EUPL-1.2
"""Batches in both forms: parts, change sets and references."""

from __future__ import annotations

import pytest

from tests.things.batches import answers, batch, mixed, request, send, together
from tests.things.factories import City, datastream, location, observed_property, restricted, sensor, thing

pytestmark = pytest.mark.anyio


async def test_parts_are_answered_one_by_one_in_their_order(city: City) -> None:
    """The standard's example (18-088, clause 11.2.1): read, change set, read."""
    number = await city.create("Things", thing(name="old"))
    body = mixed(
        request(f"GET /v1.1/Things({number})?$select=name HTTP/1.1"),
        together(
            request("POST /v1.1/Things HTTP/1.1", thing(name="new"), name="1"),
            request(f"PATCH /v1.1/Things({number}) HTTP/1.1", {"name": "patched"}, name="2"),
        ),
        request("GET /v1.1/Things(999999999) HTTP/1.1"),
    )
    first, (made, changed), last = answers(await send(city, body))
    assert (first.status, first.json) == (200, {"name": "old"})
    assert (made.id, made.status, changed.id, changed.status) == ("1", 201, "2", 200)
    assert (await city.get(made.headers["location"]))["name"] == "new"
    assert (await city.get(f"Things({number})"))["name"] == "patched"
    assert (last.status, last.json["code"]) == (404, 404)


@pytest.mark.parametrize("end", ["\r\n", "\n"])
async def test_later_parts_of_a_change_set_refer_to_what_earlier_ones_made(city: City, end: str) -> None:
    """`$id` stands for an id in bodies and addresses, and begins an address (18-088, clause 11.2.2)."""
    body = mixed(
        together(
            request("POST Sensors HTTP/1.1", sensor(), name="sensor1", end=end),
            request("POST /ObservedProperties HTTP/1.1", observed_property(), name="p:1", end=end),
            request("POST Things HTTP/1.1", thing(Locations=[location()]), name="t", end=end),
            request(
                "POST Things($t)/Datastreams HTTP/1.1",
                datastream(Sensor={"@iot.id": "$sensor1"}, ObservedProperty={"@iot.id": "$p:1"}, name="made"),
                name="d",
                end=end,
            ),
            request("POST $d/Observations HTTP/1.1", {"result": 5}, name="o", end=end),
            request("POST Observations HTTP/1.1", {"result": 6, "Datastream": {"@iot.id": "$d"}}, end=end),
            request("PATCH $t HTTP/1.1", {"description": "changed"}, end=end),
            end=end,
        ),
        request("GET $d/Observations?$select=result&$orderby=result HTTP/1.1", end=end),
        request("GET $t?$select=description HTTP/1.1", end=end),
        end=end,
    )
    made, read, changed = answers(await send(city, body))
    assert [item.status for item in made] == [201] * 6 + [200]
    assert [item["result"] for item in read.json["value"]] == [5, 6]
    assert changed.json == {"description": "changed"}
    assert await city.names(f"{made[2].headers['location']}/Datastreams") == ["made"]


async def test_a_change_set_that_fails_leaves_nothing_behind(city: City) -> None:
    """Entities and observations go back; the answer is the failed part's own, with its Content-ID."""
    number = await city.create(
        "Things", thing(name="kept", Locations=[location()], Datastreams=[datastream()])
    )
    stream = (await city.values(f"Things({number})/Datastreams"))[0]["@iot.id"]
    body = mixed(
        together(
            request(f"PATCH Things({number}) HTTP/1.1", {"name": "lost"}, name="a"),
            request(
                f"POST Datastreams({stream})/Observations HTTP/1.1",
                {"result": 1, "phenomenonTime": "2024-03-01T00:00:00Z"},
                name="b",
            ),
            request("POST Things HTTP/1.1", {"name": "without description"}, name="c"),
            request("POST Things HTTP/1.1", thing(name="never"), name="d"),
        ),
        request("GET $a HTTP/1.1"),
        request(f"GET Things({number})?$select=name HTTP/1.1"),
    )
    failed, dependent, read = answers(await send(city, body))
    assert (failed.id, failed.status, failed.json["where"]) == ("c", 400, "description")
    assert (dependent.status, dependent.json["where"]) == (424, "a")
    assert read.json == {"name": "kept"}
    assert await city.values(f"Datastreams({stream})/Observations") == []
    assert await city.values("Things?$filter=name eq 'never'") == []
    made = await city.create(f"Datastreams({stream})/Observations", {"result": 2})
    assert (await city.get(f"Observations({made})"))["result"] == 2


async def test_a_json_batch_has_groups_references_and_dependencies(city: City) -> None:
    group = {"atomicityGroup": "g"}
    found = await batch(
        city,
        {"id": "s", **group, "method": "post", "url": "Sensors", "body": sensor(name="json")},
        {"id": "t", **group, "method": "post", "url": "Things", "body": thing(Locations=[location()])},
        {
            "id": "d",
            **group,
            "method": "POST",
            "url": "Things($t)/Datastreams",
            "body": datastream(Sensor={"@iot.id": "$s"}),
        },
        {"id": "r", "dependsOn": ["g"], "method": "get", "url": "$d/Sensor?$select=name"},
        {"id": "bad", "method": "post", "url": "Things", "body": {}},
        {"id": "after", "dependsOn": ["bad", "g"], "method": "get", "url": "Things"},
        {"id": "beside", "method": "get", "url": "$d/name/$value"},
        {"id": "gone", "method": "delete", "url": "$t"},
    )
    assert [found[name]["status"] for name in ("s", "t", "d", "r", "bad", "after", "beside", "gone")] == [
        201, 201, 201, 200, 400, 424, 200, 200,
    ]  # fmt: skip
    assert found["t"]["location"].startswith("http://localhost:8000/sta/v1.1/Things(")
    assert found["r"]["body"] == {"name": "json"}
    assert found["beside"]["body"] == "air"
    assert "body" not in found["gone"]


async def test_a_failed_group_of_a_json_batch_names_the_part(city: City) -> None:
    group = {"atomicityGroup": "g", "method": "post", "url": "Things"}
    found = await batch(
        city,
        {"id": "a", **group, "body": thing(name="undone")},
        {"id": "b", **group, "body": {"name": 5}},
        {"id": "c", **group, "body": thing(name="undone")},
        {"id": "d", "method": "get", "url": "Things?$filter=name eq 'undone'"},
    )
    assert [found[name]["status"] for name in "abcd"] == [424, 400, 424, 200]
    assert "'b'" in found["a"]["body"]["message"]
    assert found["d"]["body"]["value"] == []


@pytest.mark.parametrize(
    "url",
    [
        "Things?$top=1&$filter=name%20eq%20'address'",
        "/Things?$top=1&$filter=name eq 'address'",
        "/sta/v1.1/Things?$top=1&$filter=name eq 'address'",
        "/v1.1/Things?$filter=name eq 'address'",
        "http://localhost:8000/sta/v1.1/Things?$filter=name eq 'address'",
        "http://testserver/sta/v1.1/Things?$filter=name eq 'address'",
        "%54hings?$filter=name eq 'address'",
    ],
)
async def test_addresses_are_absolute_or_relative(city: City, url: str) -> None:
    """OData 4.0, Part 1, clause 11.7.2: with host, with path, relative to the service."""
    if not await city.values("Things?$filter=name eq 'address'"):
        await city.create("Things", thing(name="address"))
    (found,) = answers(await send(city, mixed(request(f"GET {url} HTTP/1.1"))))
    assert [item["name"] for item in found.json["value"]] == ["address"]
    found = (await batch(city, {"id": "1", "method": "get", "url": url}))["1"]
    assert [item["name"] for item in found["body"]["value"]] == ["address"]


async def test_each_part_is_authorised_by_itself(city: City, database: str) -> None:
    secret = await restricted(database, key="batch-walls")
    inside = City(city.client, secret)
    hidden = await inside.create("Things", thing(name="hidden"))
    anonymous = city.anonymous()
    body = mixed(
        request(f"GET Things({hidden}) HTTP/1.1"),
        request(f"GET Things({hidden}) HTTP/1.1", headers=f"Authorization: Bearer {secret}"),
        request("POST Things HTTP/1.1", thing()),
        together(request("POST Things HTTP/1.1", thing(), name="x")),
    )
    found = answers(await send(anonymous, body))
    assert [item.status for item in found] == [404, 200, 401, 401]
    found = answers(await send(city, body))
    assert [item.status for item in (*found[:3], *found[3])] == [404, 200, 201, 201]
    change = together(request(f"PATCH Things({hidden}) HTTP/1.1", {"name": "seen"}))
    assert answers(await send(city, mixed(change)))[0].status == 404
    assert (await inside.get(f"Things({hidden})"))["name"] == "hidden"


async def test_a_batch_stops_at_the_first_failure_where_that_is_asked(city: City) -> None:
    body = mixed(request("GET Nothing HTTP/1.1"), request("POST Things HTTP/1.1", thing(name="stopped")))
    found = answers(await send(city, body, Prefer="continue-on-error=false"))
    assert [item.status for item in found] == [404, 424]
    assert await city.values("Things?$filter=name eq 'stopped'") == []


async def test_data_arrays_go_beside_change_sets(city: City) -> None:
    number = await city.create("Things", thing(Locations=[location()], Datastreams=[datastream()]))
    stream = (await city.values(f"Things({number})/Datastreams"))[0]["@iot.id"]
    array = [
        {
            "Datastream": {"@iot.id": stream},
            "components": ["phenomenonTime", "result"],
            "dataArray": [["2024-01-01T00:00:00Z", 1], ["2024-01-01T00:00:00Z", "x"]],
        }
    ]
    line = "POST CreateObservations HTTP/1.1"
    found = answers(await send(city, mixed(request(line, array), together(request(line, array, name="n")))))
    assert [item.startswith("error") for item in found[0].json] == [False, True]
    assert (found[1].status, found[1].id) == (405, "n")
