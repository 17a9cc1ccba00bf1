# SPDX-License-Identifier: EUPL-1.2
"""Metadata as they were: kept with the change, compared, addressed, brought back, and not shown too early."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import AsyncClient

from stadtkern.catalogue import operations
from stadtkern.catalogue.entities import Dataset
from stadtkern.core.database import Connection
from tests import people
from tests.catalogue.offices import Office, as_, text

pytestmark = pytest.mark.anyio

SOME_DAY = datetime(2026, 5, 1, tzinfo=UTC)


class By:
    """Somebody who changes something."""

    def __init__(self, who: people.Somebody):
        self.principal_id = who.id


async def made(connection: Connection, office: Office, *, title: str, state: Any = "published") -> Dataset:
    """A dataset with one form, at its first version."""
    dataset = await operations.create(
        connection,
        by=By(office.editor),
        organisation_id=office.id,
        kind="link",
        title={"de": title},
        description={"de": "Anfang"},
        state=state,
    )
    await operations.add_distribution(
        connection,
        by=By(office.editor),
        dataset_id=dataset.id,
        access_url="https://daten.example/a",
        format="CSV",
    )
    return dataset


async def numbers(connection: Connection, dataset: Dataset) -> list[int]:
    """The versions there are."""
    asked = "SELECT number FROM catalogue.metadata_version WHERE dataset_id = %s ORDER BY number"
    return [row[0] for row in await (await connection.execute(asked, [dataset.id])).fetchall()]


async def test_each_change_makes_a_version_and_no_change_none(
    visitor: AsyncClient, connection: Connection, office: Office
) -> None:
    """In the transaction of the change: what is rolled back leaves none."""
    dataset = await made(connection, office, title="Bäume")
    await operations.change(connection, by=By(office.editor), dataset_id=dataset.id, frequency="DAILY")
    await operations.change(connection, by=By(office.editor), dataset_id=dataset.id, frequency="DAILY")
    assert await numbers(connection, dataset) == [1, 2, 3]
    with pytest.raises(RuntimeError):
        async with connection.transaction():
            await operations.change(connection, by=None, dataset_id=dataset.id, frequency="WEEKLY")
            raise RuntimeError
    assert await numbers(connection, dataset) == [1, 2, 3]
    page = await text(visitor, f"/daten/{dataset.key}/versionen")
    assert "Version 3" in page
    assert "Aktualisierung" in page
    assert office.editor.name not in page
    assert office.editor.name in await text(as_(visitor, office.editor), f"/daten/{dataset.key}/versionen")
    names = {"de": "Bäume", "en": "Trees"}
    await operations.change(connection, by=By(office.editor), dataset_id=dataset.id, title=names)
    assert ">Trees</a>" in await text(visitor, f"/en/daten/{dataset.key}/versionen")


async def test_versions_are_compared_in_words(
    visitor: AsyncClient, connection: Connection, office: Office
) -> None:
    """Codes by their names, texts escaped, any two versions."""
    dataset = await made(connection, office, title="Vergleich")
    await operations.change(
        connection, by=None, dataset_id=dataset.id, description={"de": "<b>Neu</b>"}, themes=("ENVI",)
    )
    page = await text(visitor, f"/daten/{dataset.key}/versionen/3")
    assert "<ins>&lt;b&gt;Neu&lt;/b&gt;</ins>" in page
    assert "<del>Anfang</del>" in page
    assert "<ins>Umwelt</ins>" in page
    assert "Form „CSV“" in await text(visitor, f"/daten/{dataset.key}/versionen/3?mit=1")
    for number in ("4", "99999999999"):
        await text(visitor, f"/daten/{dataset.key}/versionen/{number}", 404)


async def test_what_was_a_draft_then_is_not_public_now(
    visitor: AsyncClient, connection: Connection, office: Office
) -> None:
    """Versions from before the publication, and from another room, are for those who work on it."""
    dataset = await made(connection, office, title="Entwurf mit Geheimnis", state="draft")
    await text(visitor, f"/daten/{dataset.key}/versionen", 404)
    await connection.execute("UPDATE core.dataset SET state = 'published' WHERE id = %s", [dataset.id])
    await operations.change(connection, by=None, dataset_id=dataset.id, title={"de": "Sauber"})
    page = await text(visitor, f"/daten/{dataset.key}/versionen/3")
    assert "Geheimnis" not in page
    assert "Version 1" not in page
    await text(visitor, f"/daten/{dataset.key}/versionen/1", 404)
    assert "Entwurf mit Geheimnis" in await text(
        as_(visitor, office.editor), f"/daten/{dataset.key}/versionen/1"
    )
    visitor.cookies.clear()
    await connection.execute(
        "UPDATE catalogue.metadata_version SET state = 'published',"
        " room_id = (SELECT id FROM core.room WHERE key = 'internal') WHERE dataset_id = %s AND number = 1",
        [dataset.id],
    )
    await text(visitor, f"/daten/{dataset.key}/versionen/1", 404)


async def test_a_version_is_brought_back_as_a_new_one(
    visitor: AsyncClient, connection: Connection, office: Office
) -> None:
    """Texts and links return, the way there stays, and it is one version."""
    dataset = await made(connection, office, title="Früher")
    row = await (
        await connection.execute("SELECT id FROM catalogue.distribution WHERE dataset_id = %s", [dataset.id])
    ).fetchone()
    assert row is not None
    await operations.change(
        connection,
        by=None,
        dataset_id=dataset.id,
        title={"de": "Später"},
        modified=SOME_DAY,
        keywords={"de": ("x",)},
    )
    await operations.remove_distribution(connection, by=None, dataset_id=dataset.id, id=row[0])
    address = f"/arbeit/daten/{dataset.key}/versionen/2"
    assert (await visitor.get(address)).status_code in (302, 401)
    assert (await as_(visitor, office.other).get(address)).status_code == 403
    as_(visitor, office.editor)
    page = await text(visitor, address)
    assert "<ins>Früher</ins>" in page
    assert "Zuletzt geändert" not in page
    assert (await visitor.post(address)).status_code == 302
    assert await numbers(connection, dataset) == [1, 2, 3, 4, 5]
    page = await text(visitor, f"/daten/{dataset.key}/versionen/5?mit=2")
    assert "Früher" in page
    assert "https://daten.example/a" in page
    assert "zurückgeholt aus #2" in await text(visitor, f"/daten/{dataset.key}/versionen")
    assert "schon so, wie sie damals war" in await text(visitor, address.replace("/2", "/5"))
