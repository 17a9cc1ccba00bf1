# SPDX-License-Identifier: EUPL-1.2
"""Loads Musterstadt: rooms, datasets, imported files, places, probes, a token; a second time all is done."""

from __future__ import annotations

from collections.abc import Callable
from importlib import resources

import msgspec
from rich.console import Console
from rich.progress import Progress

from stadtkern.city import districts
from stadtkern.city.demo import access, history, place, sets, window
from stadtkern.core import database, datasets, statements
from stadtkern.core.database import Connection
from stadtkern.core.settings import Settings
from stadtkern.ingest.imports import recipe, run

NAME = "Musterstadt"

Tell = Callable[[str, float], None]
"""Hears what is being done and how much of all is done (0 … 1)."""


async def prepare(*, url: str, settings: Settings, console: Console) -> list[str]:
    """Load the demo city where it is not loaded yet; returns the lines to print when the server is up."""
    with Progress(console=console, transient=True) as progress:
        task = progress.add_task(NAME, total=1.0)

        def tell(what: str, share: float) -> None:
            progress.update(task, description=f"{NAME}: {what}", completed=share)

        await load(url=url, tell=tell)
    async with await database.connect(url=url, autocommit=True) as connection:
        return await access.ready(connection, settings=settings)


async def load(*, url: str, tell: Tell) -> None:
    """Bring the demo city into the database; what is there already is left alone."""
    async with await database.connect(url=url, autocommit=True) as connection:
        city = await datasets.city(connection)
        if city.properties.get("demo") == "complete":
            return
        tell("Gebiete", 0.0)
        await _city(connection, city)
        ids = await _datasets(connection)
        steps = [(each, file) for each in sets.SETS for file in each.files]
        for number, (each, file) in enumerate(steps):
            tell(each.about["title"]["de"], number / (len(steps) + 1))
            if file is each.files[0]:
                mover = await _mover(connection, each=each, dataset_id=ids[each.key], zone=city.time_zone)
            await _import(url=url, key=each.key, file=file, mover=mover)
            if mover is not None and file is each.files[-1]:
                await mover.keep(connection)
        tell("Sonden", len(steps) / (len(steps) + 1))
        await history.make_probes(connection, ids=ids)
        for each in sets.SETS:
            if each.quarters:
                await place.place_things(connection, dataset_id=ids[each.key], quarters=each.quarters)
        await connection.execute(
            statements.load("city")["numeric_capacity"], {"dataset_id": ids[sets.PARKING.key]}
        )
        await _mark_complete(connection)


async def _mover(
    connection: Connection, *, each: sets.Set, dataset_id: int, zone: str
) -> window.Mover | None:
    if each.replay is None:
        return None
    replay = await window.begin(connection, dataset_id=dataset_id, spec=each.replay, zone=zone)
    await datasets.save(
        connection, key=each.key, room=each.room, about={**each.about, "replay_weeks": replay.weeks}
    )
    return window.Mover(replay, zone=zone)


async def _import(*, url: str, key: str, file: sets.File, mover: window.Mover | None) -> None:
    root = resources.files(__package__)
    with resources.as_file(root / "data") as data, resources.as_file(root / "mappings") as mappings:
        told = msgspec.structs.replace(recipe.load(path=mappings / file.mapping), dataset=key)
        await run.import_file(url=url, path=data / file.name, recipe_=told, adapt=mover)


async def _city(connection: Connection, city: datasets.City) -> None:
    named = datasets.City(
        name=NAME,
        time_zone=city.time_zone,
        languages=city.languages,
        properties={
            **city.properties,
            "demo": "loading",
            "outlines": {
                "attribution": "© OpenStreetMap-Mitwirkende",
                "licence": "ODbL-1.0",
                "note": "Umrisse von Duisburg",
            },
        },
    )
    await datasets.save_city(connection, city=named)
    async with connection.transaction():
        await districts.save(connection, districts=place.outlines())


async def _mark_complete(connection: Connection) -> None:
    city = await datasets.city(connection)
    done = datasets.City(
        name=city.name,
        time_zone=city.time_zone,
        languages=city.languages,
        properties={**city.properties, "demo": "complete"},
    )
    await datasets.save_city(connection, city=done)


async def _datasets(connection: Connection) -> dict[str, int]:
    await datasets.save_room(
        connection,
        key=sets.RESTRICTED.room,
        kind="restricted",
        title={"de": "Rathaus (beschränkt)", "en": "Town hall (restricted)"},
    )
    return {
        each.key: await datasets.save(connection, key=each.key, room=each.room, about=each.about)
        for each in sets.SETS
    }
