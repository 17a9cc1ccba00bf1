# SPDX-License-Identifier: EUPL-1.2
"""Writes of the inventory, each with its line of history in the same transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import msgspec
import psycopg
from psycopg.types.json import Jsonb

from stadtkern.catalogue.inventory.entities import FIELDS, Entry, Facts
from stadtkern.catalogue.inventory.permissions import FourEyes, Reach
from stadtkern.core import problems, statements
from stadtkern.core.database import Connection


class TitleIsTaken(problems.Problem):
    """The organisation already has an entry with this title.

    Open that entry and change it there, or say in the title what is different.
    """

    status = 409


class ChangedMeanwhile(problems.Problem):
    """Somebody has changed this entry since you opened it, or it has been proposed for release.

    Nothing was stored. Open the entry again and make your change there.
    """

    status = 409


class NothingToDecide(problems.Problem):
    """There is no open proposal for this entry.

    Somebody has decided or withdrawn it meanwhile; the history of the entry says who.
    """

    status = 409


class ReleaseIsNotReady(problems.Problem):
    """The entry does not yet say what a decision needs.

    Say whether there are personal data, on what legal basis data are held, and whether they may be opened.
    """

    status = 422


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a spreadsheet; with `id` it changes that entry, which the sheet saw at `revision`."""

    number: int
    facts: Facts
    id: int | None = None
    revision: int | None = None


async def create(connection: Connection, *, reach: Reach, organisation_id: int, facts: Facts) -> int:
    """Record an entry; returns its number. Raises TitleIsTaken, RoleIsMissing, NotFound."""
    reach.require("editor", organisation_id)
    async with connection.transaction():
        cursor = await connection.execute(
            _sql("inventory_create"), {"organisation_id": organisation_id, **msgspec.structs.asdict(facts)}
        )
        row = await cursor.fetchone()
        if row is None:
            raise TitleIsTaken(facts.title)
        await _note(connection, reach, id=row[0], kind="recorded")
    return int(row[0])


async def change(connection: Connection, *, reach: Reach, entry: Entry, revision: int, facts: Facts) -> None:
    """Write what is said of an entry; an approval falls with it. Raises ChangedMeanwhile, TitleIsTaken."""
    reach.require("editor", entry.organisation_id)
    changes = differences(entry.facts, facts)
    if not changes:
        return
    about = {"id": entry.id, "revision": revision, **msgspec.structs.asdict(facts)}
    try:
        async with connection.transaction():
            if await (await connection.execute(_sql("inventory_change"), about)).fetchone() is None:
                raise ChangedMeanwhile()
            await _note(connection, reach, id=entry.id, kind="changed", changes=changes)
    except psycopg.errors.UniqueViolation as error:
        raise TitleIsTaken(facts.title) from error


async def take_over(
    connection: Connection,
    *,
    reach: Reach,
    organisation_id: int,
    lines: Sequence[Line],
    known: Mapping[int, Entry],
) -> tuple[int, int]:
    """Store all lines of a spreadsheet or, where one fails, none; returns how many were new and changed."""
    made = changed = 0
    async with connection.transaction():
        for line in lines:
            if line.id is None:
                await create(connection, reach=reach, organisation_id=organisation_id, facts=line.facts)
                made += 1
                continue
            entry = known[line.id]
            if differences(entry.facts, line.facts):
                seen = entry.revision if line.revision is None else line.revision
                await change(connection, reach=reach, entry=entry, revision=seen, facts=line.facts)
                changed += 1
    return made, changed


async def propose(connection: Connection, *, reach: Reach, entry: Entry, reason: str, due: date) -> None:
    """Propose to let the data out, to be decided by `due`. Raises ReleaseIsNotReady, ChangedMeanwhile."""
    reach.require("editor", entry.organisation_id)
    if missing(entry.facts):
        raise ReleaseIsNotReady()
    async with connection.transaction():
        state, revision = await _lock(connection, entry)
        if revision != entry.revision or state not in ("recorded", "refused"):
            raise ChangedMeanwhile()
        about = {"id": entry.id, "person_id": reach.person_id, "reason": reason, "due": due}
        await connection.execute(_sql("release_propose"), about)
        await connection.execute(_sql("inventory_state"), {"id": entry.id, "state": "proposed"})
        await _note(connection, reach, id=entry.id, kind="proposed", note=reason)


