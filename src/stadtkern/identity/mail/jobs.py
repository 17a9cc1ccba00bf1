# SPDX-License-Identifier: EUPL-1.2
"""The mails' worker: takes what is due, hands it in, tries again later, gives up in the end."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import psycopg
import structlog

from stadtkern.core import database, datasets, statements
from stadtkern.core.database import Connection
from stadtkern.core.settings import Settings
from stadtkern.identity.mail import queue, server, texts, watch
from stadtkern.identity.mail.server import Letter, Outcome, Post

log = structlog.get_logger(__name__)

IDLE_SECONDS = 10.0
_LEASE = timedelta(minutes=10)
_AT_ONCE = 20
# After each try that came to nothing; the last one is made two days after the first.
PAUSES = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 180, 360, 720, 1440))


class Due(msgspec.Struct, frozen=True):
    """A mail that is ours for as long as the lease lasts."""

    id: int
    uuid: Any
    kind: str
    address: str | None
    language: str
    facts: dict[str, Any]
    sealed: bytes | None
    attempts: int
    created_at: Any
    over: bool


async def run(*, url: str, settings: Settings, stop: asyncio.Event, idle: float = IDLE_SECONDS) -> None:
    """Send what is due until nothing has come for so many seconds."""
    where = server.post(settings)
    if where is None:
        return
    loop = asyncio.get_running_loop()
    quiet = loop.time()
    async with await database.connect(url=url, autocommit=True) as connection:
        await connection.execute(f"LISTEN {watch.CHANNEL}")
        await connection.execute(statements.load("identity")["forget_old_mail"])
        while not stop.is_set() and loop.time() - quiet < idle:
            if await once(connection, post=where, key=settings.signing_key()):
                quiet = loop.time()
                continue
            async for _ in connection.notifies(timeout=0.5, stop_after=1):
                pass


async def once(connection: Connection, *, post: Post, key: str) -> int:
    """Send what is due, at most so many at once; returns how many were taken up."""
    values = {"lease": _LEASE, "most": _AT_ONCE}
    cursor = await connection.execute(statements.load("identity")["claim_mail"], values)
    due = sorted((Due(*row) for row in await cursor.fetchall()), key=lambda each: each.id)
    if due:
        letters = await _letters(connection, due, key=key)
        tries = {each.id: each.attempts for each in due}
        outcomes = server.hand_in(post, letters)
        while (outcome := await asyncio.to_thread(next, outcomes, None)) is not None:
            await _note(connection, outcome, attempts=tries[outcome.id])
    return len(due)


async def _letters(connection: Connection, due: Sequence[Due], *, key: str) -> list[Letter]:
    """The texts; what cannot be made into one is given up."""
    city = await datasets.city(connection)
    about = {"city": city.name, "zone": ZoneInfo(city.time_zone)}
    letters = []
    for each in due:
        if each.address is None:
            await connection.execute(statements.load("identity")["drop_mail"], {"id": each.id})
        elif each.over:
            await _note(connection, Outcome(each.id, "never", "expired"), attempts=each.attempts)
        elif each.attempts > len(PAUSES) + 1:
            await _note(connection, Outcome(each.id, "never", "fell again and again"), attempts=each.attempts)
        else:
            try:
                letters.append(_letter(each, each.address, key=key, about=about))
            except psycopg.OperationalError:
                raise
            except Exception as error:  # a text that cannot be made must not hold up the others
                log.exception("a mail could not be written", kind=each.kind)
                outcome = Outcome(each.id, "never", f"text: {type(error).__name__}")
                await _note(connection, outcome, attempts=each.attempts)
    return letters


def _letter(due: Due, address: str, *, key: str, about: dict[str, Any]) -> Letter:
    facts = {**due.facts, **(queue.unseal(due.sealed, key=key) if due.sealed else {})}
    headers = {str(name): str(value) for name, value in facts.pop("headers", {}).items()}
    text = texts.render(kind=due.kind, language=due.language, facts=facts, city=about)
    return Letter(
        id=due.id,
        uuid=str(due.uuid),
        address=address,
        subject=text.subject,
        body=text.body,
        language=due.language,
        headers=headers,
    )


async def _note(connection: Connection, outcome: Outcome, *, attempts: int) -> None:
    sql = statements.load("identity")
    values = {"id": outcome.id, "error": outcome.error[:500]}
    if outcome.fate == "sent":
        await connection.execute(sql["mail_sent"], values)
    elif outcome.fate == "later" and attempts <= len(PAUSES):
        log.warning("a mail has to wait", id=outcome.id, error=outcome.error)
        await connection.execute(sql["mail_later"], {**values, "pause": PAUSES[attempts - 1]})
    else:
        log.error("a mail was given up", id=outcome.id, error=outcome.error)
        await connection.execute(sql["mail_dead"], values)
