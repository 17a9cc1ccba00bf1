# SPDX-License-Identifier: EUPL-1.2
"""Charts of huge tables: what takes too long is given up, and keeps nobody else waiting."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from django.test import AsyncClient

from stadtkern.catalogue.charts import figures
from stadtkern.core import times
from stadtkern.core.access import Scope
from stadtkern.core.database import Connection
from stadtkern.features import queries, tally
from stadtkern.features.sources import Stored
from tests.catalogue.offices import Office, text
from tests.catalogue.test_charts import SUMS, bars, laid
from tests.catalogue.test_tables import query

pytestmark = pytest.mark.anyio


async def test_what_takes_too_long_is_given_up_and_not_tried_again_at_once(
    connection: Connection, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A large table keeps nobody waiting, and the next one who asks does not begin anew."""
    key = await laid(connection, office, SUMS, [[f"{n}", 1.0] for n in range(50_000)])
    table = await queries.find(connection, Scope((), True), key=key)
    with pytest.raises(tally.TakesTooLong):
        await tally.tally(
            connection, Scope((), True), source=Stored(table), key=tally.Key(0), limit=10,
            zone="Europe/Berlin", milliseconds=1,
        )  # fmt: skip
    tried = 0

    async def slow(_: int) -> None:
        nonlocal tried
        tried += 1
        raise tally.TakesTooLong

    now = times.now()
    for later in (timedelta(), timedelta(minutes=1), timedelta(minutes=11)):
        with pytest.raises(tally.TakesTooLong):
            await figures._once(("x", key), slow, now=now + later)
    assert tried == 2


async def test_all_steps_of_a_chart_share_one_budget_of_time(
    visitor: AsyncClient, connection: Connection, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What one step took, the others lack; what nobody could look at is drawn once somebody says by what."""
    key = await laid(connection, office, SUMS, [["a", 1.0], ["a", 2.0], ["b", 3.0]])
    clock = [100.0]
    monkeypatch.setattr(figures.time, "monotonic", lambda: clock[0])
    given: list[int] = []
    grouped = tally.tally

    async def slow(*_: Any, milliseconds: int, **__: Any) -> None:
        clock[0] += milliseconds / 1000
        given.append(milliseconds)
        raise tally.TakesTooLong

    async def counted(*arguments: Any, milliseconds: int, **more: Any) -> tally.Tally:
        given.append(milliseconds)
        return await grouped(*arguments, milliseconds=milliseconds, **more)

    monkeypatch.setattr(tally, "sample", slow)
    monkeypatch.setattr(tally, "tally", counted)
    assert "dauert in dieser großen Tabelle zu lange" in await text(visitor, f"/diagramm?tabelle={key}")
    figures._known.clear()
    assert bars(await text(visitor, "/diagramm" + query(tabelle=key, nach="ort", rechnung="anzahl")))
    assert given == [figures.BRIEF, figures.BRIEF, figures.PATIENCE - figures.BRIEF]
    clock[0] += 3600
    assert figures.Budget(0).left == 1


async def test_few_may_take_their_time_at_once(office: Office) -> None:
    """Pages wait for as long as charts hold their connections."""
    begun, go, given = asyncio.Semaphore(0), asyncio.Event(), list[int]()

    async def read(milliseconds: int) -> None:
        given.append(milliseconds)
        begun.release()
        await go.wait()

    tasks = []
    for number in range(4):
        asked = figures._once(("y", office.id, number), read, now=times.now())
        tasks.append(asyncio.create_task(asked))
        await asyncio.wait_for(begun.acquire(), 60)
    go.set()
    await asyncio.gather(*tasks)
    assert given == [figures.PATIENCE, figures.PATIENCE, figures.BRIEF, figures.BRIEF]
