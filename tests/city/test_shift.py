# SPDX-License-Identifier: EUPL-1.2
"""Moving recorded weeks into the present: weekday and local clock stay, no hour is doubled."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stadtkern.city.demo import shift, simulate
from stadtkern.things.store import batch

BERLIN = "Europe/Berlin"
MOMENTS = st.datetimes(datetime(2022, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC))


def _micros(*moments: datetime) -> shift.Integers:
    return np.array([batch.microseconds(moment) for moment in moments], np.int64)


@given(MOMENTS, st.integers(-200, 200))
def test_weekday_and_local_clock_stay(moment: datetime, weeks: int) -> None:
    """Also from winter into summer."""
    (found,) = shift.moved(_micros(moment), weeks=weeks, zone=BERLIN).tolist()
    local = moment.astimezone(ZoneInfo(BERLIN)).replace(tzinfo=None)
    if found == batch.NONE:
        wanted = local + timedelta(weeks=weeks)
        assert wanted.month == 3
        assert wanted.hour == 2
    else:
        assert batch.instant(found).astimezone(ZoneInfo(BERLIN)).replace(tzinfo=None) == local + timedelta(
            weeks=weeks
        )


def test_the_hour_that_spring_leaves_out_is_left_out() -> None:
    """A reading of 02:30 a week before has no place on 30 March 2025."""
    there = shift.moved(_micros(datetime(2025, 3, 23, 1, 30, tzinfo=UTC)), weeks=1, zone=BERLIN)
    assert there.tolist() == [batch.NONE]


def test_the_doubled_hour_of_autumn_is_filled_once() -> None:
    """One reading at 02:30 becomes one reading, in the first pass."""
    there = shift.moved(_micros(datetime(2025, 10, 19, 0, 30, tzinfo=UTC)), weeks=1, zone=BERLIN)
    assert [batch.instant(t) for t in there.tolist()] == [datetime(2025, 10, 26, 0, 30, tzinfo=UTC)]


@given(st.lists(MOMENTS, min_size=2, max_size=20, unique=True), st.integers(0, 200))
def test_no_two_instants_meet_outside_doubled_hours(moments: list[datetime], weeks: int) -> None:
    """Different wall-clock times stay different."""
    instants = _micros(*moments)
    walls = np.unique(shift.wall(instants, zone=BERLIN))
    there = shift.instants(walls + weeks * shift.WEEK, zone=BERLIN)
    kept = there[there != batch.NONE]
    assert len(np.unique(kept)) == len(kept)


@pytest.mark.parametrize("kind", sorted(simulate.KINDS))
def test_simulated_values_are_plausible_and_the_same_each_time(kind: str) -> None:
    """A pure function of time, within what such a probe could show."""
    bounds = {
        "air_temperature": (-25, 42),
        "humidity": (20, 100),
        "soil_moisture": (4, 46),
        "groundwater": (24, 26),
    }
    settings = {"depth_cm": 60, "level": 25.0}
    start = datetime(2026, 1, 1, tzinfo=UTC).timestamp()
    values = [simulate.KINDS[kind](5, start + 7211.0 * n, settings) for n in range(4000)]
    assert values == [simulate.KINDS[kind](5, start + 7211.0 * n, settings) for n in range(4000)]
    low, high = bounds.get(kind, (0, 1))
    assert all(low <= value <= high for value in values)
    assert len(set(values)) > 1
