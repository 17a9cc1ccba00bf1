# SPDX-License-Identifier: EUPL-1.2
"""Writes a workbook of one sheet (ECMA-376, Office Open XML) row by row, a column at a time."""

from __future__ import annotations

import math
import re
import zipfile
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import msgspec

from stadtkern.core import problems

# What a cell holds; the rest of a longer text is left away.
MOST_CHARACTERS = 32_767
# Digits of whole numbers that a spreadsheet keeps; longer ones stand as texts.
_EXACT = 10**15
# Days from the one spreadsheets count from to the first of 1970. Before March 1900 they count wrongly.
_DAYS = 25_569
_FIRST = date(1900, 3, 1)
_HEAD, _DAY, _INSTANT = 1, 2, 3
_WIDTHS = {"instant": 20, "date": 12, "text": 28, "json": 28}
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
# Spreadsheets read this as the number of a sign.
_TAKEN_FOR_A_SIGN = re.compile("_(?=x[0-9A-Fa-f]{4}_)")
_SIGNS = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "_x000D_"})

_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_PARTS = {
    "[Content_Types].xml": (
        f'<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_KIND}.sheet.main+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{_KIND}.styles+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_KIND}.worksheet+xml"/></Types>'
    ),
    "_rels/.rels": (
        f'<Relationships xmlns="{_PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
    ),
    "xl/_rels/workbook.xml.rels": (
        f'<Relationships xmlns="{_PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
        f'<Relationship Id="rId2" Type="{_OFFICE}/styles" Target="styles.xml"/></Relationships>'
    ),
    "xl/styles.xml": (
        f'<styleSheet xmlns="{_MAIN}"><numFmts count="2"><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd"/>'
        '<numFmt numFmtId="165" formatCode="yyyy\\-mm\\-dd\\ hh:mm:ss"/></numFmts>'
        '<fonts count="2"><font><sz val="11"/><name val="Calibri"/></font>'
        '<font><b/><sz val="11"/><name val="Calibri"/></font></fonts>'
        '<fills count="2"><fill><patternFill patternType="none"/></fill>'
        '<fill><patternFill patternType="gray125"/></fill></fills>'
        "<borders count=\"1\"><border><left/><right/><top/><bottom/><diagonal/></border></borders>"
        '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
        '<cellXfs count="4"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
        '<xf numFmtId="0" fontId="1" fillId="0" borderId="0" xfId="0" applyFont="1"/>'
        '<xf numFmtId="164" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
        '<xf numFmtId="165" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/></cellXfs>'
        '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
    ),
}  # fmt: skip


class TooLargeForExcel(problems.Problem):
    """The texts of the selection are too long for an Excel file.

    Ask for CSV or Parquet, or narrow the selection.
    """

    status = 422


class Book:
    """A workbook on its way to the disk: a head of names, then rows. Raises TooLargeForExcel."""

    def __init__(self, path: Path, *, sheet: str, names: Sequence[str], types: Sequence[str]):
        self._file = zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=3)
        for name, text in {**_PARTS, "xl/workbook.xml": _book(sheet)}.items():
            self._file.writestr(name, _XML + text)
        self._sheet = self._file.open("xl/worksheets/sheet1.xml", "w")
        self._letters = [_letters(at) for at in range(len(names))]
        self._n = 0
        self._size = 0
        self._write(_head(types))
        self._add([[_text(name, _HEAD)] for name in names])

    def add(self, columns: Sequence[Sequence[Any]]) -> None:
        """Some more rows, as columns of values of any kind; None is an empty cell."""
        self._add([_cells(values) for values in columns])

    def close(self) -> None:
        """These were all."""
        self._write("</sheetData></worksheet>")
        self._sheet.close()
        self._file.close()

    def _add(self, cells: Sequence[Sequence[str]]) -> None:
        n = len(cells[0]) if cells else 0
        numbers = list(map(str, range(self._n + 1, self._n + n + 1)))
        placed = [
            [
                f'<c r="{letter}{number}"{cell}' if cell else ""
                for number, cell in zip(numbers, column, strict=True)
            ]
            for letter, column in zip(self._letters, cells, strict=True)
        ]
        rows = map("".join, zip(*placed, strict=True))
        self._write("".join([f'<row r="{n}">{row}</row>' for n, row in zip(numbers, rows, strict=True)]))
        self._n += n

    def _write(self, text: str) -> None:
        data = text.encode()
        self._size += len(data)
        if self._size >= zipfile.ZIP64_LIMIT:
            raise TooLargeForExcel
        self._sheet.write(data)


