# SPDX-License-Identifier: EUPL-1.2
"""The span in the address: generous to people, never an error."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stadtkern.ui import spans

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 2, 26, 14, 58, tzinfo=UTC)


def _choose(**asked: str) -> spans.Span:
    first = NOW - timedelta(days=900)
    return spans.choose(asked, first=first, last=NOW - timedelta(minutes=5), now=NOW, zone=BERLIN)


def test_without_a_wish_it_is_the_last_week() -> None:
    """Seven days, by hours."""
    span = _choose()
    assert (span.name, span.bucket, span.length) == ("woche", "hour", timedelta(days=7))


@pytest.mark.parametrize(
    ("name", "bucket"),
    [("24h", "raw"), ("woche", "hour"), ("monat", "hour"), ("jahr", "day"), ("alles", "month")],
)
def test_longer_spans_are_coarser(name: str, bucket: str) -> None:
    """So that a chart never has more points than can be seen."""
    assert _choose(zeitraum=name).bucket == bucket


def test_from_and_until_are_local_days_and_the_last_one_counts() -> None:
    """From the first midnight to the midnight after the last day."""
    span = _choose(von="2026-02-01", bis="2026-02-03")
    assert span.start == datetime(2026, 2, 1, tzinfo=BERLIN)
    assert span.end == datetime(2026, 2, 4, tzinfo=BERLIN)


def test_days_typed_by_hand_are_the_same_span() -> None:
    """Where a browser has no field for dates; the address goes on with what such fields hold."""
    typed, picked = _choose(von="1.2.2026", bis="03.02.2026"), _choose(von="2026-02-01", bis="2026-02-03")
    assert typed == picked
    assert typed.query() == "von=2026-02-01&bis=2026-02-03"


def test_the_word_about_a_day_names_both_ways_to_write_it() -> None:
    """So that nobody has to guess."""
    problem = _choose(von="Februar").problem
    assert "28.02.2026 oder 2026-02-28" in problem
    assert problem.endswith("Sie sehen stattdessen die letzte Woche.")


@pytest.mark.parametrize(
    "asked",
    [
        {"von": "31.02.2024"},
        {"von": "2026-02-10", "bis": "2026-02-01"},
        {"von": "12024-01-01"},
        {"von": "0001-01-01"},
        {"bis": "9999-12-31"},
        {"zeitraum": "immer"},
        {"aufloesung": "sekunde"},
        {"zeitraum": "jahr", "aufloesung": "einzeln"},
    ],
)
def test_what_cannot_be_used_is_said_and_something_sensible_shown(asked: dict[str, str]) -> None:
    """A friendly sentence instead of an error page."""
    span = _choose(**asked)
    assert span.problem
    assert span.start < span.end


def test_a_series_that_ended_is_shown_to_its_end() -> None:
    """Not an empty chart of today."""
    last = datetime(2019, 12, 31, 22, tzinfo=UTC)
    span = spans.choose({}, first=last - timedelta(days=700), last=last, now=NOW, zone=BERLIN)
    assert span.behind
    assert span.end - last < timedelta(minutes=1)


@given(
    st.dictionaries(
        st.sampled_from(["zeitraum", "von", "bis", "aufloesung", "vergleich"]),
        st.text(max_size=12),
        max_size=5,
    )
)
def test_no_address_breaks_it(asked: dict[str, str]) -> None:
    """Whatever stands in the address, there is a span with a beginning before its end."""
    span = _choose(**asked)
    assert span.start < span.end
    assert isinstance(span.query(), str)
