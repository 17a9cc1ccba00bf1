# SPDX-License-Identifier: EUPL-1.2
"""The workbook we write ourselves, as another library reads it."""

from __future__ import annotations

import math
import zipfile
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from stadtkern.features.api import workbook

NAMES = ["a & b", "Höhe", "wann", "=1+1"]


def written(path: Path, columns: list[list[Any]], *, sheet: str = "baeume") -> openpyxl.Workbook:
    """A workbook of these columns, read again."""
    book = workbook.Book(path, sheet=sheet, names=NAMES[: len(columns)], types=["text"] * len(columns))
    book.add(columns)
    book.add([values[:1] for values in columns])
    book.close()
    return openpyxl.load_workbook(path)


def test_every_kind_of_value_comes_back(tmp_path: Path) -> None:
    """Numbers, texts with any signs, instants in UTC, days, truth and nothing."""
    instants = [datetime(2024, 3, 1, 12, 30, 15, tzinfo=timezone(timedelta(hours=2))), None, 1, True]
    columns: list[list[Any]] = [
        ["<b>&amp;", "  zwei\nZeilen ", "عربي 🌳", None],
        [1.25, -3, 1e300, 0],
        instants,
        ["=SUM(A1)", date(1900, 3, 1), date(2024, 2, 29), False],
    ]
    sheet = written(tmp_path / "a.xlsx", columns).worksheets[0]
    lines = list(sheet.values)
    assert (sheet.title, lines[0], len(lines)) == ("baeume", tuple(NAMES), 6)
    expected = [list(row) for row in zip(*columns, strict=True)]
    expected[0][2] = datetime(2024, 3, 1, 10, 30, 15)
    expected[1][3], expected[2][3] = datetime(1900, 3, 1), datetime(2024, 2, 29)
    assert [list(line) for line in lines[1:5]] == expected
    assert lines[5] == lines[1]
    assert (type(lines[4][2]), type(lines[3][2])) == (bool, int)
    assert sheet["D2"].data_type == "s"


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (math.inf, "inf"),
        (2**53 + 1, "9007199254740993"),
        (date(1899, 12, 24), "1899-12-24"),
        (datetime(1700, 1, 1, tzinfo=UTC), "1700-01-01 00:00:00"),
        ("a\0b\x1fc\ud800", "abc"),
        ("x" * 40_000, "x" * 32_767),
    ],
)
def test_what_a_cell_cannot_hold_becomes_a_text(tmp_path: Path, given: Any, told: str) -> None:
    """No digit is lost, no day is another one, no sign makes the file unreadable."""
    cell = written(tmp_path / "a.xlsx", [[given]]).worksheets[0]["A2"]
    assert (cell.value, cell.data_type) == (told, "s")


def test_texts_that_spreadsheets_take_for_signs_stay(tmp_path: Path) -> None:
    """`_x0041_` would be shown as A (ECMA-376, ST_Xstring)."""
    written(tmp_path / "a.xlsx", [["_x0041_", "a_x b", "\r"]], sheet="[a/b]'s")
    with zipfile.ZipFile(tmp_path / "a.xlsx") as file:
        text = file.read("xl/worksheets/sheet1.xml").decode()
    assert ">_x005F_x0041_<" in text
    assert ">a_x b<" in text
    assert ">_x000D_<" in text


def test_columns_are_called_as_in_spreadsheets(tmp_path: Path) -> None:
    """A … Z, AA … ZZ, AAA …"""
    names = [str(n) for n in range(730)]
    book = workbook.Book(tmp_path / "a.xlsx", sheet="weit", names=names, types=["text"] * len(names))
    book.close()
    sheet = openpyxl.load_workbook(tmp_path / "a.xlsx").worksheets[0]
    assert (sheet["AA1"].value, sheet["ZZ1"].value, sheet["ABB1"].value) == ("26", "701", "729")


def test_a_sheet_too_large_for_the_form_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before it is written on; the way out is named."""
    monkeypatch.setattr("zipfile.ZIP64_LIMIT", 10_000)
    with pytest.raises(workbook.TooLargeForExcel, match="too long"):
        written(tmp_path / "a.xlsx", [["x" * 30_000]])
