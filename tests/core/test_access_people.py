# SPDX-License-Identifier: EUPL-1.2
"""What people see through their organisations, of drafts, and with tokens that act for them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from stadtkern.core import access, database, problems, tokens
from stadtkern.core import database as core_database
from tests import people
from tests.core import factories
from tests.windows import WINDOWS

pytestmark = pytest.mark.anyio


@pytest.fixture
async def gate(database: str) -> AsyncIterator[access.Gate]:
    """A gate that listens."""
    async with core_database.pool(url=database) as pool, access.Gate(pool=pool) as opened:
        yield opened


async def _state(connection: database.Connection, dataset_id: int, state: str, owner: int | None) -> None:
    await connection.execute(
        "UPDATE core.dataset SET state = %s, organisation_id = coalesce(%s, organisation_id) WHERE id = %s",
        [state, owner, dataset_id],
    )


@pytest.mark.parametrize("kind", ["city", "department", "municipal", "partner"])
async def test_internal_rooms_are_for_the_city_and_its_companies(
    gate: access.Gate, connection: database.Connection, kind: str
) -> None:
    """Whoever belongs to a partner, or to nobody, does not see them."""
    inside = await factories.make_dataset(connection, room="internal")
    member = await people.person(connection, role="reader", kind=kind)
    stranger = await people.person(connection)
    assert (await gate.scope(connection, member.principal)).allows(inside) == (kind != "partner")
    assert not (await gate.scope(connection, stranger.principal)).allows(inside)
    assert not (await gate.scope(connection, access.ANONYMOUS)).allows(inside)


async def test_leaving_the_organisation_is_felt_at_once(
    gate: access.Gate, connection: database.Connection
) -> None:
    """In the very next statement, whoever else has asked before."""
    inside = await factories.make_dataset(connection, room="internal")
    member = await people.person(connection, role="administrator")
    assert (await gate.scope(connection, member.principal)).allows(inside)
    await connection.execute("DELETE FROM core.membership WHERE person_id = %s", [member.id])
    assert not (await gate.scope(connection, member.principal)).allows(inside)


async def test_a_room_may_be_granted_to_an_organisation(
    gate: access.Gate, connection: database.Connection
) -> None:
    """All who belong to it see the room, until the grant ends; the longest grant counts."""
    room = await factories.make_room(connection)
    hidden = await factories.make_dataset(connection, room=room)
    member = await people.person(connection, role="reader", kind="partner")
    assert member.organisation_id is not None
    assert not (await gate.scope(connection, member.principal)).allows(hidden)
    short = timedelta(seconds=2)
    await people.grant(connection, room=room, principal_id=member.organisation_id, lasts=short)
    assert (await gate.scope(connection, member.principal)).allows(hidden)
    async with asyncio.timeout(60):
        while (await gate.scope(connection, member.principal)).allows(hidden):
            await connection.execute("SELECT 1")
    await people.grant(connection, room=room, principal_id=member.id)
    assert (await gate.scope(connection, member.principal)).allows(hidden)


@pytest.mark.parametrize("state", ["draft", "withdrawn"])
@pytest.mark.parametrize("role", ["reader", "editor", "steward", "publisher", "administrator"])
async def test_what_is_not_published_is_for_those_who_work_on_it(
    gate: access.Gate, connection: database.Connection, state: str, role: str
) -> None:
    """Editors of the owning organisation and the city's administrators; no reader, no other organisation."""
    draft = await factories.make_dataset(connection)
    owner = await people.person(connection, role=role)
    other = await people.person(connection, role="administrator")
    city = await people.person(connection, role=role, kind="city")
    assert (await gate.scope(connection, access.ANONYMOUS)).allows(draft)
    await _state(connection, draft, state, owner.organisation_id)
    assert not (await gate.scope(connection, access.ANONYMOUS)).allows(draft)
    assert (await gate.scope(connection, owner.principal)).allows(draft) == (role != "reader")
    assert not (await gate.scope(connection, other.principal)).allows(draft)
    assert (await gate.scope(connection, city.principal)).allows(draft) == (role == "administrator")
    await _state(connection, draft, "published", None)
    assert (await gate.scope(connection, access.ANONYMOUS)).allows(draft)


async def test_no_role_opens_a_restricted_room(gate: access.Gate, connection: database.Connection) -> None:
    """Not even the owner's or the city's administrator sees it without a grant."""
    hidden = await factories.make_dataset(connection, room=await factories.make_room(connection))
    owner = await people.person(connection, role="administrator")
    city = await people.person(connection, role="administrator", kind="city")
    for state in ("published", "draft"):
        await _state(connection, hidden, state, owner.organisation_id)
        for somebody in (owner, city):
            assert not (await gate.scope(connection, somebody.principal)).allows(hidden)


async def test_a_token_never_sees_more_than_the_person_behind_it(
    gate: access.Gate, connection: database.Connection
) -> None:
    """When the role goes, its verbs and what it saw go with it."""
    inside = await factories.make_dataset(connection, room="internal")
    owner = await people.person(connection, role="editor")
    await _state(connection, inside, "published", owner.organisation_id)
    made = await tokens.create(
        connection, name="mine", scopes={inside: ["read", "create"]}, person_id=owner.id
    )
    holder = await gate.principal(authorization=f"Bearer {made.secret}")
    assert (await gate.scope(connection, holder)).allows(inside)
    assert await _verbs(connection, made.id) == {inside: {"read", "create"}}
    assert owner.organisation_id is not None
    await people.join(connection, person_id=owner.id, organisation_id=owner.organisation_id, role="reader")
    assert (await gate.scope(connection, holder)).allows(inside)
    assert await _verbs(connection, made.id) == {inside: {"read"}}
    await connection.execute("DELETE FROM core.membership WHERE person_id = %s", [owner.id])
    assert not (await gate.scope(connection, holder)).allows(inside)


