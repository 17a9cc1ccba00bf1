# SPDX-License-Identifier: EUPL-1.2
"""Checks a list of stations against the dataset it belongs to, and puts them where it says."""

from __future__ import annotations

import asyncio
from pathlib import Path

from stadtkern.catalogue.onboarding.entities import Checked, Delivery, Plan
from stadtkern.core import problems, statements
from stadtkern.core.database import Connection
from stadtkern.ingest.imports import sites, typed
from stadtkern.ingest.imports.mapping import InvalidMapping
from stadtkern.ingest.imports.survey import privacy
from stadtkern.ingest.imports.survey.checks import Progress


async def check(
    connection: Connection, delivery: Delivery, plan: Plan, *, path: Path, progress: Progress
) -> Checked:
    """Which stations are known, and what could concern people. Raises InvalidMapping, NotFound."""
    dataset_id = await target(connection, delivery, plan)
    joined, _ = await _join(connection, plan, dataset_id, path=path, progress=progress)
    return Checked(quality=joined.quality, privacy=await asyncio.to_thread(_concerns, path, plan))


async def load(
    connection: Connection, delivery: Delivery, plan: Plan, *, path: Path, progress: Progress
) -> int:
    """Put the stations of the delivery's dataset where the list says; returns how many.

    Runs in the caller's transaction. Raises InvalidMapping, NotFound.
    """
    dataset_id = await target(connection, delivery, plan)
    joined, stations = await _join(connection, plan, dataset_id, path=path, progress=progress)
    return await sites.place(connection, dataset_id=dataset_id, stations=stations, joined=joined)


async def target(connection: Connection, delivery: Delivery, plan: Plan) -> int:
    """The dataset whose stations are meant; one of the delivery's own organisation. Raises NotFound."""
    params = {
        "key": plan.sites.dataset if plan.sites else "",
        "organisation_id": delivery.recipe.organisation_id,
    }
    row = await (await connection.execute(statements.load("catalogue")["series_to_join"], params)).fetchone()
    if row is None:
        raise problems.NotFound("the organisation has no such dataset of time series")
    return int(row[0])


async def _join(
    connection: Connection, plan: Plan, dataset_id: int, *, path: Path, progress: Progress
) -> tuple[sites.Joined, list[sites.Station]]:
    chosen = plan.sites
    if chosen is None:
        raise InvalidMapping("the plan does not say to which dataset the stations belong", where="sites")
    stations = await sites.known(connection, dataset_id=dataset_id)

    def join() -> sites.Joined:
        return sites.join(path=path, table=plan.table, sites=chosen, stations=stations, progress=progress)

    return await asyncio.to_thread(join), stations


def _concerns(path: Path, plan: Plan) -> list[privacy.Finding]:
    watch = privacy.Watch(columns=plan.table.columns, least=plan.least)
    for batch in typed.Rows(path=path, table=plan.table).batches():
        watch.add(batch.cells)
    return watch.findings()
