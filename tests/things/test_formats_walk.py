# SPDX-License-Identifier: EUPL-1.2
"""Long answers are read in blocks: whatever lies in them, all of them together are what JSON's pages say."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stadtkern.things.api.formats import walk
from tests.things.factories import City, datastream, location, thing

pytestmark = pytest.mark.anyio
_results = st.one_of(
    st.integers(-5, 5),
    st.floats(-1e300, 1e300),
    st.sampled_from([1e15, 1e16, 0.1, 2**60, "=1+1", 'a,b\n"c"', True, None, {"a": [1]}, ["x"], 1.0]),
)
_minutes = st.one_of(st.integers(0, 30), st.sampled_from([600, 50_000, 50_001, 500_000]))
_observations = st.lists(
    st.fixed_dictionaries(
        {"at": _minutes, "result": _results},
        optional={
            "end": st.just(30),
            "parameters": st.sampled_from([{"h": 2}, {"h": {"x": "-"}}]),
            "resultQuality": st.sampled_from(["good", {"status": "bad"}]),
            "validTime": st.just("2024-01-01T00:00:00Z/2025-01-01T00:00:00Z"),
            "fraction": st.sampled_from([".5", ".000001"]),
        },
    ),
    max_size=14,
)
_NAMES = ("id", "phenomenonTime", "result", "resultTime", "validTime", "resultQuality", "parameters")


@pytest.fixture(scope="module")
def small() -> Iterator[None]:
    """Blocks of three rows."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(walk, "BLOCK", 3)
        yield


@settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    items=_observations,
    order=st.sampled_from(["", "phenomenonTime", "phenomenonTime desc", "result desc"]),
    condition=st.sampled_from(["", "result gt 0", "phenomenonTime lt 2024-06-05T00:00:00Z", "result eq 'x'"]),
    top=st.one_of(st.none(), st.integers(1, 7)),
)
async def test_blocks_say_what_pages_say(
    city: City, small: None, items: list[Any], order: str, condition: str, top: int | None
) -> None:
    """Every kind of result, intervals, documents, fractions of seconds, gaps, orders, filters and sizes."""
    stream = await _stream(city, items)
    query = "".join(
        f"&{name}={quote(text)}" for name, text in (("$orderby", order), ("$filter", condition)) if text
    )
    address = f"Datastreams({stream})/Observations?{query[1:]}"
    plain = await city.values(f"{address}&$top=1000")
    wanted = [[item.get("@iot.id" if name == "id" else name) for name in _NAMES] for item in plain]

    limit = f"&$top={top}" if top else ""
    found: list[list[Any]] = []
    page = await city.get(f"{address}&$resultFormat=dataArray{limit}")
    while True:
        (group,) = page["value"]
        assert tuple(group["components"]) == _NAMES
        assert group["dataArray@iot.count"] == len(group["dataArray"]) <= (top or 1000)
        found += group["dataArray"]
        if "@iot.nextLink" not in page:
            break
        assert len(group["dataArray"]) == top
        page = await city.get(page["@iot.nextLink"])
    assert found == wanted

    answer = await city.send("GET", f"{address}&$resultFormat=CSV{limit}&$select=id,phenomenonTime,result")
    rows = list(csv.reader(io.StringIO(answer.text, newline="")))
    assert [row[:2] for row in rows[1:]] == [[str(row[0]), row[1]] for row in wanted][:top]
    for row, item in zip(rows[1:], wanted, strict=False):
        if isinstance(item[2], int | float) and not isinstance(item[2], bool):
            assert float(row[2]) == item[2]


async def _stream(city: City, items: list[Any]) -> int:
    observations = []
    for item in items:
        minute, rest = item["at"], {k: v for k, v in item.items() if k not in ("at", "end", "fraction")}
        day, hour = 1 + minute // 1440 % 28, minute // 60 % 24
        text = (
            f"{2024 - minute // 500_000}-06-{day:02}T{hour:02}:{minute % 60:02}:00{item.get('fraction', '')}Z"
        )
        if "end" in item:
            text += f"/2024-06-{day:02}T{hour:02}:59:59Z"
        observations.append({"phenomenonTime": text, **rest})
    if any("end" in item and item["at"] >= 500_000 for item in items):
        observations = [each for each in observations if not each["phenomenonTime"].startswith("2023")]
    body = thing(
        Locations=[location()],
        Datastreams=[datastream(observationType="http://example.org/any", observations=observations)],
    )
    number = await city.create("Things", body)
    found: int = (await city.values(f"Things({number})/Datastreams"))[0]["@iot.id"]
    return found


@pytest.mark.parametrize("order", ["", "&$orderby=phenomenonTime desc"])
async def test_rows_that_lie_far_apart_are_all_found(
    city: City, small: None, monkeypatch: pytest.MonkeyPatch, order: str
) -> None:
    """A filter leaves one row in seven: windows hold fewer rows than a block, and their edges lose none."""
    monkeypatch.setattr(walk, "_ROWS_LOOKED_AT", 1)  # all windows are small
    stream = await _stream(city, [{"at": minute, "result": minute} for minute in range(120)])
    address = f"Datastreams({stream})/Observations?$select=result&$filter=result mod 7 eq 0{order}"
    wanted = [0, *range(7, 120, 7)][:: -1 if order else 1]
    answer = await city.send("GET", f"{address}&$resultFormat=CSV")
    assert [int(line) for line in answer.text.split()[1:]] == wanted
    found: list[int] = []
    page = await city.get(f"{address}&$resultFormat=dataArray&$top=6")
    while True:
        found += [row[0] for row in page["value"][0]["dataArray"]]
        if "@iot.nextLink" not in page:
            break
        page = await city.get(page["@iot.nextLink"])
    assert found == wanted
