# SPDX-License-Identifier: EUPL-1.2
"""`$aggregate` and `$downsample` over HTTP: pages, forms, refusals, access."""

from __future__ import annotations

import csv
import io
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stadtkern.things.aggregate import lttb, pages
from tests.things.factories import City, datastream, location, restricted, thing

pytestmark = pytest.mark.anyio


async def _stream(city: City, *values: Any, name: str = "air") -> tuple[int, int]:
    """A Thing with a Datastream that has a value every quarter of an hour."""
    observations = [
        {
            "phenomenonTime": f"2024-05-{1 + at // 96:02}T{at // 4 % 24:02}:{at % 4 * 15:02}:00Z",
            "result": value,
        }
        for at, value in enumerate(values)
    ]
    number = await city.create(
        "Things",
        thing(Locations=[location()], Datastreams=[datastream(name=name, observations=observations)]),
    )
    found: int = (await city.values(f"Things({number})/Datastreams"))[0]["@iot.id"]
    return number, found


async def test_buckets_come_as_rows_of_components(city: City) -> None:
    """The shape of a data array, a bucket's span as phenomenonTime; from any path to the Datastream."""
    number, stream = await _stream(city, 1, 2, 3, 4, 10, 20, 30, 40)
    for path in (f"Datastreams({stream})", f"Things({number})/Datastreams({stream})"):
        found = await city.get(f"{path}/Observations?$aggregate=hour(mean,max,count)")
        assert found["value"] == [
            {
                "Datastream@iot.navigationLink": f"http://localhost:8000/sta/v1.1/Datastreams({stream})",
                "bucket": "PT1H",
                "timeZone": "Europe/Berlin",
                "components": ["phenomenonTime", "mean", "max", "count"],
                "dataArray@iot.count": 2,
                "dataArray": [
                    ["2024-05-01T00:00:00Z/2024-05-01T01:00:00Z", 2.5, 4.0, 4],
                    ["2024-05-01T01:00:00Z/2024-05-01T02:00:00Z", 25.0, 40.0, 4],
                ],
            }
        ]


@pytest.mark.parametrize("text", ["PT30M", "30min"])
@pytest.mark.parametrize("order", ["", "&$orderby=phenomenonTime desc"])
async def test_pages_follow_one_another(city: City, text: str, order: str) -> None:
    """nextLink keeps the question; the newest first where that is wanted."""
    _, stream = await _stream(city, *range(18))
    address = (
        f"Datastreams({stream})/Observations?$aggregate={text}(first,quantile(0.5);fill=null)&$top=4{order}"
    )
    found = []
    for _ in range(3):
        page = await city.get(address)
        found += page["value"][0]["dataArray"]
        address = page.get("@iot.nextLink", "")
    assert not address
    values = [row[1] for row in found]
    assert values == ([float(at) for at in range(0, 18, 2)][:: -1 if order else 1])
    assert [row[2] - row[1] for row in found] == [0.5] * 9


async def test_buckets_come_as_csv_too(city: City) -> None:
    """By $resultFormat or by the header Accept; nothing stands where there is no value."""
    _, stream = await _stream(city, 1, None, None, None, None)
    address = f"Datastreams({stream})/Observations?$aggregate=hour(mean,count)"
    for answer in (
        await city.send("GET", f"{address}&$resultFormat=csv"),
        await city.client.get(f"/sta/v1.1/{address}", headers={"Accept": "text/csv"}),
    ):
        assert list(csv.reader(io.StringIO(answer.text, newline=""))) == [
            ["start", "end", "mean", "count"],
            ["2024-05-01T00:00:00Z", "2024-05-01T01:00:00Z", "1.0", "4"],
            ["2024-05-01T01:00:00Z", "2024-05-01T02:00:00Z", "", "1"],
        ]


async def test_a_filter_on_values_is_taken_into_account(city: City) -> None:
    """Then the observations themselves are summed up."""
    _, stream = await _stream(city, 1, 2, 3, 4, 10, 20, 30, 40)
    found = await city.get(
        f"Datastreams({stream})/Observations?$aggregate=day(sum,count;zone=UTC)"
        "&$filter=result ge 3 and phenomenonTime lt 2024-05-01T01:20:00Z"
    )
    assert found["value"][0]["dataArray"] == [["2024-05-01T00:00:00Z/2024-05-02T00:00:00Z", 37.0, 4]]


async def test_a_filter_on_places_is_taken_into_account(city: City) -> None:
    """Geospatial functions fit wherever a filter does."""
    near = {**location(x=7.0), "feature": location(x=7.0)["location"]}
    del near["location"]
    _, stream = await _stream(city, 1, 2)
    for place, result in ((near, 5), (near | {"feature": {"type": "Point", "coordinates": [9, 51]}}, 7)):
        body = {
            "result": result,
            "phenomenonTime": f"2024-05-01T05:0{result}:00Z",
            "FeatureOfInterest": place,
        }
        await city.create(f"Datastreams({stream})/Observations", body)
    around = "$filter=geo.distance(FeatureOfInterest/feature, geography'POINT(7 51.9629)') lt 0.1"
    address = f"Datastreams({stream})/Observations"
    found = await city.get(f"{address}?$aggregate=day(sum,count;zone=UTC)&{around}")
    assert [row[1:] for row in found["value"][0]["dataArray"]] == [[5.0, 1]]
    answer = await city.send("GET", f"{address}?$resultFormat=CSV&$select=result&{around}")
    assert answer.text == "result\r\n5\r\n"


