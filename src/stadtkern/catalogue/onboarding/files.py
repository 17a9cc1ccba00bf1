# SPDX-License-Identifier: EUPL-1.2
"""Where uploads lie until they are stored: a folder each, beside the database, readable by us only."""

from __future__ import annotations

import contextlib
import shutil
import time
from collections.abc import Iterable
from pathlib import Path
from uuid import UUID

from stadtkern.core import folders
from stadtkern.core.settings import Settings
from stadtkern.ingest.imports.formats import kinds

# Nobody's upload takes this long.
_ARRIVING_SECONDS = 86_400.0


def root(settings: Settings) -> Path:
    """The folder of all uploads."""
    return settings.data / "imports"


def folder(settings: Settings, uuid: UUID) -> Path:
    """The folder of one delivery; made where it is missing."""
    found = root(settings) / str(uuid)
    found.mkdir(parents=True, exist_ok=True, mode=0o700)
    return found


def original(settings: Settings, uuid: UUID) -> Path:
    """The file as it came; its own name is kept in the database only."""
    return folder(settings, uuid) / "original"


def text(settings: Settings, uuid: UUID) -> Path:
    """The file as text of one table."""
    return folder(settings, uuid) / "table.csv"


def keep(settings: Settings, uuid: UUID, *, chunks: Iterable[bytes]) -> int:
    """Write an upload; returns its size. Raises RefusedFile when it is too large."""
    path = original(settings, uuid)
    size = 0
    try:
        with path.open("wb") as file:
            for chunk in chunks:
                size += len(chunk)
                if size > settings.upload_limit:
                    raise kinds.RefusedFile("too_large", "the file is too large", most=settings.upload_limit)
                file.write(chunk)
    except BaseException:
        remove(settings, uuid)
        raise
    return size


def remove(settings: Settings, uuid: UUID) -> None:
    """Take a delivery's files away; nothing is said where there are none."""
    shutil.rmtree(root(settings) / str(uuid), ignore_errors=True)


def sweep(settings: Settings) -> int:
    """Take away uploads that broke off and were left by a process that fell; returns how many."""
    removed = 0
    for path in folders.arriving(settings.data).iterdir():
        with contextlib.suppress(FileNotFoundError):
            if path.stat().st_mtime < time.time() - _ARRIVING_SECONDS:
                path.unlink()
                removed += 1
    return removed


def present(settings: Settings) -> list[UUID]:
    """The deliveries that have files."""
    found = []
    for entry in root(settings).glob("*-*-*-*-*"):
        try:
            found.append(UUID(entry.name))
        except ValueError:
            continue
    return found
