# SPDX-License-Identifier: EUPL-1.2
"""batch-request (18-088, clause 11)."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest

from conformance import bodies
from conformance.checks import leads
from conformance.multipart import Answer, answers, change_set, request, send
from conformance.service import Service, at, literal, ref

requirement = pytest.mark.requirement("batch-request/batch-request", clause="11")


def one(answer: Answer | list[Answer]) -> Answer:
    """The answer of a request outside of a change set."""
    assert isinstance(answer, Answer)
    return answer


def several(answer: Answer | list[Answer]) -> list[Answer]:
    """The answers of a change set."""
    assert isinstance(answer, list), f"a change set that succeeds answers as multipart, not {answer}"
    return answer


@requirement
@pytest.mark.parametrize("form", ["absolute", "path", "relative"])
def test_addresses_may_be_absolute_or_relative(sta: Service, form: str) -> None:
    """An address is absolute, an absolute path with a Host, or relative to the batch."""
    thing = sta.create("Things", bodies.thing(sta, "batched"))
    path = at("Things", thing)
    root = urlsplit(sta.base)
    url = {"absolute": f"{sta.base}/{path}", "path": f"{root.path}/{path}", "relative": path}[form]
    found = one(answers(send(sta, request("GET", url, host=root.netloc if form == "path" else "")))[0])
    assert found.code == 200
    assert found.json()["name"] == thing["name"]
    assert found.headers["content-type"].startswith("application/json")


@requirement
def test_answers_come_in_the_order_of_the_requests(sta: Service) -> None:
    """One part per request, each with its own status."""
    things = [sta.create("Things", bodies.thing(sta, f"ordered{n}")) for n in range(3)]
    parts = [request("GET", at("Things", thing) + "?$select=name") for thing in things]
    missing = literal(8_999_999_999_999 if isinstance(things[0]["@iot.id"], int) else "nobody")
    found = [one(each) for each in answers(send(sta, *parts, request("GET", f"Things({missing})")))]
    assert [each.code for each in found] == [200, 200, 200, 404]
    assert [each.json()["name"] for each in found[:3]] == [thing["name"] for thing in things]


@requirement
def test_queries_in_a_batch(sta: Service) -> None:
    """Query options work as they do outside."""
    thing = sta.create("Things", bodies.thing(sta, "queried"))
    query = "Things?$filter=name%20eq%20'" + thing["name"].replace(" ", "%20") + "'&$count=true&$select=name"
    found = one(answers(send(sta, request("GET", query)))[0])
    assert found.json()["@iot.count"] == 1
    assert (
        found.json()["value"] == [{"name": thing["name"]}]
        or found.json()["value"][0]["name"] == thing["name"]
    )


@requirement
def test_the_example_of_the_standard(sta: Service) -> None:
    """A query, a change set of an insert and an update, another query (clause 11.2.1)."""
    thing = sta.create("Things", bodies.thing(sta, "example"))
    found = answers(send(
        sta, request("GET", at("Things", thing)),
        change_set(request("POST", "Things", bodies.thing(sta, "inserted"), content_id="1"),
                   request("PATCH", at("Things", thing), {"description": "patched"}, content_id="2")),
        request("GET", at("Things", thing)),
    ))  # fmt: skip
    assert one(found[0]).json()["description"] == thing["description"]
    inserted, patched = several(found[1])
    assert inserted.code == 201
    assert sta.get(inserted.headers["location"])["name"] == sta.name("inserted")
    assert patched.code in (200, 204)
    assert one(found[2]).json()["description"] == "patched"


@requirement
def test_answers_of_a_change_set_carry_their_content_id(sta: Service) -> None:
    """Each answer of a change set has the Content-ID of its request."""
    parts = [
        request("POST", "Things", bodies.thing(sta, f"tagged{n}"), content_id=f"id{n}") for n in range(3)
    ]
    found = several(answers(send(sta, change_set(*parts)))[0])
    assert [each.content_id for each in found] == ["id0", "id1", "id2"]


@requirement
def test_a_change_set_refers_to_what_it_makes(sta: Service) -> None:
    """$ and a Content-ID stand for the id of the entity made by that request (clause 11.2.2)."""
    place = bodies.location(sta, "referred")
    thing = sta.create("Things", bodies.thing(sta, "referred", Locations=[place]))
    observed = sta.create("ObservedProperties", bodies.observed_property(sta, "referred"))
    stream = {**bodies.datastream(sta, "referring"), "ObservedProperty": ref(observed),
              "Sensor": {"@iot.id": "$sensor1"}}  # fmt: skip
    found = several(answers(send(sta, change_set(
        request("POST", "Sensors", bodies.sensor(sta, "referred"), content_id="sensor1"),
        request("POST", at("Things", thing) + "/Datastreams", stream, content_id="stream1"),
        request("POST", "Observations", {"result": 5, "Datastream": {"@iot.id": "$stream1"}},
                content_id="any"),
    )))[0])  # fmt: skip
    assert [each.code for each in found] == [201, 201, 201]
    sensor, made, reading = (sta.get(each.headers["location"]) for each in found)
    leads(sta, made, "Sensor", sensor)
    leads(sta, made, "Thing", thing)
    leads(sta, reading, "Datastream", made)


@requirement
def test_a_change_set_is_one_unit(sta: Service) -> None:
    """Where one request of a change set fails, none is applied, and the answer is one error."""
    thing = sta.create("Things", bodies.thing(sta, "unit"))
    found = answers(send(sta, change_set(
        request("POST", "Things", bodies.thing(sta, "undone"), content_id="1"),
        request("PATCH", at("Things", thing), {"description": "undone"}, content_id="2"),
        request("POST", "Datastreams", bodies.datastream(sta, "lonely"), content_id="3"),
    )))[0]  # fmt: skip
    failed = found if isinstance(found, Answer) else next(each for each in found if each.code >= 400)
    assert 400 <= failed.code < 500
    assert not sta.members("Things", filter=f"name eq '{sta.name('undone')}'")
    assert sta.get(at("Things", thing)) == thing


@requirement
def test_a_reference_to_nothing_fails(sta: Service) -> None:
    """A reference to a request that is not in the change set fails it."""
    body = {"result": 1, "Datastream": {"@iot.id": "$nobody"}}
    found = answers(send(sta, change_set(request("POST", "Observations", body, content_id="1"))))[0]
    assert one(found[0] if isinstance(found, list) else found).code >= 400


@requirement
def test_every_write_in_a_batch(sta: Service) -> None:
    """Outside of change sets requests stand alone: what follows sees what went before."""
    thing = sta.create("Things", bodies.thing(sta, "alone"))
    path = at("Things", thing)
    found = [one(each) for each in answers(send(
        sta, request("PATCH", path, {"description": "first"}), request("GET", path), request("DELETE", path),
        request("GET", path),
    ))]  # fmt: skip
    assert [each.code // 100 for each in found] == [2, 2, 2, 4]
    assert found[1].json()["description"] == "first"


@requirement
@pytest.mark.parametrize(("kind", "content"), [
    ("multipart/mixed", "--x--"), ("multipart/mixed;boundary=x", "nothing"), ("text/plain", "GET Things"),
    ("multipart/mixed;boundary=x", "--x\r\nContent-Type: application/http\r\n\r\nGET\r\n\r\n--x--"),
])  # fmt: skip
def test_what_is_no_batch_is_an_error(sta: Service, kind: str, content: str) -> None:
    """A body that cannot be read as a batch answers 4xx, in whole or in the part that is broken."""
    answer = sta.http.post(sta.url("$batch"), content=content, headers={"Content-Type": kind})
    if answer.status_code == 200:
        assert all(one(each).code >= 400 for each in answers(answer))
    else:
        sta.refuses(answer)