def _head(types: Sequence[str]) -> str:
    widths = "".join(
        f'<col min="{at}" max="{at}" width="{_WIDTHS.get(type_, 14)}" customWidth="1"/>'
        for at, type_ in enumerate(types, start=1)
    )
    return (
        f'{_XML}<worksheet xmlns="{_MAIN}"><sheetViews><sheetView workbookViewId="0">'
        '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>'
        f"<cols>{widths}</cols><sheetData>"
    )


def _book(sheet: str) -> str:
    name = re.sub(r"[\\/*?:\[\]&<>\"']", " ", _ILLEGAL.sub("", sheet))[:31].strip() or "data"
    return (
        f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><bookViews><workbookView/></bookViews>'
        f'<sheets><sheet name="{name}" sheetId="1" r:id="rId1"/></sheets></workbook>'
    )


def _letters(at: int) -> str:
    """How spreadsheets call a column, counted from 0: A … Z, AA …"""
    text = ""
    at += 1
    while at:
        at, rest = divmod(at - 1, 26)
        text = chr(65 + rest) + text
    return text


def _cells(values: Sequence[Any]) -> list[str]:
    """What stands in the cells behind their places; nothing for those that stay empty."""
    known: dict[tuple[type, Any], str] = {}
    made = []
    for value in values:
        kind = type(value)
        if kind is float:
            made.append(_number(value))
            continue
        try:
            cell = known.get((kind, value))
        except TypeError:  # what cannot be looked up, such as raw JSON
            made.append(_WAYS.get(kind, _text)(value))
            continue
        if cell is None:
            cell = known[kind, value] = _WAYS.get(kind, _text)(value)
        made.append(cell)
    return made


def _empty(value: None) -> str:  # noqa: ARG001
    return ""


def _number(value: float) -> str:
    return f"><v>{value!r}</v></c>" if math.isfinite(value) else _text(str(value))


def _integer(value: int) -> str:
    return f"><v>{value}</v></c>" if -_EXACT < value < _EXACT else _text(str(value))


def _truth(value: bool) -> str:
    return f' t="b"><v>{value:d}</v></c>'


def _day(value: date) -> str:
    if value < _FIRST:
        return _text(value.isoformat())
    return f' s="{_DAY}"><v>{value.toordinal() - date(1970, 1, 1).toordinal() + _DAYS}</v></c>'


def _instant(value: datetime) -> str:
    """In UTC: cells know no time zone."""
    there = value.astimezone(UTC)
    if there.date() < _FIRST:
        return _text(there.replace(tzinfo=None).isoformat(" "))
    return f' s="{_INSTANT}"><v>{value.timestamp() / 86_400 + _DAYS!r}</v></c>'


def _raw(value: msgspec.Raw) -> str:
    return _text(bytes(value).decode())


def _text(value: Any, style: int = 0) -> str:
    """A text stays one, also where it looks like a formula."""
    text = _ILLEGAL.sub("", str(value))[:MOST_CHARACTERS]
    if "_x" in text:
        text = _TAKEN_FOR_A_SIGN.sub("_x005F_", text)
    said = f' s="{style}"' if style else ""
    return f'{said} t="inlineStr"><is><t xml:space="preserve">{text.translate(_SIGNS)}</t></is></c>'


_WAYS: Mapping[type, Callable[[Any], str]] = {
    type(None): _empty,
    float: _number,
    int: _integer,
    bool: _truth,
    date: _day,
    datetime: _instant,
    msgspec.Raw: _raw,
}
