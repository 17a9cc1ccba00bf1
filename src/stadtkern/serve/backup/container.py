# SPDX-License-Identifier: EUPL-1.2
"""The one file: a zip archive without compression of its own, its members streamed, its manifest last."""

from __future__ import annotations

import contextlib
import hashlib
import os
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

import msgspec

from stadtkern.core import folders
from stadtkern.serve.backup import problems
from stadtkern.serve.backup.census import Census

FORMAT = 1
DUMP = "database.dump"
MANIFEST = "manifest.json"
CHUNK = 1_048_576
# Folders of the data folder that a backup holds, and that a restoration replaces.
MEDIA = "media"
ARCHIVE = "archive"
FOLDERS = (MEDIA, ARCHIVE)

# Told what is being done, how many bytes of it are done, and of how many where that is known.
Tell = Callable[[str, int, int | None], None]


class Member(msgspec.Struct, frozen=True):
    """One file within the file."""

    size: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What the backup says of itself. `migrations`: package, number, name and fingerprint of each.

    `missing`: files of the archive that the database knew and that were not there, or were others.
    """

    format: int
    made_at: str
    version: str
    postgresql: str
    migrations: list[tuple[str, int, str, str]]
    left_out: list[str]
    census: Census
    members: dict[str, Member]
    missing: list[str] = []


class Writer:
    """A backup that is being written; it takes its name when it is whole and on disk."""

    def __init__(self, archive: zipfile.ZipFile):
        self._archive = archive
        self.members: dict[str, Member] = {}

    def add(self, name: str, source: IO[bytes], *, tell: Callable[[int], None]) -> None:
        """Stream one member in."""
        digest, size = hashlib.sha256(), 0
        with self._archive.open(zipfile.ZipInfo(name), "w", force_zip64=True) as target:
            while chunk := source.read(CHUNK):
                digest.update(chunk)
                target.write(chunk)
                size += len(chunk)
                tell(size)
        self.members[name] = Member(size, digest.hexdigest())

    def finish(self, manifest: Manifest) -> None:
        """Write the manifest behind everything else."""
        self._archive.writestr(MANIFEST, msgspec.json.format(msgspec.json.encode(manifest), indent=1))


@contextlib.contextmanager
def writing(path: Path) -> Iterator[Writer]:
    """Write to a name of its own; where the block ends well, put it into place at once."""
    part = path.with_name(f".{path.name}.part")
    handle = os.open(part, os.O_CREAT | os.O_TRUNC | os.O_RDWR | os.O_NOFOLLOW, 0o600)
    try:
        with os.fdopen(handle, "w+b") as file:
            with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED, allowZip64=True) as archive:
                yield Writer(archive)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
        folders.sync(path.parent)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


class Reader:
    """A backup that was found whole."""

    def __init__(self, archive: zipfile.ZipFile, manifest: Manifest):
        self._archive = archive
        self.manifest = manifest

    def open(self, name: str) -> IO[bytes]:
        """One member, to be read from its beginning."""
        return self._archive.open(name)

    def check(self, *, tell: Tell) -> None:
        """Compare every byte with the manifest. Raises BackupDamaged."""
        total = sum(member.size for member in self.manifest.members.values())
        done = 0
        for name, member in self.manifest.members.items():
            digest, size = hashlib.sha256(), 0
            try:
                with self.open(name) as source:
                    while chunk := source.read(CHUNK):
                        digest.update(chunk)
                        size += len(chunk)
                        tell("checking sums", done + size, total)
            except (zipfile.BadZipFile, KeyError, OSError, EOFError) as error:
                raise problems.BackupDamaged(f"{name}: {error}") from error
            if (size, digest.hexdigest()) != (member.size, member.sha256):
                raise problems.BackupDamaged(f"{name} has another SHA-256 than the manifest says")
            done += size


@contextlib.contextmanager
def reading(path: Path) -> Iterator[Reader]:
    """Open a backup. Raises NotABackup, or MadeByNewerVersion for a format we do not know."""
    try:
        archive = zipfile.ZipFile(path)
    except (OSError, zipfile.BadZipFile) as error:
        raise problems.NotABackup(f"{path}: {error}") from error
    with archive:
        try:
            text = archive.read(MANIFEST)
            known = msgspec.json.decode(text, type=_Format).format
            if known > FORMAT:
                raise problems.MadeByNewerVersion(f"its format is {known}, this version knows {FORMAT}")
            manifest = msgspec.json.decode(text, type=Manifest)
        except (KeyError, zipfile.BadZipFile, msgspec.MsgspecError) as error:
            raise problems.NotABackup(f"{path}: {error}") from error
        yield Reader(archive, manifest)


class _Format(msgspec.Struct):
    format: int
