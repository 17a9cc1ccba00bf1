# SPDX-License-Identifier: EUPL-1.2
"""Uses are counted by day and kind, without whoever it was, and small numbers are not told."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.test import AsyncClient

from stadtkern.catalogue import operations
from stadtkern.catalogue.entities import Dataset
from stadtkern.catalogue.usage import counting, queries
from stadtkern.catalogue.usage.queries import Count, Month
from stadtkern.core.database import Connection
from tests import people
from tests.catalogue.offices import Office, as_, text

pytestmark = pytest.mark.anyio

BROWSER = {"user-agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"}


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty tally that is added up at once."""
    monkeypatch.setattr(counting, "TALLY", counting.Tally())
    monkeypatch.setattr(counting, "PAUSE_SECONDS", 0.0)


async def made(connection: Connection, office: Office, title: str, **more: Any) -> Dataset:
    """A published dataset."""
    return await operations.create(
        connection,
        by=None,
        organisation_id=office.id,
        kind="link",
        title={"de": title},
        state="published",
        **more,
    )


async def counted(connection: Connection, dataset: Dataset) -> list[tuple[Any, ...]]:
    """What the table holds."""
    asked = "SELECT kind, n FROM catalogue.usage WHERE dataset_id = %s ORDER BY kind"
    return await (await connection.execute(asked, [dataset.id])).fetchall()


async def test_people_are_counted_and_programs_are_not(
    visitor: AsyncClient, connection: Connection, office: Office
) -> None:
    """A view each; crawlers, look-aheads and those who say nothing of themselves leave no trace."""
    dataset = await made(connection, office, "Gezählt")
    address = f"/daten/{dataset.key}"
    for headers in (
        BROWSER,
        BROWSER,
        {"user-agent": "Examplebot/1.0"},
        {},
        {**BROWSER, "sec-purpose": "prefetch"},
    ):
        assert (await visitor.get(address, headers=headers)).status_code == 200
    assert await counted(connection, dataset) == [("view", 2)]


async def test_small_counts_are_not_told(
    visitor: AsyncClient, connection: Connection, office: Office
) -> None:
    """`unter 5` on the page and `<5` in the file; the running month moves in steps of five."""
    dataset = await made(connection, office, "Selten")
    for _ in range(4):
        await visitor.get(f"/daten/{dataset.key}", headers=BROWSER)
    page = await text(visitor, f"/daten/{dataset.key}/nutzung")
    assert page.count("unter 5</td>") == 1
    assert "sk-months" not in page
    for _ in range(3):
        await visitor.get(f"/daten/{dataset.key}", headers=BROWSER)
    assert 'data-label="Seite angesehen">5</td>' in await text(visitor, f"/daten/{dataset.key}/nutzung")
    lines = (await text(visitor, f"/daten/{dataset.key}/nutzung.csv")).splitlines()
    assert lines[0] == "month,view,download,embed,sta,ogc,ckan,dcat"
    assert lines[1].endswith(",5,0,0,0,0,0,0")
    assert len(lines) == 2  # of the month in which it began


async def test_what_was_counted_survives_a_failed_write_and_a_stop(
    connection: Connection, visitor: AsyncClient, office: Office
) -> None:
    """It is kept for the next time, and added when the process stops; what is gone is left out."""
    dataset = await made(connection, office, "Bleibt")
    counting.TALLY.add(dataset.id, "download")
    counting.TALLY.add(2**40, "view")
    async with connection.transaction(force_rollback=True):
        await connection.execute("ALTER TABLE catalogue.usage RENAME TO usage_away")
        with pytest.raises(Exception, match="usage"):
            await counting.TALLY.settle(connection)
    await counting.close()
    assert await counted(connection, dataset) == [("download", 1)]


async def test_counts_obey_rooms(visitor: AsyncClient, connection: Connection, office: Office) -> None:
    """Neither the page of a dataset one may not see, nor its place among the most used."""
    dataset = await made(connection, office, "Vertraulich", room="internal")
    counting.TALLY.add(dataset.id, "view")
    await counting.close()
    await text(visitor, f"/daten/{dataset.key}/nutzung", 404)
    await text(visitor, f"/daten/{dataset.key}/nutzung.csv", 404)
    outside = await people.person(connection, role="reader", kind="partner")
    assert "Vertraulich" not in await text(as_(visitor, outside), "/arbeit/nutzung")
    assert "Vertraulich" in await text(as_(visitor, office.editor), "/arbeit/nutzung")


async def test_a_page_comes_also_when_it_cannot_be_counted(
    visitor: AsyncClient, connection: Connection, office: Office
) -> None:
    """What could not be added is added later."""
    dataset = await made(connection, office, "Trotzdem")
    await connection.execute("ALTER TABLE catalogue.usage RENAME TO usage_away")
    try:
        assert (await visitor.get(f"/daten/{dataset.key}", headers=BROWSER)).status_code == 200
    finally:
        await connection.execute("ALTER TABLE catalogue.usage_away RENAME TO usage")
    await counting.close()
    assert await counted(connection, dataset) == [("view", 1)]


def test_months_before_a_dataset_are_not_told() -> None:
    """It was not used seldom then, it was not there; where it was used all the same, months stay."""
    never, seldom = [Count(0)], [Count(None)]
    months = [Month(date(2026, month, 1), never) for month in (4, 3, 2, 1)]
    assert [each.first.month for each in queries.since(months, began=date(2026, 3, 1))] == [4, 3]
    assert [each.first.month for each in queries.since(months, began=date(2026, 5, 1))] == [4]
    months[2] = Month(date(2026, 2, 1), seldom)
    assert [each.first.month for each in queries.since(months, began=date(2026, 4, 1))] == [4, 3, 2]
