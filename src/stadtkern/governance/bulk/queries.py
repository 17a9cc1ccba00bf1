# SPDX-License-Identifier: EUPL-1.2
"""Somebody's datasets to choose from, and the steps they took."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from stadtkern.catalogue import queries as catalogue
from stadtkern.catalogue.entities import Dataset
from stadtkern.core import problems, statements
from stadtkern.core.access import Scope
from stadtkern.core.database import Connection
from stadtkern.core.fragments import Fragment
from stadtkern.governance.bulk.acts import Said
from stadtkern.governance.rooms import queries as rooms
from stadtkern.identity.permissions import Person

PAGE = 50
MOST = 200
UNDO_DAYS = 7
_LARGEST_ID = 2**63 - 1
_NEEDS: Mapping[str, str] = {
    "licence": "EXISTS (SELECT FROM catalogue.distribution AS p"
    " WHERE p.dataset_id = c.dataset_id AND p.licence = '')",
    "theme": "c.themes = '{}'",
    "description": "c.description = '{}'",
    "forms": "NOT EXISTS (SELECT FROM catalogue.distribution AS p WHERE p.dataset_id = c.dataset_id)",
}


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """Which datasets are looked for; empty means any. `page` counts from 1."""

    words: str = ""
    state: str = ""
    room: str = ""
    need: str = ""
    page: int = 1


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody did. `in_time`: whether it may still be taken back."""

    id: int
    said: Said
    made_at: datetime
    undone_at: datetime | None
    in_time: bool

    @property
    def undoable(self) -> bool:
        """Whether a button takes it back."""
        return self.in_time and self.undone_at is None


class Change(msgspec.Struct, frozen=True):
    """One dataset of a step as it was before, and when the step changed it."""

    dataset_id: int
    before: Any
    changed_at: datetime


def _mine(person: Person) -> Fragment:
    """Datasets that somebody works on."""
    own = [number for number in person.roles if person.may(role="editor", organisation_id=number)]
    return Fragment("(%s OR d.organisation_id = ANY (%s))", (person.administrator, own))


async def some(
    connection: Connection, scope: Scope, *, person: Person, question: Question
) -> tuple[list[Dataset], bool]:
    """A page of somebody's datasets, those changed last first, and whether there are more."""
    conditions = [_mine(person)]
    if question.words:
        conditions.append(Fragment("position(lower(%s) in lower(c.title ->> 'de')) > 0", (question.words,)))
    if question.state:
        conditions.append(Fragment("d.state = %s", (question.state,)))
    if question.room:
        conditions.append(Fragment("r.key = %s", (question.room,)))
    if question.need in _NEEDS:
        conditions.append(Fragment(f"({_NEEDS[question.need]})"))
    found = await catalogue.select(
        connection, scope, *conditions, order="c.changed_at DESC, c.dataset_id DESC", limit=PAGE + 1,
        offset=(question.page - 1) * PAGE,
    )  # fmt: skip
    return found[:PAGE], len(found) > PAGE


async def chosen(
    connection: Connection, scope: Scope, *, person: Person, keys: Sequence[str]
) -> list[Dataset]:
    """Those of somebody's datasets that have these keys; others are left out without a word."""
    named = Fragment("d.key = ANY (%s)", (list(keys[:MOST]),))
    return await catalogue.select(connection, scope, _mine(person), named, order="d.key", limit=MOST)


async def kinds(connection: Connection) -> dict[int, str]:
    """What kind of organisation each is."""
    return {each.id: each.kind for each in await rooms.organisations(connection)}


async def step(connection: Connection, *, person: Person, id: int) -> Step:
    """One of somebody's own steps. Raises NotFound."""
    values = {"id": min(id, _LARGEST_ID), "person_id": person.principal_id, "days": UNDO_DAYS}
    row = await (await connection.execute(statements.load("governance")["find_step"], values)).fetchone()
    if row is None:
        raise problems.NotFound()
    return _step(row)


async def last(connection: Connection, *, person: Person, limit: int = 5) -> list[Step]:
    """Somebody's last steps, newest first."""
    values = {"person_id": person.principal_id, "days": UNDO_DAYS, "limit": limit}
    rows = await connection.execute(statements.load("governance")["last_steps"], values)
    return [_step(row) for row in await rows.fetchall()]


async def changes(connection: Connection, *, id: int) -> list[Change]:
    """What a step changed."""
    rows = await connection.execute(statements.load("governance")["changes_of_step"], {"id": id})
    return [Change(*row) for row in await rows.fetchall()]


def _step(row: tuple[Any, ...]) -> Step:
    said = msgspec.convert({**row[2], "act": row[1]}, Said)
    return Step(id=row[0], said=said, made_at=row[3], undone_at=row[4], in_time=row[5])
