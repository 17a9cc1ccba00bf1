# SPDX-License-Identifier: EUPL-1.2
"""Nothing goes into the store that did not pass the rules and the policies, whichever way it comes."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from starlette.applications import Starlette

import stadtkern
from stadtkern.core import times
from stadtkern.core.database import Connection
from stadtkern.core.settings import Settings
from stadtkern.ingest.imports import run
from stadtkern.ingest.writer import loading
from stadtkern.things import admission, readings
from stadtkern.things.store import batch
from tests.ingest.factories import simple, written
from tests.things.factories import City, datastream, hourly, location, thing
from tests.things.histories import NOON, datastreams, reading, rows

pytestmark = pytest.mark.anyio
LATE = "2999-01-01T00:00:00Z"

# Every file that writes observations, and why that is in order.
WAYS = {
    "ingest/writer/commit.py": "Writer and Bulk, which ask the Admission",
    "ingest/writer/bulk.py": "asks the Admission in `put`",
    "ingest/imports/run.py": "asks the Admission for each part",
    "things/operations/run.py": "what `create` put on the list was admitted there",
    "things/api/batch/shared.py": "asks the Admission in `put`",
    "things/operations/corrections.py": "asks the Admission for the changed Observation",
    "city/demo/history.py": "the demo's own simulated probes",
}
_STORING = {("merge", "merge"), ("commit", "store"), ("amend", "update")}


def _callers() -> Iterator[str]:
    root = Path(stadtkern.__file__).parent
    for path in sorted(root.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and isinstance(node.func.value, ast.Name)
                and (node.func.value.id, node.func.attr) in _STORING
            ):
                yield path.relative_to(root).as_posix()


def test_the_present_is_accepted_at_any_moment_and_a_leap_of_the_clock_not_for_long(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Where nothing may lie ahead, what is remembered of the clock refuses nothing that came since."""
    ticks, clock = 0.0, NOON
    monkeypatch.setattr(times, "monotonic", lambda: ticks)
    monkeypatch.setattr(times, "furthest_now", lambda: clock)
    rules = admission.Admission(msgspec.structs.replace(Settings(), accepted_ahead=0))
    second = timedelta(seconds=1)
    assert isinstance(rules.one(reading(1, clock, 1.0)), readings.Reading)
    ticks, clock = 0.5, NOON + second / 2
    assert isinstance(rules.one(reading(1, clock, 1.0)), readings.Reading)
    assert isinstance(rules.one(reading(1, clock + second, 1.0)), readings.OutsideAcceptedRange)
    ticks, clock = 1.5, NOON + timedelta(days=1)
    assert isinstance(rules.one(reading(1, clock, 1.0)), readings.Reading)
    ticks, clock = 2.6, NOON + 3 * second
    assert isinstance(rules.one(reading(1, NOON + timedelta(days=1), 1.0)), readings.OutsideAcceptedRange)


@pytest.mark.parametrize(
    "time", [NOON - timedelta(days=30_000), NOON + timedelta(days=30_000, milliseconds=250)]
)
def test_a_time_outside_is_refused_in_the_same_words_alone_and_in_a_column(
    monkeypatch: pytest.MonkeyPatch, time: datetime
) -> None:
    """With the time and both ends of what is accepted."""
    monkeypatch.setattr(times, "furthest_now", lambda: NOON)
    rules = admission.Admission(Settings())
    alone = rules.one(reading(1, time, 1.0))
    _, faults = rules.columns(batch.of_readings([reading(1, NOON, 1.0), reading(1, time, 1.0)]))
    assert isinstance(alone, readings.OutsideAcceptedRange)
    assert {row: problem.detail for row, problem in faults.items()} == {1: alone.detail}
    assert times.format_instant(time) in alone.detail


def test_every_way_into_the_store_is_known() -> None:
    """Who adds one lets it pass the Admission, and names it here."""
    assert set(_callers()) == set(WAYS)


class _Policy:
    """Refuses 1, turns all else into 10, in the datastreams named."""

    def __init__(self, *streams: int):
        self.streams = set(streams)

    def concerns(self, datastream_id: int) -> bool:
        return datastream_id in self.streams

    def __call__(self, item: readings.Reading) -> admission.Outcome:
        if item.result == 1:
            return readings.UnusableReading("too few people", where="result")
        return msgspec.structs.replace(item, result=10.0, parameters=None)


@pytest.fixture
def policy(monkeypatch: pytest.MonkeyPatch) -> _Policy:
    made = _Policy()
    monkeypatch.setattr(admission, "POLICIES", [made])
    return made


async def _results(connection: Connection, stream: int) -> list[Any]:
    return [value for _, _, value, _ in await rows(connection, stream)]


async def _stream(city: City, policy: _Policy) -> int:
    number = await city.create("Things", thing(Locations=[location()], Datastreams=[datastream()]))
    stream = int((await city.values(f"Things({number})/Datastreams"))[0]["@iot.id"])
    policy.streams.add(stream)
    return stream


async def test_single_posts_pass(city: City, connection: Connection, policy: _Policy) -> None:
    stream = await _stream(city, policy)
    path = f"Datastreams({stream})/Observations"
    assert (await city.refused("POST", path, json={"result": 1}))["code"] == 422
    assert (await city.refused("POST", path, json={"result": 5, "phenomenonTime": LATE}))["code"] == 422
    await city.create(path, {"result": 5, "parameters": {"name": "Ada"}})
    assert await _results(connection, stream) == [10]
    assert "parameters" not in (await city.values(path))[0]


