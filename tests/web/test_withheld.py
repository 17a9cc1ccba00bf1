# SPDX-License-Identifier: EUPL-1.2
"""A message to a browser that still waits is not sent when what it is about has been hidden meanwhile."""

from __future__ import annotations

import pytest

from stadtkern.core.database import Connection
from stadtkern.web.following import jobs
from tests.insights import factories

pytestmark = pytest.mark.anyio
_MOVE = (
    "UPDATE core.dataset SET room_id = (SELECT id FROM core.room WHERE key = %s) WHERE key = 'kleine-stadt'"
)


async def _wait(connection: Connection, *, kind: str, target: int) -> None:
    """A browser that follows something, and a message about it that no push service has taken yet."""
    await connection.execute(
        "WITH b AS (INSERT INTO identity.browser (endpoint, p256dh, auth)"
        " VALUES (%(endpoint)s, %(p256dh)s, %(auth)s) RETURNING id),"
        " f AS (INSERT INTO identity.follow (browser_id, kind, target, bound)"
        " SELECT id, %(kind)s, %(target)s, %(bound)s FROM b RETURNING id, browser_id)"
        " INSERT INTO identity.push (browser_id, topic, facts, expires_at)"
        " SELECT browser_id, 'follow-' || id, '{}', now() + interval '1 hour' FROM f",
        {"endpoint": f"https://push.example/{kind}", "p256dh": bytes(65), "auth": bytes(16), "kind": kind,
         "target": target, "bound": 1.0 if kind == "stream" else None},
    )  # fmt: skip


async def test_a_message_that_waits_is_dropped_when_what_it_is_about_is_hidden(
    connection: Connection,
) -> None:
    """Of series, places and datasets alike; what everybody still sees stays, and so do other messages."""
    town = await factories.small_town(connection)
    await _wait(connection, kind="stream", target=town.streams["Freie Plätze Arkaden"])
    await _wait(connection, kind="thing", target=town.things["Linde"])
    await _wait(connection, kind="dataset", target=town.dataset_id)
    await connection.execute(
        "INSERT INTO identity.push (browser_id, topic, facts, expires_at)"
        " SELECT min(id), 'welcome', '{}', now() + interval '1 hour' FROM identity.browser"
    )
    assert await jobs.withhold(connection) == 0
    await connection.execute(_MOVE.encode(), ["internal"])
    assert await jobs.withhold(connection) == 3
    left = await (await connection.execute("SELECT topic FROM identity.push")).fetchall()
    assert left == [("welcome",)]
