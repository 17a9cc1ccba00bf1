# SPDX-License-Identifier: EUPL-1.2
"""One PostgreSQL per run, one migrated template, a fresh clone per module."""

from __future__ import annotations

import gc
import itertools
import os
import sys
from collections.abc import AsyncIterator, Iterator

import httpx
import hypothesis
import pytest
import structlog
from starlette.applications import Starlette

from stadtkern.core import access, datasets, tokens
from stadtkern.core import database as core_database
from stadtkern.core import settings as core_settings
from stadtkern.web import apps  # noqa: F401  (before any form is defined, as in the web process)
from tests import servers

# A busy machine is no failure: what counts is the answer, not how long one example takes. The examples are
# the same everywhere, so that a change is judged by what it changes; who looks for others says so.
_SAME = "STADTKERN_TEST_SEARCH" not in os.environ
hypothesis.settings.register_profile("house", deadline=None, derandomize=_SAME)
hypothesis.settings.load_profile("house")

# Tracebacks as in operation: a picture of all values takes seconds where a test makes something fail.
structlog.configure(
    processors=[
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback),
    ]
)

_numbers = itertools.count()
_LONG = "tests/journeys/*"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long modules of few tests first: begun last, they would run alone while the other workers rest."""
    items.sort(key=lambda item: not item.path.match(_LONG))


def pytest_collection_finish() -> None:
    """Modules and tests stay to the end: they are not looked through again whenever memory is tidied."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def anyio_backend() -> tuple[str, dict[str, bool]]:
    """All asynchronous tests run on the loop that the product runs on."""
    return "asyncio", {"use_uvloop": sys.platform != "win32"}


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Iterator[servers.Server]:
    """The run's PostgreSQL, shared by all workers."""
    root = tmp_path_factory.getbasetemp()
    with servers.shared(root if worker_id == "master" else root.parent) as found:
        yield found


@pytest.fixture(scope="module")
def database(server: servers.Server, worker_id: str) -> Iterator[str]:
    """The address of a fresh, migrated database."""
    name = f"test_{worker_id}_{os.getpid()}_{next(_numbers)}"
    server.make(name)
    yield server.url_of(name)
    server.drop(name)


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
