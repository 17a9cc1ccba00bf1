# SPDX-License-Identifier: EUPL-1.2
"""Data arrays of many rows and every kind, and what is answered when the database goes away amid them."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import psycopg
import pytest
from psycopg import sql
from starlette.applications import Starlette

from stadtkern.core import access, datasets, postgres, tokens
from stadtkern.core.settings import Settings
from stadtkern.ingest import writer
from stadtkern.things import readings
from stadtkern.things.store.batch import Batch
from tests.things.factories import MEASUREMENT, City, datastream, location, multi_datastream, thing

pytestmark = pytest.mark.anyio
KIND = MEASUREMENT.rpartition("/")[0]


@pytest.fixture
async def stream(city: City) -> int:
    """A fresh Datastream of measurements."""
    return await _stream(city)


async def _stream(city: City, **more: Any) -> int:
    number = await city.create("Things", thing(Locations=[location()], Datastreams=[datastream(**more)]))
    found: int = (await city.values(f"Things({number})/Datastreams"))[0]["@iot.id"]
    return found


def minutes(count: int) -> list[str]:
    """So many minutes of one month, in order and without doubles."""
    return [
        f"2024-{1 + n // 40320:02}-{1 + n // 1440 % 28:02}T{n // 60 % 24:02}:{n % 60:02}:00Z"
        for n in range(count)
    ]


def group(stream: int, rows: list[Any], *, components: tuple[str, ...] = ("phenomenonTime", "result")) -> Any:
    """A group of a data array."""
    return {"Datastream": {"@iot.id": stream}, "components": list(components), "dataArray": rows}


async def post(city: City, groups: Any) -> list[str]:
    """Send a data array; what is said of each row."""
    answer = await city.send("POST", "CreateObservations", content=json.dumps(groups).encode())
    assert answer.status_code == 201, answer.text
    found: list[str] = answer.json()
    return found


async def test_two_hundred_thousand_rows_are_answered_in_order(city: City, stream: int) -> None:
    """Two groups around a bad one, a bad row amid many: each is named at its place."""
    times = minutes(200_000)
    rows: list[Any] = [[time, n % 1000] for n, time in enumerate(times)]
    rows[150_000] = [times[150_000], "warm"]
    found = await post(
        city,
        [
            group(stream, rows[:100_000]),
            group(10**9, [["2024-01-01T00:00:00Z", 1]] * 3),
            group(stream, rows[100_000:]),
        ],
    )
    assert len(found) == 200_003
    bad = [n for n, text in enumerate(found) if text.startswith("error")]
    assert bad == [100_000, 100_001, 100_002, 150_003]
    assert len(set(found)) == 200_001
    for place in (0, 99_999, 100_003, 200_002):
        at = place if place < 100_000 else place - 3
        assert (await city.get(found[place]))["phenomenonTime"] == times[at]
    assert (await city.send("GET", f"Datastreams({stream})/Observations/$count")).text == "199999"
    assert await post(city, [group(stream, rows[:5])]) == found[:5]


async def test_a_body_that_breaks_off_stores_nothing(city: City, stream: int) -> None:
    """Even where many whole rows stand before the break."""
    body = json.dumps([group(stream, [[time, 1] for time in minutes(60_000)])]).encode()
    for broken in (body[:-3], body[:-40], body + b"]", body[:-3] + b',["2024-05-01T00:00:00Z" 1]]}]'):
        answer = await city.send("POST", "CreateObservations", content=broken)
        assert answer.status_code == 400
        assert answer.json()["where"]
    assert (await city.send("GET", f"Datastreams({stream})/Observations/$count")).text == "0"


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        ("OM_Measurement", [1, 2.5, -3e-7, None, 2**60 + 1], ["x", True, [1]]),
        ("OM_CountObservation", [1, -2, None], [1.5, "1", False]),
        ("OM_TruthObservation", [True, False, None], [1, "true"]),
        ("OM_CategoryObservation", ["on", 'a "b" \\ ], [', "é", None], [1, True]),
        ("OM_Observation", [{"a": [1, {"b": "],["}]}, [1, [2]], "x", 5, True, None], []),
    ],
)
async def test_every_kind_of_result_is_kept_as_it_is(
    city: City, kind: str, good: list[Any], bad: list[Any]
) -> None:
    stream = await _stream(city, observationType=f"{KIND}/{kind}")
    rows = [[f"2024-01-01T00:00:{n:02}Z", value] for n, value in enumerate([*good, *bad])]
    found = await post(city, [group(stream, rows)])
    assert [text.startswith("error") for text in found] == [False] * len(good) + [True] * len(bad)
    for text, value in zip(found, good, strict=False):
        kept = (await city.get(text))["result"]
        assert kept == value
        assert type(kept) is type(value) or {type(kept), type(value)} == {int, float}


async def test_all_components_are_kept_in_any_order(city: City, stream: int) -> None:
    components = ("resultQuality", "validTime", "parameters", "result", "resultTime", "phenomenonTime")
    row = [
        {"nameOfMeasure": "x"},
        "2024-01-01T00:00:00Z/2024-01-02T00:00:00Z",
        {"a": "b"},
        7,
        "2024-01-01T00:01:00Z",
        "2024-01-01T00:00:00Z/2024-01-01T01:00:00Z",
    ]
    found = await post(city, [group(stream, [row, [*row, 1], row[:-1]], components=components)])
    assert [text.startswith("error") for text in found] == [False, True, True]
    kept = await city.get(found[0])
    assert [kept[name] for name in components] == row


async def test_multi_datastreams_take_lists(city: City) -> None:
    number = await city.create("Things", thing(Locations=[location()], MultiDatastreams=[multi_datastream()]))
    stream = (await city.values(f"Things({number})/MultiDatastreams"))[0]["@iot.id"]
    rows = [["2024-01-01T00:00:00Z", [1, 2.5]], ["2024-01-01T00:01:00Z", [1]], ["2024-01-01T00:02:00Z", 1]]
    array = {
        "MultiDatastream": {"@iot.id": stream},
        "components": ["phenomenonTime", "result"],
        "dataArray": rows,
    }
    found = await post(city, [array])
    assert [text.startswith("error") for text in found] == [False, True, True]
    assert (await city.get(found[0]))["result"] == [1, 2.5]


async def test_a_thousand_groups_of_one_row_are_as_good_as_one(city: City, stream: int) -> None:
    other = await _stream(city)
    groups = [group((stream, other)[n % 2], [[time, n]]) for n, time in enumerate(minutes(1000))]
    found = await post(city, groups)
    assert [(await city.get(found[n]))["result"] for n in (0, 1, 998, 999)] == [0, 1, 998, 999]
    assert (await city.send("GET", f"Datastreams({other})/Observations/$count")).text == "500"
    assert await post(city, []) == []
    assert await post(city, [group(stream, [])]) == []


async def test_each_group_is_authorised_by_itself(city: City, stream: int, database: str) -> None:
    """A token of another dataset may know of the public Datastream, and still not add to it."""
    from stadtkern.core import database as core_database

    async with await core_database.connect(url=database, autocommit=True) as connection:
        dataset = await datasets.save(connection, key="arrays", room="public", about={"title": {"de": "x"}})
        made = await tokens.create(
            connection, name="arrays", scopes={dataset: access.VERBS}, default_dataset_id=dataset
        )
    other = City(city.client, made.secret)
    own = await _stream(other)
    found = await post(
        other, [group(stream, [["2024-01-01T00:00:00Z", 1]]), group(own, [["2024-01-01T00:00:00Z", 1]])]
    )
    assert [text.startswith("error") for text in found] == [True, False]
    refused = await city.anonymous().refused("POST", "CreateObservations", json=[])
    assert refused["status"] == 401


class Cut:
    """A sink that cuts the database off as soon as it has stored something."""

    def __init__(self, sink: writer.Writer, switch: Switch):
        self._sink = sink
        self._switch = switch
        self._whole = True

    async def put_columns(self, rows: Batch) -> readings.Columns:
        stored = await self._sink.put_columns(rows)
        if self._whole:
            self._whole = False
            self._switch.set(on=False)
        return stored


class Switch:
    """Lets nobody connect to a database any more, or everybody again."""

    def __init__(self, outside: psycopg.Connection[Any], name: str):
        self._outside = outside
        self._name = name

    def set(self, *, on: bool) -> None:
        """Turn it; who is connected is thrown out."""
        statement = sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS {}")
        self._outside.execute(statement.format(sql.Identifier(self._name), sql.Literal(on)))
        if not on:
            self._outside.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = %s AND backend_type = 'client backend'",
                [self._name],
            )


@pytest.fixture
async def cut(
    app: Starlette, database: str, settings: Settings, server: postgres.Embedded
) -> AsyncIterator[Switch]:
    """The data plane with a writer that soon loses patience, and the database with it."""
    usual = app.state.sink
    with psycopg.connect(server.url_of("postgres"), autocommit=True) as outside:
        switch = Switch(outside, psycopg.conninfo.conninfo_to_dict(database)["dbname"] or "")
        async with writer.Writer(url=database, settings=settings, patience=0.3) as impatient:
            app.state.sink = Cut(impatient, switch)
            try:
                yield switch
            finally:
                app.state.sink = usual
                switch.set(on=True)


async def test_what_is_acknowledged_is_stored_when_the_database_goes_away(
    city: City, stream: int, cut: Switch, database: str
) -> None:
    """The others are named, and all can be sent again: nothing is stored twice."""
    rows = [[time, n] for n, time in enumerate(minutes(120_000))]
    found = await post(city, [group(stream, rows)])
    cut.set(on=True)
    stored = {int(text[text.rindex("(") + 1 : -1]): n for n, text in enumerate(found) if text[:5] != "error"}
    assert 0 < len(stored) < len(rows)
    with psycopg.connect(database) as connection:
        kept = connection.execute(
            "SELECT id, result FROM things.observation WHERE datastream_id = %s AND id = ANY (%s)",
            [stream, list(stored)],
        ).fetchall()
    assert {number: int(result) for number, result in kept} == stored
    assert "database" in next(text for text in found if text.startswith("error"))


async def test_rows_sent_again_in_another_order_are_found_again(city: City, stream: int) -> None:
    rows = [[time, n] for n, time in enumerate(minutes(30_000))]
    first = await post(city, [group(stream, rows)])
    again = await post(city, [group(stream, rows[::-1])])
    assert again[::-1] == first
