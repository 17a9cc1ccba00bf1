# SPDX-License-Identifier: EUPL-1.2
"""A dataset's whole table, page by page: sorted, searched and narrowed in the database, without scripts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

import msgspec
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext, ngettext
from psycopg import errors

from stadtkern.catalogue import queries as datasets
from stadtkern.catalogue.browse import chips, record, selection, table, wording
from stadtkern.catalogue.browse.selection import Selection
from stadtkern.catalogue.charts import asking as charting
from stadtkern.catalogue.entities import Dataset
from stadtkern.core import audit
from stadtkern.features import queries, sources
from stadtkern.features.entities import Collection, Row
from stadtkern.ui import formats, paging
from stadtkern.ui import visit as visits
from stadtkern.ui.visit import Visit

ROWS = 50
_COLUMNS = 60
_MOST_MILLISECONDS = 3000
_COUNTING_MILLISECONDS = 400
FILES = {"csv": "CSV", "xlsx": "Excel", "geojson": "GeoJSON", "ndjson": "NDJSON", "parquet": "Parquet"}


class Head(msgspec.Struct, frozen=True):
    """A column at the top of the table: how it is called, and the address that sorts by it."""

    title: str
    unit: str
    number: bool
    sort: str
    sorted: str


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """One page of rows; `trouble` says why there are none, or not in the wanted order."""

    rows: Sequence[Row] = ()
    more: bool = False
    n: int | None = None
    trouble: str = ""


async def chosen(request: HttpRequest, visit: Visit, dataset: Dataset) -> tuple[Collection, list[Collection]]:
    """The dataset's table that the address names, else its first one, and the others. Raises Http404."""
    known = await queries.collections(visit.connection, visit.scope, dataset_id=dataset.id)
    wanted = request.GET.get("tabelle", "")
    shown = next((each for each in known if each.key == wanted or not wanted), None)
    if shown is None:
        raise Http404
    return shown, [each for each in known if each.id != shown.id]


async def whole(request: HttpRequest, key: str) -> HttpResponse:
    """One page of the table, as the address wants it."""
    async with visits.open_visit(request) as visit:
        dataset = await datasets.one(visit.connection, visit.scope, key=key)
        if dataset is None:
            raise Http404
        audit.only(dataset.id)
        shown, others = await chosen(request, visit, dataset)
        asked = selection.read(request.GET, table=shown, named=bool(others))
        found = await read(visit, shown, asked)
    context = {
        "dataset": dataset,
        "title": wording.said(dataset.title) or dataset.key,
        "table": shown,
        "others": others,
        "asked": asked,
        **_shown(visit, shown, asked, found),
    }
    answer = render(request, "catalogue/browse/table.html", context)
    if request.GET or not record.public(dataset):
        answer["X-Robots-Tag"] = "noindex"
    return answer


async def read(visit: Visit, shown: Collection, asked: Selection) -> Found:
    """The rows of the page, within a time that somebody waits for."""
    try:
        async with visit.connection.transaction():
            await visit.connection.execute(f"SET LOCAL statement_timeout = {_MOST_MILLISECONDS}".encode())
            page = await queries.page(
                visit.connection, visit.scope, collection=shown, filter=asked.filter(), order=asked.ordered(),
                limit=ROWS, offset=(asked.page - 1) * ROWS,
            )  # fmt: skip
    except queries.OrderTooDear:
        found = await read(visit, shown, msgspec.structs.replace(asked, order=""))
        text = gettext("Für diese Reihenfolge ist die Tabelle zu groß. Grenzen Sie sie erst ein.")
        return msgspec.structs.replace(found, trouble=found.trouble or text)
    except errors.QueryCanceled:
        text = gettext(
            "Das dauert in dieser großen Tabelle zu lange. Suchen Sie mit „ist genau“ oder „ist mindestens“."
        )
        return Found(trouble=text)
    n = await queries.count(
        visit.connection, visit.scope, collection=shown, filter=asked.filter(),
        milliseconds=queries.patience(shown, most=_COUNTING_MILLISECONDS),
    )  # fmt: skip
    return Found(rows=page.rows, more=page.after is not None, n=n)


def _shown(visit: Visit, shown: Collection, asked: Selection, found: Found) -> dict[str, Any]:
    columns = shown.columns[:_COLUMNS]
    sortable = range(len(columns)) if shown.n <= queries.MANY else sources.indexed(shown.columns)
    return {
        "heads": [_head(shown, at, asked, sortable=at in sortable) for at in range(len(columns))],
        "rows": table.cells([row.values for row in found.rows], columns, visit),
        "more_columns": len(shown.columns) - len(columns),
        "trouble": found.trouble,
        "wrong": [each.wrong for each in asked.conditions if each.wrong],
        "says": _says(found, asked),
        "chips": chips.chips(asked),
        "columns": [(c.name, table.head(c).title) for c in shown.columns if c.type != "json"],
        "ways": list(selection.WAYS.items()),
        "files": _files(shown, asked),
        "chart": "?" + charting.Question(table=shown.key, filter=asked).query(),
        "paging": _paging(asked, found),
    }


def _head(shown: Collection, at: int, asked: Selection, *, sortable: bool) -> Head:
    column = shown.columns[at]
    about = table.head(column)
    here = asked.order == column.name
    query = ""
    if sortable and column.type != "json":
        query = asked.query(order=column.name, descending=here and not asked.descending, page=1)
    way = ("descending" if asked.descending else "ascending") if here else ""
    return Head(about.title, about.unit, about.number, query, way)


def _says(found: Found, asked: Selection) -> str:
    if found.n is None:
        first = (asked.page - 1) * ROWS
        return gettext("Zeilen %(first)s bis %(last)s") % {
            "first": formats.number(first + 1, digits=0),
            "last": formats.number(first + len(found.rows), digits=0),
        }
    return ngettext("%(n)s Zeile", "%(n)s Zeilen", found.n) % {"n": formats.number(found.n, digits=0)}


def _files(shown: Collection, asked: Selection) -> list[tuple[str, str]]:
    """What is shown as files: all pages, as far as the conditions can be said there."""
    if asked.text:
        return []
    cql = asked.cql()
    query = f"?filter={quote(cql)}" if cql else ""
    base = f"/ogc/collections/{quote(shown.key)}/download."
    return [
        (title, base + name + query) for name, title in FILES.items() if name != "geojson" or shown.geometry
    ]


def _paging(asked: Selection, found: Found) -> paging.Paging:
    before = asked.query(page=asked.page - 1) if asked.page > 1 else ""
    after = asked.query(page=asked.page + 1) if found.more and asked.page < selection.LAST_PAGE else ""
    says = ""
    if found.n is not None and found.n > ROWS:
        last = min(-(-found.n // ROWS), selection.LAST_PAGE)
        says = gettext("Seite %(n)s von %(last)s") % {"n": asked.page, "last": formats.number(last, digits=0)}
    return paging.between(before, after, says)
