# SPDX-License-Identifier: EUPL-1.2
"""Instants are ISO 8601 with a zone, and nothing else."""

from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from stadtkern.core import times


@given(st.datetimes(min_value=datetime(1900, 1, 1), max_value=datetime(2400, 1, 1), timezones=st.just(UTC)))
def test_what_is_written_is_read_back(moment: datetime) -> None:
    """Formatting loses nothing down to the microsecond."""
    assert times.parse_instant(times.format_instant(moment)) == moment


@pytest.mark.parametrize(
    "text",
    ["01.02.2024", "2024-02-01", "2024-02-01T10:00:00", "12024-01-01T00:00:00Z", "2024-02-30T00:00:00Z",
     "2024-02-01T25:00:00Z", "", "now", "2024-02-01T10:00:00Z; DROP TABLE", "0001-01-01T00:00:00+14:00"],
)  # fmt: skip
def test_anything_else_is_refused_with_a_remedy(text: str) -> None:
    """The message shows the right form."""
    with pytest.raises(times.InvalidInstant) as caught:
        times.parse_instant(text)
    assert "2026-02-26T14:58:00Z" in caught.value.remedy


def test_offsets_and_fractions_become_utc() -> None:
    """Commas, short offsets and nanoseconds appear in the wild."""
    moment = times.parse_instant("2026-02-26T15:58:00,123456789+0100")
    assert moment == datetime(2026, 2, 26, 14, 58, 0, 123456, tzinfo=UTC)


@given(
    st.sampled_from(("2026-02-26T14:58:09Z", "2026-02-26T14:58:09.123Z")),
    st.lists(st.tuples(st.integers(0, 23), st.sampled_from("0159-:T+.,WZz \x00٣\ud800")), max_size=4),
)
@example("2026-02-26T14:58:09.123Z", [(19, ":")])
@example("2026-02-26T14:58:09Z", [(14, "Z"), (15, "\x00")])
@example("2026-02-26T14:58:09.123Z", [(21, "Z"), (22, "\x00")])
def test_the_short_way_reads_what_the_long_one_reads(text: str, changes: list[tuple[int, str]]) -> None:
    """Whatever stands in the place of a character; where both refuse, in the same words."""
    for at, character in changes:
        text = text[:at] + character + text[at + 1 :]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(times, "_USUAL", {})
        expected = _read(text)
    assert _read(text) == expected


def _read(text: str) -> datetime | str:
    try:
        return times.parse_instant(text)
    except times.InvalidInstant as error:
        return str(error)


def test_months_are_counted_from_1900() -> None:
    """The number fits thirteen bits for centuries."""
    assert times.month_number(datetime(1900, 1, 1, tzinfo=UTC)) == 0
    assert times.month_number(datetime(2026, 2, 1, tzinfo=UTC)) == 126 * 12 + 1
