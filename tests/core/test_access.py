# SPDX-License-Identifier: EUPL-1.2
"""Who may see and do what, and how soon a change of rights is felt."""

from __future__ import annotations

import asyncio
import base64
import contextlib
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from stadtkern.core import access, database, datasets, problems, times, tokens
from tests import people
from tests.core import factories
from tests.windows import WINDOWS

pytestmark = pytest.mark.anyio


@pytest.fixture
async def gate(database: str) -> AsyncIterator[access.Gate]:
    """A gate that listens."""
    from stadtkern.core import database as core_database

    async with core_database.pool(url=database) as pool, access.Gate(pool=pool) as opened:
        yield opened


async def test_a_restricted_dataset_is_seen_by_its_token_only(
    gate: access.Gate, connection: database.Connection
) -> None:
    """Nobody else learns that it exists."""
    public = await factories.make_dataset(connection)
    hidden = await factories.make_dataset(connection, room=await factories.make_room(connection))
    made = await factories.make_token(connection, dataset_id=hidden)
    holder = await gate.principal(authorization=f"Bearer {made.secret}")
    nobody = await gate.scope(connection, access.ANONYMOUS)
    somebody = await gate.scope(connection, holder)
    assert (nobody.allows(public), nobody.allows(hidden)) == (True, False)
    assert (somebody.allows(public), somebody.allows(hidden)) == (True, True)


async def test_the_predicate_agrees_with_the_scope(
    gate: access.Gate, connection: database.Connection
) -> None:
    """The SQL form finds exactly the datasets that `allows` allows, for both forms of the array."""
    room = await factories.make_room(connection)
    for _ in range(3):
        await factories.make_dataset(connection, room=room)
    rows = await (await connection.execute("SELECT id FROM core.dataset")).fetchall()
    for scope in (
        await gate.scope(connection, access.ANONYMOUS),
        access.Scope((1, 2), True),
        access.Scope((), False),
    ):
        text, params = scope.on("d.dataset_id")
        query = f"SELECT d.dataset_id FROM (SELECT id AS dataset_id FROM core.dataset) AS d WHERE {text}"
        found = {row[0] for row in await (await connection.execute(query, params)).fetchall()}
        assert found == {row[0] for row in rows if scope.allows(row[0])}


async def test_a_new_restricted_dataset_is_never_seen(
    gate: access.Gate, connection: database.Connection
) -> None:
    """The cached answer `everything but …` must not cover what came later."""
    room = await factories.make_room(connection)
    await gate.scope(connection, access.ANONYMOUS)
    hidden = await factories.make_dataset(connection, room=room)
    assert not (await gate.scope(connection, access.ANONYMOUS)).allows(hidden)


async def test_a_revoked_token_is_refused(gate: access.Gate, connection: database.Connection) -> None:
    """A token in use stops working as soon as the notice arrives."""
    made = await factories.make_token(connection, dataset_id=await factories.make_dataset(connection))
    await gate.principal(authorization=f"Bearer {made.secret}")
    before = gate.epoch
    assert await tokens.revoke(connection, token_id=made.id)
    async with asyncio.timeout(60):
        while gate.epoch == before:
            await connection.execute("SELECT 1")
    with pytest.raises(access.Unauthorised):
        await gate.principal(authorization=f"Bearer {made.secret}")


async def test_a_token_that_has_ended_shows_nothing(
    gate: access.Gate, connection: database.Connection
) -> None:
    """Also to those who were recognised before: revoked, or over while it was in use."""
    hidden = await factories.make_dataset(connection, room=await factories.make_room(connection))
    made = await factories.make_token(connection, dataset_id=hidden)
    holder = await gate.principal(authorization=f"Bearer {made.secret}")
    assert (await gate.scope(connection, holder)).allows(hidden)
    assert await tokens.revoke(connection, token_id=made.id)
    assert not (await gate.scope(connection, holder)).allows(hidden)
    for seconds in WINDOWS:
        ends = times.now() + timedelta(seconds=seconds)
        short = await factories.make_token(connection, dataset_id=hidden, expires_at=ends)
        with contextlib.suppress(access.Unauthorised):
            holder = await gate.principal(authorization=f"Bearer {short.secret}")
            if (await gate.scope(connection, holder)).allows(hidden):
                break
    assert times.now() < ends
    async with asyncio.timeout(60):
        while (await gate.scope(connection, holder)).allows(hidden):
            await connection.execute("SELECT 1")


async def test_an_expired_token_is_refused(gate: access.Gate, connection: database.Connection) -> None:
    """Expiry needs no clean-up job to take effect."""
    dataset_id = await factories.make_dataset(connection)
    made = await factories.make_token(
        connection, dataset_id=dataset_id, expires_at=times.now() - timedelta(seconds=1)
    )
    with pytest.raises(access.Unauthorised):
        await gate.principal(authorization=f"Bearer {made.secret}")