async def decide(
    connection: Connection, *, reach: Reach, entry: Entry, release_id: int, approved: bool, reason: str
) -> None:
    """Approve or refuse the very proposal that was read. Raises FourEyes, NothingToDecide, RoleIsMissing."""
    reach.require("publisher", entry.organisation_id)
    decision = "approved" if approved else "refused"
    async with connection.transaction():
        await _lock(connection, entry)
        found, proposer = await _open_release(connection, entry)
        if found != release_id:
            raise NothingToDecide()
        if proposer == reach.person_id:
            raise FourEyes()
        await _end(connection, reach, release_id=release_id, decision=decision, reason=reason)
        await connection.execute(_sql("inventory_state"), {"id": entry.id, "state": decision})
        await _note(connection, reach, id=entry.id, kind=decision, note=reason)


async def withdraw(connection: Connection, *, reach: Reach, entry: Entry, reason: str) -> None:
    """Take the proposal back, so that the entry can be changed. Raises NothingToDecide."""
    reach.require("editor", entry.organisation_id)
    async with connection.transaction():
        await _lock(connection, entry)
        release_id, _ = await _open_release(connection, entry)
        await _end(connection, reach, release_id=release_id, decision="withdrawn", reason=reason)
        await connection.execute(_sql("inventory_state"), {"id": entry.id, "state": "recorded"})
        await _note(connection, reach, id=entry.id, kind="withdrawn", note=reason)


async def delete(connection: Connection, *, reach: Reach, entry: Entry) -> None:
    """Remove an entry with its history."""
    reach.require("steward", entry.organisation_id)
    await connection.execute(_sql("inventory_delete"), {"id": entry.id})


async def link(connection: Connection, *, reach: Reach, entry: Entry, dataset_id: int, key: str) -> None:
    """Say which dataset has come out of an approved entry. Raises ChangedMeanwhile."""
    reach.require("editor", entry.organisation_id)
    async with connection.transaction():
        state, _ = await _lock(connection, entry)
        if state != "approved":
            raise ChangedMeanwhile()
        await connection.execute(_sql("inventory_link"), {"id": entry.id, "dataset_id": dataset_id})
        await _note(connection, reach, id=entry.id, kind="linked", note=key)


def differences(before: Facts, after: Facts) -> dict[str, tuple[Any, Any]]:
    """The fields that differ, with what was and what is."""
    pairs = ((name, getattr(before, name), getattr(after, name)) for name in Facts.__struct_fields__)
    return {name: (old, new) for name, old, new in pairs if old != new}


def missing(facts: Facts) -> list[str]:
    """The fields that a decision needs and that are still open."""
    needed = [name for name in ("personal", "openness") if getattr(facts, name) == "unknown"]
    return needed + ([] if facts.legal_basis else ["legal_basis"])


def named(fields: Sequence[str]) -> list[str]:
    """The fields as they are called on the page."""
    return [str(FIELDS[name]) for name in fields]


def _sql(name: str) -> Any:
    return statements.load("catalogue")[name]


async def _lock(connection: Connection, entry: Entry) -> tuple[str, int]:
    row = await (await connection.execute(_sql("inventory_lock"), {"id": entry.id})).fetchone()
    if row is None:
        raise problems.NotFound()
    return row[0], row[1]


async def _open_release(connection: Connection, entry: Entry) -> tuple[int, int | None]:
    row = await (await connection.execute(_sql("release_open"), {"id": entry.id})).fetchone()
    if row is None:
        raise NothingToDecide()
    return row[0], row[1]


async def _end(connection: Connection, reach: Reach, *, release_id: int, decision: str, reason: str) -> None:
    about = {"release_id": release_id, "decision": decision, "person_id": reach.person_id, "reason": reason}
    await connection.execute(_sql("release_decide"), about)


async def _note(
    connection: Connection,
    reach: Reach,
    *,
    id: int,
    kind: str,
    changes: Mapping[str, Any] | None = None,
    note: str = "",
) -> None:
    about = {
        "id": id,
        "person_id": reach.person_id,
        "kind": kind,
        "changes": Jsonb(changes or {}),
        "note": note,
    }
    await connection.execute(_sql("inventory_event"), about)
