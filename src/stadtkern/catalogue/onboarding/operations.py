# SPDX-License-Identifier: EUPL-1.2
"""Every step of a delivery: it arrives, is planned, checked, decided about, stored or put aside."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Protocol
from uuid import UUID, uuid4

import msgspec
from psycopg.types.json import Jsonb

from stadtkern.catalogue import operations as catalogue
from stadtkern.catalogue.onboarding import joining
from stadtkern.catalogue.onboarding.entities import WORK, About, Decision, Delivery, Plan, State
from stadtkern.core import problems, statements, times
from stadtkern.core.database import Connection
from stadtkern.ingest.imports import compose, mapping, tables


class Person(Protocol):
    """Somebody who decides."""

    @property
    def principal_id(self) -> int:
        """Who it is."""

    @property
    def name(self) -> str:
        """What they are called."""


class MovedOn(problems.Problem):
    """This import has moved on in the meantime.

    Look at it again: somebody else has decided, or it is being worked on.
    """

    status = 409


class NotYet(problems.Problem):
    """This delivery cannot be stored yet.

    Settle what is named above: correct the file or the plan, and have a steward decide about personal data.
    """

    status = 409


async def begin(
    connection: Connection,
    *,
    by: Person,
    organisation_id: int,
    title: str,
    url: str = "",
    every: timedelta | None = None,
    file_name: str = "",
    size: int = 0,
    uuid: UUID | None = None,
) -> UUID:
    """Note a first file, or an address to fetch it from; returns the delivery's UUID."""
    async with connection.transaction():
        params = {
            "organisation_id": organisation_id,
            "owner_id": by.principal_id,
            "title": title,
            "url": url,
            "every": every,
        }
        row = await _ask(connection, "create_import", params)
        return await deliver(
            connection, recipe_id=row[0], by_id=by.principal_id, file_name=file_name, size=size, uuid=uuid
        )


async def deliver(
    connection: Connection,
    *,
    recipe_id: int,
    by_id: int | None,
    file_name: str = "",
    size: int = 0,
    uuid: UUID | None = None,
) -> UUID:
    """Note another delivery of a recipe; without a file it is fetched from the recipe's address."""
    made = uuid or uuid4()
    params = {"uuid": made, "recipe_id": recipe_id, "by_id": by_id, "file_name": file_name, "size": size}
    await _ask(connection, "create_delivery", params)
    await _run(connection, "wake_imports", {})
    return made


async def look_again(connection: Connection, *, delivery: Delivery, part: str, file: mapping.File) -> None:
    """Read a first file anew: another sheet, another header row, another encoding."""
    if delivery.found is None or delivery.later:
        raise MovedOn("the layout belongs to the plan by now")
    found = msgspec.structs.replace(delivery.found, fixed=file)
    async with connection.transaction():
        await _expect(connection, delivery, "looked", "checked")
        await _run(connection, "forget_decision", {"id": delivery.id})
        await move(connection, id=delivery.id, state="arrived", part=part, found=_json(found))


async def plan(connection: Connection, *, delivery: Delivery, plan: Plan) -> None:
    """Keep the plan and have the whole file checked with it. Raises InvalidMapping, MovedOn."""
    tables.check(plan.table)
    if plan.target == "series":
        mapping_of(plan, dataset="x", title=delivery.recipe.title)
    async with connection.transaction():
        await _expect(connection, delivery, "looked", "checked", "held")
        await _save(connection, delivery, plan)
        await _run(connection, "forget_decision", {"id": delivery.id})
        await move(connection, id=delivery.id, state="to_check")


async def decide(
    connection: Connection, *, by: Person, delivery: Delivery, allowed: bool, reason: str
) -> None:
    """A steward says whether what could concern people may be stored."""
    async with connection.transaction():
        await _expect(connection, delivery, "checked", "held")
        found = delivery.checked.privacy if delivery.checked else []
        decision = Decision(
            verdict="allowed" if allowed else "refused",
            reason=reason,
            by=by.name,
            at=times.now(),
            codes=[f"{finding.code}:{finding.column}" for finding in found],
        )
        state: State = delivery.state if allowed else "discarded"
        await move(connection, id=delivery.id, state=state, decision=_json(decision))


