# SPDX-License-Identifier: EUPL-1.2
"""What programs use is counted by interface, from addresses alone, after the answer and for all together."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from django.test import AsyncClient
from starlette.applications import Starlette

from stadtkern.catalogue import operations
from stadtkern.catalogue.usage import counting, gathering
from stadtkern.core import outbox, uses
from stadtkern.core.database import Connection
from tests.catalogue import portal
from tests.catalogue.offices import Office, text
from tests.features.factories import collection, trees
from tests.things import factories as things
from tests.things.factories import City

pytestmark = pytest.mark.anyio


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty tally that is added up at once."""
    monkeypatch.setattr(counting, "TALLY", counting.Tally())
    monkeypatch.setattr(counting, "PAUSE_SECONDS", 0.0)


@pytest.fixture
async def told(app: Starlette, connection: Connection) -> Any:
    """Has everything counted so far told and added."""
    subscriptions = outbox.Subscriptions()
    gathering.hear(subscriptions)

    async def telling() -> None:
        await app.state.uses.tell(connection)
        while await outbox.relay_once(connection, subscriptions=subscriptions):
            continue

    await telling()
    return telling


async def counted(connection: Connection, dataset_id: int) -> dict[str, int]:
    """What the table holds of a dataset."""
    asked = "SELECT kind, n FROM catalogue.usage WHERE dataset_id = %s"
    return dict(await (await connection.execute(asked, [dataset_id])).fetchall())


async def test_reads_of_tables_and_entities_are_counted(
    client: httpx.AsyncClient, connection: Connection, dataset: int, token: str, told: Any
) -> None:
    """Rows, files and entities count for their dataset; refusals, questions of methods and misses do not."""
    known = await collection(connection, rows=trees(3), dataset_id=dataset)
    city = City(client, token)
    stream = await city.create(
        "Things", {**things.thing(), "Datastreams": [things.datastream()], "Locations": [things.location()]}
    )
    (listed,) = await city.values(f"Things({stream})/Datastreams")
    base = f"/ogc/collections/{known.key}"
    for path in ("/items", "/items/1", "/download.csv", "/versions/1/download.csv"):
        assert (await client.get(base + path)).status_code == 200
    for path in (f"{base}/items/99", "/ogc/collections/x/items", "/sta/v1.1/Datastreams(99999)"):
        assert (await client.get(path)).status_code == 404
    await client.head(f"{base}/items")
    await client.get("/ogc/collections/things/items")
    await client.get("/sta/v1.1/Datastreams")
    for _ in range(2):
        assert (
            await client.get(f"/sta/v1.1/Datastreams({listed['@iot.id']})/Observations")
        ).status_code == 200
    await told()
    assert await counted(connection, dataset) == {"ogc": 2, "download": 2, "sta": 3}
    await told()
    assert await counted(connection, dataset) == {"ogc": 2, "download": 2, "sta": 3}


async def test_what_belongs_to_nothing_any_more_is_left_out(connection: Connection) -> None:
    """Whatever an event says, nothing of it breaks."""
    strange = [["ogc", "ogc", "gone", 3], ["sta", "Things", "999999999999999999", 1], ["x", "y", "z", 1]]
    await gathering.add(connection, {"uses": strange})
    await gathering.add(connection, {"uses": []})


async def test_counting_is_bounded_and_survives_a_failed_event(connection: Connection) -> None:
    """So many addresses at most; what could not be told is told the next time."""
    tally = uses.Uses(lambda path: ("ogc", "ogc", path))
    for number in range(uses.MOST + 10):
        tally.note(str(number))
    tally.note("0")
    async with connection.transaction(force_rollback=True):
        await connection.execute("ALTER TABLE core.outbox RENAME TO outbox_away")
        with pytest.raises(Exception, match="outbox"):
            await tally.tell(connection)
    tally.note("1")
    async with connection.transaction(force_rollback=True):
        await tally.tell(connection)
        row = await (
            await connection.execute("SELECT payload FROM core.outbox WHERE topic = %s", [uses.TOPIC])
        ).fetchone()
    assert row is not None
    assert (len(row[0]["uses"]), row[0]["uses"][:2]) == (
        uses.MOST, [["ogc", "ogc", "0", 2], ["ogc", "ogc", "1", 2]]
    )  # fmt: skip


async def test_catalogues_clients_are_counted(
    visitor: AsyncClient, connection: Connection, office: Office
) -> None:
    """One dataset over CKAN or DCAT, whatever the program calls itself; the table has a column each then."""
    made = await operations.create(
        connection,
        by=None,
        organisation_id=office.id,
        kind="link",
        title={"de": "Geerntet"},
        state="published",
    )
    assert "CKAN" not in await text(visitor, f"/daten/{made.key}/nutzung")
    for _ in range(3):
        await portal.get(visitor, "package_show", id=made.key)
    assert (await visitor.get(f"/catalog/datasets/{made.uuid}.ttl")).status_code == 200
    assert await counted(connection, made.id) == {"ckan": 3, "dcat": 1}
    page = await text(visitor, f"/daten/{made.key}/nutzung")
    assert ">CKAN</th>" in page
    assert page.count("unter 5</td>") == 2
