# SPDX-License-Identifier: EUPL-1.2
"""Reads of the inventory: lists with filters, one entry, its history."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import msgspec

from stadtkern.catalogue.inventory.entities import Entry, Event, Facts, Proposal
from stadtkern.catalogue.inventory.permissions import Reach
from stadtkern.core import fragments, statements
from stadtkern.core.access import Scope
from stadtkern.core.database import Connection
from stadtkern.core.fragments import Fragment

SIZE = 50
_DEADLINE = "coalesce(r.due, CASE WHEN e.dataset_id IS NULL THEN e.due END)"
_NOTHING = Fragment("")


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """The filters of the list, as they stand in the address."""

    text: str = ""
    organisation_id: int | None = None
    state: str = ""
    personal: str = ""
    openness: str = ""
    overdue: bool = False
    mine: bool = False


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """How many entries one sees, by state."""

    all: int
    recorded: int
    proposed: int
    approved: int
    refused: int


async def entries(
    connection: Connection, reach: Reach, *, asked: Asked, today: date, limit: int = SIZE, offset: int = 0
) -> list[Entry]:
    """Entries that meet the filters: those with the nearest deadline first, then by title."""
    order = f" ORDER BY {_DEADLINE} NULLS LAST, lower(e.title), e.id LIMIT %s OFFSET %s"
    page = Fragment(order, (limit, offset))
    rows = await _rows(connection, "inventory_entries", _conditions(reach, asked=asked, today=today), page)
    return [_entry(row) for row in rows]


async def one(connection: Connection, reach: Reach, *, id: int) -> Entry | None:
    """One entry, or None where it is not there for this person."""
    conditions = [reach.on("e.organisation_id"), Fragment("e.id = %s", (id,))]
    rows = await _rows(connection, "inventory_entries", conditions)
    return _entry(rows[0]) if rows else None


async def counts(connection: Connection, reach: Reach, *, asked: Asked, today: date) -> Counts:
    """How many entries meet the filters, by state."""
    rows = await _rows(connection, "inventory_counts", _conditions(reach, asked=asked, today=today))
    return Counts(
        all=rows[0][0], recorded=rows[0][1], proposed=rows[0][2], approved=rows[0][3], refused=rows[0][4]
    )


async def concepts(connection: Connection, reach: Reach) -> Mapping[str, tuple[int, int]]:
    """For each concept that entries name: how many do, and the first of them."""
    group = Fragment(" GROUP BY e.concept")
    rows = await _rows(connection, "inventory_concepts", [reach.on("e.organisation_id")], group)
    return {row[0]: (row[1], row[2]) for row in rows}


async def history(connection: Connection, *, id: int) -> list[Event]:
    """What happened to an entry, newest first. The caller has asked whether it may be seen."""
    cursor = await connection.execute(statements.load("catalogue")["inventory_history"], {"id": id})
    return [
        Event(at=r[0], person=r[1], kind=r[2], changes={k: tuple(v) for k, v in r[3].items()}, note=r[4])
        for r in await cursor.fetchall()
    ]


async def dataset(connection: Connection, scope: Scope, *, entry: Entry) -> tuple[str, str] | None:
    """Key and title of the dataset that came out of an entry, where one may see it."""
    if entry.dataset_id is None or not scope.allows(entry.dataset_id):
        return None
    named = statements.load("catalogue")["inventory_dataset"]
    row = await (await connection.execute(named, {"dataset_id": entry.dataset_id})).fetchone()
    return (row[0], row[1]) if row else None


def _conditions(reach: Reach, *, asked: Asked, today: date) -> list[Fragment]:
    found = [reach.on("e.organisation_id")]
    for word in asked.text.split()[:8]:
        pattern = "%" + word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
        found.append(
            Fragment(
                "concat_ws(' ', e.title, e.description, e.owner, e.system, e.legal_basis) ILIKE %s",
                (pattern,),
            )
        )
    for column, value in (
        ("e.state", asked.state),
        ("e.personal", asked.personal),
        ("e.openness", asked.openness),
    ):
        if value:
            found.append(Fragment(f"{column} = %s", (value,)))
    if asked.organisation_id is not None:
        found.append(Fragment("e.organisation_id = %s", (asked.organisation_id,)))
    if asked.overdue:
        found.append(Fragment(f"{_DEADLINE} < %s", (today,)))
    if asked.mine:
        deciding = [o.id for o in reach.where("publisher")]
        found.append(
            Fragment(
                "(r.id IS NOT NULL AND r.proposed_by IS DISTINCT FROM %s AND e.organisation_id = ANY (%s))",
                (reach.person_id, deciding),
            )
        )
    return found


async def _rows(
    connection: Connection, statement: str, conditions: Sequence[Fragment], end: Fragment = _NOTHING
) -> list[tuple[Any, ...]]:
    text, params = Fragment(statements.load("catalogue")[statement] + " ") + fragments.every(conditions) + end
    return await (await connection.execute(text, params)).fetchall()


def _entry(row: Sequence[Any]) -> Entry:
    names = Facts.__struct_fields__
    proposal = None
    if row[22] is not None:
        proposal = Proposal(
            id=row[22], person_id=row[23], person=row[24], at=row[25], reason=row[26], due=row[27]
        )
    return Entry(
        id=row[0],
        organisation_id=row[1],
        organisation=row[2],
        facts=Facts(**dict(zip(names, row[3:17], strict=True))),
        state=row[17],
        dataset_id=row[18],
        revision=row[19],
        created_at=row[20],
        changed_at=row[21],
        proposal=proposal,
    )
