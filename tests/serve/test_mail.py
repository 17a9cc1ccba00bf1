# SPDX-License-Identifier: EUPL-1.2
"""The work process has mails handed in by a process that comes when one is due, and goes."""

from __future__ import annotations

import asyncio

import pytest

from stadtkern.core import settings as core_settings
from stadtkern.core.database import Connection
from stadtkern.identity.mail import queue
from stadtkern.serve import archivist
from tests import mails

pytestmark = pytest.mark.anyio


async def test_a_mail_that_waits_starts_its_process(
    database: str,
    connection: Connection,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It opens what is sealed with the installation's own key, sends, and ends when it is told to."""
    async with mails.server() as box:
        told = core_settings.load(
            environment={}, data=str(tmp_path_factory.mktemp("data")), database_url=database,
            mail_url=f"smtp://127.0.0.1:{box.port}",
        )  # fmt: skip
        monkeypatch.setenv("STADTKERN_MAIL_URL", told.mail_url or "")
        facts = {"subject": "Hallo", "body": "Ein Link."}
        sealed = queue.seal(facts, key=told.signing_key())
        await queue.put(connection, kind="identity/text", address="anna@buerger.example", sealed=sealed)
        stop = asyncio.Event()
        watching = asyncio.create_task(archivist.run_mail(url=database, settings=told, stop=stop))
        async with asyncio.timeout(60):
            await box.came.wait()
            stop.set()
            await watching
    assert (box.to, box.text().strip()) == (["anna@buerger.example"], "Ein Link.")
    assert await mails.left(connection) in (
        [],
        [("waiting", 1, "")],
    )  # told to stop between the yes and its note
