# SPDX-License-Identifier: EUPL-1.2
"""Clients in a hurry: they speak before they are welcome, and say much and goodbye all in one."""

from __future__ import annotations

import asyncio
import ssl
import time
from pathlib import Path
from typing import Any

import pytest

from stadtkern.core.settings import Settings
from stadtkern.ingest.doors import door as own
from stadtkern.ingest.doors import pending
from tests.ingest import mqtt_clients, mqtt_raw
from tests.ingest.certificates import certificate

pytestmark = pytest.mark.anyio

MANY = pending.WINDOW + 200
GOODBYE = b"\xe0\x00"


async def _results(database: str, datastream: int, *, least: int, enough: int) -> list[float]:
    """What is stored, once it is so much."""
    deadline = time.monotonic() + mqtt_clients.PATIENCE
    async with await mqtt_clients.database_of(database) as asking:
        while True:
            cursor = await asking.execute(
                "SELECT result FROM things.observation WHERE datastream_id = %s"
                " AND abs(result) BETWEEN %s AND %s ORDER BY phenomenon_time",
                (datastream, least, least + MANY),
            )
            found = [row[0] for row in await cursor.fetchall()]
            if len(found) >= enough or time.monotonic() > deadline:
                return found
            await asyncio.sleep(0.05)


@pytest.mark.parametrize("parts", [True, False])
@pytest.mark.parametrize("encrypted", [False, True])
async def test_a_burst_without_acknowledgements_is_stored_to_its_end(
    settings: Settings,
    token: str,
    things: dict[str, int],
    database: str,
    tmp_path: Path,
    encrypted: bool,
    parts: bool,
) -> None:
    """More than is taken in at once, and goodbye: the last will is stored only where that was not said."""
    least = 1 + 1_000 * (1 + encrypted + 2 * parts)
    topic = f"v1.1/Datastreams({things['two']})/Observations"
    burst = b"".join(mqtt_raw.publish(topic, b'{"result": %d}' % (least + each), 0) for each in range(MANY))
    security = None
    changes: dict[str, object] = {}
    if encrypted:
        changes = {"mqtt_certificate": str(certificate(tmp_path)), "mqtt_tls_port": 0}
        security = ssl.create_default_context(cafile=str(tmp_path / "cert"))
    will = topic, b'{"result": %d}' % -least
    async with mqtt_clients.service(settings, **changes) as door:
        async with mqtt_raw.entered(door.port, token, will=will, security=security) as (_, writer):
            writer.write(burst + (GOODBYE if parts else b""))
        stored = await _results(database, things["two"], least=least, enough=MANY + (not parts))
        await asyncio.wait_for(writer.wait_closed(), mqtt_clients.PATIENCE)
    assert sorted(stored) == [*([] if parts else [-least]), *range(least, least + MANY)]


async def test_who_does_not_wait_for_the_welcome_is_heard_after_it(
    settings: Settings, token: str, things: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Packets may follow CONNECT at once, in a segment of their own (MQTT 3.1.1, clause 3.1.4)."""
    asked, on = asyncio.Event(), asyncio.Event()
    admit = own.Door.admit

    async def slowly(*given: Any, **more: Any) -> Any:
        asked.set()
        await on.wait()
        return await admit(*given, **more)

    monkeypatch.setattr(own.Door, "admit", slowly)
    topic = f"v1.1/Datastreams({things['one']})/Observations"
    async with mqtt_clients.service(settings) as door:
        reader, writer = await asyncio.open_connection("127.0.0.1", door.port)
        writer.write(mqtt_raw.connect(token))
        await asyncio.wait_for(asked.wait(), mqtt_clients.PATIENCE)
        writer.write(mqtt_raw.publish(topic, b'{"result": 1}', 7))
        for _ in range(20):  # the loop is the door's, too: it reads meanwhile
            await asyncio.sleep(0)
        on.set()
        assert await asyncio.wait_for(reader.readexactly(4), mqtt_clients.PATIENCE) == b"\x20\x02\x00\x00"
        assert await mqtt_raw.acknowledged(reader, 1) == [7]
        writer.close()
