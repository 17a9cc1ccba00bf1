# SPDX-License-Identifier: EUPL-1.2
"""Files that are made as a whole, kept for a while beside the data, and sent also in part (Range)."""

from __future__ import annotations

import asyncio
import contextlib
import os
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from starlette.background import BackgroundTask
from starlette.responses import FileResponse, Response

from stadtkern.core import disk, problems
from stadtkern.core.settings import Settings
from stadtkern.features.api.call import Call
from stadtkern.features.api.tables import Table
from stadtkern.features.entities import Row

# Bytes of all files that are kept; the ones not asked for longest go first.
MOST_BYTES = 512 * 2**20
# So many are made at a time: it takes the processor from others.
_AT_A_TIME = asyncio.Semaphore(2)
_WAIT_SECONDS = 30.0


class BusyMaking(problems.Problem):
    """Other files are being made at the moment.

    Ask again after the number of seconds in Retry-After, or ask for CSV, which is sent at once.
    """

    status = 503

    def __init__(self, detail: str = "", **extra: Any):
        super().__init__(detail, headers={"Retry-After": "10"}, **extra)


Write = Callable[[Path], Awaitable[None]]


async def answer(
    call: Call,
    write: Write,
    *,
    name: str | None,
    headers: Mapping[str, str],
    kind: str,
) -> Response:
    """The file of a name, made if it is not there; one without a name is sent once.

    Raises BusyMaking, DiskFull.
    """
    folder = downloads(call.state.settings)
    if name is not None:
        path = await kept(folder, write, name=name, room=call.state.room)
        return FileResponse(path, headers=headers, media_type=kind)
    made = await _made(folder, write, call.state.room)
    gone = BackgroundTask(made.unlink, missing_ok=True)
    return FileResponse(made, headers=headers, media_type=kind, background=gone)


def downloads(settings: Settings) -> Path:
    """Where files are kept."""
    return Path(settings.data) / "downloads"


async def kept(folder: Path, write: Write, *, name: str, room: disk.Room) -> Path:
    """The file of a name, made if it is not there. Raises BusyMaking, DiskFull."""
    path = folder / name
    if path.is_file():
        os.utime(path)
        return path
    made = await _made(folder, write, room)
    made.replace(path)
    await asyncio.to_thread(tidy, folder, path)
    return path


def tidy(folder: Path, newest: Path, *, most: int = MOST_BYTES) -> None:
    """Remove the files that were asked for longest ago, until the others are small enough."""
    found = []
    for path in folder.iterdir():
        with contextlib.suppress(FileNotFoundError):  # another process tidies too
            about = path.stat()
            found.append((about.st_mtime, about.st_size, path))
    total = sum(size for _, size, _ in found)
    for _, size, path in sorted(found):
        if total <= most:
            return
        if path != newest and size:  # empty ones are marks of others, which free nothing
            path.unlink(missing_ok=True)
            total -= size


def of_table(make: Callable[[Path], Table], pages: AsyncIterator[Sequence[Row]]) -> Write:
    """Writes rows by a library that needs the file."""

    async def write(path: Path) -> None:
        table = await asyncio.to_thread(make, path)
        async for rows in pages:
            await asyncio.to_thread(table.add, rows)
        await asyncio.to_thread(table.close)

    return write


def of_text(pieces: AsyncIterator[bytes]) -> Write:
    """Writes what would have been sent at once."""

    async def write(path: Path) -> None:
        with path.open("wb") as file:
            async for piece in pieces:
                await asyncio.to_thread(file.write, piece)

    return write


async def _made(folder: Path, write: Write, room: disk.Room) -> Path:
    if room.short:
        raise disk.DiskFull("files are made again when there is room")
    folder.mkdir(parents=True, exist_ok=True)
    try:
        await asyncio.wait_for(_AT_A_TIME.acquire(), _WAIT_SECONDS)
    except TimeoutError as error:
        raise BusyMaking from error
    try:
        handle, name = tempfile.mkstemp(prefix=".making-", dir=folder)
        os.close(handle)
        path = Path(name)
        try:
            await write(path)
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        return path
    finally:
        _AT_A_TIME.release()
