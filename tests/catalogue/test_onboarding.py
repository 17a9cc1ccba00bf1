# SPDX-License-Identifier: EUPL-1.2
"""Files become datasets step by step: nothing half, nothing silently, nothing for strangers."""

from __future__ import annotations

import os
from typing import Any
from uuid import uuid4

import msgspec
import pytest

from stadtkern.catalogue import queries as records
from stadtkern.catalogue.onboarding import files, jobs, operations, queries
from stadtkern.core import access, folders, problems
from stadtkern.core.database import Connection
from stadtkern.core.settings import Settings
from stadtkern.features import queries as collections
from stadtkern.ingest.imports import compose
from stadtkern.ingest.imports.formats import kinds
from tests.catalogue import imports

pytestmark = pytest.mark.anyio
ALL = access.Scope(ids=(), negated=True)
TREES = (
    "Nr;Art;Höhe (m);Rechtswert;Hochwert\n"
    + "".join(f"{n};Linde;{n % 20},5;{405_000 + n};5757000\n" for n in range(30))
).encode("cp1252")


async def test_a_table_with_coordinates_becomes_features(connection: Connection, settings: Settings) -> None:
    """Looked at, planned, checked, stored, published; its files are gone afterwards."""
    desk = await imports.desk(connection, settings)
    looked = await desk.send(TREES, name="baeume.csv")
    assert (looked.state, looked.problem) == ("looked", None)
    checked = await desk.plan(looked)
    assert checked.state == "checked"
    assert checked.checked is not None
    assert not checked.checked.quality.blocked
    done = await desk.store(checked)
    assert (done.state, done.rows, done.recipe.dataset_state) == ("done", 30, "published")
    collection = await collections.find(connection, ALL, key=done.recipe.dataset_key)
    assert (collection.n, collection.geometry) == (30, "Point")
    page = await collections.page(connection, ALL, collection=collection, limit=1)
    assert list(page.rows[0].values) == [0, "Linde", 0.5, 405000, 5757000]
    assert not files.present(settings)
    placed = await records.one(connection, ALL, key=done.recipe.dataset_key)
    assert placed is not None
    assert placed.spatial is not None
    assert len(placed.spatial["coordinates"][0]) == 5


async def test_a_file_of_readings_becomes_time_series(connection: Connection, settings: Settings) -> None:
    """With the mapping that the command line takes too."""
    desk = await imports.desk(connection, settings)
    looked = await desk.send(imports.fixture("bike_hourly.csv"), name="rad.csv")
    done = await desk.store(await desk.plan(looked, target="series"))
    assert done.state == "done", done.problem
    cursor = await connection.execute(
        "SELECT count(*), sum((SELECT count(*) FROM things.observation o WHERE o.datastream_id = d.id))"
        " FROM things.datastream d WHERE dataset_id = %s",
        [done.recipe.dataset_id],
    )
    row = await cursor.fetchone()
    assert row is not None
    assert row[0] == 4
    assert row[1] == 228


async def test_words_in_numbers_block_until_somebody_says_what_they_mean(
    connection: Connection, settings: Settings
) -> None:
    """Text codes are never stored as if they were nothing."""
    desk = await imports.desk(connection, settings)
    looked = await desk.send(b"nr,n\n" + b"1,5\n" * 40 + b"2,defekt\n")
    checked = await desk.plan(looked)
    assert checked.checked is not None
    assert checked.checked.quality.blocked
    with pytest.raises(operations.NotYet):
        await operations.store(connection, by=desk.person, delivery=checked, about=imports.ABOUT)
    plan = imports.suggested(checked)
    columns = [
        msgspec.structs.replace(c, clean=msgspec.structs.replace(c.clean, missing=["defekt"]))
        for c in plan.table.columns
    ]
    assert (await desk.store(await desk.plan(checked, columns=columns))).state == "done"


async def test_what_concerns_people_waits_for_a_steward(connection: Connection, settings: Settings) -> None:
    """Without a decision nothing is stored; the decision is kept with name and reason."""
    desk = await imports.desk(connection, settings)
    checked = await desk.plan(await desk.send(b"Name,Ort\nErika,Markt\nMax,Platz\n" * 3))
    assert checked.undecided is False
    people = await desk.plan(await desk.send(b"Vorname,Ort\nErika,Markt\nMax,Platz\n" * 3))
    assert people.undecided
    with pytest.raises(operations.NotYet):
        await operations.store(connection, by=desk.person, delivery=people, about=imports.ABOUT)
    await operations.decide(
        connection, by=desk.person, delivery=people, allowed=True, reason="öffentliche Personen"
    )
    allowed = await desk.see(people.uuid)
    assert allowed.decision is not None
    assert (allowed.decision.verdict, allowed.decision.by) == ("allowed", desk.person.name)
    assert (await desk.store(allowed)).state == "done"
    other = await desk.plan(await desk.send(b"Vorname,Ort\nErika,Markt\n" * 3))
    await operations.decide(connection, by=desk.person, delivery=other, allowed=False, reason="nein")
    assert (await desk.see(other.uuid)).state == "discarded"


