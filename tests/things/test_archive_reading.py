# SPDX-License-Identifier: EUPL-1.2
"""Who reads or changes observations does not notice that their months lie in files."""

from __future__ import annotations

import asyncio
import sys
from datetime import timedelta
from typing import Any

import httpx
import pytest

from stadtkern.core import access, datasets, tokens
from stadtkern.core.database import Connection
from stadtkern.core.settings import Settings
from stadtkern.things.archive import cache, files, jobs, month, upkeep
from stadtkern.things.store import fold
from tests.things.archives import NOW, archived, contents, empty_cache, filled, parts, working
from tests.things.factories import City
from tests.things.histories import check_rollups, check_state, state

pytestmark = pytest.mark.anyio

_BORDER = "phenomenonTime ge 2026-03-20T00:00:00Z and phenomenonTime lt 2026-04-10T00:00:00Z"


async def owner(connection: Connection, client: httpx.AsyncClient, dataset_id: int) -> City:
    """The service for somebody who may do everything in one dataset."""
    scopes = {dataset_id: access.VERBS}
    made = await tokens.create(connection, name="r", scopes=scopes, default_dataset_id=dataset_id)
    return City(client, made.secret)


async def walked(city: City, path: str) -> list[Any]:
    """All entities of a collection, page by page."""
    found: list[Any] = []
    link: str | None = path
    while link is not None:
        page = await city.get(link)
        found += page["value"]
        link = page.get("@iot.nextLink")
    return found


def questions(stream: int) -> list[str]:
    """Pages in several orders, across the border of the archive, below others, with counts."""
    collection = f"Datastreams({stream})/Observations"
    return [
        f"{collection}?$top=70", f"{collection}?$orderby=phenomenonTime desc&$top=60",
        f"{collection}?$filter={_BORDER}&$count=true", f"{collection}?$filter=result gt 0.5&$top=50",
        f"{collection}?$filter=result gt 0.5 and {_BORDER}&$orderby=result desc&$count=true",
        f"{collection}?$count=true&$top=2&$skip=100", f"{collection}?$orderby=result&$top=20",
        f"Datastreams?$filter=id eq {stream}&$expand=Observations($top=3)",
        f"Datastreams?$filter=id eq {stream}&$expand=Observations($top=200;$orderby=phenomenonTime desc)",
        f"Observations?$filter=Datastream/id eq {stream} and {_BORDER}&$orderby=phenomenonTime",
    ]  # fmt: skip


async def test_readers_do_not_notice(
    connection: Connection, settings: Settings, client: httpx.AsyncClient, database: str
) -> None:
    """Every question about a datastream has the same answer before and after its months went into files."""
    number, streams = await filled(connection, "served", every=29)
    stream = streams[0]
    city = await owner(connection, client, number)
    ids = [row[2] for row in await contents(connection, [stream])]
    singles = [
        f"Observations({ids[0]})",
        f"Observations({ids[len(ids) // 3]})",
        f"Observations({ids[1]})/Datastream",
        f"Observations({ids[2]})/result/$value",
        f"Datastreams({stream})/Observations?$resultFormat=CSV",
    ]
    expected = {each: await walked(city, each) for each in questions(stream)}
    shown = {each: (await city.send("GET", each)).content for each in singles}
    await archived(connection, settings)
    async with working(database, settings):
        for each in questions(stream):
            await empty_cache(connection, settings)
            assert "away" in (await parts(connection, [stream])).values()
            assert await walked(city, each) == expected[each], each
        for each in singles:
            await empty_cache(connection, settings)
            assert (await city.send("GET", each)).content == shown[each], each
        await empty_cache(connection, settings)
        absent = (ids[0] >> 40 << 40) | 0xFFFFFFFFF
        assert (await city.send("GET", f"Observations({absent})")).status_code == 404


_CHILD = """
import asyncio, sys
from stadtkern.core import settings
from stadtkern.things.archive import jobs
mine = settings.load(environment={}, data=sys.argv[2])
asyncio.run(jobs.run(url=sys.argv[1], settings=mine, stop=asyncio.Event(), idle=0.1))
"""


