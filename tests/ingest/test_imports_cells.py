# SPDX-License-Identifier: EUPL-1.2
"""Cells of files: decimal signs, codes, units, counters, and what is refused."""

from __future__ import annotations

import math
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stadtkern.ingest.imports import mapping, tables, values
from stadtkern.ingest.imports.cells import Cells
from tests.ingest.factories import simple, taken, written


def _cells(*, decimal: Any = ".", thousands: Any = "", **clean: Any) -> Cells:
    return Cells(clean=mapping.Clean(**clean), file=mapping.File(decimal=decimal, thousands=thousands))


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("12", 12),
        (" 12 ", 12),
        ("'7'", 7),
        ("-3.5", -3.5),
        ("+.5", 0.5),
        ("1e3", 1000),
        ("9007199254740991", 2**53 - 1),
    ],
)
def test_plain_numbers(text: str, number: float) -> None:
    """With stray blanks and quotes around them."""
    assert _cells()[text] == number


@pytest.mark.parametrize(
    ("text", "number"), [("1.234,5", 1234.5), ("1,5", 1.5), ("-0,25", -0.25), ("1.234.567", 1234567)]
)
def test_german_numbers(text: str, number: float) -> None:
    """Comma as decimal sign, points between groups of three."""
    assert _cells(decimal=",", thousands=".")[text] == number


def test_blanks_between_groups_may_be_of_any_kind() -> None:
    """Ordinary, non-breaking and narrow."""
    cells = _cells(decimal=",", thousands=" ")
    assert [cells[text] for text in ("1 234,5", "1\u00a0234,5", "1\u202f234,5")] == [1234.5] * 3


@pytest.mark.parametrize("text", ["1.23", "12.34", "1.2345,6", "1,234.5"])
def test_a_point_that_cannot_group_digits_is_refused(text: str) -> None:
    """1.23 with a comma as decimal sign is more likely a mistake in the mapping than 123."""
    cells = _cells(decimal=",", thousands=".")
    assert math.isnan(cells[text])
    assert text in cells.refused


@pytest.mark.parametrize(
    "text",
    [
        "abc",
        "1_000",
        "١٢",
        "nan",
        "NaN",
        "inf",
        "-Infinity",
        "1e999",
        "0x1F",
        "12 kWh",
        "1,5",
        "9007199254740993",
    ],
)
def test_what_is_no_number_is_refused(text: str) -> None:
    """Also what Python would take for one, and integers that a float cannot keep."""
    cells = _cells()
    assert math.isnan(cells[text])
    assert text in cells.refused


def test_codes_mean_no_reading_or_a_number() -> None:
    """`ges` (closed) is no reading, `bes` (full) is zero, the empty cell is always none."""
    cells = _cells(missing=["ges", "-"], codes={"bes": 0})
    assert [math.isnan(cells[text]) for text in ("", "ges", "-", "'-'")] == [True] * 4
    assert cells["bes"] == 0
    assert not cells.refused
    assert cells.corrected == {"bes": "code"}


def test_zero_may_mean_that_nothing_was_measured() -> None:
    """Only where the mapping says so."""
    assert _cells()["0.0"] == 0
    assert math.isnan(_cells(zero_is_missing=True)["0.0"])


def test_units_are_converted_before_limits_are_checked() -> None:
    """result = cell × factor + offset."""
    cells = _cells(factor=0.1, offset=-40.0, minimum=-40, maximum=60)
    assert cells["400"] == 0
    assert math.isnan(cells["2000"])
    assert "outside" in cells.refused["2000"]


def test_categories_are_translated_and_closed() -> None:
    """An unknown word is refused where the mapping lists them."""
    cells = _cells(type="category", categories={"very good": "sehr gut"})
    assert cells['"very good"'] == "sehr gut"
    assert cells["superb"] is None
    assert "superb" in cells.refused


def test_whole_numbers_truth_and_text() -> None:
    """Each type says what it takes."""
    assert math.isnan(_cells(type="integer")["1.5"])
    assert [_cells(type="boolean")[text] for text in ("ja", "0")] == [True, False]
    assert _cells(type="boolean")["vielleicht"] is None
    assert _cells(type="text")["x"] == "x"
    text = _cells(type="text")
    assert text["a\x00b"] is None
    assert text["M\ufffdnster"] is None
    assert set(text.refused) == {"a\x00b", "M\ufffdnster"}