async def test_a_device_works_only_for_its_own_organisation(
    gate: access.Gate, connection: database.Connection
) -> None:
    """A dataset that goes to another organisation does not take the old one's devices along."""
    inside = await factories.make_dataset(connection, room="internal")
    owner, other = await people.organisation(connection), await people.organisation(connection)
    await _state(connection, inside, "published", owner)
    made = await tokens.create(
        connection, name="probe", scopes={inside: ["read", "create"]}, organisation_id=owner
    )
    holder = await gate.principal(authorization=f"Bearer {made.secret}")
    assert (await gate.scope(connection, holder)).allows(inside)
    await _state(connection, inside, "published", other)
    assert not (await gate.scope(connection, holder)).allows(inside)
    assert await _verbs(connection, made.id) == {}


async def test_a_token_may_be_member_of_a_room(gate: access.Gate, connection: database.Connection) -> None:
    """A grant to a token opens the published datasets of the room, while the token is valid."""
    room = await factories.make_room(connection)
    hidden = await factories.make_dataset(connection, room=room)
    made = await factories.make_token(connection, dataset_id=await factories.make_dataset(connection))
    holder = await gate.principal(authorization=f"Bearer {made.secret}")
    assert holder.id is not None
    assert not (await gate.scope(connection, holder)).allows(hidden)
    await people.grant(connection, room=room, principal_id=holder.id)
    assert (await gate.scope(connection, holder)).allows(hidden)
    await _state(connection, hidden, "draft", None)
    assert not (await gate.scope(connection, holder)).allows(hidden)
    await _state(connection, hidden, "published", None)
    assert await tokens.revoke(connection, token_id=made.id)
    assert not (await gate.scope(connection, holder)).allows(hidden)


async def test_a_draft_takes_values_before_it_is_published(
    gate: access.Gate, connection: database.Connection
) -> None:
    """A token with `read` on it sees it as a draft, and no longer once it is withdrawn."""
    draft = await factories.make_dataset(connection)
    made = await factories.make_token(connection, dataset_id=draft)
    holder = await gate.principal(authorization=f"Bearer {made.secret}")
    await _state(connection, draft, "draft", None)
    assert (await gate.scope(connection, holder)).allows(draft)
    await _state(connection, draft, "withdrawn", None)
    assert not (await gate.scope(connection, holder)).allows(draft)


async def test_a_session_is_recognised_until_it_ends(
    gate: access.Gate, connection: database.Connection
) -> None:
    """And only for requests that change nothing."""
    somebody = await people.person(connection)
    assert (await gate.principal(authorization=None, cookie=somebody.cookie)).id == somebody.id
    writing = await gate.principal(authorization=None, cookie=somebody.cookie, safe=False)
    assert writing == access.ANONYMOUS
    await connection.execute("DELETE FROM core.session WHERE principal_id = %s", [somebody.id])
    assert await gate.principal(authorization=None, cookie=somebody.cookie) == access.ANONYMOUS


async def test_there_is_one_city(connection: database.Connection) -> None:
    """Whose datasets are those that nobody else claimed."""
    dataset = await factories.make_dataset(connection)
    rows = await (
        await connection.execute(
            "SELECT o.kind FROM core.dataset d JOIN core.organisation o ON o.principal_id = d.organisation_id"
            " WHERE d.id = %s",
            [dataset],
        )
    ).fetchall()
    assert rows == [("city",)]


async def _verbs(connection: database.Connection, token_id: int) -> dict[int, set[str]]:
    from stadtkern.core import statements

    cursor = await connection.execute(statements.load("core")["token_verbs"], {"token_id": token_id})
    return {dataset: set(verbs) for dataset, _, verbs, _, _ in await cursor.fetchall() if verbs}


async def test_a_token_writes_nothing_that_the_person_cannot_see(
    gate: access.Gate, connection: database.Connection
) -> None:
    """An editor who lost the room, or whose grant ended by time, writes there no more, and learns nothing."""
    editor = await people.person(connection, role="editor")
    room = await factories.make_room(connection)
    hidden = await factories.make_dataset(connection, room=room)
    await connection.execute(
        "UPDATE core.dataset SET organisation_id = %s WHERE id = %s", [editor.organisation_id, hidden]
    )
    await people.grant(connection, room=room, principal_id=editor.id)
    made = await tokens.create(
        connection, name="own", scopes={hidden: ["read", "create"]}, person_id=editor.id
    )
    holder = await gate.principal(authorization=f"Bearer {made.secret}")
    await gate.require(holder, dataset_id=hidden, verb="create")
    for seconds in WINDOWS:
        await connection.execute(
            "UPDATE core.room_grant SET starts_at = now() - interval '1 day', expires_at = now() + %s"
            " WHERE principal_id = %s",
            [timedelta(seconds=seconds), editor.id],
        )
        if seen := hidden in (await gate.rights(holder)).datasets:
            break
    assert seen
    async with asyncio.timeout(60):
        while (await gate.rights(holder)).datasets:
            await connection.execute("SELECT 1")
    with pytest.raises(problems.NotFound):
        await gate.require(holder, dataset_id=hidden, verb="create")
