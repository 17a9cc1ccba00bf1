# SPDX-License-Identifier: EUPL-1.2
"""A screen on a wall shows one board by key, with its giver's rights, until the key ends."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import AsyncClient

from stadtkern.core import access, audit, datasets
from stadtkern.core import database as core_database
from stadtkern.core.database import Connection
from stadtkern.insights.boards import operations
from stadtkern.insights.cockpit.definitions import Content, Definition, Group
from stadtkern.insights.walls import keys
from tests import people
from tests.insights import factories

pytestmark = pytest.mark.anyio


@pytest.fixture
async def connection(database: str, town: factories.Town) -> Any:
    """A connection that commits by itself."""
    async with await core_database.connect(url=database, autocommit=True) as opened:
        yield opened


async def _board(connection: Connection, by: int, *, title: str, audience: Any = "internal") -> str:
    """The key of a published board with groundwater on it."""
    tile = Definition(key="wasser", form="value", title={"de": "Grundwasser"}, properties=(factories.WATER,))
    content = Content(title={"de": title}, audience=audience, groups=(Group(key="a", tiles=(tile,)),))
    key = await operations.add(connection, by=by, content=content)
    await operations.publish(connection, key=key, version=1)
    return key


async def _key(client: AsyncClient, board: str, name: str = "Raum 204") -> str:
    """The path of a new key's address, as the page shows it once."""
    answer = await client.post(f"/arbeit/tafeln/{board}/waende", {"name": name, "days": "30"})
    found = re.search(r"http://[^<\s]*(/wand/[\w-]+)", answer.content.decode())
    assert found, answer.status_code
    return found[1]


async def test_a_screen_shows_the_board_until_its_key_ends(
    visitor: AsyncClient, connection: Connection, caplog: pytest.LogCaptureFixture
) -> None:
    """Without a session; the secret is kept nowhere; ended, it says so with 410; all stands in the log."""
    editor = await people.signed_in(connection, visitor, role="editor", kind="city")
    board = await _board(connection, editor.id, title="Leitstelle")
    path = await _key(visitor, board)
    listing = (await visitor.get(f"/arbeit/tafeln/{board}/waende")).content.decode()
    assert ("Raum 204" in listing, path in listing) == (True, False)
    visitor.cookies.clear()
    assert (await visitor.get(f"/tafeln/{board}?mode=wall")).status_code == 404
    shown = await visitor.get(path)
    assert (shown.status_code, "Grundwasser" in shown.content.decode()) == (200, True)
    assert (shown["Cache-Control"], shown["Referrer-Policy"]) == ("no-store", "no-referrer")
    assert (await visitor.get("/wand/x")).status_code == 404
    row = await (await connection.execute("SELECT id, secret_hash FROM insights.wall_key")).fetchone()
    assert row is not None
    assert bytes(row[1]) == access.hash_secret(path.rpartition("/")[2])
    end = f"/arbeit/tafeln/{board}/waende/{row[0]}/beenden"
    assert "/anmelden" in (await visitor.post(end))["Location"]
    visitor.cookies["sessionid"] = editor.cookie
    assert (await visitor.post(end.replace(board, "stadt-jetzt"))).status_code == 404
    assert (await visitor.post(end)).status_code == 302
    over = await visitor.get(path)
    assert (over.status_code, "Grundwasser" in over.content.decode()) == (410, False)
    assert path not in caplog.text
    entries = await (
        await connection.execute(
            "SELECT detail ->> 'operation', detail::text FROM core.audit"
            " WHERE address = 'wall_key' ORDER BY id"
        )
    ).fetchall()
    assert [entry[0] for entry in entries] == ["insert", "update"]
    assert "secret" not in "".join(entry[1] for entry in entries)


async def test_a_key_opens_what_its_giver_may_see_now(
    visitor: AsyncClient, connection: Connection, town: factories.Town
) -> None:
    """Rights that are lost are lost on the wall, too; the log names the screen and not the secret."""
    editor = await people.signed_in(connection, visitor, role="editor", kind="city")
    board = await _board(connection, editor.id, title="Nur wir", audience="editor")
    path = await _key(visitor, board, name="Flur")
    visitor.cookies.clear()
    await datasets.save_room(connection, key="intern", kind="internal", title={"de": "Intern"})
    moved = "UPDATE core.dataset SET room_id = (SELECT id FROM core.room WHERE key = %s) WHERE id = %s"
    await connection.execute(moved.encode(), ["intern", town.dataset_id])
    asking = audit.begin(surface="page", method="GET", path=path)
    assert "Grundwasser" in (await visitor.get(path)).content.decode()
    assert (asking.address, asking.principal_id) == ("GET /wand/… (Flur)", editor.id)
    assert town.dataset_id in asking.concerned
    await datasets.save_room(connection, key="tresor", kind="restricted", title={"de": "Tresor"})
    await connection.execute(moved.encode(), ["tresor", town.dataset_id])
    assert "Grundwasser" not in (await visitor.get(path)).content.decode()
    await connection.execute(moved.encode(), ["public", town.dataset_id])
    await connection.execute("UPDATE core.membership SET role = 'reader' WHERE person_id = %s", [editor.id])
    assert (await visitor.get(path)).status_code == 410
    await connection.execute("UPDATE core.membership SET role = 'editor' WHERE person_id = %s", [editor.id])
    assert (await visitor.get(path)).status_code == 200
    await connection.execute(
        "UPDATE identity.person SET disabled_at = now() WHERE principal_id = %s", [editor.id]
    )
    assert (await visitor.get(path)).status_code == 410


async def test_keys_are_given_by_those_who_arrange_boards_and_not_without_end(
    visitor: AsyncClient, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Readers and partners make none; a name is needed; a board has a bounded number; they expire."""
    editor = await people.person(connection, role="editor", kind="city")
    board = await _board(connection, editor.id, title="Viele")
    listing = f"/arbeit/tafeln/{board}/waende"
    assert "/anmelden" in (await visitor.get(listing))["Location"]
    for role, kind in (("reader", "city"), ("editor", "partner")):
        await people.signed_in(connection, visitor, role=role, kind=kind)
        assert (await visitor.post(listing, {"name": "x", "days": "30"})).status_code == 403
    visitor.cookies["sessionid"] = editor.cookie
    for wrong in ({"name": " ", "days": "30"}, {"name": "x", "days": "9999"}):
        assert (await visitor.post(listing, wrong)).status_code == 422
    monkeypatch.setattr(keys, "MOST", 1)
    path = await _key(visitor, board)
    answer = await visitor.post(listing, {"name": "x", "days": "30"})
    assert (answer.status_code, "50 Schlüssel" in answer.content.decode()) == (422, True)
    await connection.execute("UPDATE insights.wall_key SET expires_at = now()")
    assert (await visitor.get(path)).status_code == 410
