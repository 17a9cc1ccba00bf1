# SPDX-License-Identifier: EUPL-1.2
"""A list of stations that comes as a file of its own is joined to the series that are there."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from django.test import AsyncClient

from stadtkern.catalogue.onboarding import operations
from stadtkern.catalogue.onboarding.entities import Delivery, Plan
from stadtkern.core.database import Connection
from stadtkern.core.settings import Settings
from stadtkern.ingest.imports import compose, sites
from tests.catalogue import imports
from tests.catalogue.clerks import Work, filled, sent
from tests.catalogue.clerks import clerk as clerk
from tests.catalogue.clerks import same_folder as same_folder
from tests.catalogue.clerks import work as work
from tests.catalogue.offices import Office, text

pytestmark = pytest.mark.anyio
_HEAD = "Name;Rechtswert;Hochwert;Straße\n"
_LIST = _HEAD + "nord ;405000;5757000;Ring\nSüd;406000;5756000;Tor\nOst;407000;5756000;Hafen\n"
_SPOTS = (
    "SELECT t.name, t.properties ->> 'strasse', l.location -> 'coordinates'"
    " FROM things.thing AS t LEFT JOIN things.thing_location AS p ON p.thing_id = t.id"
    " LEFT JOIN things.location AS l ON l.id = p.location_id WHERE t.dataset_id = %s ORDER BY t.name"
)


async def readings(desk: imports.Desk) -> Delivery:
    """Three stations with a day of values each, and without any place."""
    rows = "".join(f"2024-01-01 {n:02}:00;{s};{n}\n" for n in range(24) for s in ("Nord", "Süd", "West"))
    looked = await desk.send(f"Zeit;Station;Räder\n{rows}".encode(), name="zaehlungen.csv")
    plan = msgspec.structs.replace(
        imports.suggested(looked, target="series"), series=compose.Series(time="Zeit", by="Station")
    )
    return await desk.store(await planned(desk, looked, plan))


async def planned(desk: imports.Desk, delivery: Delivery, plan: Plan) -> Delivery:
    """Checked with a plan."""
    await operations.plan(desk.connection, delivery=delivery, plan=plan)
    await desk.run()
    return await desk.see(delivery.uuid)


async def listed(desk: imports.Desk, content: str, *, dataset: str) -> Delivery:
    """A list of stations, checked against a dataset."""
    looked = await desk.send(content.encode(), name="orte.csv")
    chosen = sites.Sites(dataset=dataset, by="Name")
    plan = msgspec.structs.replace(imports.suggested(looked), target="stations", sites=chosen)
    return await planned(desk, looked, plan)


async def spots(connection: Connection, dataset_id: int | None) -> list[tuple[Any, ...]]:
    """Name, street and rounded place of each station."""
    rows = await (await connection.execute(_SPOTS, [dataset_id])).fetchall()
    return [(name, street, spot and [round(x, 4) for x in spot]) for name, street, spot in rows]


async def test_known_stations_get_their_places(connection: Connection, settings: Settings) -> None:
    """By name; what is not known is left out and told; a newer list corrects; values stay as they are."""
    desk = await imports.desk(connection, settings)
    stored = await readings(desk)
    checked = await listed(desk, _LIST, dataset=stored.recipe.dataset_key)
    assert checked.checked is not None
    told = {f.code: (f.n, f.example) for f in checked.checked.quality.findings}
    assert told == {"station_unknown": (1, "Ost"), "station_missing": (1, "West")}
    done = await desk.store(checked, about=None)
    assert (done.state, done.rows, done.problem) == ("done", 2, None)
    assert done.recipe.dataset_id == stored.recipe.dataset_id
    assert await spots(connection, stored.recipe.dataset_id) == [
        ("Nord", "Ring", [7.6175, 51.9556]),
        ("Süd", "Tor", [7.6323, 51.9468]),
        ("West", None, None),
    ]
    later = await desk.send(_LIST.replace("405000", "405500").encode(), to=done)
    assert (later.state, later.rows) == ("done", 2)
    assert (await spots(connection, stored.recipe.dataset_id))[0] == ("Nord", "Ring", [7.6248, 51.9557])
    cursor = await connection.execute(
        "SELECT count(*) FROM things.observation AS o JOIN things.datastream AS d ON d.id = o.datastream_id"
        " WHERE d.dataset_id = %s",
        [stored.recipe.dataset_id],
    )
    assert await cursor.fetchone() == (72,)
    area = await (
        await connection.execute(
            "SELECT spatial IS NOT NULL FROM catalogue.dataset WHERE dataset_id = %s",
            [stored.recipe.dataset_id],
        )
    ).fetchone()
    assert area == (True,)


async def test_what_does_not_fit_together_blocks(connection: Connection, settings: Settings) -> None:
    """A list of other stations, and one that names a station at two places."""
    desk = await imports.desk(connection, settings)
    key = (await readings(desk)).recipe.dataset_key
    for content, code in (
        (_HEAD + "Ost;407000;5756000;Hafen\nOben;407100;5756100;Hafen\n", "no_station"),
        (_LIST + "NORD;405900;5757000;Ring\n", "station_twice"),
    ):
        checked = await listed(desk, content, dataset=key)
        assert checked.checked is not None
        assert code in [f.code for f in checked.checked.quality.of("blocks")]
        with pytest.raises(operations.NotYet):
            await operations.store(connection, by=desk.person, delivery=checked, about=None)


async def test_places_that_are_kept_elsewhere_stay(connection: Connection, settings: Settings) -> None:
    """Who has put a station somewhere by the interface is not overruled by a list."""
    desk = await imports.desk(connection, settings)
    stored = await readings(desk)
    await connection.execute(
        "WITH made AS (INSERT INTO things.location (dataset_id, name, description, encoding_type, location)"
        " VALUES (%(id)s, 'Hier', 'Hier', 'application/geo+json',"
        ' \'{"type":"Point","coordinates":[7,51]}\')'
        " RETURNING id) INSERT INTO things.thing_location (thing_id, location_id) SELECT t.id, made.id"
        " FROM things.thing AS t, made WHERE t.dataset_id = %(id)s AND t.name = 'Nord'",
        {"id": stored.recipe.dataset_id},
    )
    checked = await listed(desk, _LIST, dataset=stored.recipe.dataset_key)
    assert checked.checked is not None
    assert "station_fixed" in [f.code for f in checked.checked.quality.findings]
    assert (await desk.store(checked, about=None)).rows == 1
    assert (await spots(connection, stored.recipe.dataset_id))[0] == ("Nord", None, [7, 51])


async def test_nobody_moves_stations_of_others(connection: Connection, settings: Settings) -> None:
    """A dataset of another organisation is not there, and its stations stay where they are."""
    stored = await readings(await imports.desk(connection, settings))
    other = await imports.desk(connection, settings)
    refused = await listed(other, _LIST, dataset=stored.recipe.dataset_key)
    assert (refused.state, refused.checked) == ("refused", None)
    assert refused.problem is not None
    assert refused.problem.code == "NotFound"
    assert [spot for *_, spot in await spots(connection, stored.recipe.dataset_id)] == [None, None, None]


async def test_a_clerk_joins_a_list_on_the_pages(
    clerk: AsyncClient, office: Office, work: Work, connection: Connection
) -> None:
    """Offered where there are series; the plan asks for them, the report says what happens, the end where."""
    rows = "".join(f"2024-01-01 {n:02}:00;{s};{n}\n" for n in range(24) for s in ("Nord", "Süd"))
    assert "messstellen" not in await _planning(clerk, office, work, _LIST)
    address = await sent(clerk, office, f"Zeit;Station;Räder\n{rows}".encode(), "rad.csv")
    await work()
    values = {
        **filled(await text(clerk, address), "plan"),
        "target": "series",
        "time": "Zeit",
        "by": "Station",
    }
    await clerk.post(f"{address}/plan", values)
    await work()
    about = {"title": "Räder", "description": "Zählungen.", "room": "internal", "attribution": ""}
    licence = "http://dcat-ap.de/def/licenses/cc-zero"
    assert (await clerk.post(f"{address}/speichern", {**about, "licence": licence})).status_code == 302
    await work()
    page = await _planning(clerk, office, work, _LIST)
    assert "Nur für Orte von Messstellen" in page
    address = page.partition('action="')[2].partition("/lesen")[0]
    values = {**filled(page, "plan"), "target": "stations"}
    assert "Das braucht es für die Orte" in (await clerk.post(f"{address}/plan", values)).content.decode()
    values |= {"joins": "raeder", "station": "Name"}
    assert (await clerk.post(f"{address}/plan", values)).status_code == 302
    await work()
    page = await text(clerk, address)
    assert "Orte eintragen" in page
    assert "2 Messstellen bekommen ihren Ort aus dieser Liste." in page
    assert "die der Datensatz nicht kennt" in page
    assert (await clerk.post(f"{address}/speichern", filled(page, "speichern"))).status_code == 302
    await work()
    assert "2 Messstellen haben ihren Ort aus dieser Liste." in await text(clerk, address)


async def _planning(client: AsyncClient, office: Office, work: Work, content: str) -> str:
    """The page on which a list of stations is sorted out."""
    address = await sent(client, office, content.encode(), "orte.csv")
    await work()
    return await text(client, address)