async def test_a_token_may_be_a_password(gate: access.Gate, connection: database.Connection) -> None:
    """Basic authentication: the token is the password; the user's name says nothing."""
    made = await factories.make_token(connection, dataset_id=await factories.make_dataset(connection))
    header = "Basic " + base64.b64encode(f"anybody:{made.secret}".encode()).decode()
    holder = await gate.principal(authorization=header)
    assert holder == await gate.principal(authorization=f"Bearer {made.secret}")


@pytest.mark.parametrize(
    "header",
    ["Bearer", "Bearer  ", "Basic abc", "Basic dXNlcg==", "Basic dXNlcjo=", "Bearer sk_unknown", "nonsense"],
)
async def test_a_wrong_header_is_not_taken_for_anonymous(gate: access.Gate, header: str) -> None:
    """Who shows a bad token is told so."""
    with pytest.raises(access.Unauthorised):
        await gate.principal(authorization=header)


async def test_verbs_are_held_apart(gate: access.Gate, connection: database.Connection) -> None:
    """Missing verb: 403 where one may look, 404 where one may not, 401 without a token."""
    public = await factories.make_dataset(connection)
    hidden = await factories.make_dataset(connection, room=await factories.make_room(connection))
    made = await factories.make_token(connection, dataset_id=public, verbs=("create",))
    holder = await gate.principal(authorization=f"Bearer {made.secret}")
    await gate.require(holder, dataset_id=public, verb="create")
    with pytest.raises(access.Forbidden, match="delete"):
        await gate.require(holder, dataset_id=public, verb="delete")
    with pytest.raises(problems.NotFound):
        await gate.require(holder, dataset_id=hidden, verb="create")
    with pytest.raises(access.Unauthorised):
        await gate.require(access.ANONYMOUS, dataset_id=public, verb="create")


async def test_secrets_are_not_stored(connection: database.Connection) -> None:
    """A copy of the database holds no usable token."""
    made = await factories.make_token(connection, dataset_id=await factories.make_dataset(connection))
    row = await (
        await connection.execute("SELECT t::text FROM core.token AS t WHERE id = %s", [made.id])
    ).fetchone()
    assert row is not None
    assert made.secret not in row[0]


async def test_a_person_sees_a_room_until_the_grant_ends(
    gate: access.Gate, connection: database.Connection
) -> None:
    """The cached scope ends with the earliest grant."""
    room = await factories.make_room(connection)
    hidden = await factories.make_dataset(connection, room=room)
    row = await (
        await connection.execute(
            "INSERT INTO core.principal (kind, name) VALUES ('person', 'p') RETURNING id"
        )
    ).fetchone()
    assert row is not None
    person = access.Principal(kind="person", id=row[0])
    for seconds in WINDOWS:
        await connection.execute("DELETE FROM core.room_grant WHERE principal_id = %s", [person.id])
        await people.grant(connection, room=room, principal_id=person.id, lasts=timedelta(seconds=seconds))
        if seen := (await gate.scope(connection, person)).allows(hidden):
            break
    assert seen
    async with asyncio.timeout(60):
        while (await gate.scope(connection, person)).allows(hidden):
            await connection.execute("SELECT 1")


async def test_a_token_for_nothing_cannot_be_made(connection: database.Connection) -> None:
    """There is no god token, and no token without a verb."""
    with pytest.raises(tokens.NoScope):
        await tokens.create(connection, name="all", scopes={})
    with pytest.raises(tokens.NoScope, match="everything"):
        await tokens.create(connection, name="all", scopes={1: ["everything"]})


async def test_a_new_title_leaves_the_rest_of_a_dataset_alone(connection: database.Connection) -> None:
    """`stadtkern dataset create` with an existing key must not forget how long it may be kept."""
    about = {"title": {"de": "Bäume"}, "licence": "dl-de/by-2-0"}
    days = timedelta(days=30)
    await datasets.save(connection, key="trees", about=about, policy={"round": 5}, retention=days)
    await datasets.save(connection, key="trees", about={"title": {"de": "Stadtbäume"}})
    found = await datasets.find(connection, key="trees")
    assert found.about == {"title": {"de": "Stadtbäume"}, "licence": "dl-de/by-2-0"}
    assert (found.policy, found.retention) == ({"round": 5}, days)


async def test_a_dataset_does_not_change_its_room_unnoticed(connection: database.Connection) -> None:
    """Who says `internal` of a public dataset is told, instead of believing it closed."""
    await datasets.save(connection, key="open", room="public", about={})
    with pytest.raises(datasets.InOtherRoom):
        await datasets.save(connection, key="open", room="internal", about={})
    with pytest.raises(datasets.UnknownRoom):
        await datasets.save(connection, key="new", room="nowhere", about={})
