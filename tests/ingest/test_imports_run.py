# SPDX-License-Identifier: EUPL-1.2
"""Imports into the store: once, whatever happens in between."""

from __future__ import annotations

import asyncio
import signal
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest
from rich.console import Console

from stadtkern.core import datasets, tokens
from stadtkern.core.database import Connection
from stadtkern.core.settings import Settings
from stadtkern.ingest.imports import command, mapping, recipe, report, run, stream
from tests.ingest.factories import FIXTURES, LONG, demo, simple, taken, written

pytestmark = pytest.mark.anyio

_ROWS = """
SELECT d.properties ->> 'key', o.phenomenon_time, o.phenomenon_end, o.result, o.result_json, o.result_quality,
    o.id
FROM things.observation o JOIN things.datastream d ON d.id = o.datastream_id
JOIN core.dataset s ON s.id = d.dataset_id WHERE s.key = %s ORDER BY 1, 2
"""
_STATES = """
SELECT sum(t.n) FROM things.datastream_state t JOIN things.datastream d ON d.id = t.datastream_id
JOIN core.dataset s ON s.id = d.dataset_id WHERE s.key = %s
"""


async def _rows(connection: Connection, key: str) -> list[tuple[Any, ...]]:
    return await (await connection.execute(_ROWS, (key,))).fetchall()


def _named(told: mapping.Mapping, key: str) -> mapping.Mapping:
    return msgspec.structs.replace(told, dataset=key, room="public")


async def test_what_the_file_says_is_what_is_stored(connection: Connection, database: str) -> None:
    """Each value with its interval and quality, Things and Datastreams made by their keys."""
    told = _named(demo("bike_hourly"), "run-stored")
    story = await run.import_file(url=database, path=FIXTURES / "bike_hourly.csv", recipe_=told)
    _, values = taken(FIXTURES / "bike_hourly.csv", told)
    rows = await _rows(connection, "run-stored")
    expected = {
        (f"muenster-fahrrad-{name}-stunde", start, result)
        for name, each in values.items()
        for start, _, result, _ in each
    }
    assert {(key, f"{time:%Y-%m-%dT%H:%MZ}", result) for key, time, _, result, *_ in rows} == expected
    assert story.state == "done"
    assert story.stored == story.taken == len(rows)
    fold = [row for row in rows if row[5] == {"status": "doubtful", "flags": ["dst_fold_sum"]}]
    assert {(row[2] - row[1]).total_seconds() for row in fold} == {7200}
    name, unit, kind, properties = (
        await (
            await connection.execute(
                "SELECT t.name, d.unit, d.kind, t.properties FROM things.datastream d "
                "JOIN things.thing t ON t.id = d.thing_id WHERE d.properties ->> 'key' = %s",
                ("muenster-fahrrad-100020113-stunde",),
            )
        ).fetchone()
        or ()
    )
    assert (name, unit["symbol"], kind) == ("Zählstelle Wolbecker Straße", "Räder/h", "count")
    assert properties["owner"] == "Stadt Münster"


async def test_twice_changes_nothing(connection: Connection, database: str) -> None:
    """Neither with the same bytes nor, told to do it again, in the store."""
    told = _named(demo("parking"), "run-twice")
    path = FIXTURES / "parking_numbers.csv"
    first = await run.import_file(url=database, path=path, recipe_=told)
    before = await _rows(connection, "run-twice")
    second = await run.import_file(url=database, path=path, recipe_=told)
    again = await run.import_file(url=database, path=path, recipe_=told, again=True)
    assert (second.state, second.stored, second.taken) == ("unchanged", 0, first.taken)
    assert (again.state, again.stored, again.taken) == ("done", 0, first.taken)
    assert await _rows(connection, "run-twice") == before
    (states,) = await (await connection.execute(_STATES, ("run-twice",))).fetchone() or (0,)
    assert states == len(before)


