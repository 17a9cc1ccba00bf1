# SPDX-License-Identifier: EUPL-1.2
"""Writes of videos in sign language: the file first, then its row; files that no row names go a day later."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from stadtkern.city.signs.entities import Content
from stadtkern.core import disk, folders, problems, statements
from stadtkern.core.database import Connection
from stadtkern.core.settings import Settings

# Some twenty minutes of a person signing.
LARGEST = 500_000_000
LONGEST_BEGINNING = 12
_KEPT_SECONDS = 86_400.0


class VideoIsOfNoUse(problems.Problem):
    """This is no video in MP4 or WebM of at most 500 MB.

    Save it in one of these formats, smaller if need be.
    """

    status = 422


def kind_of(beginning: bytes) -> str | None:
    """The media type that the first bytes say (ISO 14496-12, 4.3; RFC 8794, 11.2); None for others."""
    if beginning[4:8] == b"ftyp":
        return "video/mp4"
    return "video/webm" if beginning.startswith(b"\x1a\x45\xdf\xa3") else None


def path(settings: Settings, uuid: UUID) -> Path:
    """Where a video lies; backups hold what is in `media`."""
    return settings.data / "media" / "signs" / str(uuid)


def keep(settings: Settings, chunks: Iterable[bytes], *, media_type: str) -> Content:
    """Put a video on the disk for good. Raises VideoIsOfNoUse, DiskFull."""
    uuid = uuid4()
    size = folders.store(path(settings, uuid), _fit(settings, chunks))
    return Content(uuid, media_type, size)


def _fit(settings: Settings, chunks: Iterable[bytes]) -> Iterator[bytes]:
    size = 0
    for chunk in chunks:
        size += len(chunk)
        if size > LARGEST:
            raise VideoIsOfNoUse()
        if disk.free(settings.data) < settings.disk_reserve * 2**20:
            raise disk.DiskFull()
        yield chunk


async def save(
    connection: Connection,
    settings: Settings,
    *,
    by: int,
    page: str,
    link: str = "",
    film: Content | None = None,
    captions: str = "",
) -> None:
    """Show a video, or a link (https), on a page; exactly one of both. `captions`: WebVTT."""
    about = {
        "path": page,
        "link": "" if film else link,
        "content": film.uuid if film else None,
        "media_type": film.media_type if film else "",
        "byte_size": film.size if film else 0,
        "captions": captions if film else "",
        "person_id": by,
    }
    async with connection.transaction():
        await connection.execute(_sql("save_sign"), about)
    await _sweep(connection, settings)


async def remove(connection: Connection, settings: Settings, *, page: str) -> None:
    """Show none there any more. Raises NotFound."""
    async with connection.transaction():
        if await (await connection.execute(_sql("remove_sign"), {"path": page})).fetchone() is None:
            raise problems.NotFound()
    await _sweep(connection, settings)


async def _sweep(connection: Connection, settings: Settings) -> None:
    """Files without a page leave the disk a day after they came: a backup under way still finds them."""
    old = await asyncio.to_thread(lambda: list(_old(path(settings, uuid4()).parent)))
    rows = await (await connection.execute(_sql("known_signs"), {"contents": old})).fetchall()
    for uuid in set(old) - {row[0] for row in rows}:
        await asyncio.to_thread(path(settings, uuid).unlink, True)


def _old(folder: Path) -> Iterator[UUID]:
    for file in folder.glob("*-*"):
        try:
            if time.time() - file.stat().st_mtime > _KEPT_SECONDS:
                yield UUID(file.name)
        except (FileNotFoundError, ValueError):  # removed meanwhile, or none of ours
            continue


def _sql(name: str) -> Any:
    return statements.load("city")[name]
