# SPDX-License-Identifier: EUPL-1.2
"""How much room is left where the database writes, and that we stop before it is gone."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import structlog

from stadtkern.core import postgres, problems
from stadtkern.core.settings import Settings

log = structlog.get_logger(__name__)

_ASK_SECONDS = 0.5
_MEBIBYTE = 1_048_576


class DiskFull(problems.Problem):
    """There is no room left on the disk.

    Nothing was stored. Reading goes on; writing does as soon as there is room again. Send it again later.
    """

    status = 503

    def __init__(self, detail: str = "", **extra: Any):
        super().__init__(detail, headers={"Retry-After": "30"}, **extra)


def free(path: Path) -> int:
    """Bytes that may still be written below a folder."""
    found = os.statvfs(path)
    return found.f_bavail * found.f_frsize


def room(settings: Settings, *, url: str) -> Room:
    """The room on the disk of the embedded database; of another one nothing is known."""
    embedded = postgres.Embedded(settings)
    folder = embedded.folder if embedded.serves(url) and embedded.folder.is_dir() else None
    return Room(folder, reserve=settings.disk_reserve * _MEBIBYTE)


class Room:
    """Whether there is room to write; without a folder (the database is elsewhere) that cannot be told.

    A PostgreSQL that meets a full disk while it writes its log stops altogether, and cannot start until there
    is room. So we stop writing while there is still enough for it to finish what it does.
    """

    def __init__(self, folder: Path | None, *, reserve: int, clock: Callable[[], float] = time.monotonic):
        self._folder = folder
        self._reserve = reserve
        self._clock = clock
        self._asked = float("-inf")
        self._short = False
        self.free: int | None = None

    @property
    def short(self) -> bool:
        """Whether less is left than the reserve; looks at most twice a second."""
        if self._folder is None:
            return False
        now = self._clock()
        if now - self._asked >= _ASK_SECONDS:
            self._asked = now
            self.free = free(self._folder)
            short = self.free < self._reserve
            if short != self._short:
                left = self.free // _MEBIBYTE
                if short:
                    log.error("the disk is full: nothing is stored until there is room", free_mib=left)
                else:
                    log.warning("there is room on the disk again", free_mib=left)
            self._short = short
        return self._short

    def require(self) -> None:
        """Let pass where there is room. Raises DiskFull."""
        if self.short:
            raise DiskFull(f"less than {self._reserve // _MEBIBYTE} MiB are left for the database")