async def test_files_that_overlap_meet_in_the_same_streams(connection: Connection, database: str) -> None:
    """Two header styles, the same garages; a corrected file replaces what the first one said."""
    told = _named(demo("parking"), "run-styles")
    for name in ("parking_names.csv", "parking_numbers.csv"):
        await run.import_file(url=database, path=FIXTURES / name, recipe_=told)
    sql = (
        "SELECT count(*) FROM things.thing t JOIN core.dataset s ON s.id = t.dataset_id "
        "WHERE s.key = 'run-styles'"
    )
    assert await (await connection.execute(sql)).fetchone() == (20,)  # type: ignore[arg-type]


async def test_a_corrected_file_corrects_the_values(
    connection: Connection, database: str, tmp_path: Path
) -> None:
    """The key of a value is its stream and time."""
    told = _named(simple(), "run-corrected")
    for number, content in enumerate(
        ("time,value\n2024-01-01 00:00,1\n", "time,value\n2024-01-01 00:00,2\n")
    ):
        path = written(tmp_path, content=content, name=f"{number}.csv")
        story = await run.import_file(url=database, path=path, recipe_=told)
        assert story.stored == 1
    assert [row[3] for row in await _rows(connection, "run-corrected")] == [2]


async def test_categories_are_kept_as_words(connection: Connection, database: str, tmp_path: Path) -> None:
    """A word is a result, not a number."""
    told = _named(simple(clean='type = "category"'), "run-words")
    path = written(tmp_path, content="time,value\n2024-01-01 00:00,gut\n2024-01-01 01:00,\n")
    await run.import_file(url=database, path=path, recipe_=told)
    assert [(row[3], row[4]) for row in await _rows(connection, "run-words")] == [(None, "gut")]


async def test_coordinates_in_a_lookup_make_a_location_and_a_feature(
    connection: Connection, database: str, tmp_path: Path
) -> None:
    """German decimal signs too; the observations are about that place."""
    told = _named(
        recipe.parse(
            text=LONG.format(time="", clean="", series='by = "s"').replace(
                "[sensor]", 'longitude = "{places.x}"\nlatitude = "{places.y}"\n[sensor]'
            )
            + '[lookup.places]\nfile = "places.csv"\nkey = ["s"]\nby = "{s}"\ndelimiter = ";"\n'
        ),
        "run-places",
    )
    written(tmp_path, content="s;x;y\na;7,62;51,96\n", name="places.csv")
    path = written(tmp_path, content="time,s,value\n2024-01-01 00:00,a,1\n")
    await run.import_file(url=database, path=path, recipe_=told)
    sql = (
        "SELECT l.location, f.feature FROM things.observation o JOIN things.feature_of_interest f "
        "ON f.id = o.feature_id JOIN things.location l ON l.id = f.location_id"
    )
    point = {"type": "Point", "coordinates": [7.62, 51.96]}
    assert await (await connection.execute(sql)).fetchall() == [(point, point)]


_CHILD = """
import asyncio, os, signal, sys
from pathlib import Path
from stadtkern.ingest.imports import recipe, run, stream
stream.VALUES_PER_COMMIT = 1000
def progress(*, done, total, values):
    if values >= 5000:
        os.kill(os.getpid(), signal.SIGKILL)
asyncio.run(run.import_file(
    url=sys.argv[1], path=Path(sys.argv[2]), recipe_=recipe.load(path=Path(sys.argv[3])), progress=progress))
"""