async def test_later_deliveries_run_by_themselves_or_are_held(
    connection: Connection, settings: Settings
) -> None:
    """The same shape is stored; another one waits for its owner, who is told, and the old data stay."""
    desk = await imports.desk(connection, settings)
    first = await desk.store(await desk.plan(await desk.send(TREES)))
    second = await desk.send(TREES.replace(b"Linde", b"Eiche") + b"99;Ahorn;3,5;405100;5757100\n", to=first)
    assert (second.state, second.rows) == ("done", 31)
    without = await desk.send(b"\n".join(line.rpartition(b";")[0] for line in TREES.split(b"\n")), to=first)
    assert without.state == "held"
    assert ("gone", "Hochwert") in [(c.code, c.column) for c in without.changes]
    short = await desk.send(b"\n".join(TREES.split(b"\n")[:6]), to=first)
    assert (short.state, short.changes[0].code) == ("held", "shrunk")
    broken = await desk.send(b"%PDF-1.7", to=first)
    assert broken.state == "held"
    assert broken.problem is not None
    assert broken.problem.code == "foreign"
    collection = await collections.find(connection, ALL, key=first.recipe.dataset_key)
    assert (collection.n, collection.version) == (31, 2)
    cursor = await connection.execute("SELECT payload FROM core.outbox WHERE topic = 'catalogue.import/held'")
    told = [row[0] for row in await cursor.fetchall()]
    assert {t["delivery"] for t in told} >= {str(without.uuid), str(short.uuid), str(broken.uuid)}
    assert {t["owner"] for t in told} == {desk.person.principal_id}
    accepted = await desk.store(short, about=None)
    assert (accepted.state, accepted.rows) == ("done", 5)


