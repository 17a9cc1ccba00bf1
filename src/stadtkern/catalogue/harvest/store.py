# SPDX-License-Identifier: EUPL-1.2
"""Writes what a source says into the catalogue: each record whole, deletions after days of grace."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Literal

import msgspec

from stadtkern.catalogue import notices, operations
from stadtkern.catalogue.entities import Dataset
from stadtkern.catalogue.harvest.entities import Found, Source, Tally, tell
from stadtkern.catalogue.operations import rows
from stadtkern.core import statements
from stadtkern.core.database import Connection

LEASE = timedelta(minutes=10)
MADE_BY = "harvest"
# So large a part of a source vanishes by mistake rather than on purpose.
_SUSPICIOUS_SHARE, _SUSPICIOUS_NUMBER = 0.5, 5

Outcome = Literal["created", "changed", "unchanged", "older"]


async def claim(connection: Connection) -> Source | None:
    """The source that is due, for us alone while the lease lasts."""
    cursor = await connection.execute(statements.load("catalogue")["harvest_claim"], {"lease": LEASE})
    row = await cursor.fetchone()
    return None if row is None else Source(**dict(zip(Source.__struct_fields__, row, strict=True)))


async def begin(connection: Connection, source: Source) -> int:
    """Begin a run; whatever ran before and fell silent is over."""
    sql = statements.load("catalogue")
    params = {"source_id": source.id}
    await connection.execute(sql["harvest_abandon"], params)
    row = await (await connection.execute(sql["harvest_begin"], params)).fetchone()
    return int(row[0]) if row else 0


async def go_on(connection: Connection, source: Source, *, run_id: int, tally: Tally) -> bool:
    """Make the lease longer and note how far the run is; False where somebody else has the source now."""
    params = {
        **msgspec.structs.asdict(tally),
        "source_id": source.id,
        "run_id": run_id,
        "lease": source.lease,
    }
    cursor = await connection.execute(
        statements.load("catalogue")["harvest_go_on"], {**params, "lease_for": LEASE}
    )
    return await cursor.fetchone() is not None


async def end(
    connection: Connection, source: Source, *, run_id: int, tally: Tally, state: str, message: str = ""
) -> None:
    """End a run; after a failure the next one begins within the hour, after a stop at once."""
    hours = {"done": source.every_hours, "abandoned": 0}.get(state, 1)
    params = {
        **msgspec.structs.asdict(tally),
        "source_id": source.id,
        "run_id": run_id,
        "lease": source.lease,
    }
    sql = statements.load("catalogue")
    await connection.execute(
        sql["harvest_end"],
        {**params, "state": state, "message": message[:2_000], "pause": timedelta(hours=hours)},
    )
    if state == "failed":
        await notices.harvest_ended(connection, source_id=source.id, run_id=run_id)
    await connection.execute(sql["harvest_forget"], {"source_id": source.id})


async def note(connection: Connection, *, run_id: int, position: int, identifier: str, message: str) -> None:
    """Keep what was wrong with a record."""
    await connection.execute(
        statements.load("catalogue")["harvest_note"],
        {"run_id": run_id, "position": position, "identifier": identifier[:500], "message": message[:1_000]},
    )


async def apply(
    connection: Connection, source: Source, found: Found, *, run_id: int
) -> tuple[Outcome, list[str]]:
    """Make or change the dataset of one record; returns what was done and what was left out of it.

    Of two records with one identifier in a run the newer one wins. Raises problems.Problem.
    """
    sql = statements.load("catalogue")
    digest = hashlib.sha256(
        msgspec.json.encode([found.metadata, found.forms], order="deterministic")
    ).digest()
    names = {"source_id": source.id, "identifier": found.identifier}
    async with connection.transaction():
        known = await (await connection.execute(sql["harvest_known"], names)).fetchone()
        keep = {**names, "digest": digest, "modified": found.modified, "run_id": run_id}
        if known is not None and known[3] == run_id and not _newer(found, known[2]):
            return "older", []
        if known is not None and bytes(known[1]) == digest and not known[4]:
            await connection.execute(sql["harvest_keep"], {**keep, "dataset_id": known[0]})
            return "unchanged", []
        metadata, left_out = _fitting(found.metadata)
        if known is None:
            dataset = await _create(connection, source, found, metadata)
        else:
            dataset = await operations.change(connection, by=None, dataset_id=known[0], **metadata)
            if known[4] and source.publish:
                await _set_state(connection, dataset.id, "published")
        left_out += await _forms(connection, dataset, found.forms)
        await connection.execute(sql["harvest_keep"], {**keep, "dataset_id": dataset.id})
        return ("created" if known is None else "changed"), left_out


async def bury(connection: Connection, source: Source, *, run_id: int, tally: Tally) -> str:
    """After a whole run: note what is missing, withdraw what has been missing for the days of grace.

    Returns why nothing was done where too much is missing to be true.
    """
    sql = statements.load("catalogue")
    params = {"source_id": source.id, "run_id": run_id, "grace_days": source.grace_days}
    row = await (await connection.execute(sql["harvest_balance"], params)).fetchone()
    known, missing = row or (0, 0)
    tally.missing = missing
    if missing > _SUSPICIOUS_NUMBER and missing > known * _SUSPICIOUS_SHARE:
        return tell("many_missing", missing=missing, known=known)
    async with connection.transaction():
        await connection.execute(sql["harvest_miss"], params)
        gone = await (await connection.execute(sql["harvest_gone"], params)).fetchall()
        for (dataset_id,) in gone:
            await operations.withdraw(connection, by=None, dataset_id=dataset_id)
    tally.withdrawn = len(gone)
    return ""


def _newer(found: Found, modified: Any) -> bool:
    return found.modified is not None and modified is not None and found.modified > modified


async def _create(
    connection: Connection, source: Source, found: Found, metadata: Mapping[str, Any]
) -> Dataset:
    return await operations.create(
        connection,
        by=None,
        organisation_id=source.organisation_id,
        room=source.room_key,
        kind="link",
        state="published" if source.publish else "draft",
        source={"source": source.id, "identifier": found.identifier, "url": source.url},
        **{"title": found.metadata["title"], **metadata},
    )


async def _set_state(connection: Connection, dataset_id: int, state: str) -> None:
    await connection.execute(
        statements.load("catalogue")["set_state"], {"dataset_id": dataset_id, "state": state}
    )


def _fitting(given: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """The fields that can be stored, and what is wrong with the others."""
    fitting: dict[str, Any] = {}
    wrong: list[str] = []
    for name, value in given.items():
        try:
            rows.metadata_columns({name: value})
        except operations.InvalidMetadata as error:
            wrong.append(tell("left_out", detail=error.detail))
        else:
            fitting[name] = value
    return fitting, wrong


async def _forms(connection: Connection, dataset: Dataset, wanted: list[dict[str, Any]]) -> list[str]:
    """Bring the forms in step; one whose addresses stay keeps its UUID."""
    have = {_same(form): form for form in dataset.distributions if form.made_by == MADE_BY}
    wrong = []
    kept = set()
    for position, given in enumerate(wanted):
        form = {**given, "position": position, "made_by": MADE_BY}
        known = have.get((given["access_url"], given["download_url"]))
        try:
            async with connection.transaction():
                if known is None:
                    await operations.add_distribution(connection, by=None, dataset_id=dataset.id, **form)
                elif known.id not in kept:
                    await operations.change_distribution(
                        connection, by=None, dataset_id=dataset.id, id=known.id, **form
                    )
        except operations.InvalidMetadata as error:
            wrong.append(tell("left_out", detail=error.detail))
        else:
            kept |= {known.id} if known else set()
    for old in dataset.distributions:
        if old.made_by == MADE_BY and old.id not in kept:
            await operations.remove_distribution(connection, by=None, dataset_id=dataset.id, id=old.id)
    return wrong


def _same(form: Any) -> tuple[str, str]:
    return form.access_url, form.download_url