def test_a_counter_becomes_increments_over_the_time_between(tmp_path: Path) -> None:
    """A reset begins at zero and is flagged; a gap makes a longer interval; the first reading gives none."""
    readings = ("100", "110", "", "4", "9")
    rows = [f"2024-01-01 0{hour}:00,{reading}" for hour, reading in enumerate(readings)]
    path = written(tmp_path, content="\n".join(["time,value", *rows]))
    story, values = taken(path, simple(clean="counter = true"))
    assert values["value"] == [
        ("2024-01-01T00:00Z", "2024-01-01T01:00Z", 10, None),
        (
            "2024-01-01T01:00Z",
            "2024-01-01T03:00Z",
            4,
            {"status": "doubtful", "flags": ["counter_reset"]},
        ),
        ("2024-01-01T03:00Z", "2024-01-01T04:00Z", 5, None),
    ]
    assert story.corrected["counter_reset"] == 1


def test_a_counter_may_roll_over(tmp_path: Path) -> None:
    """65,530 → 4 is 10 more on a counter of 16 bits."""
    path = written(tmp_path, content="time,value\n2024-01-01 00:00,65530\n2024-01-01 01:00,4\n")
    _, values = taken(path, simple(clean="counter = true\nwrap = 65536"))
    assert [(result, quality) for *_, result, quality in values["value"]] == [(10, None)]


def test_a_counter_refuses_times_out_of_order(tmp_path: Path) -> None:
    """An increment needs the reading before."""
    path = written(
        tmp_path, content="time,value\n2024-01-01 01:00,5\n2024-01-01 00:00,4\n2024-01-01 02:00,7\n"
    )
    story, values = taken(path, simple(clean="counter = true"))
    assert story.refused == {"order": 1}
    assert [result for *_, result, _ in values["value"]] == [2]


@given(
    st.lists(
        st.one_of(
            st.floats(-1e6, 1e6).map(lambda number: f"{number:.3f}"),
            st.integers(-(10**6), 10**6).map(str),
            st.sampled_from(["", "-", "x", "1e3", "9007199254740993", "1.2.3", "--1", " 4", "."]),
        ),
        max_size=40,
    ),
    st.sampled_from(
        [
            {},
            {"minimum": -100.0},
            {"type": "integer"},
            {"zero_is_missing": True},
            {"factor": 0.5, "offset": 1.0},
        ]
    ),
)
def test_a_column_of_many_numbers_is_read_as_its_cells_would_be(
    some: list[str], clean: dict[str, Any]
) -> None:
    """The quick way over a column and the way of single cells agree, whatever stands among the numbers."""
    for extra in ([], some):
        column = [f"{number / 8}" for number in range(1, 1200)] + extra
        single = _cells(**clean)
        expected = [single[cell] for cell in column]
        assert np.array_equal(_cells(**clean).numbers(column), np.array(expected), equal_nan=True)


def test_numbers_that_mean_no_reading_are_still_none_among_many() -> None:
    """-999 is a number, and a code for none."""
    column = [str(number) for number in range(1200)] + ["-999"]
    assert math.isnan(_cells(missing=["-999"]).numbers(column)[-1])
    assert _cells(codes={"12": 99.0}).numbers(column)[12] == 99


def test_a_document_that_is_nested_deeply_is_refused_alone() -> None:
    """As one that is none; those beside it are read."""
    column = tables.Column(source="d", name="d", type="json")
    lane = values.Lane(column, 0, tables.Table(columns=[column], zone="UTC"))
    deep = "[" * 100_000 + "]" * 100_000
    assert lane._read(['{"a": 1}', deep, "{"]) == [{"a": 1}, None, None]
    assert lane.refused == {deep: "json", "{": "json"}


def test_a_day_is_the_same_in_a_column_of_days_and_in_one_of_times() -> None:
    """Also where its year is written short with zeros before it, or there is no such day."""
    texts = ["01.02.2024", "31.12.9999", "29.02.1900", "24.12.0099", "20.10.0001", "01.01.0000", "05.07.0100"]
    found = []
    kinds: list[tables.Type] = ["date", "instant"]
    for type_ in kinds:
        column = tables.Column(source="d", name="d", type=type_)
        lane = values.Lane(column, 0, tables.Table(columns=[column], zone="UTC"))
        read = lane._read(texts)
        found.append([one.date() if isinstance(one, datetime) else one for one in read])
    assert found[0] == found[1]