async def test_a_process_of_its_own_does_what_there_is_to_do_and_goes(
    connection: Connection, settings: Settings, database: str
) -> None:
    """It loads what it needs by itself, fulfils the wish, and ends."""
    _, (stream,) = await filled(connection, "child", count=1)
    await archived(connection, settings)
    await empty_cache(connection, settings)
    wish = "INSERT INTO things.archive_wish (datastream_id, month) VALUES (%s, '2026-02-01')"
    await connection.execute(wish, [stream])
    words = (sys.executable, "-c", _CHILD, database, str(settings.data))
    child = await asyncio.create_subprocess_exec(*words, stdout=asyncio.subprocess.DEVNULL)
    assert await asyncio.wait_for(child.wait(), 60) == 0
    assert (await parts(connection, [stream]))[stream, "2026-02"] == "here"


async def test_without_the_worker_a_reader_is_told_to_come_back(
    connection: Connection, settings: Settings, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """503 with Retry-After, never an answer with holes."""
    monkeypatch.setattr("stadtkern.things.queries.patience.PATIENCE_SECONDS", 0.1)
    number, (stream,) = await filled(connection, "alone", count=1)
    city = await owner(connection, client, number)
    await archived(connection, settings)
    await empty_cache(connection, settings)
    answer = await city.send("GET", f"Datastreams({stream})/Observations")
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "5"
    assert answer.json()["remedy"]
    newest = await city.values(f"Datastreams({stream})/Observations?$orderby=phenomenonTime desc&$top=5")
    assert len(newest) == 5
    await connection.execute("DELETE FROM things.archive_wish")


async def test_who_may_not_see_a_dataset_learns_nothing_from_its_archive(
    connection: Connection, settings: Settings, client: httpx.AsyncClient, database: str
) -> None:
    """404 as ever, and nothing is brought back on their account."""
    _, streams = await filled(connection, "hidden", count=1)
    await datasets.save_room(connection, key="hidden-room", kind="restricted", title={"de": "x"})
    await connection.execute(
        "UPDATE core.dataset SET room_id = (SELECT id FROM core.room WHERE key = 'hidden-room')"
        " WHERE key = 'hidden'"
    )
    first = (await contents(connection, streams))[0]
    await archived(connection, settings)
    await empty_cache(connection, settings)
    before = await parts(connection, streams)
    async with working(database, settings):
        for path in (f"Observations({first[2]})", f"Datastreams({streams[0]})/Observations"):
            assert (await City(client).send("GET", path)).status_code == 404
    after = await parts(connection, streams)
    assert {part: after[part] for part in before} == before
    assert set(before.values()) == {"away"}


async def test_archived_observations_can_be_changed_and_deleted(
    connection: Connection, settings: Settings, client: httpx.AsyncClient, database: str
) -> None:
    """The month comes back, is written anew, and says the new thing from then on."""
    number, streams = await filled(connection, "changed", count=2)
    stream = streams[0]
    city = await owner(connection, client, number)
    await archived(connection, settings)
    await empty_cache(connection, settings)
    archive = month.Archive(jobs.folder(settings), connection)
    path = [file.path for file in await month.registered(connection) if file.dataset == "changed"][1]
    (piece,) = files.groups(archive.root / path, column="datastream_id", value=stream)
    first, second, *_ = piece["id"].to_pylist()
    n = (await state(connection, stream))["n"]
    async with working(database, settings):
        patched = await city.send("PATCH", f"Observations({first})", json={"result": 4711})
        assert patched.status_code == 200, patched.text
        assert (await city.send("DELETE", f"Observations({second})")).status_code == 200
        late = {"phenomenonTime": "2026-01-15T00:00:00Z", "result": 1, "FeatureOfInterest": {"@iot.id": 9001}}
        refused = await city.refused("POST", f"Datastreams({stream})/Observations", json=late)
    assert (refused["code"], "archive" in refused["message"]) == (409, True)
    assert (await state(connection, stream))["n"] == n - 1
    assert "open" in (await parts(connection, [stream])).values()
    done = await archived(connection, settings, now=NOW + timedelta(days=400))
    assert all(each.rows for each in done)
    await fold.fold_all(connection)
    await empty_cache(connection, settings)
    assert [each.fault for each in await upkeep.verify(archive) if each.dataset == "changed"] == [""] * 6
    for number, text in await parts(connection, streams):
        await cache.bring_back(archive, datastream_id=number, month=jobs.month_of(text))
    results = {row[2]: row[4] for row in await contents(connection, streams)}
    assert results[first] == 4711
    assert second not in results
    for each in streams:
        await check_state(connection, each)
        await check_rollups(connection, each, kind="measurement")