async def test_deep_inserts_pass(city: City, connection: Connection, policy: _Policy) -> None:
    """As a whole or not at all, with the place of what was refused."""
    stream = await _stream(city, policy)
    feature = {"name": "f", "description": "-", "encodingType": "text/plain", "feature": "x"}
    path = f"Datastreams({stream})/Observations"
    assert (await city.refused("POST", path, json={"result": 1, "FeatureOfInterest": feature}))["code"] == 422
    late = {"result": 5, "phenomenonTime": LATE}
    tree = thing(Locations=[location()], Datastreams=[datastream(observations=[*hourly(2), late])])
    document = await city.refused("POST", "Things", json=tree)
    assert (document["code"], document["where"]) == (422, "Datastreams[0].Observations[1].phenomenonTime")
    await city.create(path, {"result": 5, "FeatureOfInterest": feature})
    assert await _results(connection, stream) == [10]


@pytest.mark.parametrize("components", [["phenomenonTime", "result"], ["result", "phenomenonTime"]])
async def test_data_arrays_pass(
    city: City, connection: Connection, policy: _Policy, components: list[str]
) -> None:
    """As columns and row by row."""
    stream, free = await _stream(city, policy), await _stream(city, policy)
    policy.streams.discard(free)
    values = [("2024-05-01T00:00:00Z", 1), ("2024-05-01T01:00:00Z", 5), (LATE, 5)]
    array = [[value if name == "result" else time for name in components] for time, value in values]
    groups = [
        {"Datastream": {"@iot.id": number}, "components": components, "dataArray": array}
        for number in (stream, free)
    ]
    answer = await city.send("POST", "CreateObservations", json=groups)
    assert [line.startswith("error") for line in answer.json()] == [True, False, True, False, False, True]
    assert await _results(connection, stream) == [10]
    assert await _results(connection, free) == [1, 5]


async def test_change_sets_pass(city: City, connection: Connection, policy: _Policy) -> None:
    stream = await _stream(city, policy)
    for value, status in ((1, 422), (5, 201)):
        request = {
            "id": "1",
            "atomicityGroup": "a",
            "method": "post",
            "url": f"Datastreams({stream})/Observations",
            "body": {"result": value},
        }
        answer = await city.send("POST", "$batch", json={"requests": [request]})
        assert [each["status"] for each in answer.json()["responses"]] == [status], answer.text
    assert await _results(connection, stream) == [10]


async def test_corrections_pass(city: City, connection: Connection, policy: _Policy) -> None:
    stream = await _stream(city, policy)
    made = await city.create(f"Datastreams({stream})/Observations", {"result": 5})
    for body in ({"result": 1}, {"phenomenonTime": LATE}):
        assert (await city.refused("PATCH", f"Observations({made})", json=body))["code"] == 422
    change = {"result": 7, "parameters": {"name": "Ada"}}
    assert (await city.send("PATCH", f"Observations({made})", json=change)).status_code == 200
    assert "parameters" not in await city.get(f"Observations({made})")
    assert await _results(connection, stream) == [10]


async def test_the_sink_behind_other_doors_passes(
    app: Starlette, connection: Connection, policy: _Policy
) -> None:
    """MQTT and whatever else hands readings to the writer."""
    (stream,) = await datastreams(connection)
    policy.streams.add(stream)
    items = [reading(stream, NOON + timedelta(hours=n), n) for n in (1, 2)]
    answers = await app.state.sink.put(items)
    assert [isinstance(answer, readings.Stored) for answer in answers] == [False, True]
    assert await _results(connection, stream) == [10]


async def test_loads_pass(connection: Connection, database: str, settings: Settings, policy: _Policy) -> None:
    (stream,) = await datastreams(connection)
    policy.streams.add(stream)
    far = NOON + timedelta(days=400_000)
    made = batch.of_columns(
        datastream_id=stream, times=[NOON, NOON + timedelta(hours=1), far], results=[1.0, "x", 3.0]
    )
    totals = await loading.load(url=database, settings=settings, batches=[made])
    assert (totals.rows, totals.new, totals.refused) == (3, 1, 2)
    assert await _results(connection, stream) == [10]


async def test_imports_pass(
    connection: Connection, database: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    class Everywhere(_Policy):
        def concerns(self, datastream_id: int) -> bool:
            return datastream_id > 0

    monkeypatch.setattr(admission, "POLICIES", [Everywhere()])
    path = written(tmp_path, content="time;value\n2024-05-01T00:00:00Z;1\n2024-05-01T01:00:00Z;5\n")
    story = await run.import_file(url=database, path=path, recipe_=simple())
    assert story.refused == {"policy": 1}
    (stream,) = await (
        await connection.execute("SELECT max(datastream_id) FROM things.observation")
    ).fetchone() or (0,)
    assert await _results(connection, stream) == [10]


def test_readings_come_out_of_columns_as_they_went_in() -> None:
    """Policies see the same, whichever way a reading takes."""
    items = [
        reading(1, NOON, 1.5, feature_id=4, result_quality={"a": 1}, parameters={"b": [None]}),
        reading(2, NOON, None, phenomenon_end=NOON + timedelta(hours=1), result_time=NOON),
        reading(3, NOON, "text", valid_time=(NOON, NOON + timedelta(days=1))),
        reading(4, NOON, True),
        reading(5, NOON, 2**60),
    ]
    assert list(batch.to_readings(batch.of_readings(items))) == items