async def test_a_curve_is_thinned_out(city: City) -> None:
    """Its first and last point and its peak stay; buckets can be thinned out like observations."""
    values = [0.0] * 300
    values[137] = 9.0
    _, stream = await _stream(city, *values)
    address = f"Datastreams({stream})/Observations"
    (group,) = (await city.get(f"{address}?$downsample=lttb(20)"))["value"]
    assert group["components"] == ["phenomenonTime", "result"]
    assert group["dataArray@iot.count"] == len(group["dataArray"]) == 20
    assert ["2024-05-02T10:15:00Z", 9.0] in group["dataArray"]
    (group,) = (await city.get(f"{address}?$aggregate=hour(max)&$downsample=lttb(10)"))["value"]
    assert len(group["dataArray"]) == 10
    assert max(row[1] for row in group["dataArray"]) == 9.0
    answer = await city.send("GET", f"{address}?$downsample=lttb(5)&$resultFormat=CSV")
    assert answer.text.startswith("phenomenonTime,result\r\n2024-05-01T00:00:00Z,0.0\r\n")


async def test_a_datastream_without_observations_has_no_buckets(city: City) -> None:
    """An empty answer, no error."""
    _, stream = await _stream(city)
    for question in ("$aggregate=day", "$aggregate=day(mean;fill=linear)", "$downsample=lttb(9)",
                     "$aggregate=day(quantile(0.5))"):  # fmt: skip
        (group,) = (await city.get(f"Datastreams({stream})/Observations?{question}"))["value"]
        assert group["dataArray"] == []


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("$aggregate=", "cannot read"),
        ("$aggregate=hour(median)", "no function 'median'"),
        ("$aggregate=7min(mean)", "divide an hour"),
        ("$aggregate=fortnight", "is no bucket"),
        ("$aggregate=hour(mean;zone=Mars/Base)", "no time zone"),
        ("$aggregate=hour(mean;zone=../../etc/passwd)", "no time zone"),
        ("$aggregate=hour(mean;fill=magic)", "fill=none|null|previous|linear"),
        ("$aggregate=hour(mean;fill=null;fill=null)", "twice"),
        ("$aggregate=hour(quantile(1.5))", "from 0 to 1"),
        ("$aggregate=hour(quantile(0.5);fill=linear)", "none or null"),
        ("$aggregate=hour(mean", "cannot read"),
        ("$aggregate=hour&$select=result", "$select"),
        ("$aggregate=hour&$skip=3", "$skip"),
        ("$aggregate=hour&$orderby=result", "phenomenonTime desc"),
        ("$aggregate=hour&$resultFormat=GeoJSON", "JSON or CSV"),
        ("$aggregate=hour&$skiptoken=xyz", "skiptoken"),
        ("$aggregate=hour&$filter=nonsense eq 1", "nonsense"),
        ("$downsample=lttb(2)", "from 3 to"),
        ("$downsample=every(2)", "lttb(n)"),
        ("$downsample=lttb(20)&$top=3", "order of time"),
    ],
)
async def test_what_cannot_be_asked_is_explained(city: City, question: str, words: str) -> None:
    """What, where, and what there is instead."""
    _, stream = await _stream(city, 1)
    document = await city.refused("GET", f"Datastreams({stream})/Observations?{question}")
    assert words in document["message"] + document["remedy"]


@pytest.mark.parametrize("path", ["Observations", "Datastreams", "Datastreams(1)", "Things(1)/Datastreams",
                                  "FeaturesOfInterest(1)/Observations", "Datastreams(1)/Observations/$count",
                                  "Datastreams?$expand=Observations($aggregate=hour)&"])  # fmt: skip
async def test_buckets_are_those_of_one_datastream(city: City, path: str) -> None:
    """The error names the address to ask."""
    await _stream(city, 1)
    document = await city.refused("GET", f"{path}{'' if '?' in path else '?'}$aggregate=hour")
    assert "Observations" in document["message"]


async def test_quantiles_have_a_limit(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error says how many there are and what to do; so does that of the curve."""
    monkeypatch.setattr(pages, "MAX_ROWS", 5)
    monkeypatch.setattr("stadtkern.things.aggregate.curve.MAX_ROWS", 5)
    _, stream = await _stream(city, *range(8))
    document = await city.refused("GET", f"Datastreams({stream})/Observations?$aggregate=day(quantile(0.9))")
    assert "quantiles of 8 observations; at most 5" in document["message"]
    document = await city.refused("GET", f"Datastreams({stream})/Observations?$downsample=lttb(3)")
    assert "$aggregate=hour(mean)" in document["message"]


async def test_hidden_datastreams_have_no_buckets(city: City, database: str) -> None:
    """404 for who may not know them, in every form, also over the path of a Thing."""
    owner = City(city.client, await restricted(database, key="buckets"))
    number, stream = await _stream(owner, 1, 2)
    for question in ("$aggregate=hour", "$aggregate=5min(quantile(0.5))", "$downsample=lttb(3)"):
        for path in (f"Datastreams({stream})", f"Things({number})/Datastreams({stream})"):
            address = f"{path}/Observations?{question}"
            assert (await owner.send("GET", address)).status_code == 200
            assert (await city.anonymous().refused("GET", address))["code"] == 404


@given(values=st.lists(st.floats(-1e308, 1e308), min_size=1, max_size=300), count=st.integers(3, 60))
def test_thinning_keeps_the_ends_and_the_order(values: list[float], count: int) -> None:
    """As many points as wanted, each once, in the order of time."""
    times = np.arange(len(values), dtype=np.int64) * 900_000_000
    chosen = lttb.pick(times, np.array(values), count=count)
    assert len(chosen) == min(count, len(values))
    assert chosen[0] == 0
    assert chosen[-1] == len(values) - 1
    assert (np.diff(chosen) > 0).all()
