# SPDX-License-Identifier: EUPL-1.2
"""Times of files: many spellings, local clocks, the hours that are missing or come twice."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stadtkern.ingest.imports import fasttimes, mapping, times
from tests.ingest.factories import simple, taken, written

_BEGIN, _END = datetime(2024, 1, 1), datetime(2026, 12, 31)
BERLIN = 'zone = "Europe/Berlin"'


def _clock(**fields: str) -> times.Clock:
    return times.Clock(time=mapping.Time(column="time", zone="Europe/Berlin", **fields))  # type: ignore[arg-type]


def _read(clock: times.Clock, text: str) -> str:
    found = clock[text]
    if found == times.STORY:
        return str(clock.special[text])
    return (datetime(1970, 1, 1) + timedelta(microseconds=found)).isoformat()


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2025-07-01 14:05", "2025-07-01T12:05:00"),
        ("2025-07-01T14:05:09", "2025-07-01T12:05:09"),
        ("2025-07-01T14:05:09.25", "2025-07-01T12:05:09.250000"),
        ("2025-07-01T14:05:09Z", "2025-07-01T14:05:09"),
        ("2025-07-01 14:05+05:30", "2025-07-01T08:35:00"),
        ("2025-07-01 14:05:00-0330", "2025-07-01T17:35:00"),
        ("01.07.2025 14:05", "2025-07-01T12:05:00"),
        ("1.7.25 4:05:06", "2025-07-01T02:05:06"),
        ("01.07.2025", "2025-06-30T22:00:00"),
        ("'2025-01-01 01:00'", "2025-01-01T00:00:00"),
        ("2025-01-01 24:00", "2025-01-01T23:00:00"),
        (" 2025-01-01 01:00 ", "2025-01-01T00:00:00"),
    ],
)
def test_a_time_is_read_in_its_spelling(text: str, instant: str) -> None:
    """ISO and German spellings, offsets, quotes and 24:00 all become the same kind of instant."""
    assert _read(_clock(), text) == instant
    clock = _clock()
    assert clock["2024-02-03 04:05"], "a known spelling before must change nothing"
    assert _read(clock, text) == instant


@pytest.mark.parametrize(
    "text",
    ["31.02.2024 10:00", "12024-01-01 00:00", "", "gestern", "2024-13-01 00:00", "2024-01-01 25:00",
     "2024-01-01 10:60", "2024-01-01 24:01", "01/02/2024 10:00", "2024-01-01 10:00:00+99:99x", "\x00"],
)  # fmt: skip
def test_what_is_no_time_is_refused(text: str) -> None:
    """Nothing is guessed: an impossible date is refused with its text."""
    clock = _clock()
    assert clock[text] == times.STORY
    assert isinstance(clock.special[text], times.Refused)


def test_other_formats_are_named_in_the_mapping() -> None:
    """Seconds and milliseconds since 1970, and any strptime pattern."""
    assert _read(_clock(format="epoch"), "1751371500") == "2025-07-01T12:05:00"
    assert _read(_clock(format="epoch_ms"), "1751371500250") == "2025-07-01T12:05:00.250000"
    assert _read(_clock(format="%m/%d/%Y %H:%M"), "07/01/2025 14:05") == "2025-07-01T12:05:00"


def test_an_hour_named_by_its_end_begins_before_on_the_wall_clock() -> None:
    """In spring, 02:00 ends the hour from 1 to 2; 03:00 would end an hour that never was."""
    clock = _clock(label="end", interval="PT1H")
    assert _read(clock, "2022-03-27 02:00") == "2022-03-27T00:00:00"
    assert _read(clock, "2022-03-27 04:00") == "2022-03-27T01:00:00"
    assert clock["2022-03-27 03:00"] == times.STORY
    assert isinstance(clock.special["2022-03-27 03:00"], times.Refused)


def test_a_local_day_has_23_24_or_25_hours() -> None:
    """P1D is a calendar day, not 24 hours."""
    clock = _clock(interval="P1D")
    hours = [
        (clock.end(clock[day]) - clock[day]) / 3_600_000_000
        for day in ("2025-03-30", "2025-07-01", "2025-10-26")
    ]
    assert hours == [23, 24, 25]


def test_the_hour_that_spring_leaves_out_is_refused_with_its_line(tmp_path: Path) -> None:
    """A value at 02:30 on 30 March 2025 cannot have been measured in Berlin."""
    path = written(
        tmp_path, content="time,value\n2025-03-30 01:30,1\n2025-03-30 02:30,2\n2025-03-30 03:00,3\n"
    )
    story, values = taken(path, simple(time=BERLIN))
    assert values["value"] == [("2025-03-30T00:30Z", None, 1, None), ("2025-03-30T01:00Z", None, 3, None)]
    assert story.refused == {"gap": 1}
    assert [(note.line, note.code) for note in story.notes] == [(3, "gap")]
    assert "30.03.2025 02:30" in story.notes[0].reason


@pytest.mark.parametrize("order", ["2:00 2:30 2:00 2:30", "2:00 2:00 2:30 2:30"])
def test_both_passes_of_the_doubled_hour_are_kept_apart(tmp_path: Path, order: str) -> None:
    """The first row of a label is the first pass, the second the second, however they are interleaved."""
    labels = ["01:30", *(f"0{label}" for label in order.split()), "03:00"]
    lines = [f"2025-10-26 {label},{number}" for number, label in enumerate(labels)]
    story, values = taken(written(tmp_path, content="\n".join(["time,value", *lines])), simple(time=BERLIN))
    found = {(start, result) for start, _, result, _ in values["value"]}
    seconds = (3, 4) if order.startswith("2:00 2:30") else (2, 4)
    firsts = (1, 2) if order.startswith("2:00 2:30") else (1, 3)
    assert found == {
        ("2025-10-25T23:30Z", 0), ("2025-10-26T02:00Z", 5),
        ("2025-10-26T00:00Z", firsts[0]), ("2025-10-26T00:30Z", firsts[1]),
        ("2025-10-26T01:00Z", seconds[0]), ("2025-10-26T01:30Z", seconds[1]),
    }  # fmt: skip
    assert all(quality is None for *_, quality in values["value"])
    assert story.corrected == {"dst_fold_kept": 4}


@pytest.mark.parametrize(
    ("fold", "flag", "end"),
    [("sum", "dst_fold_sum", "2025-10-26T02:00Z"), ("first", "dst_fold_first", "2025-10-26T01:00Z"),
     ("unknown", "dst_fold_unknown", "2025-10-26T01:00Z")],
)  # fmt: skip
def test_one_row_for_the_doubled_hour_is_flagged(tmp_path: Path, fold: str, flag: str, end: str) -> None:
    """A sum of both passes covers two hours; what is not known is said."""
    path = written(
        tmp_path, content="time,value\n2025-10-26 01:00,5\n2025-10-26 02:00,9\n2025-10-26 03:00,4\n"
    )
    recipe = simple(time=f'{BERLIN}\ninterval = "PT1H"\nfold = "{fold}"')
    story, values = taken(path, recipe)
    assert ("2025-10-26T00:00Z", end, 9, {"status": "doubtful", "flags": [flag]}) in values["value"]
    assert len(values["value"]) == 3
    assert story.corrected["dst_fold"] == 1
    assert story.notes[0].line == 3


def test_a_label_that_stands_three_times_in_the_doubled_hour_is_refused(tmp_path: Path) -> None:
    """Two passes there were, not three."""
    lines = ["time,value", *["2025-10-26 02:00,1"] * 3]
    story, values = taken(written(tmp_path, content="\n".join(lines)), simple(time=BERLIN))
    assert len(values["value"]) == 2
    assert story.refused == {"fold": 1}


def test_streams_of_a_long_file_have_passes_of_their_own(tmp_path: Path) -> None:
    """In a long file one station may report both passes and another one."""
    lines = ["time,station,value", "2025-10-26 02:00,a,1", "2025-10-26 02:00,b,2", "2025-10-26 02:00,a,3"]
    recipe = simple(time=BERLIN, series='by = "station"')
    _, values = taken(written(tmp_path, content="\n".join(lines)), recipe)
    assert [(start, result) for start, _, result, _ in values["a"]] == [
        ("2025-10-26T00:00Z", 1),
        ("2025-10-26T01:00Z", 3),
    ]
    assert [quality["flags"] for *_, quality in values["b"]] == [["dst_fold_unknown"]]


def test_times_out_of_range_are_refused(tmp_path: Path) -> None:
    """The year 1899 and the year 9999 are typing errors."""
    path = written(
        tmp_path, content="time,value\n1899-01-01 00:00,1\n9999-01-01 00:00,2\n2024-01-01 00:00,3\n"
    )
    story, values = taken(path, simple())
    assert len(values["value"]) == 1
    assert story.refused == {"range": 2}


def test_date_and_clock_may_stand_in_two_columns(tmp_path: Path) -> None:
    """They are read together."""
    path = written(tmp_path, content="Datum;Uhrzeit;value\n01.07.2025;14:05;7\n")
    told = simple(time=BERLIN)
    moment = msgspec.structs.replace(told.time, column=["Datum", "Uhrzeit"])
    _, values = taken(path, msgspec.structs.replace(told, time=moment))
    assert values["value"] == [("2025-07-01T12:05Z", None, 7, None)]


@given(
    st.lists(st.datetimes(_BEGIN, _END), min_size=20, max_size=60),
    st.integers(0, 2**32),
    st.sampled_from(["%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%SZ"]),
)
def test_a_whole_column_is_read_as_its_cells_would_be(
    moments: list[datetime], seed: int, spelling: str
) -> None:
    """The quick way over a column and the way of single texts agree, also around changes of the clock."""
    # Some are thought up, the others are any: to think up all of them would take longer than to read them.
    chance = random.Random(seed)
    moments = [*moments, *(_BEGIN + (_END - _BEGIN) * chance.random() for _ in range(500))]
    texts = [moment.strftime(spelling) for moment in moments]
    texts[7], texts[8], texts[9] = (
        datetime(2025, month, day, 2, 30).strftime(spelling) for month, day in ((3, 30), (10, 26), (10, 25))
    )
    quick = fasttimes.read(texts, clock=_clock())
    single = _clock()
    assert quick.tolist() == [single[text] for text in texts]


@given(st.datetimes(datetime(2020, 1, 1), datetime(2027, 1, 1)))
def test_a_wall_clock_is_put_where_the_zone_puts_it(moment: datetime) -> None:
    """Compared with the standard library for every time that exists once."""
    clock = _clock()
    local = moment.replace(microsecond=0, tzinfo=ZoneInfo("Europe/Berlin"))
    found = clock[moment.strftime("%Y-%m-%d %H:%M:%S")]
    if found != times.STORY:
        assert found == int(local.astimezone(UTC).timestamp()) * 1_000_000
