# SPDX-License-Identifier: EUPL-1.2
"""Files as they come: encodings, delimiters, quotes, ragged rows, and files that are none."""

from __future__ import annotations

import gzip
import lzma
from pathlib import Path

import pytest

from stadtkern.ingest.imports import mapping, reader, recipe
from tests.ingest.factories import LONG, simple, taken, written


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_encoding_and_delimiter_are_found_out(tmp_path: Path, encoding: str, delimiter: str) -> None:
    """Byte order marks, UTF-8 and Windows files, whatever stands between the cells."""
    rows = [["time", "valueß"], ["2024-01-01 00:00", "1"], ["2024-01-01 01:00", "2"]]
    path = written(tmp_path, content="\r\n".join(delimiter.join(row) for row in rows).encode(encoding))
    story, values = taken(path, simple())
    assert [result for *_, result, _ in values["valueß"]] == [1, 2]
    assert story.delimiter == delimiter


@pytest.mark.parametrize("pack", [gzip.compress, lzma.compress])
def test_packed_files_are_read_like_plain_ones(tmp_path: Path, pack: object) -> None:
    """.gz and .xz."""
    content = b"time,value\n2024-01-01 00:00,1\n"
    name, packed = (
        ("a.gz", gzip.compress(content)) if pack is gzip.compress else ("a.xz", lzma.compress(content))
    )
    assert taken(written(tmp_path, content=packed, name=name), simple())[0].taken == 1


def test_ragged_rows(tmp_path: Path) -> None:
    """Empty cells too many are mended, other widths refused with line and reason, blank lines passed over."""
    content = (
        "time,value\n2024-01-01 00:00,1,,\n\n2024-01-01 01:00\n2024-01-01 02:00,3,4\n2024-01-01 03:00,5\n"
    )
    story, values = taken(written(tmp_path, content=content), simple())
    assert [result for *_, result, _ in values["value"]] == [1, 5]
    assert story.corrected == {"extra_cells": 1}
    assert [(note.line, note.code, note.reason) for note in story.notes] == [
        (4, "width", "1 cells instead of 2"), (5, "width", "3 cells instead of 2"),
    ]  # fmt: skip


def test_lines_are_counted_through_quoted_line_ends_and_broken_quotes(tmp_path: Path) -> None:
    """The line in the report is the line in the editor."""
    content = (
        'time,value,remark\n2024-01-01 00:00,1,"two\nlines"\n2024-01-01 01:00,x,\n'
        '2024-01-01 02:00,2,"a"b\n2024-01-01 03:00,y,\n'
    )
    story, _ = taken(written(tmp_path, content=content), simple())
    assert [(note.line, note.code) for note in story.notes] == [(5, "cells"), (4, "value"), (6, "value")]


def test_an_open_quote_at_the_end_is_refused(tmp_path: Path) -> None:
    """What came before is taken."""
    story, values = taken(
        written(tmp_path, content='time,value\n2024-01-01 00:00,1\n"2024-01-01 01:00,2\n'), simple()
    )
    assert len(values["value"]) == 1
    assert story.refused == {"cells": 1}


def test_a_value_alone_is_refused_not_its_row(tmp_path: Path) -> None:
    """With line, column and reason."""
    story, values = taken(
        written(tmp_path, content="time,value a,value b\n2024-01-01 00:00,kaputt,2\n"), simple()
    )
    assert values == {"value b": [("2024-01-01T00:00Z", None, 2, None)]}
    (note,) = story.notes
    assert (note.line, note.column, note.code, note.reason) == (
        2,
        "value a",
        "value",
        "'kaputt' is not a number",
    )


def test_the_later_of_two_rows_for_the_same_time_counts(tmp_path: Path) -> None:
    """And the report says which line was overruled."""
    content = "time,value\n2024-01-01 00:00,1\n2024-01-01 01:00,5\n2024-01-01 00:00,2\n"
    story, values = taken(written(tmp_path, content=content), simple())
    assert {(start, result) for start, _, result, _ in values["value"]} == {
        ("2024-01-01T00:00Z", 2),
        ("2024-01-01T01:00Z", 5),
    }
    assert story.corrected == {"duplicate": 1}
    assert story.notes[0].line == 2


@pytest.mark.parametrize("content", [b"", b"   \n ", b"x" * (1 << 20)])
def test_files_that_are_no_tables_are_refused(tmp_path: Path, content: bytes) -> None:
    """Nothing in them, or one endless line."""
    with pytest.raises(reader.UnusableFile):
        taken(written(tmp_path, content=content), simple())


def test_a_picture_is_not_a_table(tmp_path: Path) -> None:
    """Its header does not hold the time column."""
    with pytest.raises((reader.UnusableFile, mapping.InvalidMapping)):
        taken(written(tmp_path, content=b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\xff" * 50), simple())


def test_missing_columns_are_named(tmp_path: Path) -> None:
    """The message shows the header that the file has."""
    with pytest.raises(mapping.InvalidMapping, match=r"'time' is not in the header: zeit, value"):
        taken(written(tmp_path, content="zeit,value\n"), simple())
    with pytest.raises(mapping.InvalidMapping, match="no column of the file belongs to a series"):
        taken(written(tmp_path, content="time,other\n"), simple())


@pytest.mark.parametrize(
    ("top", "time", "series", "word"),
    [
        ("nonsense = 1\n", "", "", "nonsense"),
        ("", 'zone = "Europe/Muenster"', "", "time zone"),
        ("", 'interval = "1 hour"', "", "interval"),
        ("", "", "[[period]]\nstart = 2018-01-01T00:00:00", "offset"),
        ("", "", '[[series]]\ncolumn = "("', "regular expression"),
        ("", "", '[lookup.x]\nfile = "../secret"\nkey = ["a"]\nby = "b"', "without folders"),
        ("", "zone = 5", "", "Expected `str`"),
    ],
)
def test_a_mapping_with_a_mistake_says_where(top: str, time: str, series: str, word: str) -> None:
    """Unknown keys, zones, intervals, expressions and files elsewhere."""
    with pytest.raises(mapping.InvalidMapping, match=word):
        simple(top=top, time=time, series=series)


def test_text_that_is_not_toml() -> None:
    """The message says what is wrong with it."""
    with pytest.raises(mapping.InvalidMapping, match="is not TOML"):
        recipe.parse(text="dataset = ")


def test_the_fingerprint_of_a_mapping_ignores_its_layout() -> None:
    """Comments and blank lines do not make another mapping."""
    plain = LONG.format(time="", clean="", series="")
    assert recipe.digest(recipe.parse(text=plain)) == recipe.digest(recipe.parse(text="# note\n\n" + plain))
    assert recipe.digest(simple()) != recipe.digest(simple(time='zone = "Europe/Berlin"'))
