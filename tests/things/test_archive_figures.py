# SPDX-License-Identifier: EUPL-1.2
"""What is said of observations stays right where some of them lie in files only."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Literal

import pytest

from stadtkern.core.database import Connection
from stadtkern.core.settings import Settings
from stadtkern.things import series
from stadtkern.things.store import amend, fold
from tests.things.archives import archived, empty_cache, filled, parts

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("kind", ["measurement", "state"])
@pytest.mark.parametrize("bucket", ["hour", "day", "month"])
async def test_figures_do_not_vanish_while_marks_wait(
    connection: Connection, settings: Settings, kind: str, bucket: Literal["hour", "day", "month"]
) -> None:
    """A mark over all of a history says nothing against the figures of months that are away."""
    _, (stream,) = await filled(connection, f"marks-{kind}-{bucket}", count=1, kind=kind, every=60)
    await archived(connection, settings)
    await empty_cache(connection, settings)
    assert "away" in (await parts(connection, [stream])).values()

    async def points() -> list[series.Point]:
        start, end = datetime(2026, 2, 1, tzinfo=UTC), datetime(2026, 6, 1, tzinfo=UTC)
        found = await series.series(connection, datastream_id=stream, start=start, end=end, bucket=bucket)
        return [point for point in found.points if point.start < datetime(2026, 4, 1, tzinfo=UTC)]

    before = await points()
    async with connection.transaction():
        await amend.recompute(connection, datastream_ids=[stream])
    assert await points() == before != []
    await fold.fold_all(connection)
    assert await points() == before