async def store(connection: Connection, *, by: Person, delivery: Delivery, about: About | None) -> None:
    """Have the delivery stored; the first one makes its dataset, as a draft that nobody else sees yet.

    Raises NotYet, MovedOn, InvalidMetadata, UnknownRoom.
    """
    async with connection.transaction():
        await _expect(connection, delivery, "checked", "held")
        chosen = _storable(delivery)
        target = chosen.target
        if delivery.recipe.dataset_id is None and target == "stations":
            dataset_id = await joining.target(connection, delivery, chosen)
            await _run(connection, "bind_recipe", {"id": delivery.recipe.id, "dataset_id": dataset_id})
        elif delivery.recipe.dataset_id is None and target != "stations":
            if about is None:
                raise NotYet("the dataset has no title yet")
            chosen = msgspec.structs.replace(chosen, about=about)
            made = await catalogue.create(
                connection,
                by=by,
                organisation_id=delivery.recipe.organisation_id,
                room=about.room,
                kind=target,
                title={"de": about.title},
                description={"de": about.description},
            )
            await _run(connection, "bind_recipe", {"id": delivery.recipe.id, "dataset_id": made.id})
            await _save(connection, delivery, chosen, title=about.title)
        await move(connection, id=delivery.id, state="to_load")


async def discard(connection: Connection, *, delivery: Delivery) -> None:
    """Put a delivery aside; nothing of it is stored."""
    async with connection.transaction():
        await _expect(connection, delivery, "looked", "checked", "held", "refused", "failed")
        await move(connection, id=delivery.id, state="discarded")


async def schedule(connection: Connection, *, delivery: Delivery, every: timedelta | None) -> None:
    """Fetch the recipe's address again and again, or no longer."""
    await _run(connection, "schedule_recipe", {"id": delivery.recipe.id, "every": every})


def mapping_of(plan: Plan, *, dataset: str, title: str) -> mapping.Mapping:
    """The import mapping of a plan for time series. Raises InvalidMapping."""
    series = plan.series
    if series is None:
        raise mapping.InvalidMapping("the plan has no column of times", where="time")
    return compose.mapping_of(table=plan.table, series=series, dataset=dataset, title=title)


def _storable(delivery: Delivery) -> Plan:
    """The plan of a delivery that nothing speaks against any more. Raises NotYet."""
    if delivery.recipe.plan is None or delivery.checked is None:
        raise NotYet("the file was not checked yet")
    if delivery.checked.quality.blocked:
        raise NotYet("the check has found something that blocks")
    if delivery.undecided:
        raise NotYet("a steward has to decide about personal data")
    return delivery.recipe.plan


async def move(connection: Connection, *, id: int, state: State, **fields: Any) -> None:
    """Bring a delivery into another state, with what goes with it; a problem is forgotten unless given."""
    names = ("part", "found", "checked", "changes", "problem", "decision", "rows", "file_name", "size")
    params = {name: fields.get(name) for name in names}
    await _run(connection, "move_delivery", {"id": id, "state": state, **params})
    if state in WORK:
        await _run(connection, "wake_imports", {})


async def settle(connection: Connection, *, delivery: Delivery, state: State, **fields: Any) -> None:
    """Note what the work on a delivery came to.

    Raises MovedOn where it is no longer in the state in which the work was taken: whoever was slow to the
    point of losing it then stores nothing.
    """
    async with connection.transaction():
        await _expect(connection, delivery, delivery.state)
        await move(connection, id=delivery.id, state=state, **fields)


async def _expect(connection: Connection, delivery: Delivery, *states: State) -> None:
    row = await _ask(connection, "lock_delivery", {"id": delivery.id})
    if row[0] not in states or row[0] != delivery.state:
        raise MovedOn(f"it is {row[0]} now")


async def _save(connection: Connection, delivery: Delivery, plan: Plan, *, title: str | None = None) -> None:
    params = {"id": delivery.recipe.id, "plan": _json(plan), "title": title}
    await _run(connection, "save_plan", params)


def _json(value: Any) -> Jsonb:
    return Jsonb(msgspec.to_builtins(value))


async def _run(connection: Connection, statement: str, params: dict[str, Any]) -> None:
    await connection.execute(statements.load("catalogue")[statement], params)


async def _ask(connection: Connection, statement: str, params: dict[str, Any]) -> tuple[Any, ...]:
    row = await (await connection.execute(statements.load("catalogue")[statement], params)).fetchone()
    if row is None:
        raise problems.NotFound("there is no such import")
    return tuple(row)