async def test_a_worker_that_fell_is_followed_by_another(
    connection: Connection, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it held is taken again when its time is over; nothing of it was stored."""
    desk = await imports.desk(connection, settings)
    checked = await desk.plan(await desk.send(TREES))

    async def falls(*_: Any, **__: Any) -> None:
        raise ConnectionError("the process is gone")

    with monkeypatch.context() as broken:
        broken.setattr("stadtkern.catalogue.onboarding.offers.offer", falls)
        with pytest.raises(ConnectionError):
            await desk.store(checked)
    assert (await desk.see(checked.uuid)).state == "to_load"
    assert not await jobs.once(connection, url=settings.database_url or "", settings=settings)
    await connection.execute("UPDATE catalogue.import_delivery SET leased_until = now() - interval '1 s'")
    await desk.run()
    done = await desk.see(checked.uuid)
    assert (done.state, done.rows) == ("done", 30)


async def test_strangers_learn_nothing(connection: Connection, settings: Settings) -> None:
    """Neither readers of the organisation nor editors of another one."""
    desk = await imports.desk(connection, settings)
    sent = await desk.send(TREES)
    for stranger in (
        await imports.desk(connection, settings),
        await imports.desk(connection, settings, role="reader"),
    ):
        with pytest.raises(problems.NotFound):
            await queries.find(connection, uuid=sent.uuid, by=stranger.person)
        assert not await queries.listed(connection, by=stranger.person)


async def test_what_is_too_large_leaves_nothing_behind(settings: Settings) -> None:
    """However it announced itself."""
    small = msgspec.structs.replace(settings, upload_limit=1024)
    uuid = uuid4()
    with pytest.raises(kinds.RefusedFile) as refused:
        files.keep(small, uuid, chunks=(b"x" * 600 for _ in range(1_000_000)))
    assert refused.value.code == "too_large"
    assert uuid not in files.present(small)


async def test_uploads_that_broke_off_are_swept(settings: Settings) -> None:
    """They lie in the data folder, and go after a day; one that is coming in stays."""
    folder = folders.arriving(settings.data)
    old, new = folder / "old.upload", folder / "new.upload"
    for path in (old, new):
        path.write_bytes(b"x")
    os.utime(old, (0, 0))
    assert files.sweep(settings) == 1
    assert [path.name for path in folder.iterdir()] == ["new.upload"]
    new.unlink()


async def test_two_people_do_not_decide_at_the_same_time(connection: Connection, settings: Settings) -> None:
    """The second one is told that the import has moved on."""
    desk = await imports.desk(connection, settings)
    looked = await desk.send(TREES)
    await desk.plan(looked)
    with pytest.raises(operations.MovedOn):
        await operations.plan(connection, delivery=looked, plan=imports.suggested(looked))


@pytest.mark.parametrize(
    "content",
    [
        b'{"type": "FeatureCollection", "features": [{"type": "Feature", "properties": "x"}]}',
        b'{"type": "FeatureCollection", "features": [{"type": "Feature", "properties": [1], "geometry": 5}]}',
        b"PAR1 nothing PAR1",
        b"SQLite format 3\0" + b"\xff" * 4096,
        b'{"a": ' + b"[" * 50_000,
    ],
)
async def test_mangled_files_are_refused_and_the_worker_goes_on(
    connection: Connection, settings: Settings, content: bytes
) -> None:
    """Whatever a reader says to it."""
    desk = await imports.desk(connection, settings)
    refused = await desk.send(content)
    assert refused.state == "refused"
    assert refused.problem is not None
    assert (await desk.send(TREES)).state == "looked"


async def test_addresses_far_down_in_series_are_found(connection: Connection, settings: Settings) -> None:
    """A column that is empty at first is looked at to its end."""
    desk = await imports.desk(connection, settings)
    rows = [f"2024-01-{n // 1440 + 1:02} {n // 60 % 24:02}:{n % 60:02},{n},\n" for n in range(25_000)]
    rows[24_000] = rows[24_000].strip() + "max@example.org\n"
    sent = await desk.send(("zeit,wert,hinweis\n" + "".join(rows)).encode())
    checked = await desk.plan(sent, target="series")
    assert checked.checked is not None
    assert [finding.code for finding in checked.checked.privacy] == ["looks_email"]


_SPOTS = "SELECT name, location -> 'coordinates' FROM things.location WHERE dataset_id = %s ORDER BY name"


async def test_stations_of_a_file_get_their_places(connection: Connection, settings: Settings) -> None:
    """From columns of coordinates beside the readings; who moves keeps the first place."""
    desk = await imports.desk(connection, settings)
    places = {"Nord": (405_000, 5_757_000), "Süd": (406_000, 5_756_000)}
    rows = [
        f"2024-01-{n // 24 + 1:02} {n % 24:02}:00;{name};{x + (500 if n == 99 else 0)};{y};{n % 17}"
        for n in range(100)
        for name, (x, y) in places.items()
    ]
    content = "Zeit;Station;Rechtswert;Hochwert;Räder\n" + "\n".join(rows) + "\n"
    looked = await desk.send(content.encode())
    assert looked.found is not None
    pattern, place = looked.found.survey.pattern, looked.found.survey.place
    assert pattern is not None
    assert place is not None
    assert (pattern.time, pattern.by, pattern.likely) == ("Zeit", "Station", True)
    plan = imports.suggested(looked, target="series")
    chosen = msgspec.structs.replace(
        plan,
        series=compose.Series(time="Zeit", by="Station"),
        table=msgspec.structs.replace(plan.table, place=place.place),
    )
    await operations.plan(connection, delivery=looked, plan=chosen)
    await desk.run()
    checked = await desk.see(looked.uuid)
    assert checked.checked is not None
    assert [(f.column, f.code) for f in checked.checked.quality.findings if f.code == "moving"] == [
        ("Nord", "moving"),
        ("Süd", "moving"),
    ]
    done = await desk.store(checked)
    assert (done.state, done.rows) == ("done", 200)
    found = await (await connection.execute(_SPOTS, [done.recipe.dataset_id])).fetchall()
    assert [(name, [round(x, 4) for x in spot]) for name, spot in found] == [
        ("Nord", [7.6175, 51.9556]),
        ("Süd", [7.6323, 51.9468]),
    ]


async def test_readings_of_one_place_get_the_place_that_is_given(
    connection: Connection, settings: Settings
) -> None:
    """The file knows none; the clerk does."""
    desk = await imports.desk(connection, settings)
    rows = "".join(f"2024-01-{n + 1:02} 00:00,{n},{n * 2}\n" for n in range(28))
    looked = await desk.send(f"zeit,grad,hpa\n{rows}".encode())
    plan = msgspec.structs.replace(
        imports.suggested(looked, target="series"),
        series=compose.Series(time="zeit", longitude=7.62, latitude=51.96),
    )
    await operations.plan(connection, delivery=looked, plan=plan)
    await desk.run()
    done = await desk.store(await desk.see(looked.uuid))
    found = await (await connection.execute(_SPOTS, [done.recipe.dataset_id])).fetchall()
    assert [spot for _, spot in found] == [[7.62, 51.96]]
