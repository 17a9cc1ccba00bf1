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
from stadtkern.ingest.imports import recipe, run, templates

NAME = "Musterstadt"

Tell = Callable[[str, float], None]
"""Hears what is being done and how much of all is done (0 … 1)."""


async def prepare(*, url: str, settings: Settings, console: Console) -> list[str]:
    """Load the demo city where it is not loaded yet; returns the lines to print when the server is up."""
    with Progress(console=console, transient=True) as progress:
        task = progress.add_task(NAME, total=1.0)

        def tell(what: str, share: float) -> None:
            progress.update(task, description=f"{NAME}: {what}", completed=share)
            if not console.is_terminal:
                console.print(f"{NAME}: {what} …", highlight=False)

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
        for number, each in enumerate(sets.SETS):
            tell(each.about["title"]["de"], (number + 1) / (len(sets.SETS) + 2))
            await _fill(connection, url=url, each=each, dataset_id=ids[each.key], zone=city.time_zone)
        tell("Sonden", 1 - 1 / (len(sets.SETS) + 2))
        await history.make_probes(connection, ids=ids)
        for each in sets.SETS:
            tidy = statements.load("city")["tidy_things"]
            await connection.execute(tidy, {"dataset_id": ids[each.key]})
        await _mark_complete(connection)


async def _fill(connection: Connection, *, url: str, each: sets.Set, dataset_id: int, zone: str) -> None:
    """Import the files of a dataset; an interrupted replay reads its files again to know its window."""
    if each.replay is None:
        for file in each.files:
            await _import(url=url, each=each, file=file)
        return
    replay = await window.begin(connection, dataset_id=dataset_id, spec=each.replay, zone=zone)
    about = templates.fill_all(dict(each.about), values={"weeks": str(replay.weeks)})
    await datasets.save(
        connection, key=each.key, room=each.room, about={**about, "replay_weeks": replay.weeks}
    )
    if replay.complete:
        return
    mover = window.Mover(replay, zone=zone)
    for file in each.files:
        await _import(url=url, each=each, file=file, mover=mover)
    await mover.keep(connection)


async def _import(*, url: str, each: sets.Set, file: sets.File, mover: window.Mover | None = None) -> None:
    root = resources.files(__package__)
    with resources.as_file(root / "data") as data, resources.as_file(root / "mappings") as mappings:
        told = msgspec.structs.replace(recipe.load(path=mappings / file.mapping), dataset=each.key)
        await run.import_file(
            url=url,
            path=data / file.name,
            recipe_=told,
            adapt=mover,
            place=place.placer(each.quarters),
            again=mover is not None,
        )


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
