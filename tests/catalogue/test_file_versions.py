# SPDX-License-Identifier: EUPL-1.2
"""Former contents of files: at their own address, brought back, not public too early, gone in time."""

from __future__ import annotations

import os
import time
from uuid import uuid4

import pytest
from django.test import AsyncClient

from stadtkern.catalogue import queries
from stadtkern.catalogue.files import contents
from stadtkern.core import access
from stadtkern.core.database import Connection
from stadtkern.core.settings import Settings
from tests import people
from tests.catalogue.offices import Office, as_, text
from tests.catalogue.uploads import PDF, a_dataset, got, replaced, same_folder, stored, upload

pytestmark = pytest.mark.anyio
ALL = access.Scope((), True)
__all__ = ["same_folder"]


async def test_versions_keep_their_addresses_and_come_back(
    visitor: AsyncClient, connection: Connection, office: Office
) -> None:
    """The address of the file is the newest content, each version has one for good."""
    key = await a_dataset(connection, office)
    await upload(as_(visitor, office.editor), key)
    second = b"%PDF-2.0 zweiter"
    assert (await replaced(visitor, key, second)).status_code == 302
    assert (await got(visitor, f"/daten/{key}/dateien/1"))[1] == second
    assert (await got(visitor, f"/daten/{key}/dateien/1/staende/1"))[1] == PDF
    assert "Maßstab berichtigt" in await text(visitor, f"/daten/{key}/dateien/1/staende")
    back = f"/arbeit/daten/{key}/dateien/1/staende/1/zurueckholen"
    assert "Stand 1 zurückholen?" in await text(visitor, back)
    assert (await visitor.post(back)).status_code == 302
    assert (await visitor.post(back.replace("staende/1", "staende/3"))).status_code == 409
    assert (await got(visitor, f"/daten/{key}/dateien/1"))[1] == PDF
    record = await queries.one(connection, ALL, key=key)
    assert record is not None
    assert record.distributions[0].byte_size == len(PDF)
    visitor.cookies.clear()
    page = await text(visitor, f"/daten/{key}/dateien/1/staende")
    assert "Zurückgeholt aus Stand 1" in page
    assert "Maßstab berichtigt" not in page
    assert office.editor.name not in page
    assert page.count("herunterladen</span>") == 3


async def test_what_was_a_draft_then_is_not_public_now(
    visitor: AsyncClient, connection: Connection, office: Office
) -> None:
    """A content that was replaced before the publication is for those who work on it."""
    key = await a_dataset(connection, office, state="draft")
    await upload(as_(visitor, office.editor), key)
    await replaced(visitor, key, b"%PDF- sauber")
    visitor.cookies.clear()
    for path in ("", "/staende", "/staende/1"):
        await text(visitor, f"/daten/{key}/dateien/1{path}", 404)
    await connection.execute("UPDATE core.dataset SET state = 'published' WHERE key = %s", [key])
    assert (await got(visitor, f"/daten/{key}/dateien/1"))[1] == b"%PDF- sauber"
    await text(visitor, f"/daten/{key}/dateien/1/staende/1", 404)
    assert "Stand 1" not in await text(visitor, f"/daten/{key}/dateien/1/staende")
    assert (await got(as_(visitor, office.editor), f"/daten/{key}/dateien/1/staende/1"))[1] == PDF


async def test_what_is_removed_leaves_the_disk_a_day_later(
    visitor: AsyncClient, connection: Connection, office: Office, settings: Settings
) -> None:
    """Not before, so that a backup under way finds it; a content that another version has stays."""
    key = await a_dataset(connection, office)
    await upload(as_(visitor, office.editor), key)
    await replaced(visitor, key, b"%PDF- zwei")
    await visitor.post(f"/arbeit/daten/{key}/dateien/1/staende/1/zurueckholen")
    steward = await people.person(connection, role="steward", organisation_id=office.id)
    as_(visitor, steward)
    for number in (1, 2):
        answer = await visitor.post(f"/arbeit/daten/{key}/dateien/1/staende/{number}/entfernen")
        assert answer.status_code == 302
    assert (await visitor.post(f"/arbeit/daten/{key}/dateien/1/staende/3/entfernen")).status_code == 409
    await text(visitor, f"/daten/{key}/dateien/1/staende/2", 404)
    before = stored(settings)
    assert await contents.sweep(connection, settings) == 0
    await connection.execute("UPDATE catalogue.file_gone SET at = now() - interval '2 days'")
    assert await contents.sweep(connection, settings) == 1
    assert len(before - stored(settings)) == 1
    assert (await got(visitor, f"/daten/{key}/dateien/1"))[1] == PDF
    assert (await visitor.post(f"/arbeit/daten/{key}/dateien/1/entfernen")).status_code == 302
    await text(visitor, f"/daten/{key}/dateien/1", 404)
    record = await queries.one(connection, ALL, key=key)
    assert record is not None
    assert record.distributions == ()
    assert (await upload(visitor, key)).status_code == 302
    await text(visitor, f"/daten/{key}/dateien/1", 404)
    assert (await got(visitor, f"/daten/{key}/dateien/2"))[1] == PDF
    await connection.execute("DELETE FROM core.dataset WHERE key = %s", [key])
    await connection.execute("UPDATE catalogue.file_gone SET at = now() - interval '2 days'")
    assert await contents.sweep(connection, settings) == 2


async def test_uploads_that_were_never_stored_are_swept(
    visitor: AsyncClient, connection: Connection, office: Office, settings: Settings
) -> None:
    """A day after they came, when the process that took them was killed; what the database knows stays."""
    key = await a_dataset(connection, office)
    await upload(as_(visitor, office.editor), key)
    stray = contents.path(settings, uuid4())
    fresh = contents.path(settings, uuid4())
    for path in (stray, fresh):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    for path in stored(settings) - {fresh}:
        os.utime(path, (time.time() - 100_000,) * 2)
    assert await contents.strays(connection, settings) == 1
    assert not stray.exists()
    assert fresh.exists()
    assert (await got(visitor, f"/daten/{key}/dateien/1"))[1] == PDF
