# SPDX-License-Identifier: EUPL-1.2
"""A token that ends while a long answer is on its way takes the rest of the answer with it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from starlette.applications import Starlette

from stadtkern.core import database as core_database
from stadtkern.core import tokens
from stadtkern.things.api.formats import walk
from stadtkern.things.queries import reader
from tests.things.factories import STA, City, datastream, hourly, location, restricted, thing

pytestmark = pytest.mark.anyio
PATHS = {
    "blocks": "Datastreams({stream})/Observations?$resultFormat=CSV",
    "rows": "Datastreams({stream})/Observations?$resultFormat=CSV&$orderby=result",
    "documents": "Observations?$resultFormat=CSV&$orderby=id",
}


@pytest.mark.parametrize("pieces", [1, 3])
@pytest.mark.parametrize("kind", PATHS)
async def test_a_token_that_ends_ends_what_it_reads(
    city: City, app: Starlette, database: str, monkeypatch: pytest.MonkeyPatch, kind: str, pieces: int
) -> None:
    """Before the first byte is sent it is an error; later the answer breaks off and is not whole."""
    owner = City(city.client, await restricted(database, key=f"ended-{kind}-{pieces}"))
    stream = datastream(observations=hourly(*range(12)))
    number = await owner.create("Things", thing(Locations=[location()], Datastreams=[stream]))
    path = PATHS[kind].format(stream=(await owner.values(f"Things({number})/Datastreams"))[0]["@iot.id"])
    for name, module in (("ROWS", walk), ("BLOCK", walk), ("MAX_TOP", reader)):
        monkeypatch.setattr(module, name, 2)
    left, prepare = [pieces], reader.Reader.prepare

    async def ending(*given: Any, **more: Any) -> Any:
        left[0] -= 1
        if left[0] == 0:
            await _revoke_newest(app, database)
        return await prepare(*given, **more)

    assert len((await owner.send("GET", path)).text.splitlines()) >= 13
    monkeypatch.setattr(reader.Reader, "prepare", ending)
    sent = await _messages(app, path, owner.token)
    assert sent[0]["status"] == (401 if pieces == 1 else 200)
    assert sent[-1].get("more_body", False) == (pieces > 1)
    assert sum(len(message.get("body", b"").splitlines()) for message in sent) < 13


async def _messages(app: Starlette, path: str, token: str) -> list[Any]:
    """All that is sent in answer to a request, however it ends."""
    path, _, query = path.partition("?")
    sent: list[Any] = []
    asked = asyncio.Event()

    async def receive() -> Any:
        if asked.is_set():
            await asyncio.Event().wait()
        asked.set()
        return {"type": "http.request", "body": b""}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "GET",
        "path": f"{STA}/{path}",
        "query_string": query.encode(),
        "headers": [(b"authorization", f"Bearer {token}".encode())],
    }
    async with asyncio.timeout(60):
        await app(scope, receive, send)
    return sent


async def _revoke_newest(app: Starlette, database: str) -> None:
    """End the token made last, and wait until the service has heard of it."""
    before = app.state.gate.epoch
    async with await core_database.connect(url=database, autocommit=True) as connection:
        row = await (await connection.execute("SELECT max(id) FROM core.token")).fetchone()
        assert row is not None
        assert await tokens.revoke(connection, token_id=row[0])
        async with asyncio.timeout(60):
            while app.state.gate.epoch == before:
                await connection.execute("SELECT 1")
