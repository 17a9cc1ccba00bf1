# SPDX-License-Identifier: EUPL-1.2
"""Makes a backup while everything runs: one snapshot of the database, then the files, then the manifest."""

from __future__ import annotations

import contextlib
import io
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import msgspec
import psycopg

import stadtkern
from stadtkern.core import statements, times
from stadtkern.core.settings import Settings
from stadtkern.serve.backup import census, container, problems, programs
from stadtkern.serve.backup.container import Manifest, Member, Tell, Writer

# Folders of the data folder that hold what people or the service have put there.
_LEFT_SECONDS = 86_400.0
_PUBLIC_URL = "public_url"
_SECRET_ENDINGS = ("_key", "_token", "_url")


def backup(*, settings: Settings, url: str, file: Path, tell: Tell) -> Manifest:
    """Write a backup of the database at `url` and of the data folder's files. Raises BackupFailed."""
    try:
        with (
            container.writing(file) as writer,
            _state(settings, url, tell) as (connection, snapshot, archive),
        ):
            ledger = connection.execute(statements.load("serve")["ledger"]).fetchall()
            # Read before the dump reads them: they count on meanwhile, whatever the snapshot sees.
            sequences = census.sequences(connection)
            with ThreadPoolExecutor(1) as beside:
                counting = beside.submit(census.tables, connection)
                _dump(writer, settings=settings, url=url, snapshot=snapshot, tell=tell)
                tell("counting rows", 0, None)
                counted = counting.result()
            _files(writer, settings=settings, archive=archive, tell=tell)
            manifest = Manifest(
                format=container.FORMAT,
                made_at=times.format_instant(times.now()),
                version=stadtkern.__version__,
                postgresql=str(connection.info.server_version),
                migrations=[tuple(row) for row in ledger],
                left_out=list(census.LEFT_OUT),
                census=census.Census(counted, sequences),
                members=dict(writer.members),
                missing=_missing(connection, writer.members),
            )
            writer.finish(manifest)
    except psycopg.errors.UndefinedTable as error:
        raise problems.BackupFailed("there is no Stadtkern in this database yet") from error
    except (psycopg.Error, OSError) as error:
        raise problems.BackupFailed(str(error).strip()) from error
    return manifest


@contextlib.contextmanager
def _state(settings: Settings, url: str, tell: Tell) -> Iterator[tuple[psycopg.Connection[Any], str, Path]]:
    """A snapshot of the database, and the archive's files as they are at that moment.

    Those are never changed, only replaced: links to them are enough, and the archive goes on at once.
    """
    settings.data.mkdir(parents=True, exist_ok=True)
    for left in settings.data.glob(".backup-*"):  # of a backup that was killed
        if time.time() - left.stat().st_mtime > _LEFT_SECONDS:
            shutil.rmtree(left, ignore_errors=True)
    with contextlib.ExitStack() as stack:
        kept = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix=".backup-", dir=settings.data)))
        with psycopg.connect(url, autocommit=True) as still:
            tell("waiting for the archive", 0, None)
            still.execute(statements.load("serve")["hold_archive"])
            connection, snapshot = stack.enter_context(_snapshot(url))
            _link(settings.data / container.ARCHIVE, kept)
        yield connection, snapshot, kept


def _link(folder: Path, kept: Path) -> None:
    for path in folder.rglob("*"):
        target = kept / path.relative_to(folder)
        if path.is_symlink() or not (path.is_dir() or path.is_file()):
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        if path.is_dir():
            target.mkdir(exist_ok=True)
            continue
        try:
            os.link(path, target)
        except OSError:  # a file system without links
            shutil.copyfile(path, target)


def _missing(connection: psycopg.Connection[Any], members: dict[str, Member]) -> list[str]:
    """Files of the archive that the database knows and that are not there, or are others."""
    registered = connection.execute(statements.load("serve")["archive_files"]).fetchall()
    found = {name: member.sha256 for name, member in members.items()}
    return [path for path, digest in registered if found.get(f"files/{container.ARCHIVE}/{path}") != digest]


@contextlib.contextmanager
def _snapshot(url: str) -> Iterator[tuple[psycopg.Connection[Any], str]]:
    """A transaction that sees one state of everything, and the name by which `pg_dump` sees the same."""
    with psycopg.connect(url, application_name="stadtkern backup") as connection:
        connection.execute(statements.load("things")["keep_files"])  # the archive's, which the dump names
        connection.commit()
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        row = connection.execute("SELECT pg_export_snapshot()").fetchone()
        yield connection, str(row[0]) if row else ""
        connection.rollback()


def _dump(writer: Writer, *, settings: Settings, url: str, snapshot: str, tell: Tell) -> None:
    with psycopg.connect(url) as connection:
        server = connection.info.server_version
    program = programs.find("pg_dump", server=server, given=settings.database_url is not None)
    command = [
        str(program), "--format=custom", "--compress=gzip:1", "--no-owner", "--no-privileges", "--verbose",
        f"--snapshot={snapshot}", *(f"--exclude-table-data={name}" for name in census.LEFT_OUT),
    ]  # fmt: skip
    table = ["the schema"]

    def heard(line: str) -> None:
        if 'dumping contents of table "' in line:
            table[0] = line.rpartition('table "')[2].rstrip('"')

    with programs.running(command, url=url, reads=False, problem=problems.BackupFailed, heard=heard) as run:
        writer.add(container.DUMP, run.output, tell=lambda size: tell(f"saving {table[0]}", size, None))


def _files(writer: Writer, *, settings: Settings, archive: Path, tell: Tell) -> None:
    said = msgspec.json.format(msgspec.json.encode(spoken(settings)), indent=1)
    writer.add("settings.json", io.BytesIO(said), tell=lambda _: None)
    _file(writer, "own.conf", settings.data / "postgres" / "own.conf", lambda _: None)
    for name, folder in ((container.MEDIA, settings.data / container.MEDIA), (container.ARCHIVE, archive)):
        for path in sorted(folder.rglob("*")):
            if path.is_file() and not path.is_symlink():
                inside = f"files/{name}/{path.relative_to(folder).as_posix()}"
                _file(writer, inside, path, lambda size, at=inside: tell(f"saving {at}", size, None))  # type: ignore[misc]


def _file(writer: Writer, name: str, path: Path, tell: Callable[[int], None]) -> None:
    with contextlib.suppress(FileNotFoundError), path.open("rb") as source:
        writer.add(name, source, tell=tell)


def spoken(settings: Settings) -> dict[str, Any]:
    """The settings without those that are, or may contain, secrets."""
    return {
        name: str(value) if isinstance(value, Path) else value
        for name, value in msgspec.structs.asdict(settings).items()
        if name == _PUBLIC_URL or not name.endswith(_SECRET_ENDINGS)
    }


def size_of(members: dict[str, Member]) -> int:
    """Bytes of all members."""
    return sum(member.size for member in members.values())
