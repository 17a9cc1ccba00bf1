# SPDX-License-Identifier: EUPL-1.2
"""The numbers of a chart of a table: a page to read, and a file to take away."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence

import msgspec
from django.utils.translation import gettext

from stadtkern.catalogue.charts.chart import Chart
from stadtkern.catalogue.charts.figures import Cell
from stadtkern.ui import formats, paging
from stadtkern.ui.paging import Paging

SIZE = 25
# A sheet would take these for the beginning of a formula.
_FORMULA = ("=", "+", "-", "@", "\t")
_SPELLED = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})


class Table(msgspec.Struct, frozen=True):
    """One page: columns, rows of words, links to the pages beside."""

    columns: Sequence[str]
    rows: Sequence[tuple[str, Sequence[str]]]
    paging: Paging


def columns(chart: Chart) -> list[str]:
    """The heads: what is grouped by, the value, and how many rows are behind it."""
    if chart.names is None:
        return []
    counted = chart.plan is not None and chart.plan.how == "anzahl"
    unit = f" ({chart.names.unit})" if chart.names.unit else ""
    return [chart.names.by, *([] if counted else [chart.names.value + unit]), gettext("Zeilen")]


def page(chart: Chart, *, asked: str) -> Table:
    """The page of the table that the address names; along the calendar the newest first."""
    cells = list(reversed(chart.cells)) if chart.per else list(chart.cells)
    pages = max(1, -(-len(cells) // SIZE))
    number = min(max(int(asked), 1), pages) if asked.isdecimal() and len(asked) < 7 else 1

    def address(wanted: int) -> str:
        return f"?{chart.query}&seite={wanted}#tabelle"

    return Table(
        columns(chart),
        [(cell.label, _said(chart, cell)) for cell in cells[(number - 1) * SIZE : number * SIZE]],
        paging.between(
            address(number - 1) if number > 1 else "",
            address(number + 1) if number < pages else "",
            gettext("Seite %(n)s von %(all)s") % {"n": number, "all": pages} if pages > 1 else "",
        ),
    )


def _said(chart: Chart, cell: Cell) -> list[str]:
    n = formats.number(cell.n, digits=0)
    if chart.names is None or chart.plan is None or chart.plan.how == "anzahl":
        return [n]
    plain = msgspec.structs.replace(chart.names, unit="")
    return [plain.amount(cell.value), n]


def file(chart: Chart) -> bytes:
    """The numbers as CSV (RFC 4180): days as ISO 8601, decimal point."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([_plain(head) for head in columns(chart)])
    counted = chart.plan is None or chart.plan.how == "anzahl"
    for cell in chart.cells:
        name = cell.begin.isoformat() if cell.begin else _plain(cell.label)
        writer.writerow([name, *([] if counted else [_number(cell.value)]), cell.n])
    return text.getvalue().encode()


def file_name(chart: Chart) -> str:
    """A name that says what it is, in letters every system takes."""
    plain = re.sub(r"[^a-z0-9]+", "-", chart.title.lower().translate(_SPELLED)).strip("-")[:80]
    return plain or "diagramm"


def _plain(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text


def _number(value: float | None) -> str:
    if value is None:
        return ""
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(round(value, 10))
