# SPDX-License-Identifier: EUPL-1.2
"""Checks and stores a file as time series, with the places of its stations where it names them."""

from __future__ import annotations

import asyncio
from pathlib import Path

from stadtkern.catalogue.onboarding import operations
from stadtkern.catalogue.onboarding.entities import Checked, Delivery, Plan
from stadtkern.ingest.imports import compose, run, typed
from stadtkern.ingest.imports.survey import privacy, series, stations
from stadtkern.ingest.imports.survey.checks import Progress


def check(*, path: Path, plan: Plan, title: str, progress: Progress) -> Checked:
    """Quality and privacy of a whole file of readings."""
    mapping = operations.mapping_of(plan, dataset="x", title=title)
    quality = series.check(path=path, recipe=mapping, progress=progress)
    if plan.series is not None:
        for column in compose.left_out(table=plan.table, series=plan.series):
            quality.note("no_series", column=column.source, n=quality.rows)
        for name in stations.find(path=path, table=plan.table, series=plan.series).moving:
            quality.note("moving", column=name)
    watch = privacy.Watch(columns=plan.table.columns, least=plan.least)
    for batch in typed.Rows(path=path, table=plan.table).batches():
        watch.add(batch.cells)
    return Checked(quality=quality, privacy=watch.findings())


async def load(delivery: Delivery, plan: Plan, *, path: Path, url: str, progress: Progress) -> int:
    """Store the readings; returns how many values lie in the dataset by them.

    A delivery that was interrupted goes on behind what it had stored; a file that came in an earlier delivery
    is read again, as its values may have been corrected since.
    """
    recipe = delivery.recipe
    mapping = operations.mapping_of(plan, dataset=recipe.dataset_key, title=recipe.title)
    place = None
    if plan.series is not None and plan.table.place is not None:
        found = await asyncio.to_thread(stations.find, path=path, table=plan.table, series=plan.series)
        place = found.of(single=not plan.series.by)
    report = await run.import_file(
        url=url,
        path=path,
        recipe_=mapping,
        place=place,
        since=delivery.created_at,
        progress=lambda *, done, total, values: progress(done, total),  # noqa: ARG005
    )
    return report.taken