@pytest.mark.parametrize("size", [1_000, 2_700])
async def test_a_killed_import_goes_on_where_it_was(
    connection: Connection, database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    """kill -9 in the middle: the second run stores the rest, nothing twice, and reports the whole file.

    Also where a newer version takes parts of another size.
    """
    key = f"run-killed-{size}"
    lines = [
        "time,value",
        *(f"2024-01-{1 + n // 1440:02}T{n // 60 % 24:02}:{n % 60:02}Z,{n}" for n in range(12_000)),
    ]
    path = written(tmp_path, content="\n".join(lines))
    told = tmp_path / "mapping.toml"
    told.write_text(_long_text(key), encoding="utf-8")
    child = await asyncio.create_subprocess_exec(sys.executable, "-c", _CHILD, database, str(path), str(told))
    assert await child.wait() == -signal.SIGKILL
    stored = len(await _rows(connection, key))
    assert 4000 <= stored < 12_000
    monkeypatch.setattr(stream, "VALUES_PER_COMMIT", size)
    story = await run.import_file(url=database, path=path, recipe_=recipe.load(path=told))
    rows = await _rows(connection, key)
    assert [row[3] for row in rows] == list(range(12_000))
    assert (story.state, story.taken, story.stored, story.resumed_at) == ("done", 12_000, 12_000, stored)


def _long_text(key: str) -> str:
    return LONG.format(time="", clean="", series="").replace('"probe"', f'"{key}"', 1)


async def test_two_imports_of_one_file_at_the_same_time_are_one(
    connection: Connection, database: str, tmp_path: Path
) -> None:
    """The second waits and finds everything done."""
    told = _named(simple(), "run-race")
    lines = ["time,value", *(f"2024-01-01T{n // 60:02}:{n % 60:02}Z,{n}" for n in range(600))]
    path = written(tmp_path, content="\n".join(lines))
    await datasets.save(connection, key="run-race", about={})
    stories = await asyncio.gather(
        *(run.import_file(url=database, path=path, recipe_=told) for _ in range(3))
    )
    assert sorted(story.state for story in stories) == ["done", "unchanged", "unchanged"]
    assert len(await _rows(connection, "run-race")) == 600


async def test_without_dataset_and_room_nothing_is_stored(database: str) -> None:
    """A mapping that names an unknown dataset and no room stops the import."""
    with pytest.raises(tokens.UnknownDataset):
        await run.import_file(
            url=database,
            path=FIXTURES / "bike_hourly.csv",
            recipe_=msgspec.structs.replace(demo("bike_hourly"), dataset="nowhere", room=None),
        )


async def test_the_command_reports_to_people_and_machines(
    connection: Connection, database: str, settings: Settings, tmp_path: Path
) -> None:
    """Exit code 1 and line numbers where values were refused; the JSON reads back."""
    path = written(
        tmp_path, content="time,value\n2024-01-01 00:00,1\n2024-02-31 00:00,2\n2024-01-01 02:00,x\n"
    )
    told, told_report = tmp_path / "m.toml", tmp_path / "report.json"
    told.write_text(_long_text("run-command"), encoding="utf-8")
    console = Console(record=True, width=200, file=(tmp_path / "out").open("w"))
    with console.file:
        code = await command.import_file(
            url=database, settings=settings, file=path, mapping=told, report=told_report, console=console
        )
    text = console.export_text()
    story = report.from_json(told_report.read_bytes())
    assert code == command.REFUSED
    assert story.refused == {"time": 1, "value": 1}
    assert [(note.line, note.code) for note in story.notes] == [(3, "time"), (4, "value")]
    assert "line 3: refused, '2024-02-31 00:00' is not a usable time" in text
    assert "line 4, value: refused, 'x' is not a number" in text


async def test_the_command_says_how_to_mend_a_mapping(
    database: str, settings: Settings, tmp_path: Path
) -> None:
    """Exit code 2, no traceback."""
    told = written(tmp_path, content="dataset = 5", name="m.toml")
    console = Console(record=True, width=200, file=(tmp_path / "out").open("w"))
    with console.file:
        code = await command.import_file(
            url=database,
            settings=settings,
            file=FIXTURES / "energy.csv",
            mapping=told,
            report=None,
            console=console,
        )
    assert code == command.FAILED
    assert "--guess" in console.export_text()
