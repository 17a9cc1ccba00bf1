# SPDX-License-Identifier: EUPL-1.2
"""The PostgreSQL a run of the tests uses: our own, or the one STADTKERN_TEST_DATABASE_URL names."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

from stadtkern.core import migrations, postgres
from stadtkern.core import settings as core_settings
from stadtkern.things.store import distribution
from tests import places

VARIABLE = "STADTKERN_TEST_DATABASE_URL"


class Server:
    """Makes migrated databases as clones of a template, and drops them."""

    def __init__(self, *, address: str, template: str, careful: bool = True):
        self._address = urlsplit(address)
        self.template = template
        # Files are copied in a third of the processor's time; the checkpoints for it cost more than that
        # where the server waits for its disk.
        self._copying = "WAL_LOG" if careful else "FILE_COPY"

    @property
    def admin(self) -> str:
        """The address of the database from which others are made."""
        return self.url_of(self._address.path.strip("/") or "postgres")

    def url_of(self, name: str) -> str:
        """The address of one database."""
        query = f"?{self._address.query}" if self._address.query else ""
        return f"{self._address.scheme}://{self._address.netloc}/{name}{query}"

    def blank(self, name: str) -> None:
        """Make an empty database."""
        self._run("CREATE DATABASE {}", name)

    def make(self, name: str) -> None:
        """Make a migrated database."""
        self._run(f"CREATE DATABASE {{}} TEMPLATE {{}} STRATEGY {self._copying}", name, self.template)

    def drop(self, name: str) -> None:
        """Drop a database, whoever is connected."""
        self._run("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)

    def prepare(self) -> None:
        """Make the template."""
        self.blank(self.template)
        asyncio.run(migrations.migrate(url=self.url_of(self.template)))

    def _run(self, text: str, *names: str) -> None:
        with psycopg.connect(self.admin, autocommit=True) as connection:
            connection.execute(sql.SQL(text).format(*map(sql.Identifier, names)))  # type: ignore[arg-type]


class Citus(Server):
    """A coordinator: what is distributed cannot be cloned, so each database is migrated by itself."""

    def make(self, name: str) -> None:
        """Make a migrated database whose observations are distributed."""
        self.blank(name)
        with psycopg.connect(self.url_of(name), autocommit=True) as connection:
            connection.execute("CREATE EXTENSION citus")
        asyncio.run(migrations.migrate(url=self.url_of(name)))
        asyncio.run(distribution.distribute(url=self.url_of(name)))

    def prepare(self) -> None:
        """There is no template."""


@contextlib.contextmanager
def shared(folder: Path) -> Iterator[Server]:
    """The run's server, used by all workers: the first prepares it, the last cleans up."""
    given = os.environ.get(VARIABLE)
    with _given(folder, given) if given else _own(folder) as server:
        yield server


@contextlib.contextmanager
def _given(folder: Path, address: str) -> Iterator[Server]:
    with psycopg.connect(address) as connection:
        # Which libraries are loaded is not for every account to know; whose settings there are is.
        statement = "SELECT EXISTS (SELECT FROM pg_settings WHERE name LIKE 'citus.%')"
        loaded = connection.execute(statement).fetchone()
    kind = Citus if loaded and loaded[0] else Server
    with _registered(folder, {"template": f"stadtkern_test_{os.getpid()}"}) as entry:
        server = kind(address=address, template=entry["template"])
        if entry["users"] == 1:
            server.prepare()
    yield server
    with _leaving(folder) as entry:
        if entry["users"] == 0:
            server.drop(server.template)


@contextlib.contextmanager
def _own(folder: Path) -> Iterator[Server]:
    with _registered(folder, {}) as entry:
        if entry["users"] == 1:
            entry["data"] = str(places.folder("stadtkern-test-"))
        embedded = postgres.Embedded(core_settings.load(environment={}, data=entry["data"]))
        fresh = embedded.start()
        server = Server(address=embedded.url_of("postgres"), template="template_migrated", careful=False)
        if fresh:
            _relax(embedded)
            server.prepare()
    yield server
    with _leaving(folder) as entry:
        embedded.stop()
        if entry["users"] == 0:
            shutil.rmtree(entry["data"])


def _relax(embedded: postgres.Embedded) -> None:
    """A test's database need not survive a power cut, so it does not wait for the disk."""
    with psycopg.connect(embedded.url_of("postgres"), autocommit=True) as connection:
        connection.execute("ALTER SYSTEM SET fsync = off")
        connection.execute("ALTER SYSTEM SET full_page_writes = off")
        connection.execute("ALTER SYSTEM SET max_wal_size = '1GB'")
        connection.execute("SELECT pg_reload_conf()")


@contextlib.contextmanager
def _registered(folder: Path, blank: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """One user more; nobody else registers or leaves meanwhile."""
    register = folder / "postgres.json"
    with _lock(folder):
        entry = json.loads(register.read_text()) if register.exists() else {**blank, "users": 0}
        entry["users"] += 1
        yield entry
        register.write_text(json.dumps(entry))


@contextlib.contextmanager
def _leaving(folder: Path) -> Iterator[dict[str, Any]]:
    """One user less."""
    register = folder / "postgres.json"
    with _lock(folder):
        entry = json.loads(register.read_text())
        entry["users"] -= 1
        register.write_text(json.dumps(entry))
        yield entry
        if entry["users"] == 0:
            register.unlink()


def _lock(folder: Path) -> Any:
    handle = (folder / "postgres.lock").open("w")
    fcntl.flock(handle, fcntl.LOCK_EX)
    return handle
