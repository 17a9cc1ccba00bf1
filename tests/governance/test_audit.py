# SPDX-License-Identifier: EUPL-1.2
"""What happens in rooms that are not public is on record before the answer leaves, and stays there."""

from __future__ import annotations

from typing import Any

import httpx
import psycopg
import pytest

from stadtkern.core import audit, database
from tests import people
from tests.core import factories
from tests.things.factories import City, datastream, hourly, location, restricted, thing

pytestmark = pytest.mark.anyio


async def entries(connection: database.Connection, **where: Any) -> list[dict[str, Any]]:
    """The log, oldest first, of what fits."""
    cursor = await connection.execute("SELECT to_jsonb(a) FROM core.audit AS a ORDER BY a.id")
    found = [row[0] for row in await cursor.fetchall()]
    return [entry for entry in found if all(entry[key] == value for key, value in where.items())]


@pytest.fixture(scope="module")
async def holder(client: httpx.AsyncClient, database: str) -> City:
    """Somebody with a token for a restricted room, who filled it."""
    found = City(client, await restricted(database, key="secret"))
    await found.create(
        "Things", thing(Locations=[location()], Datastreams=[datastream(observations=hourly(1, 2))])
    )
    return found


async def test_a_read_of_a_closed_room_is_noted_before_it_is_answered(
    holder: City, connection: database.Connection
) -> None:
    """Who, when, what was asked, and which rooms were in view; the same question once a minute."""
    for _ in range(3):
        await holder.get("Things?$filter=name eq 'tree'")
    (entry,) = await entries(connection, action="read", surface="sta")
    assert entry["address"] == "GET /sta/v1.1/Things?$filter=name%20eq%20'tree'"
    (room,) = await (await connection.execute("SELECT id FROM core.room WHERE key = 'secret'")).fetchall()
    assert (entry["room_ids"], entry["principal_id"] is not None) == ([room[0]], True)


async def test_nobody_in_particular_leaves_no_trace(
    city: City, holder: City, connection: database.Connection
) -> None:
    """Public data are read without an entry, with or without a token for public data."""
    before = len(await entries(connection))
    for somebody in (city, city.anonymous()):
        await somebody.get("Things?$count=true")
    await city.create("Things", thing(name="public"))
    assert len(await entries(connection)) == before


async def test_a_change_in_a_closed_room_names_the_dataset(
    holder: City, connection: database.Connection
) -> None:
    """A refused change is no change."""
    number = await holder.create("Things", thing(name="noted"))
    await holder.refused("PATCH", f"Things({number})", json={"nonsense": 1})
    found = await entries(connection, action="change", address=f"PATCH /sta/v1.1/Things({number})")
    assert found == []
    await holder.send("PATCH", f"Things({number})", json={"name": "changed"})
    (entry,) = await entries(connection, action="change", address=f"PATCH /sta/v1.1/Things({number})")
    cursor = await connection.execute("SELECT id FROM core.dataset WHERE key = 'secret'")
    assert [tuple(entry["dataset_ids"])] == await cursor.fetchall()


async def test_a_file_to_take_away_is_an_export(holder: City, connection: database.Connection) -> None:
    """It is told apart from looking."""
    (stream,) = await holder.values("Datastreams")
    headers = {"Authorization": f"Bearer {holder.token}"}
    address = f"/sta/v1.1/Datastreams({stream['@iot.id']})/Observations?$resultFormat=CSV"
    answer = await holder.client.get(address, headers=headers)
    assert answer.status_code == 200
    (entry,) = await entries(connection, action="export")
    assert "CSV" in entry["address"]


@pytest.mark.parametrize(
    "statement", ["UPDATE core.audit SET address = ''", "DELETE FROM core.audit", "TRUNCATE core.audit"]
)
async def test_the_log_can_only_grow(holder: City, connection: database.Connection, statement: str) -> None:
    """The database itself refuses, whoever asks."""
    await holder.get("Things?$top=1")
    with pytest.raises(psycopg.errors.RaiseException, match="neither be changed nor removed"):
        await connection.execute(statement.encode())


async def test_entries_go_when_their_time_is_over(connection: database.Connection) -> None:
    """Only those, and the time cannot be made shorter than 30 days."""
    old = "INSERT INTO core.audit (at, action, surface) VALUES (now() - interval '3 years', 'read', 'old')"
    await connection.execute(old.encode())
    assert await audit.forget(connection) == 1
    assert await entries(connection, surface="old") == []
    with pytest.raises(psycopg.errors.CheckViolation):
        await connection.execute("UPDATE core.audit_policy SET keep = '1 day'")


async def test_changes_of_rights_note_themselves(connection: database.Connection) -> None:
    """Whoever makes them: the actor is what the transaction says, else the command line."""
    somebody = await people.person(connection, role="reader")
    (role,) = await entries(connection, action="role", address="membership")
    assert (role["surface"], role["detail"]["after"]["role"]) == ("console", "reader")
    room = await factories.make_room(connection)
    async with connection.transaction():
        await audit.act_as(connection, principal_id=somebody.id)
        await people.grant(connection, room=room, principal_id=somebody.id)
    (grant,) = await entries(connection, action="grant")
    assert (grant["surface"], grant["principal_id"]) == ("page", somebody.id)
    made = await factories.make_token(connection, dataset_id=await factories.make_dataset(connection))
    noted = await entries(connection, action="token", address="token")
    assert noted[-1]["detail"]["after"]["id"] == made.id
    assert not any("secret_hash" in str(entry) for entry in noted)


async def test_who_cannot_be_noted_gets_no_answer(connection: database.Connection) -> None:
    """Nothing leaves the house while the log cannot be written."""
    asking = audit.begin(surface="sta", method="GET", path="/x")
    audit.seen(principal_id=1, token_id=None, closed=frozenset({1}))
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    def away() -> Any:
        raise psycopg.OperationalError("the database is away")

    start = {"type": "http.response.start", "status": 200}
    for _ in range(2):
        with pytest.raises(psycopg.OperationalError):
            await audit.Noting(send, asking=asking, pool=away)(start)
    again = audit.begin(surface="sta", method="GET", path="/x")
    audit.seen(principal_id=1, token_id=None, closed=frozenset({1}))
    with pytest.raises(psycopg.OperationalError):
        await audit.Noting(send, asking=again, pool=away)(start)
    assert sent == []
