# SPDX-License-Identifier: EUPL-1.2
"""Keys of programs and devices: shown once, narrow, and never more than whoever made them."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
from django.test import AsyncClient

from stadtkern.core import access, problems
from stadtkern.core import database as core_database
from stadtkern.core.database import Connection
from tests import people
from tests.core import factories
from tests.insights import factories as town_factories

pytestmark = pytest.mark.anyio


@pytest.fixture
async def gate(accounts: str) -> AsyncIterator[access.Gate]:
    """What stands at the doors of the data plane."""
    async with core_database.pool(url=accounts) as pool, access.Gate(pool=pool) as opened:
        yield opened


async def _dataset(connection: Connection, owner: int | None, *, room: str = "internal") -> tuple[int, str]:
    made = await factories.make_dataset(connection, room=room)
    cursor = await connection.execute(
        "UPDATE core.dataset SET organisation_id = %s WHERE id = %s RETURNING key", [owner, made]
    )
    row = await cursor.fetchone()
    assert row is not None
    return made, row[0]


async def _make(visitor: AsyncClient, path: str, key: str, verbs: list[str]) -> str:
    """Make a key on the page; its secret, or nothing where the page refuses."""
    given: dict[str, Any] = {"name": "Sonde 7", "dataset": key, "verbs": verbs, "days": "90"}
    page = (await visitor.post(path, given)).content.decode()
    found = re.search(r"sk_[\w-]{40,}", page)
    return found[0] if found else ""


async def test_a_device_gets_a_key_that_is_shown_once(
    visitor: AsyncClient, connection: Connection, gate: access.Gate
) -> None:
    """It opens that dataset with those verbs, is stored as a hash, and ends at a click."""
    steward = await people.signed_in(connection, visitor, role="steward")
    dataset, key = await _dataset(connection, steward.organisation_id)
    secret = await _make(visitor, "/arbeit/geraete/neu", key, ["create", "read"])
    holder = await gate.principal(authorization=f"Bearer {secret}")
    await gate.require(holder, dataset_id=dataset, verb="create")
    with pytest.raises(access.Forbidden):
        await gate.require(holder, dataset_id=dataset, verb="delete")
    page = (await visitor.get("/arbeit/geraete")).content.decode()
    assert ("Sonde 7" in page, secret in page) == (True, False)
    ending = re.search(r"/arbeit/geraete/\d+/beenden", page)
    assert ending is not None
    stranger = AsyncClient()
    await people.signed_in(connection, stranger, role="steward")
    assert (await stranger.post(ending[0])).status_code == 404
    assert "Sonde 7" not in (await stranger.get("/arbeit/geraete")).content.decode()
    assert (await visitor.post(ending[0])).status_code == 302
    assert (await visitor.post(ending[0])).status_code == 404
    assert not (await gate.scope(connection, holder)).allows(dataset)


@pytest.mark.parametrize(
    ("role", "device", "own"),
    [("reader", False, False), ("editor", False, True), ("steward", True, True), ("publisher", True, True)],
)
async def test_roles_decide_who_makes_keys(
    visitor: AsyncClient, connection: Connection, role: str, device: bool, own: bool
) -> None:
    """To write needs the role of an editor, a device that of a steward; to read it is enough to see."""
    somebody = await people.signed_in(connection, visitor, role=role)
    _, key = await _dataset(connection, somebody.organisation_id)
    assert bool(await _make(visitor, "/arbeit/geraete/neu", key, ["create"])) == device
    assert bool(await _make(visitor, "/konto/schluessel/neu", key, ["create"])) == own
    assert await _make(visitor, "/konto/schluessel/neu", key, ["read"])


async def test_nobody_makes_keys_for_what_is_not_theirs(visitor: AsyncClient, connection: Connection) -> None:
    """A foreign dataset is refused, a hidden one is as unknown as one that does not exist."""
    await people.signed_in(connection, visitor, role="administrator")
    _, foreign = await _dataset(connection, await people.organisation(connection))
    room = await factories.make_room(connection)
    _, hidden = await _dataset(connection, await people.organisation(connection), room=room)
    for path in ("/arbeit/geraete/neu", "/konto/schluessel/neu"):
        assert not await _make(visitor, path, foreign, ["create"])
        answers = []
        for key in (hidden, "gibt-es-nicht"):
            given = {"name": "x", "dataset": key, "verbs": ["read"], "days": "90"}
            page = (await visitor.post(path, given)).content.decode().replace(key, "")
            answers.append(re.sub(r'name="csrfmiddlewaretoken" value="[^"]+"', "", page))
        assert answers[0] == answers[1]
        assert "Diesen Datensatz gibt es nicht" in answers[0]


async def test_a_key_of_ones_own_ends_with_the_role(
    visitor: AsyncClient, connection: Connection, gate: access.Gate
) -> None:
    """Also where the program goes on asking."""
    somebody = await people.signed_in(connection, visitor, role="editor")
    dataset, key = await _dataset(connection, somebody.organisation_id)
    secret = await _make(visitor, "/konto/schluessel/neu", key, ["read", "create"])
    holder = await gate.principal(authorization=f"Bearer {secret}")
    assert (await gate.scope(connection, holder)).allows(dataset)
    await connection.execute("DELETE FROM core.membership WHERE person_id = %s", [somebody.id])
    assert not (await gate.scope(connection, holder)).allows(dataset)


async def test_a_key_can_be_for_single_series(
    visitor: AsyncClient, connection: Connection, gate: access.Gate
) -> None:
    """Named by their numbers; what is no series of the dataset is refused beside the field."""
    steward = await people.signed_in(connection, visitor, role="steward")
    dataset, key = await _dataset(connection, steward.organisation_id)
    mine, foreign = [await _series(connection, dataset), await _series(connection, 0)]
    given = {"name": "Pegel", "dataset": key, "verbs": ["create", "read"], "days": "365"}
    path = "/arbeit/geraete/neu"
    for streams, verbs, words in (
        (f"{mine}, {foreign}", ["create"], f"Keine Messreihen dieses Datensatzes: {foreign}."),
        ("12a", ["create"], "ist keine Nummer einer Messreihe"),
        (str(mine), ["entities"], "nur mit einem Schlüssel für den ganzen Datensatz"),
        (" ".join(map(str, range(1, 1002))), ["create"], "Höchstens 1000 Messreihen"),
    ):
        page = (await visitor.post(path, given | {"streams": streams, "verbs": verbs})).content.decode()
        assert words in page
        assert "sk_" not in page
    page = (await visitor.post(path, given | {"streams": f"{mine},"})).content.decode()
    holder = await gate.principal(authorization="Bearer " + re.findall(r"sk_[\w-]{40,}", page)[0])
    await gate.require(holder, dataset_id=dataset, verb="create", datastream_id=mine)
    assert (await gate.scope(connection, holder)).streams == ((dataset, mine),)
    for stream in (None, mine + 1):
        with pytest.raises(problems.NotFound):
            await gate.require(holder, dataset_id=dataset, verb="create", datastream_id=stream)
    assert f"(nur Messreihen {mine})" in (await visitor.get("/arbeit/geraete")).content.decode()


async def _series(connection: Connection, dataset: int) -> int:
    """A series of a dataset, or of one that nobody has made a key for."""
    town = town_factories.Town(
        connection, dataset_id=dataset or await factories.make_dataset(connection), now=town_factories.NOW
    )
    thing = await town.thing("Pegel", kind="bicycle_counter", point=(7.6, 51.9))
    return await town.stream(
        thing, name="Pegel", observes="Wasserstand", definition=town_factories.SOIL, symbol="cm",
        kind="state", rows=[],
    )  # fmt: skip


@pytest.mark.parametrize("days", ["0", "-1", "99999", "", "1825"])
async def test_keys_of_ones_own_end_within_a_year(
    visitor: AsyncClient, connection: Connection, days: str
) -> None:
    """There is no key without an end."""
    somebody = await people.signed_in(connection, visitor, role="editor")
    _, key = await _dataset(connection, somebody.organisation_id)
    given = {"name": "x", "dataset": key, "verbs": ["read"], "days": days}
    page = await visitor.post("/konto/schluessel/neu", given)
    assert "sk_" not in page.content.decode()
