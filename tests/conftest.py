# SPDX-License-Identifier: EUPL-1.2
"""One PostgreSQL per run, one migrated template, a fresh clone per module."""

from __future__ import annotations

import asyncio
import fcntl
import itertools
import json
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import hypothesis
import psycopg
import pytest
from psycopg import sql
from starlette.applications import Starlette

from stadtkern.core import access, datasets, migrations, postgres, tokens
from stadtkern.core import database as core_database
from stadtkern.core import settings as core_settings

# A busy machine is no failure: what counts is the answer, not how long one example takes.
hypothesis.settings.register_profile("house", deadline=None)
hypothesis.settings.load_profile("house")

_TEMPLATE = "template_migrated"
_numbers = itertools.count()


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """All asynchronous tests run on asyncio, as the product does."""
    return "asyncio"


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Iterator[postgres.Embedded]:
    """The run's PostgreSQL, shared by all workers: the first starts it, the last stops it."""
    root = tmp_path_factory.getbasetemp()
    shared = root if worker_id == "master" else root.parent
    register = shared / "postgres.json"
    with _lock(shared):
        entry = json.loads(register.read_text()) if register.exists() else None
        if entry is None:
            folder = Path(tempfile.mkdtemp(prefix="stadtkern-test-"))
            folder.chmod(0o755)
            entry = {"folder": str(folder), "users": 0}
        embedded = postgres.Embedded(core_settings.load(environment={}, data=entry["folder"]))
        if embedded.start():
            _relax(embedded)
        entry["users"] += 1
        register.write_text(json.dumps(entry))
    yield embedded
    with _lock(shared):
        entry = json.loads(register.read_text())
        entry["users"] -= 1
        register.write_text(json.dumps(entry))
        embedded.stop()
        if entry["users"] == 0:
            shutil.rmtree(entry["folder"])
            register.unlink()


def _lock(folder: Path) -> Any:
    handle = (folder / "postgres.lock").open("w")
    fcntl.flock(handle, fcntl.LOCK_EX)
    return handle


def _relax(embedded: postgres.Embedded) -> None:
    """Make the template; a test's database need not survive a power cut, so it does not wait for the disk."""
    with psycopg.connect(embedded.url_of("postgres"), autocommit=True) as connection:
        connection.execute("ALTER SYSTEM SET fsync = off")
        connection.execute("SELECT pg_reload_conf()")
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(_TEMPLATE)))
    asyncio.run(migrations.migrate(url=embedded.url_of(_TEMPLATE)))


@pytest.fixture(scope="module")
def database(server: postgres.Embedded, worker_id: str) -> Iterator[str]:
    """The address of a fresh, migrated database."""
    name = f"test_{worker_id}_{os.getpid()}_{next(_numbers)}"
    with psycopg.connect(server.url_of("postgres"), autocommit=True) as connection:
        connection.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY WAL_LOG").format(
                sql.Identifier(name), sql.Identifier(_TEMPLATE)
            )
        )
    yield server.url_of(name)
    with psycopg.connect(server.url_of("postgres"), autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture
async def connection(database: str) -> AsyncIterator[core_database.Connection]:
    """An autocommitting connection to the module's database."""
    async with await core_database.connect(url=database, autocommit=True) as opened:
        yield opened


@pytest.fixture(scope="module")
def settings(database: str, tmp_path_factory: pytest.TempPathFactory) -> core_settings.Settings:
    """Settings that point to the module's database."""
    return core_settings.load(
        environment={}, data=str(tmp_path_factory.mktemp("data")), database_url=database
    )


@pytest.fixture(scope="module")
async def app(settings: core_settings.Settings, database: str) -> AsyncIterator[Starlette]:
    """The data plane, started."""
    from stadtkern import dataplane

    started = dataplane.create_app(settings=settings, url=database)
    async with started.router.lifespan_context(started):
        yield started


@pytest.fixture(scope="module")
async def client(app: Starlette) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody without a token who asks the data plane."""
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=True)
    async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as opened:
        yield opened


@pytest.fixture(scope="module")
async def dataset(database: str) -> int:
    """A dataset `test` in the public room."""
    async with await core_database.connect(url=database, autocommit=True) as opened:
        return await datasets.save(opened, key="test", room="public", about={"title": {"de": "Test"}})


@pytest.fixture(scope="module")
async def token(database: str, dataset: int) -> str:
    """A token with every verb on the dataset `test`, which is its default."""
    async with await core_database.connect(url=database, autocommit=True) as opened:
        made = await tokens.create(
            opened, name="test", scopes={dataset: access.VERBS}, default_dataset_id=dataset
        )
        return made.secret
