# SPDX-License-Identifier: EUPL-1.2
"""Harvests sources when they are due, two at a time, in the work process."""

from __future__ import annotations

import asyncio

import psycopg
import structlog

from stadtkern.catalogue.harvest import pages, store
from stadtkern.catalogue.harvest.entities import Found, Source, Tally, tell
from stadtkern.core import database, waiting
from stadtkern.core.addresses import AddressRefused
from stadtkern.core.database import Connection
from stadtkern.core.fetching import AnswerTooLarge, Fetcher, SourceAnswered
from stadtkern.core.problems import Problem
from stadtkern.core.settings import Settings

log = structlog.get_logger(__name__)

RUN_SECONDS = 3_600.0
MOST_RECORDS = 200_000
_MOST_FINDINGS = 200
_AT_ONCE = 200
_AT_A_TIME = 2
_PAUSE_SECONDS = 20.0


class LeaseIsLost(Exception):
    """Somebody else harvests the source now."""


async def run(*, url: str, settings: Settings, stop: asyncio.Event) -> None:
    """Harvest what is due until told to stop."""
    fetcher = Fetcher(allowed=settings.fetch_allowed, most_bytes=pages.MOST_BYTES, seconds=pages.PAGE_SECONDS)
    async with asyncio.TaskGroup() as group:
        for number in range(_AT_A_TIME):
            worker = _work(url=url, own=settings.base_url, fetcher=fetcher, stop=stop)
            group.create_task(worker, name=f"harvest-{number}")


async def _work(*, url: str, own: str, fetcher: Fetcher, stop: asyncio.Event) -> None:
    while not stop.is_set():
        async with await database.connect(url=url, autocommit=True) as connection:
            while not stop.is_set() and await once(connection, fetcher=fetcher, own=own):
                pass
        await waiting.pause(stop, seconds=_PAUSE_SECONDS)


async def once(connection: Connection, *, fetcher: Fetcher, own: str) -> bool:
    """Harvest one source that is due; False where none is. `own`: where this catalogue's addresses begin."""
    source = await store.claim(connection)
    if source is None:
        return False
    await harvest(connection, source, fetcher=fetcher, own=own)
    return True


async def harvest(connection: Connection, source: Source, *, fetcher: Fetcher, own: str) -> None:
    """One run of a source, bounded in time; what went wrong stands in the run."""
    tally = Tally()
    run_id = await store.begin(connection, source)
    state, message = "failed", ""
    try:
        async with asyncio.timeout(RUN_SECONDS):
            await _gather(connection, source, fetcher=fetcher, own=own, run_id=run_id, tally=tally)
            if tally.found:
                message = await store.bury(connection, source, run_id=run_id, tally=tally)
            else:
                message = tell("nothing_listed")
        state = "done"
    except asyncio.CancelledError:  # the process ends: the next one begins the run anew
        await store.end(connection, source, run_id=run_id, tally=tally, state="abandoned")
        raise
    except LeaseIsLost:
        log.warning("a harvest was taken over", source=source.title)
        return
    except TimeoutError:
        message = tell("took_too_long", minutes=round(RUN_SECONDS / 60))
    except Problem as error:
        message = _told(error)
    except psycopg.OperationalError:
        raise  # the database is away: the lease runs out, and the run begins anew
    except Exception as error:  # the source must not be asked again and again without a word
        log.exception("a harvest fell", source=source.title)
        message = tell("broken", detail=type(error).__name__)
    await store.end(connection, source, run_id=run_id, tally=tally, state=state, message=message)
    log.info("harvested", source=source.title, state=state, message=message, found=tally.found)


def _told(error: Problem) -> str:
    """What a problem says of the source; its own sentence where that is one of a harvest."""
    if isinstance(error, pages.SourceIsUnreadable | pages.SourceHasNoEnd):
        return error.detail
    if isinstance(error, AddressRefused | AnswerTooLarge | SourceAnswered):
        return tell(type(error).__name__, detail=error.detail or error.title)
    return tell("broken", detail=error.detail or error.title)


async def _gather(
    connection: Connection, source: Source, *, fetcher: Fetcher, own: str, run_id: int, tally: Tally
) -> None:
    noted = 0
    async for page in pages.walk(source, fetcher=fetcher):
        tally.pages += 1
        tally.found += len(page.found)
        wrong = list(page.refused)
        tally.refused += len(page.refused)
        for begin in range(0, max(1, len(page.found)), _AT_ONCE):
            part = [each for each in page.found[begin : begin + _AT_ONCE] if not _ours(each, own)]
            wrong += await _take(connection, source, part, run_id=run_id, tally=tally)
            if not await store.go_on(connection, source, run_id=run_id, tally=tally):
                raise LeaseIsLost
        for identifier, message in wrong[: _MOST_FINDINGS - noted]:
            await store.note(
                connection, run_id=run_id, position=noted, identifier=identifier, message=message
            )
            noted += 1
        if tally.found > MOST_RECORDS:
            raise pages.SourceHasNoEnd(tell("too_many", most=MOST_RECORDS))


def _ours(found: Found, own: str) -> bool:
    """Whether a record is one of ours that came back: catalogues that harvest each other would grow."""
    names = (found.identifier, found.metadata.get("identifier", ""), *found.metadata.get("same_as", ()))
    return any(str(name).startswith(f"{own}/catalog/") for name in names)


async def _take(
    connection: Connection, source: Source, records: list[Found], *, run_id: int, tally: Tally
) -> list[tuple[str, str]]:
    """Apply records; returns what was wrong, by identifier. One bad record harms no other."""
    wrong: list[tuple[str, str]] = []
    for found in records:
        try:
            outcome, left_out = await store.apply(connection, source, found, run_id=run_id)
        except psycopg.OperationalError:
            raise
        except Exception as error:  # whatever a stranger's record breaks, it harms no other
            if not isinstance(error, Problem | psycopg.Error):
                log.exception("a harvested record could not be taken", source=source.title)
            detail = (error.detail or error.title) if isinstance(error, Problem) else str(error)
            wrong.append((found.identifier, tell("not_taken", detail=detail)))
            tally.refused += 1
            continue
        tally.created += outcome == "created"
        tally.changed += outcome == "changed"
        wrong += [(found.identifier, message) for message in (*found.notes, *left_out)]
    return wrong
