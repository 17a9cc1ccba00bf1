# SPDX-License-Identifier: EUPL-1.2
"""An answer is weighed before it is written: what stands in many places counts in each of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import pytest

from stadtkern.things.api.formats import arrays
from stadtkern.things.queries import weight
from tests.things.factories import City, datastream, location, thing

pytestmark = pytest.mark.anyio
N = 40
LONG = 5_000


@dataclass(frozen=True)
class Plaza:
    """Things at one Location with a long text, and one Datastream with a long text and observations."""

    thing: int
    stream: int


@pytest.fixture(scope="module")
async def plaza(city: City) -> Plaza:
    """Everything stands there once; only questions let it stand in many places."""
    place = await city.create("Locations", location() | {"properties": {"text": "x" * LONG}})
    times = [f"2024-05-01T00:{minute:02}:00Z" for minute in range(N)]
    stream = datastream(
        observations=[{"phenomenonTime": time, "result": 1} for time in times],
        properties={"text": "x" * LONG},
    )
    number = await city.create("Things", thing(Locations=[{"@iot.id": place}], Datastreams=[stream]))
    for _ in range(N - 1):
        await city.create("Things", thing(Locations=[{"@iot.id": place}]))
    return Plaza(number, (await city.values(f"Things({number})/Datastreams"))[0]["@iot.id"])


def _round(n: int) -> str:
    """Observations of a Datastream, under each of them the Datastream, and so on."""
    inner = "Datastream($select=id;$expand=Observations($top={n};$select=id{more}))"
    once = inner.format(n=n, more="")
    return f"$top={n}&$select=id&$expand={quote(inner.format(n=n, more=f';$expand={once}'))}"


async def test_an_entity_counts_in_every_place_that_it_stands_in(city: City, plaza: Plaza) -> None:
    """Few rows are read, each of them once; written down they would be millions of bytes."""
    address = f"Datastreams({plaza.stream})/Observations?"
    document = await city.refused("GET", address + _round(N))
    assert document["code"] == 422
    assert f"weighs {N * (2 + N * (2 + N))};" in document["message"]
    small = await city.values(address + _round(3))
    assert len(small[2]["Datastream"]["Observations"][2]["Datastream"]["Observations"]) == 3


@pytest.mark.parametrize(
    ("path", "most"),
    [
        ("Datastreams({0.stream})/Observations?$expand=Datastream", N * 7),
        ("Datastreams({0.stream})/Observations?$expand=Datastream/Thing/Locations", N * 14),
        ("Things?$expand=Locations", N * 7),
        ("Things({0.thing})?$expand=Locations/Things/Locations", 2 + N * 7),
        ("Things?$expand=Locations($select=name)", N * 2),
        ("Datastreams({0.stream})/Observations?$expand=Datastream($select=id)", N * 2),
        ("Things({0.thing})?$expand=Datastreams/Observations,Locations", 3 + N),
    ],
)
async def test_long_texts_count_where_they_are_repeated(
    city: City, plaza: Plaza, monkeypatch: pytest.MonkeyPatch, path: str, most: int
) -> None:
    """A thousand bytes as one entity; whether it stands under one relation or comes by way of many."""
    monkeypatch.setattr(weight, "MOST", most)
    await city.get(path.format(plaza))
    monkeypatch.setattr(weight, "MOST", most - 1)
    document = await city.refused("GET", path.format(plaza))
    assert document["code"] == 422
    assert f"weighs {most};" in document["message"]


@pytest.mark.parametrize("more", ["", "&$expand=Datastream"])
async def test_rows_gathered_over_pages_are_weighed_together(
    city: City, plaza: Plaza, monkeypatch: pytest.MonkeyPatch, more: str
) -> None:
    """Groups are sent when all of them are known: no page of them may be too long, nor all together."""
    monkeypatch.setattr("stadtkern.things.queries.reader.MAX_TOP", 7)
    path = f"Observations?$resultFormat=dataArray&$filter=Datastream/id eq {plaza.stream}{more}"
    (group,) = await city.values(path)
    assert len(group["dataArray"]) == group["dataArray@iot.count"] == N
    size = _size(group["dataArray"])
    monkeypatch.setattr(arrays, "MOST_BYTES", size * 2)
    await city.get(path)
    monkeypatch.setattr(arrays, "MOST_BYTES", size // 2)
    document = await city.refused("GET", path)
    assert (document["code"], document["remedy"]) == (422, "Use a smaller $top, or less in $expand.")


def _size(rows: list[Any]) -> int:
    return len(arrays._encode(rows))
