# SPDX-License-Identifier: EUPL-1.2
"""Rows that are split all at once are what the csv module reads, with the same lines and faults."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from stadtkern.ingest.imports import flat, mapping, reader

_cells = st.sampled_from(
    ["", "1", "2,5", "a b", "ä", "\u2028", '"q"', '"a;b"', '"two\nlines"', '"', "x\x00y"]
)
_lines = st.lists(_cells, min_size=0, max_size=4).map(";".join)
_ends = st.sampled_from(["\n", "\n", "\n", "\r\n", "\r"])
_texts = st.lists(st.tuples(_lines, _ends), max_size=12).map(lambda rows: "".join(a + b for a, b in rows))


def _read(path: Path, *, rows: int) -> list[Any]:
    with reader.Table(path=path, file=mapping.File(delimiter=";", encoding="utf-8")) as table:
        return [
            (list(block.rows), [block.line(i) for i in range(len(block.rows))], block.broken, block.even)
            for block in table.blocks(rows=rows)
        ]


@given(text=_texts, rows=st.integers(1, 5), header=st.sampled_from(["a", "a;b", "a;b;c"]))
@example(text="1;2\n\n3;4\n", rows=2, header="a;b")
@example(text="1\n\n2", rows=5, header="a")
@example(text="1;2;3\n4\n", rows=5, header="a;b")
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_both_ways_of_reading_agree(tmp_path: Path, text: str, rows: int, header: str) -> None:
    """Cells, line numbers and unreadable lines of any text, in blocks of any size."""
    file = tmp_path / "table.csv"
    file.write_bytes(f"{header}\n{text}".encode())
    quick = _read(file, rows=rows)
    with mock.patch.object(flat, "read", return_value=None):
        assert quick == _read(file, rows=rows)


def test_plain_rows_are_split_at_once() -> None:
    """A row is a slice of the cells, a column too; indices behave like a list's."""
    found = flat.read(["1;2\n", "3;4\r\n", "5;"], delimiter=";", width=2)
    assert isinstance(found, flat.Flat)
    assert list(found) == [["1", "2"], ["3", "4"], ["5", ""]]
    assert found[-1] == ["5", ""]
    assert found[0:2] == [["1", "2"], ["3", "4"]]
    assert found.column(1) == ["2", "4", ""]
    with pytest.raises(IndexError):
        found[3]


@pytest.mark.parametrize(
    ("lines", "width"),
    [(['"1";2\n'], 2), (["1;2\n", "3\n"], 2), (["1;2;3\n", "4\n"], 2), (["1\n", "\n"], 1), ([], 2)],
)
def test_what_needs_a_closer_look_is_left(lines: list[str], width: int) -> None:
    """Quotes, rows of another width, blank lines and nothing at all."""
    assert flat.read(lines, delimiter=";", width=width) is None


def test_a_line_of_any_length_is_left() -> None:
    """The csv module says what is wrong with it."""
    assert flat.read(["x" * 200_000 + ";1\n"], delimiter=";", width=2) is None
