# SPDX-License-Identifier: EUPL-1.2
"""Sends what waits for browsers: tries again later, forgets browsers that are gone, gives up in the end."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import msgspec
import structlog

from stadtkern.core import addresses, exchange, statements, times
from stadtkern.core.database import Connection
from stadtkern.core.settings import Settings
from stadtkern.identity.push import keys, operations, sealing

log = structlog.get_logger(__name__)

_LEASE = timedelta(minutes=5)
_AT_ONCE = 20
# For one message, however slowly its push service answers: others wait.
_MOST_SECONDS = 30.0
_TAKEN = frozenset((200, 201, 202, 204))
_GONE = frozenset((404, 410))  # RFC 8030, sections 5.1 and 7.3
# After each try that came to nothing; a message is old after half a day.
PAUSES = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 180))
_LONGEST = timedelta(hours=6)


class Due(msgspec.Struct, frozen=True):
    """A message that is ours for as long as the lease lasts."""

    id: int
    browser_id: int
    topic: str
    facts: Mapping[str, Any]
    attempts: int
    expires_at: datetime
    endpoint: str
    p256dh: bytes
    auth: bytes


async def once(connection: Connection, *, settings: Settings) -> int:
    """Send what is due, at most so many at once; returns how many were taken up."""
    values = {"lease": _LEASE, "most": _AT_ONCE}
    rows = await connection.execute(statements.load("identity")["claim_push"], values)
    due = [Due(*row) for row in await rows.fetchall()]
    await asyncio.gather(*(_settle(connection, each, settings=settings) for each in due))
    return len(due)


async def _settle(connection: Connection, due: Due, *, settings: Settings) -> None:
    if due.expires_at <= times.now():
        await _drop(connection, due)
        return
    try:
        async with asyncio.timeout(_MOST_SECONDS):
            status, wait = await _send(due, settings=settings)
    except addresses.AddressRefused:
        log.warning("a browser's endpoint is no public address any more; it is forgotten")
        status, wait = 410, ""
    except (OSError, TimeoutError, exchange.SourceIsAway) as error:
        log.warning("a push service does not answer", error=type(error).__name__)
        status, wait = 503, ""
    if status in _TAKEN:
        await _drop(connection, due)
    elif status in _GONE:
        await connection.execute(statements.load("identity")["forget_browser"], {"id": due.browser_id})
    elif (status == 429 or status >= 500) and due.attempts <= len(PAUSES):
        asked = timedelta(seconds=int(wait)) if wait.isascii() and wait.isdigit() and len(wait) < 7 else _NOW
        pause = min(_LONGEST, max(PAUSES[due.attempts - 1], asked))
        values = {"id": due.id, "attempts": due.attempts, "pause": pause}
        await connection.execute(statements.load("identity")["push_later"], values)
    else:
        log.warning("a message to a browser was given up", status=status)
        await _drop(connection, due)


_NOW = timedelta()


async def _drop(connection: Connection, due: Due) -> None:
    values = {"id": due.id, "attempts": due.attempts}
    await connection.execute(statements.load("identity")["drop_push"], values)


async def _send(due: Due, *, settings: Settings) -> tuple[int, str]:
    """Hand one message in; returns the status and how long the push service asks to wait."""
    address, connect_to = await operations.connectable(due.endpoint, allowed=settings.fetch_allowed)
    body = sealing.seal(msgspec.json.encode(due.facts), p256dh=due.p256dh, auth=due.auth)
    left = max(60, int((due.expires_at - times.now()).total_seconds()))
    headers = {
        "Authorization": keys.authorisation(
            settings.signing_key(), endpoint=address.url, contact=settings.base_url
        ),
        "Content-Encoding": "aes128gcm",
        "Content-Type": "application/octet-stream",
        "TTL": str(left),
        "Topic": due.topic,
        "Urgency": "normal",
    }
    answer = await exchange.send(address, connect_to=connect_to, headers=headers, body=body)
    try:
        return answer.status, answer.headers.get("retry-after", "")
    finally:
        answer.close()
