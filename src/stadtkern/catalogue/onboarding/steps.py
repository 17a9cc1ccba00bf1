# SPDX-License-Identifier: EUPL-1.2
"""The three pieces of work on a delivery: look at it, check it, store it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import msgspec
from psycopg.types.json import Jsonb

from stadtkern.catalogue.onboarding import files, joining, offers, operations, readings, sources
from stadtkern.catalogue.onboarding.entities import Checked, Delivery, Found, Plan
from stadtkern.core import access, outbox, statements
from stadtkern.core.database import Connection
from stadtkern.core.settings import Settings
from stadtkern.features import entities as feature_entities
from stadtkern.features import operations as features
from stadtkern.features import queries as collections
from stadtkern.features.versions import differences
from stadtkern.ingest.imports import spots, typed
from stadtkern.ingest.imports.formats import unfold
from stadtkern.ingest.imports.mapping import File, InvalidMapping
from stadtkern.ingest.imports.survey import checks, drift, survey
from stadtkern.ingest.imports.survey.checks import Progress

_EVERYTHING = access.Scope(ids=(), negated=True)
"""The work process stores for the organisation that owns the recipe; it reads for nobody."""


async def look(
    connection: Connection, delivery: Delivery, *, settings: Settings, url: str, progress: Progress
) -> None:
    """Fetch the file if need be, unfold it and look at it. A later one is compared and checked at once."""
    del url, progress
    path = files.original(settings, delivery.uuid)
    fetched: dict[str, Any] = {}
    if not path.is_file():
        fetched = await sources.fetch(delivery.recipe.url, path=path, settings=settings)
    known = delivery.recipe.plan
    part = delivery.part or (known.part if known else "")
    text = files.text(settings, delivery.uuid)
    fixed = delivery.found.fixed if delivery.found else None
    if known is not None and delivery.later:
        fixed = known.table.file
    found = await asyncio.to_thread(_look, path, text, part, fixed)
    fields = {"found": Jsonb(msgspec.to_builtins(found)), **fetched}
    if known is None or not delivery.later:
        await operations.settle(connection, delivery=delivery, state="looked", **fields)
        return
    changes = _changes(delivery, found, rows=0)
    fields["changes"] = Jsonb(msgspec.to_builtins(changes))
    if any(change.code == "gone" for change in changes):
        async with connection.transaction():
            await alert(connection, delivery, reason="drift")
            await operations.settle(connection, delivery=delivery, state="held", **fields)
    else:
        await operations.settle(connection, delivery=delivery, state="to_check", **fields)


def _look(path: Path, text: Path, part: str, fixed: File | None) -> Found:
    unfolded = unfold.unfold(path=path, into=text, part=part)
    if unfolded.path != text:
        text.unlink(missing_ok=True)
        text.hardlink_to(unfolded.path)
    seen = survey.survey(path=text, file=fixed, srid=unfolded.srid)
    return Found(
        kind=unfolded.kind,
        survey=seen,
        part=unfolded.part,
        parts=unfolded.parts,
        srid=unfolded.srid,
        typed=unfolded.typed,
        fixed=fixed,
    )


async def check(
    connection: Connection, delivery: Delivery, *, settings: Settings, url: str, progress: Progress
) -> None:
    """Read the whole file with the plan; a later delivery goes on where nothing speaks against it."""
    del url
    plan = _plan(delivery)
    path = files.text(settings, delivery.uuid)
    if plan.target == "stations":
        checked = await joining.check(connection, delivery, plan, path=path, progress=progress)
    else:
        checked = await asyncio.to_thread(_check, path, plan, delivery.recipe.title, progress)
    fields: dict[str, Any] = {"checked": Jsonb(msgspec.to_builtins(checked)), "rows": checked.quality.rows}
    if not delivery.later:
        await operations.settle(connection, delivery=delivery, state="checked", **fields)
        return
    changes = _changes(delivery, delivery.found, rows=checked.quality.rows) if delivery.found else []
    fields["changes"] = Jsonb(msgspec.to_builtins(changes))
    fine = not (changes or checked.quality.blocked or _new_concerns(delivery, checked))
    if fine and plan.automatic:
        await operations.settle(connection, delivery=delivery, state="to_load", **fields)
        return
    async with connection.transaction():
        if not fine:
            await alert(connection, delivery, reason="drift" if changes else "quality")
        await operations.settle(connection, delivery=delivery, state="held", **fields)


def _check(path: Path, plan: Plan, title: str, progress: Progress) -> Checked:
    if plan.target == "series":
        return readings.check(path=path, plan=plan, title=title, progress=progress)
    found = checks.check(path=path, table=plan.table, least=plan.least, progress=progress)
    return Checked(quality=found.quality, privacy=found.privacy)


async def load(
    connection: Connection, delivery: Delivery, *, settings: Settings, url: str, progress: Progress
) -> None:
    """Store the delivery: a table or features as a whole, time series in parts that can be resumed.

    Rows and the word that they are stored are one transaction, so that whoever takes up the work of a
    process that fell finds both or neither. Raises MovedOn where another one has stored it meanwhile.
    """
    plan = _plan(delivery)
    if delivery.recipe.dataset_id is None:
        raise InvalidMapping("the dataset of this import was removed")
    path = files.text(settings, delivery.uuid)
    if plan.target == "series":
        rows = await readings.load(delivery, plan, path=path, url=url, progress=progress)
        async with connection.transaction():
            await _conclude(connection, delivery, plan, rows=rows)
        return
    if plan.target == "stations":
        async with connection.transaction():
            rows = await joining.load(connection, delivery, plan, path=path, progress=progress)
            await _conclude(connection, delivery, plan, rows=rows)
        return
    async with connection.transaction():
        rows = await _load_rows(connection, delivery, plan, path=path, progress=progress)
        stored = await collections.find(connection, _EVERYTHING, key=delivery.recipe.dataset_key)
        await differences.summarise(connection, _EVERYTHING, collection=stored)
        await _conclude(connection, delivery, plan, rows=rows)


async def _conclude(connection: Connection, delivery: Delivery, plan: Plan, *, rows: int) -> None:
    """Offer what is stored, remember what it looked like, and call it done."""
    await offers.offer(connection, delivery, plan)
    if delivery.found is not None:
        shape = drift.shape_of(delivery.found.survey, rows=delivery.rows)
        params = {"id": delivery.recipe.id, "shape": Jsonb(msgspec.to_builtins(shape))}
        await connection.execute(statements.load("catalogue")["save_shape"], params)
    await operations.settle(connection, delivery=delivery, state="done", rows=rows)


async def _load_rows(
    connection: Connection, delivery: Delivery, plan: Plan, *, path: Path, progress: Progress
) -> int:
    columns = [
        feature_entities.Column(
            name=c.name,
            type=c.type,
            title={"de": c.title or c.source},
            unit=c.unit,
            key=c.name in plan.table.key,
        )
        for c in plan.table.columns
    ]
    recipe = delivery.recipe
    batches = typed.Rows(path=path, table=plan.table)
    try:
        collection = await collections.find(connection, _EVERYTHING, key=recipe.dataset_key)
        mode = plan.table.mode
    except collections.NoSuchCollection:
        collection = await features.create(
            connection,
            dataset_id=recipe.dataset_id or 0,
            key=recipe.dataset_key,
            columns=columns,
            geometry=_geometry(plan),
            title={"de": recipe.title},
            srid=plan.table.place.srid if plan.table.place else 4326,
        )
        mode = "replace"
    return await features.load(
        connection,
        collection=collection,
        batches=_ahead(batches, progress),
        mode=mode,
        columns=columns if mode == "replace" else None,
        by=delivery.by_id,
        note=delivery.file_name,
    )


def _geometry(plan: Plan) -> feature_entities.Geometry | None:
    if plan.target != "features" or plan.table.place is None:
        return None
    return "Geometry" if plan.table.place.geometry else "Point"


async def _ahead(rows: typed.Rows, progress: Progress) -> AsyncIterator[feature_entities.Columns]:
    """Batches, each read in a thread while the one before is copied."""
    batches: Iterator[typed.Batch] = rows.batches()
    ahead = asyncio.create_task(asyncio.to_thread(_next, batches))
    try:
        while (found := await ahead) is not None:
            done, columns = found
            ahead = asyncio.create_task(asyncio.to_thread(_next, batches))
            progress(done, rows.size)
            yield columns
    finally:
        await asyncio.gather(ahead, return_exceptions=True)


def _next(batches: Iterator[typed.Batch]) -> tuple[int, feature_entities.Columns] | None:
    batch = next(batches, None)
    if batch is None:
        return None
    points, shapes = None, None
    if isinstance(batch.places, spots.Points):
        points = (batch.places.longitude, batch.places.latitude)
    else:
        shapes = batch.places
    columns = feature_entities.Columns(n=batch.size, values=batch.columns(), points=points, shapes=shapes)
    return batch.done, columns


def _plan(delivery: Delivery) -> Plan:
    if delivery.recipe.plan is None:
        raise InvalidMapping("there is no plan for this file yet")
    return delivery.recipe.plan


def _changes(delivery: Delivery, found: Found, *, rows: int) -> list[drift.Change]:
    before = delivery.recipe.shape
    if before is None:
        return []
    return drift.compare(before=before, now=drift.shape_of(found.survey, rows=rows or before.rows))


def _new_concerns(delivery: Delivery, checked: Checked) -> bool:
    """Whether something could concern people that no steward has decided about in this delivery."""
    return bool(checked.privacy) and delivery.decision is None


async def alert(connection: Connection, delivery: Delivery, *, reason: str) -> None:
    """Tell the owner: an event for whatever carries messages, and the list of imports shows it first."""
    recipe = delivery.recipe
    told = {
        "recipe": str(recipe.uuid),
        "delivery": str(delivery.uuid),
        "owner": recipe.owner_id,
        "reason": reason,
    }
    await outbox.emit(connection, topic="catalogue.import/held", payload=told)
