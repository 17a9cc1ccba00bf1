# SPDX-License-Identifier: EUPL-1.2
"""Tells subscribers once a day, from the city's morning on, and forgets addresses not needed any more."""

from __future__ import annotations

import asyncio
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import structlog

from stadtkern.catalogue import letters
from stadtkern.catalogue.subscriptions import queries
from stadtkern.catalogue.subscriptions.entities import Day, Subscriber
from stadtkern.city import languages
from stadtkern.core import database, datasets, statements, times, waiting
from stadtkern.core.database import Connection
from stadtkern.core.settings import Settings
from stadtkern.identity.mail import queue

log = structlog.get_logger(__name__)

_EVERY_SECONDS = 300.0
_MORNING = time(7)
# What was written in a transaction that still runs has an earlier time than its commit.
_SETTLED = timedelta(minutes=10)
_AT_ONCE = 500
SHOWN = 30


async def run(*, url: str, settings: Settings, stop: asyncio.Event) -> None:
    """Tell who is due, until told to stop."""
    while not stop.is_set():
        async with await database.connect(url=url, autocommit=True) as connection:
            await connection.execute(statements.load("catalogue")["forget_letters"])
            told = 0
            while not stop.is_set() and (n := await once(connection, settings=settings, now=times.now())):
                told += n
        if told:
            log.info("subscribers told", count=told)
        await waiting.pause(stop, seconds=_EVERY_SECONDS)


async def once(connection: Connection, *, settings: Settings, now: datetime) -> int:
    """Tell some of those who were not told since this morning; returns how many were looked at."""
    city = await datasets.city(connection)
    morning = morning_before(now, zone=ZoneInfo(city.time_zone))
    until = now - _SETTLED
    morning -= _SETTLED
    async with connection.transaction():
        due = await queries.due(connection, since=morning, most=_AT_ONCE)
        if not due:
            return 0
        everybody = await queries.everybody(connection)
        since = min(each.told_until for each in due)
        moved = await queries.moved(connection, everybody, since=since, until=until)
        day = Day(moved)
        told = (_letter(each, day, settings=settings) for each in due)
        await queue.put_to_many(connection, kind="catalogue/digest", letters=filter(None, told))
        values = {"until": until, "ids": [each.id for each in due]}
        await connection.execute(statements.load("catalogue")["told"], values)
    return len(due)


def morning_before(now: datetime, *, zone: ZoneInfo) -> datetime:
    """The last time it was seven in the city."""
    local = now.astimezone(zone)
    morning = datetime.combine(local.date(), _MORNING, tzinfo=zone)
    return (
        morning
        if morning <= local
        else datetime.combine(local.date() - timedelta(days=1), _MORNING, tzinfo=zone)
    )


def _letter(one: Subscriber, day: Day, *, settings: Settings) -> queue.Letter | None:
    found, count = day.of(one, most=SHOWN)
    if not found:
        return None
    token = letters.token(one.uuid, "leave", key=settings.signing_key())
    prefix = settings.base_url + languages.prefix(one.language)
    address = f"{prefix}/daten/abonnieren/verwalten/{token}"
    facts: dict[str, Any] = {
        "items": [each.told(since=one.told_until) for each in found],
        "more": count - len(found),
        "count": count,
        "manage": address,
        "headers": letters.leaving(address),
    }
    return queue.Letter(one.address, one.language, facts)
