# SPDX-License-Identifier: EUPL-1.2
"""What owners say of their series and places is free JSON: nothing they write breaks a page for everybody."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import AsyncClient
from psycopg.sql import SQL
from psycopg.types.json import Jsonb

from stadtkern.core import database as core_database
from stadtkern.core import datasets
from tests.insights import factories

pytestmark = pytest.mark.anyio

_SET = {
    "datastream": "UPDATE things.datastream SET properties = %s WHERE id = ANY (%s)",
    "thing": """
        UPDATE things.thing AS t SET properties = t.properties || %s
        FROM things.datastream AS d WHERE d.thing_id = t.id AND d.id = ANY (%s)""",
}


@pytest.mark.parametrize("odd", [-3, 10**9, "viele", {"de": 5}])
async def test_odd_words_of_owners_break_no_page(
    visitor: AsyncClient, town: factories.Town, database: str, odd: Any
) -> None:
    """Decimal places, beat, meaning of silence, capacity, purpose: front page, map, place, series answer."""
    parking, counter = town.streams["Freie Plätze Arkaden"], town.streams["Fahrräder Neutor"]
    thing = town.things["Parkhaus Arkaden"]
    said = dict.fromkeys(("digits", "interval_seconds", "silence", "capacity"), odd)
    async with await core_database.connect(url=database, autocommit=True) as connection:
        await connection.execute(_SET["datastream"], (Jsonb(said), [parking, counter]))
        told = dict.fromkeys(("capacity", "purpose", "owner", "since", "interval_seconds"), odd)
        await connection.execute(_SET["thing"], (Jsonb(told), [parking, counter]))
    for page in ("/", "/karte", "/dinge", f"/diagramm?reihe={parking}", f"/dinge/{thing}",
                 f"/messreihen/{parking}?zeitraum=24h", f"/messreihen/{counter}"):  # fmt: skip
        answer = await visitor.get(page)
        assert answer.status_code == 200, page


async def test_addresses_in_hidden_rooms_are_not_found_by_searching(
    visitor: AsyncClient, town: factories.Town, database: str
) -> None:
    """A place whose address belongs to hidden data is not found by that address, in no list."""
    move = "UPDATE things.location SET dataset_id = %s WHERE name LIKE 'Zählstelle Neutor,%%' RETURNING id"
    async with await core_database.connect(url=database, autocommit=True) as connection:
        hidden = await datasets.save(connection, key="geheim", room="internal", about=factories.ABOUT)
        link = f'/dinge/{town.things["Zählstelle Neutor"]}"'
        pages = ("/karte", "/dinge")
        seen = [(await visitor.get(f"{page}?q=Domplatz")).content.decode() for page in pages]
        assert all(link in page for page in seen)
        assert await (await connection.execute(move, [hidden])).fetchone()
        try:
            for page in pages:
                assert link not in (await visitor.get(f"{page}?q=Domplatz")).content.decode(), page
        finally:
            await connection.execute(move, [town.dataset_id])


@pytest.mark.parametrize("odd", ["10000-01-01", "0044-03-15 BC", "infinity"])
async def test_times_that_no_calendar_holds_break_no_page(
    visitor: AsyncClient, town: factories.Town, database: str, odd: str
) -> None:
    """Written past the doors, into the state of a series or a reading: the pages say what they know."""
    parking, counter = town.streams["Freie Plätze Arkaden"], town.streams["Fahrräder Neutor"]
    thing = town.things["Parkhaus Arkaden"]
    before = (
        "UPDATE things.datastream_state SET first_time = %s, last_time = %s, last_end = NULL"
        " WHERE datastream_id = ANY (%s) RETURNING datastream_id"
    )
    async with await core_database.connect(url=database, autocommit=True) as connection:
        cursor = await connection.execute(before, (odd, odd, [parking, counter]))
        assert len(await cursor.fetchall()) == 2
    for page in ("/", "/?sicht=fach", "/?mode=wall", "/karte", "/karte/places.json", "/dinge",
                 f"/dinge/{thing}",
                 f"/dinge/{thing}/aushang", f"/messreihen/{parking}", f"/messreihen/{parking}/einbetten",
                 f"/messreihen/{parking}/verlauf.json", f"/messreihen/{parking}/werte.csv",
                 f"/messreihen/{counter}?zeitraum=alles", f"/messreihen/{parking}?zeitraum=jahr",
                 f"/diagramm?reihe={parking}", f"/diagramm?reihe={parking}&reihe={counter}&zeitraum=alles",
                 f"/diagramm/bild.svg?reihe={parking}", "/quellen", "/daten", "/suche?q=arkaden",
                 "/naehe", "/datenfenster"):  # fmt: skip
        answer = await visitor.get(page)
        assert answer.status_code == 200, page
    assert "Zeitpunkt unbekannt" in (await visitor.get(f"/messreihen/{parking}")).content.decode()


async def test_series_without_values_and_values_of_the_future_say_so(
    visitor: AsyncClient, town: factories.Town, database: str
) -> None:
    """Nobody is told to choose a longer span where there is nothing; what lies ahead never looks live."""
    empty, ahead = town.streams["Freie Plätze Arkaden"], town.streams["Fahrräder Neutor"]
    async with await core_database.connect(url=database, autocommit=True) as connection:
        await connection.execute("DELETE FROM things.datastream_state WHERE datastream_id = %s", [empty])
        await connection.execute(
            "UPDATE things.datastream_state SET last_time = '2029-05-10 10:00Z', last_end = NULL"
            " WHERE datastream_id = %s",
            [ahead],
        )
    nothing = (await visitor.get(f"/messreihen/{empty}?von=2001-01-01&bis=2001-01-02")).content.decode()
    assert "noch nie einen Wert gemeldet" in nothing
    assert "längeren Zeitraum" not in nothing
    coming = (await visitor.get(f"/messreihen/{ahead}")).content.decode()
    assert "Wert für 10. Mai 2029, 12:00 Uhr" in coming
    assert "sk-fresh--live" not in coming


async def test_a_change_of_unit_is_said_where_older_values_stand(
    visitor: AsyncClient, town: factories.Town, database: str
) -> None:
    """At the series, in charts and so in stories; back again, nothing was; before there are values, too."""
    number = town.streams["Freie Plätze Theater"]
    pages = (f"/messreihen/{number}", f"/diagramm?reihe={number}", f"/en/diagramm?reihe={number}")
    change = "UPDATE things.datastream SET unit = jsonb_set(unit, '{symbol}', %s) WHERE id = %s"
    async with await core_database.connect(url=database, autocommit=True) as connection:

        async def symbol(said: str) -> list[str]:
            await connection.execute(change, [Jsonb(said), number])
            return [(await visitor.get(page)).content.decode() for page in pages]

        first, second, english = await symbol("Pl.")
        assert "Pl., vorher Plätze. Ältere Werte können noch" in first
        assert "Pl., vorher Plätze. Ältere Werte können noch" in second
        assert "before that Plätze. Older values may" in english
        assert not any(", vorher" in page for page in await symbol("Plätze"))
        state = "UPDATE things.datastream_state SET n = {} WHERE datastream_id = %s"
        await connection.execute(SQL(state.format("-n")), [number])
        try:
            assert not any(", vorher" in page for page in await symbol("%"))
            await symbol("Plätze")
        finally:
            await connection.execute(SQL(state.format("-n")), [number])
