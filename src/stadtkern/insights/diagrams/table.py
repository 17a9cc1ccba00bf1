# SPDX-License-Identifier: EUPL-1.2
"""The numbers of a diagram: a page of a table, and a file to take away."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from datetime import datetime

import msgspec
from django.utils.translation import gettext

from stadtkern.insights.diagrams import words
from stadtkern.insights.diagrams.diagram import Diagram
from stadtkern.insights.diagrams.reading import Cell, Run
from stadtkern.ui import formats, paging
from stadtkern.ui.paging import Paging
from stadtkern.ui.visit import Visit

SIZE = 25
# A sheet would take these for the beginning of a formula.
_FORMULA = ("=", "+", "-", "@", "\t")


class Column(msgspec.Struct, frozen=True):
    """One column: a line, or the lower or upper end of the band."""

    label: str
    run: Run
    part: str

    def of(self, cell: Cell | None) -> float | None:
        """The number in this column."""
        if cell is None:
            return None
        return {"value": cell.value, "low": cell.low, "high": cell.high}[self.part]


class Table(msgspec.Struct, frozen=True):
    """One page: columns, rows of words, links to the pages beside."""

    columns: Sequence[str]
    rows: Sequence[tuple[str, Sequence[str]]]
    paging: Paging


def columns(diagram: Diagram) -> list[Column]:
    """All columns: a value per line, then from where to where the band goes."""
    found = [
        Column(line.label, run, "value") for line, run in zip(diagram.chart.lines, diagram.runs, strict=True)
    ]
    if any(cell.low is not None for cell in diagram.runs[0].cells):
        found += [
            Column(gettext("Bereich von"), diagram.runs[0], "low"),
            Column(gettext("Bereich bis"), diagram.runs[0], "high"),
        ]
    return found


def _rows(diagram: Diagram) -> tuple[list[datetime], list[dict[datetime, Cell]], list[Column]]:
    shown = columns(diagram)
    known = [{cell.at: cell for cell in column.run.cells} for column in shown]
    gaps = {at for column in shown for at in column.run.gaps}
    return sorted(gaps.union(*known)), known, shown


def page(visit: Visit, diagram: Diagram, *, asked: str) -> Table:
    """The page of the table that the address names, newest first."""
    moments, known, shown = _rows(diagram)
    moments.reverse()
    pages = max(1, -(-len(moments) // SIZE))
    number = min(max(int(asked), 1), pages) if asked.isdecimal() and len(asked) < 7 else 1
    first = diagram.runs[0]
    decimals = [words.digits(column.run) for column in shown]

    def address(wanted: int) -> str:
        return f"?{diagram.question.query(seite=str(wanted))}#tabelle"

    return Table(
        [_head(column) for column in shown],
        [
            (
                words.period(at, first, zone=visit.city.zone),
                [
                    _said(column, cells.get(at), digits=places)
                    for column, cells, places in zip(shown, known, decimals, strict=True)
                ],
            )
            for at in moments[(number - 1) * SIZE : number * SIZE]
        ],
        paging.between(
            address(number - 1) if number > 1 else "",
            address(number + 1) if number < pages else "",
            gettext("Seite %(n)s von %(all)s") % {"n": number, "all": pages} if pages > 1 else "",
        ),
    )


def _head(column: Column) -> str:
    symbol = words.unit(column.run)
    return f"{column.label} ({symbol})" if symbol else column.label


def _said(column: Column, cell: Cell | None, *, digits: int | None) -> str:
    value = column.of(cell)
    if value is None:
        return "–"
    if column.run.stream.what.states:
        return formats.percent(value)
    return formats.number(value, digits=digits)


def file(visit: Visit, diagram: Diagram) -> bytes:
    """The numbers as CSV (RFC 4180): beginnings of buckets in the city's time (ISO 8601), decimal point."""
    moments, known, shown = _rows(diagram)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([gettext("Beginn"), *(_plain(_head(column)) for column in shown)])
    for at in moments:
        values = [column.of(cells.get(at)) for column, cells in zip(shown, known, strict=True)]
        local = at.astimezone(visit.city.zone).isoformat(timespec="seconds")
        writer.writerow([local, *("" if value is None else _number(value) for value in values)])
    return text.getvalue().encode()


def _plain(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text


def _number(value: float) -> str:
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(round(value, 10))
