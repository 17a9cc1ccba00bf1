# SPDX-License-Identifier: EUPL-1.2
"""Keeps the archive's folder and its register in step: what is over goes, what is damaged is named."""

from __future__ import annotations

import asyncio
from pathlib import Path

import msgspec

from stadtkern.core import statements
from stadtkern.things.archive import files
from stadtkern.things.archive.month import Archive, File, ask, registered


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a file is as it was written; `fault` is empty then."""

    dataset: str
    month: str
    path: str
    rows: int
    bytes: int
    fault: str = ""


async def expire(archive: Archive) -> int:
    """Remove files of months that their dataset no longer keeps; returns how many."""
    found = await ask(archive.connection, "expired_files")
    for dataset_id, month, path in found:
        sql = statements.load("things")
        await archive.connection.execute(sql["drop_file"], {"dataset_id": dataset_id, "month": month})
        _remove(archive.root / path)
    return len(found)


def _remove(path: Path) -> None:
    path.unlink(missing_ok=True)
    (path.parent / "_manifest.json").unlink(missing_ok=True)
    if path.parent.is_dir() and not any(path.parent.iterdir()):
        path.parent.rmdir()


async def sweep(archive: Archive) -> int:
    """Remove files that no register knows, left by a crash; returns how many."""
    known = {archive.root / file.path for file in await registered(archive.connection)}
    removed = 0
    for path in archive.root.glob("dataset=*/month=*/*"):
        left = path.suffix == ".parquet" and path not in known
        if left or path.name.endswith(".new"):
            path.unlink(missing_ok=True)
            removed += 1
    return removed


async def verify(archive: Archive) -> list[Verdict]:
    """Read every file and compare it with what was noted when it was written."""
    found = []
    for file in await registered(archive.connection):
        fault = await asyncio.to_thread(_fault, archive.root / file.path, file)
        found.append(
            Verdict(
                dataset=file.dataset, month=f"{file.month:%Y-%m}", path=file.path, rows=file.rows,
                bytes=file.bytes, fault=fault,
            )
        )  # fmt: skip
    return found


def _fault(path: Path, file: File) -> str:
    try:
        if path.stat().st_size != file.bytes:
            return f"{path.stat().st_size} bytes instead of {file.bytes}"
        if files.sha256(path) != file.sha256:
            return "the checksum differs"
        rows = files.count(path)
    except (OSError, files.ArchiveDamaged) as error:
        return str(error)
    return "" if rows == file.rows else f"{rows} rows instead of {file.rows}"
