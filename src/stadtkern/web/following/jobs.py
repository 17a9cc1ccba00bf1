# SPDX-License-Identifier: EUPL-1.2
"""Looks after what browsers follow: what has turned becomes a message, and messages are sent.

Only what everybody may see is told of: a browser proves nobody.
"""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import structlog

from stadtkern.core import database, datasets, fragments, statements, times, waiting
from stadtkern.core.access import Scope
from stadtkern.core.database import Connection
from stadtkern.core.fragments import Fragment
from stadtkern.core.settings import Settings

log = structlog.get_logger(__name__)

_EVERY_SECONDS = 15.0
_TIDY_EVERY = 240  # rounds: about an hour
# A value that swings around its bound is told so often at most.
CALM = timedelta(minutes=30)
_AT_ONCE = 1_000


async def run(*, url: str, settings: Settings, stop: asyncio.Event) -> None:
    """Look and send until told to stop; costs one question a round where nobody follows anything."""
    rounds = 0
    async with await database.connect(url=url, autocommit=True) as connection:
        while not stop.is_set():
            sql = statements.load("web")["anybody_follows"]
            row = await (await connection.execute(sql)).fetchone()
            if row and row[0]:
                await look(connection, now=times.now())
            if row and (row[0] or row[1]):
                await withhold(connection)
                await _send(connection, settings=settings, stop=stop)
            if rounds % _TIDY_EVERY == 0:
                await tidy(connection)
            rounds += 1
            await waiting.pause(stop, seconds=_EVERY_SECONDS)


async def _send(connection: Connection, *, settings: Settings, stop: asyncio.Event) -> None:
    from stadtkern.identity.push import jobs  # loads what encrypts

    while not stop.is_set() and await jobs.once(connection, settings=settings):
        pass


async def withhold(connection: Connection) -> int:
    """Drop messages that wait, such as for a push service that is away, of what was hidden meanwhile."""
    from stadtkern.catalogue.subscriptions import queries

    everybody = await queries.everybody(connection)
    parts = statements.load("web")["drop_what_is_hidden"].rstrip().rstrip(";").split("/* conditions */")
    columns = ("d.dataset_id", "t.dataset_id", "t.dataset_id", "d.id")
    pieces = [Fragment(parts[0])]
    for column, behind in zip(columns, parts[1:], strict=True):
        pieces += [everybody.on(column), Fragment(behind)]
    text, params = fragments.join(pieces, separator=" ")
    return (await connection.execute(text, params)).rowcount


async def tidy(connection: Connection) -> None:
    """Forget what is gone, and browsers that follow nothing."""
    await connection.execute(statements.load("web")["forget_what_is_gone"])
    await connection.execute(statements.load("identity")["forget_idle_browsers"])


async def look(connection: Connection, *, now: datetime) -> int:
    """Put a message for everything that has turned since the last look; returns how many."""
    from stadtkern.catalogue.subscriptions import queries

    async with connection.transaction():
        everybody = await queries.everybody(connection)
        zone = ZoneInfo((await datasets.city(connection)).time_zone)
        told = await _streams(connection, everybody, now=now)
        told += await _things(connection, everybody, now=now, zone=zone)
        told += await _datasets(connection, everybody, now=now)
    return told


async def _ask(connection: Connection, *parts: Fragment) -> list[Any]:
    text, params = fragments.join(parts, separator=" ")
    held = f"{text} ORDER BY f.id LIMIT {_AT_ONCE} FOR UPDATE OF f SKIP LOCKED"
    return await (await connection.execute(held, params)).fetchall()


async def _streams(connection: Connection, everybody: Scope, *, now: datetime) -> int:
    from stadtkern.web.following import texts

    seen = fragments.every([everybody.on("d.dataset_id"), everybody.on("t.dataset_id")])
    told = 0
    for row in await _ask(connection, Fragment(statements.load("web")["streams_passed"]), seen):
        number, browser, language, bound, above, met, value, series_id, series, thing, symbol, at = row
        tells = met and (at is None or now - at >= CALM)
        if tells:
            facts = texts.passed(
                language=language, thing=thing, series=series, series_id=series_id, value=value,
                bound=bound, above=above, symbol=symbol,
            )  # fmt: skip
            await _tell(connection, browser_id=browser, follow_id=number, facts=facts)
        await _note(connection, follow_id=number, met=met, at=now if tells else None)
        told += tells
    return told


async def _things(connection: Connection, everybody: Scope, *, now: datetime, zone: ZoneInfo) -> int:
    from stadtkern.web.following import texts

    first, last = statements.load("web")["things_turned"].split("/* conditions */")
    parts = (
        Fragment(first),
        everybody.on("d.dataset_id"),
        Fragment(last, (now,)),
        everybody.on("t.dataset_id"),
    )
    told = 0
    for row in await _ask(connection, *parts):
        number, browser, language, silent, thing_id, thing, newest, at = row
        tells = at is None or now - at >= CALM
        if tells:
            facts = texts.turned(
                language=language, thing=thing, thing_id=thing_id, silent=silent, newest=newest, zone=zone
            )
            await _tell(connection, browser_id=browser, follow_id=number, facts=facts)
            await _note(connection, follow_id=number, met=silent, at=now)
        told += tells
    return told


async def _datasets(connection: Connection, everybody: Scope, *, now: datetime) -> int:
    from stadtkern.web.following import texts

    seen = fragments.every([everybody.on("d.id"), everybody.on("c.dataset_id")])
    rows = await _ask(connection, Fragment(statements.load("web")["datasets_moved"], (now,)), seen)
    for number, browser, language, key, title in rows:
        facts = texts.moved(language=language, key=key, title=title)
        await _tell(connection, browser_id=browser, follow_id=number, facts=facts)
        await _note(connection, follow_id=number, met=False, at=now)
    return len(rows)


async def _tell(connection: Connection, *, browser_id: int, follow_id: int, facts: dict[str, Any]) -> None:
    from stadtkern.identity.push import operations

    topic = f"follow-{follow_id}"
    await operations.put(connection, browser_id=browser_id, topic=topic, facts={**facts, "tag": topic})


async def _note(connection: Connection, *, follow_id: int, met: bool, at: datetime | None) -> None:
    values = {"id": follow_id, "met": met, "told_at": at}
    await connection.execute(statements.load("web")["follow_told"], values)
