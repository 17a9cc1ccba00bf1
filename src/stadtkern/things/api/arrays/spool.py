# SPDX-License-Identifier: EUPL-1.2
"""Keeps the body of one request until it is known to be whole: small ones in memory, others in a file."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from stadtkern.core import problems
from stadtkern.things.api.arrays import alike, few
from stadtkern.things.api.arrays.scan import Scanner
from stadtkern.things.api.call import Call

WINDOW = 262_144
_IN_MEMORY = 2_097_152
# Of a body up to here it is tried to take it apart as a whole.
_WHOLE = 524_288
# Less is not worth a thread.
_SMALL = 131_072


class NoRoom(problems.Problem):
    """There is no room to keep the body while it is read.

    Nothing was stored. Send it in several requests, or make room on the disk of the data folder."""

    status = 507


class Spool:
    """A body that is read once from the socket, and then in pieces from anywhere. Use it with `with`."""

    def __init__(self, *, folder: Path):
        # A file without a name is gone with the process, however that ends.
        self._file: IO[bytes] = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY, dir=str(folder))  # noqa: SIM115
        self._small = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    async def take(self, call: Call, *, limit: int) -> Scanner | few.Taken | alike.Cut:
        """Read the body and take it apart meanwhile. Raises NoRoom, BodyTooLarge, what a Scanner raises."""
        scanner = Scanner()
        waiting: list[bytes] = []
        size = 0
        async for part in call.parts(limit=limit):
            waiting.append(part)
            size += len(part)
            if size >= (WINDOW if self._file.tell() else _WHOLE):
                await self._feed(scanner, b"".join(waiting))
                waiting, size = [], 0
        rest = waiting[0] if len(waiting) == 1 else b"".join(waiting)
        if self._file.tell():
            return await self._finish(scanner, rest)
        self._small = rest
        found: alike.Cut | None = await call.state.turns.take(lambda: alike.cut(rest))
        return found or await self.thoroughly()

    async def thoroughly(self) -> Scanner | few.Taken:
        """Take a small body apart without relying on how it is spelled. Raises what a Scanner raises."""
        return few.read(self._small) or await self._finish(Scanner(), self._small)

    def piece(self, begin: int, end: int) -> bytes:
        """A part of the body."""
        self._file.seek(begin)
        return self._file.read(end - begin)

    async def _finish(self, scanner: Scanner, rest: bytes) -> Scanner:
        await self._feed(scanner, rest)
        if len(rest) < _SMALL:
            scanner.finish()
        else:
            await asyncio.to_thread(scanner.finish)
        return scanner

    async def _feed(self, scanner: Scanner, window: bytes) -> None:
        def work() -> None:
            try:
                self._file.write(window)
            except OSError as error:
                raise NoRoom(str(error.strerror or error), where="body") from error
            for begin in range(0, len(window), WINDOW):
                scanner.feed(window[begin : begin + WINDOW] if len(window) > WINDOW else window)

        if len(window) < _SMALL:
            work()
        else:
            await asyncio.to_thread(work)
