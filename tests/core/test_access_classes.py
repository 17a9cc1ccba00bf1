# SPDX-License-Identifier: EUPL-1.2
"""Rights are judged by classes of datasets, and nobody sees more or less than dataset by dataset."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator

import pytest

from stadtkern.core import access, classes, tokens
from stadtkern.core import database as core_database
from stadtkern.core.database import Connection
from tests import people
from tests.core import factories

pytestmark = pytest.mark.anyio
_SIZES = (
    "SELECT room_id, state, organisation_id, size FROM core.dataset_class WHERE size <> 0 ORDER BY 1, 2, 3"
)
_COUNTED = (
    "SELECT room_id, state, coalesce(organisation_id, 0), count(*) FROM core.dataset GROUP BY 1, 2, 3"
    " ORDER BY 1, 2, 3"
)


@pytest.fixture
async def gate(database: str) -> AsyncIterator[access.Gate]:
    """A gate of its own."""
    async with core_database.pool(url=database) as pool, access.Gate(pool=pool) as opened:
        yield opened


async def _classes_are_right(connection: Connection) -> bool:
    kept = await (await connection.execute(_SIZES)).fetchall()
    return bool(kept) and kept == await (await connection.execute(_COUNTED)).fetchall()


async def test_classes_follow_every_change(connection: Connection) -> None:
    """One at a time and many at once: made, moved, published, given away, given to nobody, removed."""
    owner = await people.organisation(connection)
    await factories.make_dataset(connection)
    made = [await factories.make_dataset(connection, room="internal") for _ in range(4)]
    assert await _classes_are_right(connection)
    for change, values in (
        ("UPDATE core.dataset SET state = 'draft' WHERE id = ANY (%s)", [made[:3]]),
        ("UPDATE core.dataset SET organisation_id = %s WHERE id = ANY (%s)", [owner, made]),
        ("UPDATE core.dataset SET organisation_id = NULL WHERE id = %s", [made[0]]),
        ("UPDATE core.dataset SET about = '{}' WHERE id = ANY (%s)", [made]),
        ("UPDATE core.dataset SET room_id = (SELECT id FROM core.room WHERE key = 'public')", []),
        ("DELETE FROM core.dataset WHERE id = ANY (%s)", [made]),
    ):
        await connection.execute(change.encode(), values)
        assert await _classes_are_right(connection), change


async def test_what_was_written_past_the_triggers_is_counted_anew(
    gate: access.Gate, connection: Connection
) -> None:
    """As after a repair by hand: until then a class could be missing among those that are hidden."""
    assert not await classes.recount(connection)
    for _ in range(3):
        await factories.make_dataset(connection)
    async with connection.transaction():
        await connection.execute("SET LOCAL session_replication_role = replica")
        await connection.execute(
            "INSERT INTO core.dataset (id, key, room_id, state)"
            " SELECT 900000, 'past', id, 'draft' FROM core.room WHERE key = 'internal'"
        )
        await connection.execute("UPDATE core.dataset_class SET size = size + 1 WHERE state = 'published'")
    assert await classes.recount(connection)
    assert await _classes_are_right(connection)
    assert not (await gate.scope(connection, access.ANONYMOUS)).allows(900000)
    assert not await classes.recount(connection)


async def _holders(connection: Connection, dice: random.Random, made: list[int]) -> list[access.Principal]:
    """People and tokens of all kinds, some with a part of a room."""
    found = [access.ANONYMOUS]
    for role, kind in (("reader", "department"), ("editor", "municipal"), ("administrator", "city"),
                       ("publisher", "partner"), (None, "")):  # fmt: skip
        somebody = await people.person(connection, role=role, kind=kind)
        found.append(somebody.principal)
        await connection.execute(
            "INSERT INTO core.room_grant (room_id, principal_id, dataset_ids)"
            " SELECT id, %s, %s FROM core.room WHERE kind = 'restricted' ORDER BY random() LIMIT 1",
            [somebody.id, dice.choice([None, dice.sample(made, 6)])],
        )
        scopes = {dataset_id: ["read"] for dataset_id in dice.sample(made, 5)}
        token = await tokens.create(connection, name="t", scopes=scopes, person_id=somebody.id)
        found.append(access.Principal(kind="token", token_id=token.id))
    return found


async def test_together_or_one_by_one_is_the_same(gate: access.Gate, connection: Connection) -> None:
    """A grant that names all, in a room where none of them lies, has each judged by itself and opens none."""
    dice = random.Random(7)
    owners = [await people.organisation(connection) for _ in range(3)]
    rooms = ["public", "internal", *[await factories.make_room(connection) for _ in range(3)]]
    made = [await factories.make_dataset(connection, room=dice.choice(rooms)) for _ in range(40)]
    for dataset_id in made:
        await connection.execute(
            "UPDATE core.dataset SET state = %s, organisation_id = %s WHERE id = %s",
            [dice.choice(["draft", "published", "withdrawn"]), dice.choice([*owners, None]), dataset_id],
        )
    holders = await _holders(connection, dice, made)
    together = [await _visible(gate, connection, each, made) for each in holders]
    empty = await factories.make_room(connection)
    await connection.execute(
        "INSERT INTO core.room_grant (room_id, principal_id, dataset_ids)"
        " SELECT r.id, p.id, %s FROM core.room AS r, core.principal AS p WHERE r.key = %s",
        [made, empty],
    )
    assert [await _visible(gate, connection, each, made) for each in holders] == together
    assert len(set(map(frozenset, together))) > 4


async def _visible(
    gate: access.Gate, connection: Connection, principal: access.Principal, made: list[int]
) -> list[int]:
    scope = await gate.scope(connection, principal)
    return [dataset_id for dataset_id in made if scope.allows(dataset_id)]
