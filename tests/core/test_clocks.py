# SPDX-License-Identifier: EUPL-1.2
"""A clock that is set forward or back gives nobody more time, refuses no reading, and removes nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from stadtkern.core import access, outbox, times
from stadtkern.core import database as core_database
from stadtkern.core.database import Connection
from tests.core import factories

pytestmark = pytest.mark.anyio

_START = datetime(2026, 5, 1, 12, tzinfo=UTC)


class Clocks:
    """Both clocks of a machine: one that people set, and one that only goes on."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *, start: datetime = _START):
        self.wall, self.ticks = start, 1000.0
        monkeypatch.setattr(times, "now", lambda: self.wall)
        monkeypatch.setattr(times, "monotonic", lambda: self.ticks)

    def go(self, **duration: float) -> None:
        """Time passes."""
        step = timedelta(**duration)
        self.wall += step
        self.ticks += step.total_seconds()

    def set(self, **by: float) -> None:
        """Somebody sets the clock."""
        self.wall += timedelta(**by)


def test_an_end_comes_when_either_clock_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """Back: not later than was granted. Forward: at once."""
    clocks = Clocks(monkeypatch)
    early, late = times.Expiry(_START + timedelta(hours=1)), times.Expiry(_START + timedelta(hours=5))
    assert not early.passed
    clocks.set(hours=-3)
    clocks.go(minutes=59)
    assert not early.passed
    clocks.go(minutes=2)
    assert early.passed
    assert not late.passed
    clocks.set(hours=10)
    assert late.passed
    assert not times.Expiry(None).passed


def test_a_leap_is_believed_after_a_day(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is removed because of its age must not fall to a wrong clock; a right one wins in the end."""
    clocks = Clocks(monkeypatch)
    believed = times.Believed()
    clocks.go(hours=5)
    assert believed.now() == clocks.wall
    clocks.set(days=3650)
    assert believed.now() == _START + timedelta(hours=5)
    clocks.go(hours=23)
    assert believed.now() == _START + timedelta(hours=28)
    clocks.set(days=-3650)  # it was a mistake
    assert believed.now() == clocks.wall == _START + timedelta(hours=28)
    clocks.set(days=30)  # it was wrong before
    believed.now()
    clocks.go(hours=25)
    assert believed.now() == clocks.wall
    clocks.set(days=-2)
    assert believed.now() == clocks.wall


def test_the_accepted_range_does_not_shrink(monkeypatch: pytest.MonkeyPatch) -> None:
    """A sender whose clock is right must not be refused because ours was set back."""
    clocks = Clocks(monkeypatch)
    monkeypatch.setattr(times, "_began", clocks.wall)
    monkeypatch.setattr(times, "_ticks_then", clocks.ticks)
    clocks.go(days=1)
    clocks.set(days=-5000)
    assert times.furthest_now() == _START + timedelta(days=1)
    clocks.set(days=6000)
    assert times.furthest_now() == clocks.wall


async def test_a_token_gets_no_more_time_from_a_clock_set_back(
    database: str, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is remembered of it ends after the time that it had; then the database is asked."""
    clocks = Clocks(monkeypatch, start=datetime.now(UTC))
    dataset = await factories.make_dataset(connection)
    end = clocks.wall + timedelta(hours=1)
    made = await factories.make_token(connection, dataset_id=dataset, expires_at=end)
    async with core_database.pool(url=database) as pool, access.Gate(pool=pool) as gate:
        bearer = f"Bearer {made.secret}"
        while not gate._principals:
            await gate.principal(authorization=bearer)
        # It ends in the database without a word to those who remember it.
        async with connection.transaction():
            await connection.execute("SET LOCAL session_replication_role = replica")
            await connection.execute("UPDATE core.token SET expires_at = now() WHERE id = %s", [made.id])
        clocks.set(hours=-12)
        clocks.go(minutes=59)
        await gate.principal(authorization=bearer)
        clocks.go(minutes=2)
        with pytest.raises(access.Unauthorised):
            await gate.principal(authorization=bearer)


async def test_an_event_is_not_put_off_for_a_year(connection: Connection) -> None:
    """Put off while the clock was a year ahead, it is due at once when that is mended."""
    await outbox.emit(connection, topic="late", payload={})
    await connection.execute("UPDATE core.outbox SET not_before = now() + interval '365 days'")
    assert await outbox.relay_once(connection, subscriptions=outbox.Subscriptions()) == 1
    await outbox.emit(connection, topic="soon", payload={})
    await connection.execute("UPDATE core.outbox SET not_before = now() + interval '1 hour'")
    assert await outbox.relay_once(connection, subscriptions=outbox.Subscriptions()) == 0
