# SPDX-License-Identifier: EUPL-1.2
"""Pages of the data's versions: what came with each delivery, one for good, bringing back, removing."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest
from django.test import AsyncClient

from stadtkern.catalogue import operations
from stadtkern.core.database import Connection
from stadtkern.core.settings import Settings
from stadtkern.features import operations as features
from stadtkern.features.entities import Collection
from stadtkern.features.versions import differences
from tests import people
from tests.catalogue import imports
from tests.catalogue.offices import Office, as_, text
from tests.features.factories import EVERYTHING, again, collection, trees

pytestmark = pytest.mark.anyio


class Trees(NamedTuple):
    """A dataset with its table."""

    id: int
    key: str
    collection: Collection


async def planted(connection: Connection, office: Office, *, state: Any = "published") -> Trees:
    """A dataset with five trees at its first version."""
    made = await operations.create(
        connection,
        by=None,
        organisation_id=office.id,
        kind="features",
        title={"de": "Bäume"},
        state=state,
    )
    known = await collection(connection, rows=trees(5), dataset_id=made.id, key=made.key)
    return Trees(made.id, made.key, known)


async def deliver(connection: Connection, known: Trees, rows: Any, mode: Any, **more: Any) -> None:
    """A further delivery, with its count of what changed."""
    await features.load(connection, collection=known.collection, batches=[rows], mode=mode, **more)
    now = await again(connection, known.collection)
    await differences.summarise(connection, EVERYTHING, collection=now)


async def test_deliveries_are_listed_with_what_they_changed(
    visitor: AsyncClient, connection: Connection, office: Office
) -> None:
    """Rows in words, newest first; who brought what is told to those who work on it."""
    known = await planted(connection, office)
    rows = [["Buche", *row[1:]] for row in trees(3, first=5)]
    await deliver(connection, known, rows, "upsert", by=office.editor.id, note="baeume-2026.csv")
    page = await text(visitor, f"/daten/{known.key}/staende")
    assert page.index("Stand 2") < page.index("Stand 1")
    assert "2 Zeilen neu · 1 Zeile geändert" in page
    assert "7 Zeilen" in page
    assert "baeume-2026.csv" not in page
    assert office.editor.name not in page
    page = await text(as_(visitor, office.editor), f"/daten/{known.key}/staende")
    assert "baeume-2026.csv" in page
    assert office.editor.name in page
    assert "Frühere Stände der Daten" in await text(visitor, f"/daten/{known.key}")


async def test_one_delivery_shows_its_rows_its_files_and_the_difference(
    visitor: AsyncClient, connection: Connection, office: Office
) -> None:
    """Values before and after, by the key; any two of them; nothing for what is not there."""
    known = await planted(connection, office)
    rows = [["<b>Buche</b>", *row[1:]] for row in trees(1, first=5)] + trees(1, first=6)
    rows[0][7] = {"type": "Point", "coordinates": [7.5, 52.25]}
    await deliver(connection, known, rows, "replace")
    page = await text(visitor, f"/daten/{known.key}/staende/2")
    assert "<del>Linde</del></td><td><ins>&lt;b&gt;Buche&lt;/b&gt;</ins>" in page
    assert "<ins>52,25000, 7,50000</ins>" in page
    assert "Verglichen nach „Nummer“." in page
    assert "4 Zeilen entfallen" in page
    assert f'href="/ogc/collections/{known.key}/versions/2/download.geojson"' in page
    assert "zurückholen" not in page
    page = await text(visitor, f"/daten/{known.key}/staende/1?mit=2")
    assert "4 Zeilen neu" in page
    for path in ("3", "99999999999", "1?tabelle=x"):
        await text(visitor, f"/daten/{known.key}/staende/{path}", 404)


async def test_a_delivery_is_brought_back(
    visitor: AsyncClient, connection: Connection, office: Office
) -> None:
    """By editors, after a look at what it changes; the page shows it from then on."""
    known = await planted(connection, office)
    await deliver(connection, known, trees(2, first=40), "replace")
    address = f"/arbeit/daten/{known.key}/staende/1/zurueckholen"
    assert (await visitor.get(address)).status_code in (302, 401)
    assert (await as_(visitor, office.other).post(address)).status_code == 403
    page = await text(as_(visitor, office.editor), address)
    assert "5 Zeilen neu · 2 Zeilen entfallen" in page.replace("</li><li>", " · ")
    assert (await visitor.post(address)).status_code == 302
    assert (await again(connection, known.collection)).n == 5
    assert "Zurückgeholt aus Stand 1" in await text(visitor, f"/daten/{known.key}/staende")


async def test_what_was_a_draft_is_let_out_by_publishers_only(
    visitor: AsyncClient, connection: Connection, office: Office
) -> None:
    """Neither listed, compared nor counted for strangers; an editor sees it and cannot let it out."""
    known = await planted(connection, office, state="draft")
    await deliver(connection, known, trees(4, first=2), "replace")
    await connection.execute("UPDATE core.dataset SET state = 'published' WHERE id = %s", [known.id])
    page = await text(visitor, f"/daten/{known.key}/staende")
    assert "Stand 1" not in page
    assert "entfallen" not in page
    await text(visitor, f"/daten/{known.key}/staende/1", 404)
    assert "Zeile" not in (await text(visitor, f"/daten/{known.key}/staende/2?mit=1")).split("<h2")[1]
    assert "sk-diff" not in page
    address = f"/arbeit/daten/{known.key}/staende/1/zurueckholen"
    assert "nicht öffentlich" in await text(as_(visitor, office.editor), f"/daten/{known.key}/staende")
    assert (await visitor.post(address)).status_code == 403
    assert "nicht öffentlich" in await text(as_(visitor, office.publisher), address)
    assert (await visitor.post(address)).status_code == 302


async def test_old_deliveries_are_removed_for_good(
    visitor: AsyncClient, connection: Connection, office: Office
) -> None:
    """By stewards, with those before; the one that is shown stays."""
    known = await planted(connection, office)
    for first in (20, 30):
        await deliver(connection, known, trees(2, first=first), "replace")
    address = f"/arbeit/daten/{known.key}/staende/2/entfernen"
    assert (await as_(visitor, office.editor).post(address)).status_code == 403
    steward = await people.person(connection, role="steward", organisation_id=office.id)
    assert "Stand 1" in await text(as_(visitor, steward), address)
    assert (await visitor.post(address)).status_code == 302
    page = await text(visitor, f"/daten/{known.key}/staende")
    assert ("Stand 1" in page, "Stand 2" in page, "Stand 3" in page) == (False, False, True)
    shown = address.replace("/2/", "/3/")
    assert "lässt sich nicht entfernen" in await text(visitor, shown)
    assert (await visitor.post(shown)).status_code == 302
    assert (await again(connection, known.collection)).n == 2


async def test_a_later_file_is_a_version_with_its_count(connection: Connection, settings: Settings) -> None:
    """Through an import; the same file once more is none."""
    desk = await imports.desk(connection, settings)
    first = await desk.send(b"Art;Nummer\nLinde;1\nEiche;2\n")
    stored = await desk.store(await desk.plan(first))
    assert stored.state == "done", stored.problem
    for content in (b"Art;Nummer\nLinde;1\nAhorn;2\nEibe;3\n", b"Art;Nummer\nLinde;1\nAhorn;2\nEibe;3\n"):
        later = await desk.send(content, name="spaeter.csv", to=stored)
        if later.state != "done":
            later = await desk.store(later, about=None)
        assert later.state == "done", (later.state, later.changes)
    cursor = await connection.execute(
        "SELECT v.number, v.note, v.person_id, v.summary FROM features.version v"
        " JOIN features.collection c ON c.id = v.collection_id WHERE c.key = %s ORDER BY 1",
        [stored.recipe.dataset_key],
    )
    assert await cursor.fetchall() == [
        (1, "file.csv", desk.person.principal_id, None),
        (2, "spaeter.csv", desk.person.principal_id, {
            "against": 1, "added": 1, "removed": 0, "changed": 1,
            "columns": {"added": [], "removed": [], "altered": []},
        }),
    ]  # fmt: skip
