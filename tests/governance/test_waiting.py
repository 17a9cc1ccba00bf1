# SPDX-License-Identifier: EUPL-1.2
"""The page of work begins with what waits: terms, agreements, silent series; each with one step."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from django.test import AsyncClient
from psycopg.types.json import Jsonb

from stadtkern.catalogue import operations as records
from stadtkern.core import datasets, times
from stadtkern.core.database import Connection
from tests import browsing, people
from tests.insights import factories

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
async def visitor(database: str) -> AsyncIterator[AsyncClient]:
    """Somebody who looks at the pages."""
    async with browsing.pages(url=database) as client:
        yield client


async def waiting(visitor: AsyncClient, who: people.Somebody) -> dict[str, str]:
    """What waits for somebody, and the verb on its button."""
    visitor.cookies["sessionid"] = who.cookie
    page = (await visitor.get("/arbeit")).content.decode()
    part = re.search(r'id="wartet-titel".*?</section>', page, re.DOTALL)
    assert part is not None
    rows = re.findall(r'<strong>(.*?)</strong> <a [^>]*><span class="kern-label">(.*?)<span', part[0])
    assert bool(rows) != ("Heute wartet nichts auf Sie." in part[0])
    return dict(rows)


async def test_terms_wait_for_who_must_accept_them(visitor: AsyncClient, connection: Connection) -> None:
    """Until they have; not for somebody who is not let in."""
    guest, other = await people.person(connection), await people.person(connection)
    await datasets.save_room(connection, key="halle", kind="restricted", title={"de": "Halle"})
    await connection.execute(
        "UPDATE core.room SET terms = %s, terms_version = 1 WHERE key = 'halle'",
        [Jsonb({"de": "Nur lesen."})],
    )
    await people.grant(connection, room="halle", principal_id=guest.id)
    assert await waiting(visitor, guest) == {
        "„Halle“ öffnet sich, wenn Sie den Bedingungen zustimmen": "Lesen und zustimmen"
    }
    assert await waiting(visitor, other) == {}
    assert (await visitor.post("/arbeit/raeume/halle/zustimmen", {"version": "1"})).status_code == 404
    visitor.cookies["sessionid"] = guest.cookie
    assert (await visitor.post("/arbeit/raeume/halle/zustimmen", {"version": "1"})).status_code == 302
    assert await waiting(visitor, guest) == {}


async def test_drafts_and_ends_of_agreements_wait_for_both_sides(
    visitor: AsyncClient, connection: Connection
) -> None:
    """A draft for whoever concludes it, an end that comes near for those who receive as well."""
    giver = await people.person(connection, role="steward")
    taker = await people.person(connection, role="steward", kind="partner")
    await datasets.save_room(connection, key="kammer", kind="restricted", title={"de": "Kammer"})
    row = await connection.execute(
        "INSERT INTO governance.agreement (title, room_id, provider_id, purpose, starts_at, ends_at)"
        " SELECT 'Lärm', id, %s, 'x', now() - interval '1 day', now() + interval '10 days' FROM core.room"
        " WHERE key = 'kammer' RETURNING id",
        [giver.organisation_id],
    )
    (number,) = (await row.fetchall())[0]
    await connection.execute(
        "INSERT INTO governance.agreement_recipient VALUES (%s, %s)", [number, taker.organisation_id]
    )
    assert await waiting(visitor, giver) == {"Vereinbarung „Lärm“ ist noch ein Entwurf": "Prüfen"}
    assert await waiting(visitor, taker) == {}
    await connection.execute("UPDATE governance.agreement SET state = 'active' WHERE id = %s", [number])
    for who in (giver, taker):
        (said,) = (await waiting(visitor, who)).items()
        assert said[0].startswith("Vereinbarung „Lärm“ endet am ")
        assert said[1] == "Ansehen"
    await connection.execute("UPDATE governance.agreement SET state = 'ended' WHERE id = %s", [number])
    assert await waiting(visitor, giver) == {}


async def test_series_that_fell_silent_wait_for_their_editors(
    visitor: AsyncClient, connection: Connection
) -> None:
    """Not those that still send, nor those that ended long ago; not where the editor may not look."""
    editor = await people.person(connection, role="editor")
    other = await people.person(connection, role="editor")
    about = {**factories.ABOUT, "title": {"de": "Pegel"}}
    dataset = await datasets.save(connection, key="pegel", room="public", about=about)
    await connection.execute(
        "UPDATE core.dataset SET organisation_id = %s WHERE id = %s", [editor.organisation_id, dataset]
    )
    await records.adopt(connection, dataset_id=dataset, about=about)
    await records.change(connection, by=None, dataset_id=dataset, themes=["ENVI"])
    now = times.now()
    for name, age in (("still", 4), ("sendet", 0), ("lange her", 60)):
        town = factories.Town(connection, dataset_id=dataset, now=now - timedelta(days=age))
        thing = await town.thing(f"Pegel {name}", kind="water", point=(7.6, 51.97))
        await town.stream(
            thing, name=name, observes=f"Stand {name}", definition=factories.SOIL, symbol="cm", kind="state",
            rows=factories.hours(town.now, days=1, scale=1),
        )  # fmt: skip
    (said,) = (await waiting(visitor, editor)).items()
    assert re.fullmatch(r"Pegel: seit .* keine neuen Werte in 1 Messreihe \(still\)", said[0])
    assert said[1] == "Nachsehen"
    assert await waiting(visitor, other) == {}
    await datasets.save_room(connection, key="schacht", kind="restricted", title={"de": "Schacht"})
    await connection.execute(
        "UPDATE core.dataset SET room_id = (SELECT id FROM core.room WHERE key = 'schacht') WHERE id = %s",
        [dataset],
    )
    assert await waiting(visitor, editor) == {}
