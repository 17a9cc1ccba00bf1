# SPDX-License-Identifier: EUPL-1.2
"""The imports' worker: takes what is to be done, holds it while it works, and may fall at any moment."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable

import msgspec
import psycopg
import structlog
from psycopg.types.json import Jsonb

from stadtkern.catalogue.onboarding import files, operations, queries, steps, watch
from stadtkern.catalogue.onboarding.entities import Delivery, State, Trouble
from stadtkern.core import database, problems, statements
from stadtkern.core.database import Connection
from stadtkern.core.settings import Settings
from stadtkern.ingest.imports.formats import kinds

log = structlog.get_logger(__name__)

IDLE_SECONDS = 60.0
_TELL_SECONDS = 1.0
_MOST_ATTEMPTS = 3


async def run(*, url: str, settings: Settings, stop: asyncio.Event, idle: float = IDLE_SECONDS) -> None:
    """Do what there is to do, until nothing has come for so many seconds."""
    loop = asyncio.get_running_loop()
    quiet = loop.time()
    async with await database.connect(url=url, autocommit=True) as connection:
        await connection.execute(f"LISTEN {watch.CHANNEL}")
        await tidy(connection, settings)
        while not stop.is_set() and loop.time() - quiet < idle:
            if await once(connection, url=url, settings=settings):
                quiet = loop.time()
                continue
            async for _ in connection.notifies(timeout=0.5, stop_after=1):
                pass


async def once(connection: Connection, *, url: str, settings: Settings) -> bool:
    """Do one piece of work; whether there was one."""
    await _fetch_what_is_due(connection)
    row = await (await connection.execute(statements.load("catalogue")["take_delivery"])).fetchone()
    if row is None:
        return False
    delivery = await queries.held(connection, id=row[0])
    if delivery is None:
        return True
    if row[1] > _MOST_ATTEMPTS:
        await _fail(connection, delivery, Trouble(code="fell", detail=f"{row[1] - 1} attempts"))
        return True
    try:
        await _work(connection, delivery, url=url, settings=settings)
    except operations.MovedOn:
        log.info("an import was finished by another process", delivery=delivery.id)
    except kinds.RefusedFile as error:
        await _refuse(connection, delivery, Trouble(code=error.code, detail=error.detail, facts=error.facts))
    except problems.Problem as error:
        await _refuse(
            connection, delivery, Trouble(code=type(error).__name__, detail=error.detail or error.title)
        )
    except MemoryError:
        await _refuse(
            connection, delivery, Trouble(code="memory", detail="it needs more memory than there is")
        )
    except psycopg.OperationalError:
        raise
    except Exception as error:
        if delivery.state == "to_load":
            raise  # it is ours; whoever takes it next goes on with it
        log.exception("a file could not be read", delivery=delivery.id)
        await _refuse(connection, delivery, Trouble(code="broken", detail=type(error).__name__))
    if delivery.state == "to_load":
        await tidy(connection, settings)
    return True


async def tidy(connection: Connection, settings: Settings) -> None:
    """Remove the files of deliveries that are over, or that nobody has touched for thirty days."""
    await asyncio.to_thread(files.sweep, settings)
    known = files.present(settings)
    cursor = await connection.execute(statements.load("catalogue")["finished_deliveries"], {"uuids": known})
    needed = {row[0] for row in await cursor.fetchall()}
    for uuid in known:
        if uuid not in needed:
            await asyncio.to_thread(files.remove, settings, uuid)


async def _work(connection: Connection, delivery: Delivery, *, url: str, settings: Settings) -> None:
    step = {"arrived": steps.look, "to_check": steps.check, "to_load": steps.load}[delivery.state]
    async with _held(url, delivery) as progress:
        log.info("an import goes on", delivery=delivery.id, state=delivery.state)
        await step(connection, delivery, settings=settings, url=url, progress=progress)


@contextlib.asynccontextmanager
async def _held(url: str, delivery: Delivery) -> AsyncIterator[Callable[[int, int], None]]:
    """Keep the delivery ours and tell how far it is, on a connection of its own."""
    shares = [0.0]

    def progress(done: int, total: int) -> None:
        shares[0] = min(1.0, done / total) if total else 0.0

    async def tell() -> None:
        async with await database.connect(url=url, autocommit=True) as beside:
            while True:
                params = {"id": delivery.id, "state": delivery.state, "progress": shares[0]}
                await beside.execute(statements.load("catalogue")["hold_delivery"], params)
                await asyncio.sleep(_TELL_SECONDS)

    telling = asyncio.create_task(tell())
    try:
        yield progress
    finally:
        telling.cancel()
        await asyncio.gather(telling, return_exceptions=True)


async def _refuse(connection: Connection, delivery: Delivery, trouble: Trouble) -> None:
    """A later delivery that cannot be read is held for its owner; a first one was sent by somebody now."""
    log.info("an import was refused", delivery=delivery.id, code=trouble.code)
    state: State = "held" if delivery.later else "refused"
    await _stop(connection, delivery, trouble, state, told=delivery.state == "to_load" or delivery.later)


async def _fail(connection: Connection, delivery: Delivery, trouble: Trouble) -> None:
    log.error("an import fell again and again", delivery=delivery.id)
    await _stop(connection, delivery, trouble, "failed", told=True)


async def _stop(
    connection: Connection, delivery: Delivery, trouble: Trouble, state: State, *, told: bool
) -> None:
    """Nothing goes on by itself; its owner is told with it, unless they sent it just now."""
    problem = Jsonb(msgspec.to_builtins(trouble))
    with contextlib.suppress(operations.MovedOn):
        async with connection.transaction():
            if told:
                await steps.alert(connection, delivery, reason=trouble.code)
            await operations.settle(connection, delivery=delivery, state=state, problem=problem)


async def _fetch_what_is_due(connection: Connection) -> None:
    async with connection.transaction():
        cursor = await connection.execute(statements.load("catalogue")["take_due_recipe"])
        row = await cursor.fetchone()
        if row is not None and not row[3]:
            await operations.deliver(connection, recipe_id=row[0], by_id=row[1])
