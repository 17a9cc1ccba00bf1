# SPDX-License-Identifier: EUPL-1.2
"""A small request of somebody unknown costs little, however it is made up."""

from __future__ import annotations

import contextlib
import time
import tracemalloc
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from stadtkern.core import credentials
from stadtkern.core.problems import Problem
from stadtkern.things.aggregate import asking
from stadtkern.things.api.batch import addresses, multipart
from stadtkern.things.language import options
from stadtkern.things.language.problems import QueryTooLarge
from stadtkern.things.operations import payload
from tests.things.batches import MIXED, answers, mixed, request, send, together
from tests.things.factories import STA, City, thing

BATCH = MIXED["Content-Type"]
MIB = 1_048_576


def seconds(work: Callable[[], Any]) -> float:
    """What a piece of work costs this process, refused or not; others on the machine do not count."""
    began = time.process_time()
    with contextlib.suppress(Problem):
        work()
    return time.process_time() - began


@pytest.mark.parametrize("size", [31_000, MIB])
@pytest.mark.parametrize("end", ["y\x0bz", "HTTP/1.", "HTTP/1.1 ü", ""])
def test_the_line_of_a_part_is_read_in_one_pass(size: int, end: str) -> None:
    body = mixed(request("GET x" + " " * size + end)).encode()
    assert seconds(lambda: multipart.read(body, content_type=BATCH)) < 2


@pytest.mark.parametrize("line", ["GET Things?$filter=a eq b", "get\tThings?$filter=a eq b\t HTTP/1.1  "])
def test_the_line_of_a_part_may_have_blanks_and_no_version(line: str) -> None:
    (unit,) = multipart.read(mixed(request(line)).encode(), content_type=BATCH)
    assert (unit.parts[0].method, unit.parts[0].url) == ("GET", "Things?$filter=a eq b")


def test_the_headers_of_a_part_have_a_largest_size() -> None:
    body = mixed(request("GET Things HTTP/1.1", headers="a:b\r\n" * 20_000 + "c:d")).encode()
    with pytest.raises(multipart.BrokenBatch, match="65536"):
        multipart.read(body, content_type=BATCH)


def test_an_aggregate_is_read_in_one_pass() -> None:
    assert seconds(lambda: asking.aggregate("a" + " " * 40_000 + "!")) < 2
    assert asking.aggregate(" hour ( mean ) ").functions == ("mean",)


def test_expansions_of_one_name_are_put_together_once() -> None:
    ways = ",".join(f"A/B/C/D/E/F{number}" for number in range(24))
    began = time.process_time()
    with pytest.raises(QueryTooLarge):
        options.parse(f"$expand={ways}")
    assert time.process_time() - began < 2
    item = options.parse("$expand=A($top=1),A/B,A/C($top=2),A/B/D").expand[0]
    assert (item.options.top, [below.name for below in item.options.expand]) == (1, ["B", "C"])
    assert [below.name for below in item.options.expand[0].options.expand] == ["D"]


def test_a_long_key_is_not_repeated_for_each_value_below_it() -> None:
    body = b'{"' + b"a" * 100_000 + b'":[' + b",".join([b'"x"'] * 3_000) + b"]}"
    tracemalloc.start()
    try:
        payload.decode(body)
        assert tracemalloc.get_traced_memory()[1] < 30_000_000
    finally:
        tracemalloc.stop()
    with pytest.raises(Problem) as caught:
        payload.decode(b'{"%b":["\\u0000"]}' % (b"a" * 5_000))
    assert len(caught.value.where) <= 200


def test_references_of_a_body_are_found_in_one_pass() -> None:
    names = {"a" * 100 + str(number) for number in range(1_000)}
    body = (b'"$' + b"a" * 100) * 10_000 + b'"$' + max(names).encode() + b'"'
    assert seconds(lambda: [addresses.referred("Things", body, names) for _ in range(10)]) < 2
    assert addresses.referred("Things", body, names) == {max(names)}


def test_cookies_are_read_in_one_pass() -> None:
    quoted = b'a=1; sessionid="' + b'\\"' * 400_000 + b'"; b=2'
    assert seconds(lambda: credentials.session([(b"cookie", quoted)])) < 2
    headers = [(b"cookie", b"a=sessionid; xsessionid=no; sessionid=old"), (b"cookie", b' sessionid="new" ')]
    assert credentials.session(headers) == "new"
    assert credentials.session([(b"cookie", b"sessionid"), (b"x", b"sessionid=1")]) == ""
    assert credentials.session([]) is None


@pytest.mark.anyio
@pytest.mark.parametrize("door", ["Things?$top=1", "../../live?datastreams=1"])
async def test_both_doors_for_sessions_read_cookies_in_one_pass(city: City, door: str) -> None:
    cookie = 'sessionid="' + '\\"' * 200_000 + '"'
    began = time.process_time()
    answer = await city.client.get(f"{STA}/{door}", headers={"Cookie": cookie})
    assert answer.status_code in (200, 404)
    assert time.process_time() - began < 2


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("method", "address"),
    [
        ("POST", "Things"),
        ("POST", "Observations"),
        ("POST", "CreateObservations"),
        ("PATCH", "Things(1)"),
        ("PUT", "Things(1)"),
        ("POST", "Things(1)/Locations/$ref"),
        ("PUT", "Datastreams(1)/Thing/$ref"),
    ],
)
async def test_nothing_is_read_of_the_body_of_somebody_unknown(city: City, method: str, address: str) -> None:
    read: list[int] = []

    async def body() -> AsyncIterator[bytes]:
        for number in range(3):
            read.append(number)
            yield b"[" * 1_000

    answer = await city.client.request(method, f"{STA}/{address}", content=body())
    assert (answer.status_code, read) == (401, [])


@pytest.mark.anyio
async def test_a_batch_without_a_token_is_smaller(city: City) -> None:
    anonymous, one = city.anonymous(), request("GET Things?$top=0 HTTP/1.1")
    answer = await send(anonymous, mixed(one) + " " * MIB)
    assert (answer.status_code, answer.json()["limit"]) == (413, MIB)
    answer = await send(anonymous, mixed(*[one] * 101))
    assert (answer.status_code, answer.json()["limit"]) == (413, 100)
    assert {item.status for item in answers(await send(city, mixed(*[one] * 101)))} == {200}
    assert (await send(City(city.client, "wrong"), mixed(one))).status_code == 401


@pytest.mark.anyio
async def test_bodies_of_parts_are_looked_at_after_the_token(city: City) -> None:
    """Without one the answer is 401, whatever is wrong with the body; and too large it is not looked at."""
    broken = '{"@iot.id": "$nobody", '
    body = mixed(request("POST Things HTTP/1.1", broken), request("GET Things?$top=0 HTTP/1.1", broken))
    assert [item.status for item in answers(await send(city.anonymous(), body))] == [401, 200]
    change = mixed(
        together(request("POST Things HTTP/1.1", thing()), request("POST Things HTTP/1.1", broken))
    )
    assert answers(await send(city.anonymous(), change))[0].status == 401
    large = mixed(request("POST Things HTTP/1.1", broken + "x" * MIB))
    assert answers(await send(city, large))[0].status == 413
