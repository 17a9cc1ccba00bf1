# SPDX-License-Identifier: EUPL-1.2
"""What files contain, on the disk: written once under a name of its own, never changed, removed late."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from uuid import UUID, uuid4

import msgspec

from stadtkern.core import folders, problems, statements
from stadtkern.core.database import Connection
from stadtkern.core.settings import Settings

# Nobody's upload takes this long.
_ARRIVING_SECONDS = 86_400.0


class FileTooLarge(problems.Problem):
    """The file is larger than this installation takes.

    Make it smaller, or have the setting STADTKERN_UPLOAD_LIMIT raised.
    """

    status = 413


class Content(msgspec.Struct, frozen=True):
    """What was stored: its name on the disk, bytes, SHA-256 in hexadecimal digits."""

    uuid: UUID
    size: int
    sha256: str


def root(settings: Settings) -> Path:
    """The folder of all contents; backups hold what is in `media`."""
    return settings.data / "media" / "files"


def path(settings: Settings, uuid: UUID) -> Path:
    """Where a content lies."""
    return root(settings) / uuid.hex[:2] / str(uuid)


def keep(settings: Settings, chunks: Iterable[bytes]) -> Content:
    """Put an upload on the disk for good. Raises FileTooLarge."""
    uuid, digest = uuid4(), hashlib.sha256()

    def counted() -> Iterator[bytes]:
        size = 0
        for chunk in chunks:
            size += len(chunk)
            if size > settings.upload_limit:
                raise FileTooLarge()
            digest.update(chunk)
            yield chunk

    size = folders.store(path(settings, uuid), counted())
    return Content(uuid, size, digest.hexdigest())


def drop(settings: Settings, uuid: UUID) -> None:
    """Remove a content that no version has."""
    path(settings, uuid).unlink(missing_ok=True)


async def sweep(connection: Connection, settings: Settings) -> int:
    """Remove contents that no version has had for a day; returns how many."""
    sql = statements.load("catalogue")
    rows = await (await connection.execute(sql["contents_gone"])).fetchall()
    gone = [row[0] for row in rows]
    for uuid in gone:
        await asyncio.to_thread(drop, settings, uuid)
    if gone:
        await connection.execute(sql["contents_removed"], {"contents": gone})
    return len(gone)


async def strays(connection: Connection, settings: Settings) -> int:
    """Remove what was uploaded and never stored, a day after it came; returns how many."""
    found = await asyncio.to_thread(lambda: list(_old(root(settings))))
    if not found:
        return 0
    sql = statements.load("catalogue")
    rows = await (await connection.execute(sql["contents_known"], {"contents": found})).fetchall()
    stray = set(found) - {row[0] for row in rows}
    for uuid in stray:
        await asyncio.to_thread(drop, settings, uuid)
    return len(stray)


def _old(folder: Path) -> Iterator[UUID]:
    for file in folder.glob("??/*"):
        try:
            if time.time() - file.stat().st_mtime > _ARRIVING_SECONDS:
                yield UUID(file.name)
        except (FileNotFoundError, ValueError):  # removed meanwhile, or none of ours
            continue
