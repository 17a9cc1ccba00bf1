# SPDX-License-Identifier: EUPL-1.2
"""Taking a step over several datasets, as a whole or not at all, and taking it back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import msgspec
from psycopg.types.json import Jsonb

from stadtkern.catalogue import queries as catalogue
from stadtkern.catalogue.entities import Dataset
from stadtkern.core import problems, statements
from stadtkern.core.access import Scope
from stadtkern.core.database import Connection
from stadtkern.governance.bulk import queries
from stadtkern.governance.bulk.acts import ACTS, Line, Said
from stadtkern.governance.bulk.queries import Change, Step
from stadtkern.identity.permissions import Person


class NothingToChange(problems.Problem):
    """None of the chosen datasets can be changed this way.

    Choose others; beside each stands what is in the way.
    """

    status = 422


class TooLateToUndo(problems.Problem):
    """This step has been taken back already, or it is more than seven days ago.

    Change the datasets one by one, or take another step.
    """

    status = 409


class Undone(NamedTuple):
    """What came of taking a step back: datasets as they were, and those that others changed meanwhile."""

    restored: int
    kept: int


async def take(connection: Connection, *, by: Person, said: Said, lines: Sequence[Line]) -> int:
    """Take the step for all lines without a hindrance; returns its number.

    All or none: what one dataset refuses in the meantime undoes the others.
    Raises NothingToChange and what the catalogue's operations raise.
    """
    changing = [line.dataset for line in lines if not line.hindrance]
    if not changing:
        raise NothingToChange()
    sql, act = statements.load("governance"), ACTS[said.act]
    words = {name: text for name, text in msgspec.structs.asdict(said).items() if name != "act"}
    async with connection.transaction():
        await connection.execute(sql["forget_steps"], {"person_id": by.principal_id})
        values = {"person_id": by.principal_id, "act": said.act, "said": Jsonb(words)}
        row = await (await connection.execute(sql["begin_step"], values)).fetchone()
        number = int(row[0]) if row else 0
        for dataset in changing:
            await act.apply(connection, by, dataset, said)
            await _keep(connection, step=number, before=dataset, said=said)
    return number


async def undo(connection: Connection, scope: Scope, *, by: Person, step: Step) -> Undone:
    """Put back what a step changed, but for datasets that somebody changed since or that are out of reach.

    Raises TooLateToUndo.
    """
    values = {"id": step.id, "person_id": by.principal_id, "days": queries.UNDO_DAYS}
    act = ACTS[step.said.act]
    async with connection.transaction():
        ended = await connection.execute(statements.load("governance")["end_step"], values)
        if await ended.fetchone() is None:
            raise TooLateToUndo()
        changes = await queries.changes(connection, id=step.id)
        found = await catalogue.by_ids(connection, scope, ids=[change.dataset_id for change in changes])
        known = {dataset.id: dataset for dataset in found}
        restored = 0
        for change in changes:
            dataset = known.get(change.dataset_id)
            if dataset is not None and _as_left(dataset, change, by, act.role):
                await act.undo(connection, by, dataset, change.before)
                restored += 1
    return Undone(restored, len(changes) - restored)


def _as_left(dataset: Dataset, change: Change, by: Person, role: str) -> bool:
    own = by.may(role=role, organisation_id=dataset.organisation.id)
    return own and dataset.changed_at == change.changed_at


async def _keep(connection: Connection, *, step: int, before: Dataset, said: Said) -> None:
    """Note how it was; the dataset may lie now where its reader no longer sees it."""
    cursor = await connection.execute(
        "SELECT c.changed_at FROM catalogue.dataset AS c WHERE c.dataset_id = %s", [before.id]
    )
    row = await cursor.fetchone()
    values = {
        "step_id": step,
        "dataset_id": before.id,
        "before": Jsonb(ACTS[said.act].before(before)),
        "changed_at": row[0] if row else before.changed_at,
    }
    await connection.execute(statements.load("governance")["keep_before"], values)
