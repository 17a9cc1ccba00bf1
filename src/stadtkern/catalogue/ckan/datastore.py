# SPDX-License-Identifier: EUPL-1.2
"""`datastore_search` over the collections of features and tables: filters, words, order, pages; no SQL."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from stadtkern.catalogue import queries
from stadtkern.catalogue.ckan import packages
from stadtkern.catalogue.ckan.parameters import Parameters
from stadtkern.catalogue.ckan.problems import ParametersRefused
from stadtkern.catalogue.ckan.shapes import Document
from stadtkern.catalogue.usage import counting
from stadtkern.core import problems, times
from stadtkern.ui.visit import Visit

if TYPE_CHECKING:
    from stadtkern.features.entities import Collection, Column, Page, Row
    from stadtkern.features.tree import Filter, Order

MOST = 32_000
_TYPES = {
    "text": "text", "integer": "int8", "number": "numeric", "boolean": "bool", "date": "date",
    "instant": "timestamptz", "json": "json",
}  # fmt: skip
_GEOMETRY = "geometry"
_FAR = 1_000_000
# The total is an estimate where counting takes longer; of large tables sooner.
_COUNTING_MILLISECONDS = 1_500


async def datastore_search(visit: Visit, given: Parameters) -> Document:
    """Search the rows of a form. `resource_id`, `filters`, `q`, `fields`, `sort`, `limit`, `offset`.

    `include_total`, `records_format` (`objects` or `lists`) are taken too.
    """
    from stadtkern.features import queries as features

    table = await _table(visit, given.must("resource_id", "id"))
    limit, offset = given.number("limit", 100, most=MOST), given.number("offset", 0)
    if offset > _FAR:
        raise ParametersRefused({"offset": [f"At most {_FAR}; narrow the search with filters"]})
    shape = given.text("records_format") or "objects"
    if shape not in ("objects", "lists"):
        raise ParametersRefused({"records_format": ["must be one of: objects, lists"]})
    if given.flag("distinct"):
        raise ParametersRefused({"distinct": ["is not supported"]})
    names = _names(table, given)
    wanted = _filter(table, given)
    page = await _page(visit, table, given, wanted, limit=limit, offset=offset)
    counting.TALLY.add(table.dataset_id, "ckan")
    records = [_record(table, row, names) for row in page.rows][:limit]
    answer: Document = {
        "resource_id": given.text("resource_id", "id"),
        "fields": [{"id": name, "type": _type(table, name)} for name in names],
        "records_format": shape,
        "records": records if shape == "objects" else [list(record.values()) for record in records],
        "limit": limit,
        "offset": offset,
        "include_total": given.flag("include_total", otherwise=True),
        "_links": _links(given, limit=limit, offset=offset),
        "total_estimation_threshold": None,
    }
    answer |= {name: given.raw(name) for name in ("q", "filters", "sort") if given.raw(name) is not None}
    if answer["include_total"]:
        counted = await features.count(
            visit.connection,
            visit.scope,
            collection=table,
            filter=wanted,
            milliseconds=features.patience(table, most=_COUNTING_MILLISECONDS),
        )
        answer |= {"total": table.n if counted is None else counted, "total_was_estimated": counted is None}
    return answer


async def _page(
    visit: Visit, table: Collection, given: Parameters, wanted: Filter | None, *, limit: int, offset: int
) -> Page:
    """The rows that are asked for; an order that is too dear is told as CKAN tells of parameters."""
    from stadtkern.features import queries as features

    try:
        return await features.page(
            visit.connection,
            visit.scope,
            collection=table,
            filter=wanted,
            order=_order(table, given.text("sort")),
            limit=max(limit, 1),
            offset=offset,
        )
    except features.OrderTooDear as error:
        raise ParametersRefused({"sort": [f"{error.title} {error.detail}"]}) from error


async def _table(visit: Visit, name: str) -> Collection:
    """The collection behind a form. Raises NotFound."""
    from stadtkern.features import queries as features

    uuid = packages.as_uuid(name)
    found = await queries.distribution(visit.connection, visit.scope, uuid=uuid) if uuid else None
    if found is not None and found[0].state == "published":
        tables = await packages.with_tables(visit, [found[0].id])
        key = packages.table_of(found[1], tables.get(found[0].id, []))
        if key is not None:
            return await features.find(visit.connection, visit.scope, key=key)
    raise problems.NotFound(f'Resource "{name[:80]}" was not found.')


def _names(table: Collection, given: Parameters) -> list[str]:
    """The fields to return, in the order in which they are asked for."""
    known = ["_id", *(column.name for column in table.columns), *([_GEOMETRY] if table.geometry else [])]
    asked = given.listed("fields")
    unknown = [name for name in asked if name not in known]
    if unknown:
        raise ParametersRefused({"fields": [f'field "{name[:60]}" not in table' for name in unknown]})
    return asked or known


def _type(table: Collection, name: str) -> str:
    if name == "_id":
        return "int"
    return next((_TYPES[column.type] for column in table.columns if column.name == name), "json")


def _column(table: Collection, name: str, parameter: str) -> Column:
    for column in table.columns:
        if column.name == name:
            return column
    raise ParametersRefused({parameter: [f'field "{str(name)[:60]}" not in table']})


def _filter(table: Collection, given: Parameters) -> Filter | None:
    from stadtkern.features import tree

    parts: list[Filter | None] = []
    filters = given.json("filters")
    if filters is not None:
        if not isinstance(filters, Mapping):
            raise ParametersRefused({"filters": ["Not a json object"]})
        for name, value in filters.items():
            values = value if isinstance(value, list) else [value]
            if name == "_id":
                numbers = tuple(tree.literal("integer", each) for each in values)
                parts.append(tree.Among(tree.Property("id"), tuple(each for each in numbers if each)))
            else:
                parts.append(tree.equals(_column(table, name, "filters"), values))
    parts += _words(table, given)
    return tree.every(parts)


def _words(table: Collection, given: Parameters) -> list[Filter | None]:
    """Words in any column or, as an object, in named ones."""
    from stadtkern.features import tree

    asked = given.raw("q")
    if isinstance(asked, str) and asked.lstrip().startswith("{"):
        asked = given.json("q")
    if isinstance(asked, Mapping):
        return [
            tree.Like(
                tree.Folded("casei", tree.Property(_column(table, name, "q").name)),
                tree.Folded("casei", tree.Literally("text", f"%{_escaped(str(word))}%")),
            )
            for name, word in asked.items()
        ]
    words = tuple(str(asked).split()) if asked else ()
    return [tree.Search(words)] if words else []


def _escaped(word: str) -> str:
    return word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _order(table: Collection, sort: str) -> list[Order]:
    from stadtkern.features import tree

    found = []
    for entry in sort.split(",") if sort.strip() else ():
        name, _, way = entry.strip().rpartition(" ")
        if way.lower() not in ("asc", "desc"):
            name, way = entry.strip(), "asc"
        name = name.strip().strip('"')
        if name != "_id":
            _column(table, name, "sort")
        found.append(tree.Order("id" if name == "_id" else name, way.lower() == "desc"))
    return found


def _record(table: Collection, row: Row, names: list[str]) -> Document:
    values = {column.name: _value(value) for column, value in zip(table.columns, row.values, strict=False)}
    values |= {"_id": row.id, _GEOMETRY: row.geometry} if table.geometry else {"_id": row.id}
    return {name: values.get(name) for name in names}


def _value(value: Any) -> Any:
    if isinstance(value, datetime):
        return times.format_instant(value)
    return value.isoformat() if isinstance(value, date) else value


def _links(given: Parameters, *, limit: int, offset: int) -> Document:
    """Where the first and the next page are."""
    asked = {name: given.text(name) for name in ("resource_id", "q", "filters", "fields", "sort")}
    query = {name: value for name, value in asked.items() if value}
    path = "/api/3/action/datastore_search?"
    return {
        "start": path + urlencode({**query, "limit": limit}),
        "next": path + urlencode({**query, "limit": limit, "offset": offset + limit}),
    }
