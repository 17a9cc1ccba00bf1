# SPDX-License-Identifier: EUPL-1.2
"""The suite of `conformance/`, run once against a real installation, as anybody would run it."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from stadtkern.core import access, database, datasets, tokens
from tests import running

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Served:
    """A running installation and a token that may do everything in its one dataset."""

    address: str
    token: str


@pytest.fixture(scope="session")
def served() -> Iterator[Served]:
    """`stadtkern serve` on free ports with an empty public dataset."""
    with running.installation() as installation:
        installation.mqtt_port = running.free_port()
        installation.start()
        # Another test's loop may already run in this thread.
        with ThreadPoolExecutor(1) as aside:
            secret = aside.submit(asyncio.run, _prepared(installation.database_url)).result()
        yield Served(f"{installation.address}/sta/v1.1", secret)


async def _prepared(url: str) -> str:
    async with await database.connect(url=url, autocommit=True) as connection:
        dataset = await datasets.save(connection, key="judged", about={"title": {"de": "Geprüft"}})
        made = await tokens.create(
            connection, name="judge", scopes={dataset: access.VERBS}, default_dataset_id=dataset
        )
        return made.secret


@pytest.fixture(scope="session")
def judged(served: Served, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The report of the suite."""
    folder = tmp_path_factory.mktemp("conformance")
    environment = {**os.environ, "STA_BASE_URL": served.address, "STA_TOKEN": served.token,
                   "STA_REPORT": str(folder)}  # fmt: skip
    for name in ("STA_MQTT", "STA_USER", "STA_PASSWORD", "PYTEST_ADDOPTS"):
        environment.pop(name, None)
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "conformance", "-q", "--tb=short", "-p", "no:cacheprovider"],
        cwd=ROOT, env=environment, capture_output=True, text=True, timeout=540, check=False,
    )  # fmt: skip
    report = folder / "report.json"
    assert report.exists(), ran.stdout[-4000:] + ran.stderr[-4000:]
    return json.loads(report.read_text("utf-8"))  # type: ignore[no-any-return]
