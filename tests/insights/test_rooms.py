# SPDX-License-Identifier: EUPL-1.2
"""What lies in a closed room is on no page, in no list, in no figure – except for those who may see it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import AsyncClient

from stadtkern.core import access, datasets
from stadtkern.core import database as core_database
from tests.insights import factories

pytestmark = pytest.mark.anyio

SECRET = "a-session-secret-of-a-person-in-the-town-hall"


@pytest.fixture(scope="module")
async def closed(database: str, town: factories.Town) -> factories.Town:
    """A counter in a restricted room, counting a thousand times as much as all others."""
    async with await core_database.connect(url=database, autocommit=True) as connection:
        await datasets.save_room(connection, key="rathaus", kind="restricted", title={"de": "Rathaus"})
        dataset = await datasets.save(
            connection, key="geheim", room="rathaus", about={**factories.ABOUT, "title": {"de": "Geheimes"}}
        )
        made = factories.Town(connection, dataset_id=dataset, now=town.now)
        thing = await made.thing("Zählstelle Geheimgang", kind="bicycle_counter", point=(7.6, 51.97))
        await made.stream(
            thing, name="Räder im Geheimgang", observes="Geheimräder", definition=factories.BICYCLES,
            symbol="Räder/h", kind="count", rows=factories.hours(town.now, days=3, scale=5000),
        )  # fmt: skip
        await _admit(connection)
        return made


async def _admit(connection: core_database.Connection) -> None:
    row = await (
        await connection.execute(
            "INSERT INTO core.principal (kind, name) VALUES ('person', 'Ratsfrau') RETURNING id"
        )
    ).fetchone()
    assert row is not None
    await connection.execute(
        "INSERT INTO core.room_grant (room_id, principal_id)"
        " SELECT id, %s FROM core.room WHERE key = 'rathaus'",
        row,
    )
    await connection.execute(
        "INSERT INTO core.session (secret_hash, principal_id, expires_at) VALUES (%s, %s, now() + %s)",
        (access.hash_secret(SECRET), row[0], timedelta(hours=1)),
    )


async def test_a_closed_room_is_on_no_page(
    visitor: AsyncClient, closed: factories.Town, town: factories.Town
) -> None:
    """404 for what one may not know; lists, map, search, sources and figures leave it out."""
    thing, stream = closed.things["Zählstelle Geheimgang"], closed.streams["Räder im Geheimgang"]
    for path in (f"/dinge/{thing}", f"/messreihen/{stream}", f"/messreihen/{stream}/werte.csv",
                 f"/messreihen/{stream}/verlauf.json"):  # fmt: skip
        assert (await visitor.get(path)).status_code == 404, path
    for path in ("/", "/tafeln/stadt-jetzt/radverkehr", "/karte", "/karte/places.json", "/dinge",
                 "/dinge?q=geheim", "/dinge?art=rad", "/quellen"):  # fmt: skip
        page = (await visitor.get(path)).content.decode()
        assert not any(word in page for word in ("Geheimgang", "Geheimes", "Geheimräder")), path
    assert "an 3 Zählstellen" in (await visitor.get("/")).content.decode()


async def test_who_has_the_grant_sees_it(visitor: AsyncClient, closed: factories.Town) -> None:
    """The same pages, with a session."""
    visitor.cookies["sessionid"] = SECRET
    stream = closed.streams["Räder im Geheimgang"]
    assert (await visitor.get(f"/messreihen/{stream}")).status_code == 200
    assert "Zählstelle Geheimgang" in (await visitor.get("/dinge?q=geheim")).content.decode()
    assert "an 4 Zählstellen" in (await visitor.get("/")).content.decode()
