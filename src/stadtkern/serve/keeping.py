# SPDX-License-Identifier: EUPL-1.2
"""What the words about keeping data do: how long a dataset stays, and what lies in the archive."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date, timedelta

from rich.console import Console
from rich.table import Table

from stadtkern.core import database, datasets, problems, times
from stadtkern.core.settings import Settings
from stadtkern.things.archive import jobs
from stadtkern.things.store import retention


class NotAMonth(problems.Problem):
    """This is not a month.

    Write it as year and month, for example 2025-03.
    """


class NothingArchived(problems.Problem):
    """This month of this dataset does not lie in the archive.

    `stadtkern archive list` says which ones do.
    """

    status = 404


class ArchiveAtWork(problems.Problem):
    """Another process works on the archive at the moment.

    Nothing was changed. Try again in a moment.
    """

    status = 409


async def keep_dataset(*, url: str, key: str, days: int | None, keep: datasets.Keep) -> str:
    """Say how long a dataset is kept; returns what that comes to."""
    age = None if days is None else timedelta(days=days)
    async with await database.connect(url=url, autocommit=True) as connection:
        dataset = await datasets.keep_for(connection, key=key, retention=age, keep=keep)
        await connection.execute("SELECT pg_notify(%s, '')", [retention.CHANNEL])
    if age is None:
        return "Observations are kept without limit; what was removed before stays so."
    until = retention.cutoff(now=times.now(), keep=age, months=dataset.archive_after is not None)
    what = "hourly and daily figures stay" if keep == "rollups" else "nothing of them stays"
    return f"Observations before {until:%Y-%m-%d} (UTC) are removed now, {what}; the border moves on daily."


async def archive_dataset(*, url: str, key: str, days: int | None) -> str:
    """Say when months of a dataset go into files; returns what that comes to."""
    age = None if days is None else timedelta(days=days)
    async with await database.connect(url=url, autocommit=True) as connection:
        await datasets.archive_after(connection, key=key, age=age)
    if age is None:
        return "No more months go into files; those that lie there stay there."
    return f"Months that ended before {times.now() - age:%Y-%m-%d} go into files within half an hour."


@asynccontextmanager
async def _working(url: str) -> AsyncIterator[database.Connection]:
    """A connection while nobody else works on the archive. Raises ArchiveAtWork."""
    async with await database.connect(url=url, autocommit=True) as connection, jobs.alone(connection) as mine:
        if not mine:
            raise ArchiveAtWork("another process works on the archive")
        yield connection


async def archive_now(*, url: str, settings: Settings) -> None:
    """Archive what is due and print what was done."""
    table = Table("dataset", "month", "observations")
    async with await database.connect(url=url, autocommit=True) as connection:
        for done in await jobs.round_once(connection, settings):
            rows = done.fault or ("waits for the figures" if done.rows is None else str(done.rows))
            table.add_row(done.dataset, done.month, rows)
    Console().print(table if table.rows else "Nothing is due.")


async def list_archive(*, url: str) -> None:
    """Print a table of files."""
    from stadtkern.things.archive import month

    table = Table("dataset", "month", "observations", "bytes", "written", "file")
    async with await database.connect(url=url, autocommit=True) as connection:
        for file in await month.registered(connection):
            table.add_row(
                file.dataset, f"{file.month:%Y-%m}", str(file.rows), str(file.bytes),
                f"{file.written_at:%Y-%m-%d %H:%M}", file.path + (" (outdated)" if file.stale else ""),
            )  # fmt: skip
    Console().print(table)


async def verify_archive(*, url: str, settings: Settings) -> int:
    """Print what was found; returns how many files are damaged. Raises ArchiveAtWork."""
    from stadtkern.things.archive import month, upkeep

    async with _working(url) as connection:
        found = await upkeep.verify(month.Archive(jobs.folder(settings), connection))
    for verdict in found:
        if verdict.fault:
            Console().print(f"{verdict.path}: {verdict.fault}", highlight=False)
    damaged = sum(1 for verdict in found if verdict.fault)
    Console().print(f"{len(found)} files, {sum(each.rows for each in found)} observations, {damaged} damaged")
    return damaged


async def open_month(*, url: str, settings: Settings, key: str, text: str) -> None:
    """Let a month be written to again. Raises NotAMonth, NothingArchived, ArchiveAtWork, UnknownDataset."""
    from stadtkern.things.archive import cache, month

    at = _month(text)
    async with _working(url) as connection:
        dataset = await datasets.find(connection, key=key)
        known = {(file.dataset_id, file.month) for file in await month.registered(connection)}
        if (dataset.id, at) not in known:
            raise NothingArchived(f"{text} of `{key}` does not lie in the archive")
        archive = month.Archive(jobs.folder(settings), connection)
        await cache.reopen(archive, dataset_id=dataset.id, month=at)


def _month(text: str) -> date:
    try:
        return jobs.month_of(text)
    except ValueError as error:
        raise NotAMonth(f"{text!r} is not a month") from error
