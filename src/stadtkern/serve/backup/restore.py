# SPDX-License-Identifier: EUPL-1.2
"""Puts a backup back: into a database beside the present one, compared, migrated, then in its place."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import psycopg
from psycopg import conninfo, sql

from stadtkern.core import migrations, postgres, statements
from stadtkern.core.settings import Settings
from stadtkern.serve import installation, processes
from stadtkern.serve.backup import census, container, problems, programs
from stadtkern.serve.backup.container import Manifest, Reader, Tell

_BESIDE = "_restored"
_BEFORE = "_replaced"
_HASTY = "fsync = off\nfull_page_writes = off\nsynchronous_commit = off\n"


class Outcome(msgspec.Struct, kw_only=True):
    """What a restoration came to."""

    manifest: Manifest
    migrated: list[str]
    tokens: int
    ended: int = 0


def verify(*, settings: Settings, file: Path, scratch: Path | None, tell: Tell) -> Manifest:
    """Check the sums and restore into a PostgreSQL made for that, which is removed again.

    Raises NotABackup, BackupDamaged, MadeByNewerVersion, RestoreFailed or RestoredDiffers.
    """
    with (
        container.reading(file) as backup,
        tempfile.TemporaryDirectory(prefix="stadtkern-verify-", dir=scratch) as folder,
    ):
        backup.check(tell=tell)
        _require_known(backup.manifest)
        Path(folder).chmod(0o755)  # the account of the database must reach its own folder in it
        apart = msgspec.structs.replace(settings, data=Path(folder), database_url=None)
        embedded = postgres.Embedded(apart)
        try:
            tell("making a PostgreSQL to try it in", 0, None)
            embedded.start()
            embedded.tell_own(_HASTY)
            _fill(backup, settings=apart, url=embedded.url, tell=tell)
        except (postgres.DatabaseStartFailed, psycopg.Error) as error:
            raise problems.RestoreFailed(str(error).strip()) from error
        finally:
            embedded.stop()
        return backup.manifest


def restore(*, settings: Settings, file: Path, replace: bool, end_tokens: bool, tell: Tell) -> Outcome:
    """Restore into the installation. Raises NotEmpty, AlreadyRunning and what `verify` raises."""
    with container.reading(file) as backup:
        backup.check(tell=tell)
        _require_known(backup.manifest)
        with installation.held(settings), postgres.available(settings) as url:
            if not replace and _holds_data(url):
                raise problems.NotEmpty(
                    str(settings.data if settings.database_url is None else "the database")
                )
            try:
                outcome = _into(backup, settings=settings, url=url, end_tokens=end_tokens, tell=tell)
            except psycopg.Error as error:
                raise problems.RestoreFailed(str(error).strip()) from error
        _files(backup, settings=settings, tell=tell)
    return outcome


def _into(backup: Reader, *, settings: Settings, url: str, end_tokens: bool, tell: Tell) -> Outcome:
    name = conninfo.conninfo_to_dict(url)["dbname"]
    with _beside(url, name=str(name)) as (beside, admin):
        migrated = _fill(backup, settings=settings, url=beside, tell=tell)
        with psycopg.connect(beside, autocommit=True) as connection:
            texts = statements.load("serve")
            ended = _number(connection, texts["end_tokens"]) if end_tokens else 0
            tokens = _number(connection, texts["valid_tokens"])
            tell("gathering statistics", 0, None)
            connection.execute("ANALYZE")
        if admin is not None:
            _swap(admin, name=str(name))
    return Outcome(manifest=backup.manifest, migrated=migrated, tokens=tokens, ended=ended)


@contextlib.contextmanager
def _beside(url: str, *, name: str) -> Iterator[tuple[str, psycopg.Connection[Any] | None]]:
    """A fresh database beside the present one; or that one, where the role may make none and it is empty."""
    with psycopg.connect(conninfo.make_conninfo(url, dbname="postgres"), autocommit=True) as admin:
        try:
            _drop(admin, name + _BESIDE)
            admin.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8'").format(
                    sql.Identifier(name + _BESIDE)
                )
            )
        except psycopg.errors.InsufficientPrivilege as error:
            if _has_schema(url):
                raise problems.NeedsEmptyDatabase() from error
            yield url, None
            return
        try:
            yield conninfo.make_conninfo(url, dbname=name + _BESIDE), admin
        finally:
            _drop(admin, name + _BESIDE)


def _swap(admin: psycopg.Connection[Any], *, name: str) -> None:
    """Both names change in one transaction: at every moment there is one database of that name."""
    _drop(admin, name + _BEFORE)
    rename = sql.SQL("ALTER DATABASE {} RENAME TO {}")
    with admin.transaction():
        admin.execute(rename.format(sql.Identifier(name), sql.Identifier(name + _BEFORE)))
        admin.execute(rename.format(sql.Identifier(name + _BESIDE), sql.Identifier(name)))
    _drop(admin, name + _BEFORE)


def _drop(admin: psycopg.Connection[Any], name: str) -> None:
    admin.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name)))


def _fill(backup: Reader, *, settings: Settings, url: str, tell: Tell) -> list[str]:
    """Restore into an empty database, compare, migrate; returns the migrations that were applied."""
    with psycopg.connect(url) as connection:
        server = connection.info.server_version
    program = programs.find("pg_restore", server=server, given=settings.database_url is not None)
    name = str(conninfo.conninfo_to_dict(url)["dbname"])
    command = [
        str(program), "--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction",
        f"--dbname={name}",
    ]  # fmt: skip
    total, done = backup.manifest.members[container.DUMP].size, 0
    with (
        backup.open(container.DUMP) as source,
        programs.running(command, url=url, reads=True, problem=problems.RestoreFailed) as run,
    ):
        while chunk := source.read(container.CHUNK):
            run.input.write(chunk)
            done += len(chunk)
            tell("restoring the database", done, total)
    tell("comparing", 0, None)
    with psycopg.connect(url) as connection:
        found = census.Census(census.tables(connection), census.sequences(connection))
        connection.rollback()
    if said := census.differences(expected=backup.manifest.census, found=found):
        raise problems.RestoredDiffers("; ".join(said[:10]))
    tell("migrating", 0, None)
    return asyncio.run(migrations.migrate(url=url)) + processes.errand("tables", settings=settings, url=url)


def _files(backup: Reader, *, settings: Settings, tell: Tell) -> None:
    """Put the folders back, each made beside the present one; settings only beside, for machines differ.

    Whatever else the file names stays in it: it may come from anybody, and no folder but these is replaced.
    """
    fresh = Path(tempfile.mkdtemp(prefix=".restoring-", dir=settings.data))
    try:
        for name in backup.manifest.members:
            target = (fresh / name.removeprefix("files/")).resolve()
            inside = any(fresh.resolve() / folder in target.parents for folder in container.FOLDERS)
            if not name.startswith("files/") or not inside:
                continue
            tell(f"restoring {name}", 0, None)
            target.parent.mkdir(parents=True, exist_ok=True)
            with backup.open(name) as source, target.open("wb") as file:
                shutil.copyfileobj(source, file, container.CHUNK)
        for folder in sorted(fresh.iterdir()):
            present = settings.data / folder.name
            if present.exists():
                shutil.rmtree(present)
            folder.rename(present)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    for name in ("own.conf", "settings.json"):
        if name in backup.manifest.members:
            with backup.open(name) as source:
                (settings.data / f"{name}.restored").write_bytes(source.read())


def _require_known(manifest: Manifest) -> None:
    """Raise MadeByNewerVersion where the backup has a migration that this version does not bring."""
    ours = {(each.package, each.number): each.digest for each in migrations.available()}
    for package, number, name, digest in manifest.migrations:
        if ours.get((package, number)) != digest:
            raise problems.MadeByNewerVersion(
                f"version {manifest.version} with the migration {package}/{number:04}_{name}"
            )


def _has_schema(url: str) -> bool:
    with psycopg.connect(url) as connection:
        return connection.execute("SELECT to_regnamespace('core') IS NOT NULL").fetchone() == (True,)


def _holds_data(url: str) -> bool:
    with psycopg.connect(url) as connection:
        try:
            return bool(_number(connection, statements.load("serve")["holds_data"]))
        except psycopg.errors.UndefinedTable:
            return False


def _number(connection: psycopg.Connection[Any], statement: Any) -> int:
    row = connection.execute(statement).fetchone()
    return int(row[0]) if row else 0
