# SPDX-License-Identifier: EUPL-1.2
"""What can be wrong with a batch: a broken form does nothing, a part that cannot be done fails alone."""

from __future__ import annotations

from typing import Any

import pytest

from tests.things.batches import answers, batch, mixed, request, send, together
from tests.things.factories import City, thing

pytestmark = pytest.mark.anyio

ONE = request("GET Things HTTP/1.1")


@pytest.mark.parametrize(
    ("url", "body", "status"),
    [
        ("$nobody", None, 400),
        ("Things($later)", None, 400),
        ("$self", None, 400),
        ("Things", {"name": "x", "description": "-", "Locations": [{"@iot.id": "$nobody"}]}, 400),
        ("$batch", {"requests": []}, 405),
        ("/sta/v1.1/%24batch", {"requests": []}, 405),
        ("http://elsewhere.example/sta/v1.1/Things", None, 400),
        ("%ff", None, 400),
        ("Things?$filter=name eq 'ü", None, 400),
    ],
)
async def test_parts_that_cannot_be_carried_out_fail_alone(
    city: City, url: str, body: Any, status: int
) -> None:
    method = "get" if body is None else "post"
    more = {} if body is None else {"body": body}
    found = await batch(
        city,
        {"id": "self", "method": method, "url": url, **more},
        {"id": "later", "method": "get", "url": "Things?$top=1"},
    )
    assert found["self"]["status"] == status
    assert found["self"]["body"]["remedy"]
    assert found["later"]["status"] == 200


@pytest.mark.parametrize("depends", [["b"], ["a"], ["nobody"]])
async def test_dependencies_lead_back_only(city: City, depends: list[str]) -> None:
    """So there can be no circle."""
    found = await batch(
        city,
        {"id": "a", "dependsOn": depends, "method": "get", "url": "Things"},
        {"id": "b", "dependsOn": ["a"], "method": "get", "url": "Things"},
        {"id": "c", "if": "$a eq 1", "method": "get", "url": "Things"},
    )
    assert [found[name]["status"] for name in "abc"] == [400, 424, 501]


@pytest.mark.parametrize(
    "body",
    [
        "",
        "--batch_1--\r\n",
        mixed(ONE).removesuffix("--\r\n"),
        mixed(ONE, mark="other"),
        mixed("Content-Type: application/http\r\n"),
        mixed("Content-Type: text/plain\r\n\r\nGET Things HTTP/1.1\r\n\r\n"),
        mixed("\r\n\r\nGET Things HTTP/1.1\r\n\r\n"),
        mixed(request("Things")),
        mixed(request("BREW Things HTTP/1.1")),
        mixed(request("TRACE Things HTTP/1.1")),
        mixed(request("GET Things HTTP/1.1", name="a b")),
        mixed(request("GET Things HTTP/1.1", name="x"), request("GET Things HTTP/1.1", name="x")),
        mixed(request("GET Things HTTP/1.1", headers="no header")),
        mixed(request("GET Things HTTP/1.1", headers="Pre\x01fer: x")),
        mixed("Content-Type: multipart/mixed\r\n\r\n" + ONE),
        mixed(together()),
        mixed(together(ONE).removesuffix("--\r\n")),
        mixed(together(together(ONE, mark="inner"))),
        mixed(*[ONE] * 1_001),
    ],
)
async def test_a_broken_multipart_batch_does_nothing(city: City, body: str) -> None:
    first = request("POST Things HTTP/1.1", thing(name="broken"))
    whole = body.replace("--batch_1\r\n", f"--batch_1\r\n{first}--batch_1\r\n", 1)
    answer = await send(city, whole)
    assert answer.status_code in (400, 413), answer.text
    assert answer.json()["remedy"]
    assert await city.values("Things?$filter=name eq 'broken'") == []


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("multipart/mixed", 400),
        ("multipart/mixed;boundary=", 400),
        ('multipart/mixed;boundary="a\tb"', 400),
        (f"multipart/mixed;boundary={'x' * 71}", 400),
        ("multipart/form-data;boundary=batch_1", 415),
        ("text/plain", 415),
    ],
)
async def test_a_batch_says_how_it_is_divided(city: City, kind: str, status: int) -> None:
    assert (await send(city, mixed(ONE), Content_Type=kind)).status_code == status


@pytest.mark.parametrize(
    "kind", ['multipart/mixed; boundary="batch 1?"', "multipart/mixed;charset=utf-8;boundary=b"]
)
async def test_boundaries_may_be_quoted(city: City, kind: str) -> None:
    mark = "batch 1?" if "?" in kind else "b"
    text = mixed(ONE, mark=mark).removesuffix("\r\n")
    assert answers(await send(city, "a preamble\r\n" + text, Content_Type=kind))[0].status == 200


GET = {"id": "1", "method": "get", "url": "Things"}


@pytest.mark.parametrize(
    "body",
    [
        [],
        {},
        {"requests": {}},
        {"requests": []},
        {"requests": [5]},
        {"requests": [{"method": "get", "url": "Things"}]},
        {"requests": [{"id": "1", "method": "get"}]},
        {"requests": [{"id": "1", "url": "Things"}]},
        {"requests": [GET, GET]},
        {"requests": [GET | {"id": "a\r\nSet-Cookie: x"}]},
        {"requests": [GET | {"headers": {"prefer": "x\r\ny"}}]},
        {"requests": [GET | {"headers": {"accept": "ü€"}}]},
        {"requests": [GET | {"headers": []}]},
        {"requests": [GET | {"dependsOn": "x"}]},
        {"requests": [GET | {"atomicityGroup": 5}]},
        {"requests": [GET | {"atomicityGroup": "1"}]},
        {"requests": [GET | {"more": 1}]},
        {"requests": [GET | {"url": 5}]},
        {"requests": [GET | {"id": str(number)} for number in range(1_001)]},
        {
            "requests": [
                GET | {"id": "a", "atomicityGroup": "g"},
                GET | {"id": "b"},
                GET | {"id": "c", "atomicityGroup": "g"},
            ]
        },
    ],
)
async def test_a_broken_json_batch_does_nothing(city: City, body: Any) -> None:
    if isinstance(body, dict) and isinstance(body.get("requests"), list) and body["requests"]:
        first = {"id": "first", "method": "post", "url": "Things", "body": thing(name="broken")}
        body = {"requests": [first, *body["requests"]]}
    document = await city.refused("POST", "$batch", json=body)
    assert document["status"] in (400, 413)
    assert await city.values("Things?$filter=name eq 'broken'") == []


async def test_a_batch_has_a_largest_size(city: City) -> None:
    answer = await send(city, mixed(ONE) + " " * 17_000_000)
    assert (answer.status_code, answer.json()["limit"]) == (413, 16 * 1_048_576)
    assert (await city.send("GET", "$batch")).status_code == 405
    big = {"id": "big", "method": "post", "url": "Things", "body": thing(properties={"x": "y" * 1_100_000})}
    assert (await batch(city, big))["big"]["status"] == 413
