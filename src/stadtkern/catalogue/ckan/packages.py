# SPDX-License-Identifier: EUPL-1.2
"""Actions that list, search and show datasets and their forms."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec

from stadtkern.catalogue import queries, vocabularies
from stadtkern.catalogue.ckan import fields, shapes, tallies
from stadtkern.catalogue.ckan.parameters import Parameters
from stadtkern.catalogue.ckan.problems import SearchQueryRefused
from stadtkern.catalogue.ckan.shapes import Document
from stadtkern.catalogue.ckan.solr import Reader, Value
from stadtkern.catalogue.ckan.tallies import PUBLISHED
from stadtkern.catalogue.entities import Agent, Dataset
from stadtkern.catalogue.search import running
from stadtkern.catalogue.usage import counting
from stadtkern.core import audit, fragments, problems, statements
from stadtkern.core.fragments import Fragment
from stadtkern.ui.visit import Visit

MOST_ROWS = 1_000
# Facet → what the search calls it.
_FACETS = {"groups": "theme", "res_format": "format", "license_id": "licence"}
_SORTS = {
    "id": "d.uuid", "name": "d.key", "title_string": "c.title ->> 'de'", "title": "c.title ->> 'de'",
    "metadata_modified": "c.changed_at", "metadata_created": "d.created_at", "score": "",
    "last_modified": "c.changed_at", "views_recent": "",
}  # fmt: skip
_SORT = re.compile(r"\s*(?P<field>[a-z_]{1,40})(?:\s+(?P<way>asc|desc))?\s*", re.IGNORECASE)
USUAL_SORT = "score desc, metadata_modified desc"


async def package_list(visit: Visit, given: Parameters) -> list[str]:
    """Return the names of all datasets. `limit`, `offset`."""
    seen = fragments.every([PUBLISHED, visit.scope.on("c.dataset_id"), visit.scope.on("d.id")])
    limit, offset = given.number("limit", 0) or None, given.number("offset", 0)
    await visit.connection.execute("SET LOCAL enable_sort = off")  # their index is in order already
    ((names,),) = await running.filled(visit.connection, "ckan_names", seen, last=(limit, offset))
    return list(names)


async def package_show(visit: Visit, given: Parameters) -> Document:
    """Return one dataset. `id`: its id or name."""
    about = await find(visit, given.must("id", "name_or_id"))
    audit.only(about.id)
    counting.TALLY.add(about.id, "ckan")
    return (await documents(visit, [about]))[0]


async def resource_show(visit: Visit, given: Parameters) -> Document:
    """Return one form (resource). `id`."""
    uuid = as_uuid(given.must("id"))
    found = await queries.distribution(visit.connection, visit.scope, uuid=uuid) if uuid else None
    if found is None or found[0].state != "published":
        raise problems.NotFound()
    counting.TALLY.add(found[0].id, "ckan")
    (shown,) = await documents(visit, [found[0]])
    return next(each for each in shown["resources"] if each["id"] == str(uuid))


async def current_package_list_with_resources(visit: Visit, given: Parameters) -> list[Document]:
    """Return datasets with their forms, the latest first. `limit`, `offset` or `page`."""
    limit = given.number("limit", 10, most=MOST_ROWS)
    offset = given.number("offset", limit * max(0, given.number("page", 1) - 1))
    order = "c.changed_at DESC, c.dataset_id"
    found = await queries.select(
        visit.connection, visit.scope, PUBLISHED, order=order, limit=limit, offset=offset
    )
    return await documents(visit, found)


async def package_autocomplete(visit: Visit, given: Parameters) -> list[Document]:
    """Return datasets whose name or title matches. `q`, `limit`."""
    condition = fields.free(visit.scope, Value("word", given.must("q")))
    found = await queries.select(
        visit.connection, visit.scope, PUBLISHED, condition, limit=given.number("limit", 10, most=100)
    )
    return [
        {"name": about.key, "title": about.name, "match_field": "title", "match_displayed": about.name}
        for about in found
    ]


async def package_search(visit: Visit, given: Parameters) -> Document:
    """Search datasets. `q`, `fq`, `rows` (at most 1000), `start`, `sort`, `facet.field`, `facet.limit`."""
    asked = [given.text("q"), given.text("fq"), *given.listed("fq_list")]
    reader = await _reader(visit, by_organisation=any("org" in query for query in asked))
    conditions = [reader.read(query) for query in asked if query.strip() not in ("", "*:*")]
    conditions = [condition for condition in conditions if condition != fragments.TRUE]
    sort = given.text("sort") or USUAL_SORT
    rows = given.number("rows", given.number("limit", 10, most=MOST_ROWS), most=MOST_ROWS)
    found: list[Dataset] = []
    order = _order(sort)
    total = (await tallies.matching(visit, conditions)).total
    if rows:
        found = await queries.select(
            visit.connection,
            visit.scope,
            PUBLISHED,
            *conditions,
            order=order,
            limit=rows,
            offset=given.number("start", given.number("offset", 0)),
        )
    names = given.listed("facet.field") if given.flag("facet", otherwise=True) else []
    counted = {name: await _facet(visit, conditions, name, given) for name in names}
    return {
        "count": total,
        "facets": {name: {each["name"]: each["count"] for each in items} for name, items in counted.items()},
        "results": await documents(visit, found),
        "sort": sort,
        "search_facets": {name: {"title": name, "items": items} for name, items in counted.items()},
    }


async def find(visit: Visit, name: str) -> Dataset:
    """A published dataset by its id or name. Raises NotFound."""
    uuid = as_uuid(name)
    found = await queries.one(visit.connection, visit.scope, uuid=uuid) if uuid else None
    if found is None:
        found = await queries.one(visit.connection, visit.scope, key=name)
    if found is None or found.state != "published":
        raise problems.NotFound()
    return found


def as_uuid(text: str) -> UUID | None:
    """The UUID that a text is, if it is one."""
    try:
        return UUID(text)
    except ValueError:
        return None


async def documents(visit: Visit, found: Sequence[Dataset]) -> list[Document]:
    """Datasets as CKAN shows them, with whether their forms can be searched."""
    tables = await with_tables(visit, [about.id for about in found])
    return [
        shapes.package(
            about,
            with_table=[
                form.uuid for form in about.distributions if table_of(form, tables.get(about.id, []))
            ],
        )
        for about in found
    ]


async def with_tables(visit: Visit, ids: list[int]) -> dict[int, list[str]]:
    """The collections of datasets, by the datasets' ids."""
    statement = Fragment(statements.load("catalogue")["ckan_with_tables"] + " ", (ids,))
    text, params = statement + visit.scope.on("f.dataset_id") + Fragment(" GROUP BY f.dataset_id")
    return dict(await (await visit.connection.execute(text, params)).fetchall())


def table_of(form: Any, keys: Sequence[str]) -> str | None:
    """The collection that a form shows: the one its address names, or the only one of its dataset."""
    for key in keys:
        for address in (form.access_url, form.download_url):
            if re.search(rf"/collections/{re.escape(key)}(?:[/?.]|$)", address):
                return key
    plain = form.format.upper() in ("CSV", "XLSX", "JSON", "GEOJSON", "PARQUET", "TSV")
    return keys[0] if len(keys) == 1 and plain else None


async def organisations(visit: Visit) -> list[tuple[Agent, int]]:
    """Organisations with the number of their visible datasets."""
    counts = await tallies.matching(visit)
    ids = [int(value) for value, _ in counts.facets.get("organisation", ())]
    sql = statements.load("catalogue")["ckan_organisations"]
    rows = await (await visit.connection.execute(sql, {"ids": ids})).fetchall()
    agents = [msgspec.convert(document, Agent) for (document,) in rows]
    sizes = tallies.organisations(counts, city=_city(agents))
    return [(agent, sizes[agent.id]) for agent in agents]


def _city(agents: Sequence[Agent]) -> int:
    """The number of the city itself, where it is among them."""
    return next((agent.id for agent in agents if agent.kind == "city"), 0)


async def _reader(visit: Visit, *, by_organisation: bool) -> Reader:
    known: dict[str, int] = {}
    for agent, _ in await organisations(visit) if by_organisation else ():
        known |= {shapes.organisation_id(agent.id): agent.id, shapes.organisation_name(agent): agent.id}
    return fields.reader(visit.scope, now=visit.now, organisations=known)


def _order(sort: str) -> str:
    """SQL of ours for a sorting. Raises SearchQueryRefused."""
    parts = []
    for entry in sort.split(","):
        match = _SORT.fullmatch(entry)
        if match is None or match["field"] not in _SORTS:
            raise SearchQueryRefused(f"sort param field can't be found: {entry.strip()[:60]}")
        column = _SORTS[match["field"]]
        if column:
            parts.append(f"{column} {'DESC' if (match['way'] or '').lower() == 'desc' else 'ASC'}")
    return ", ".join([*parts, "c.dataset_id"])


async def _facet(visit: Visit, conditions: list[Fragment], name: str, given: Parameters) -> list[Document]:
    limit = None if given.text("facet.limit") == "-1" else given.number("facet.limit", 50)
    if name == "tags":
        rows = await tallies.tags(visit, conditions, limit=limit)
        return [_item(name, value, number, None) for value, number in rows]
    if name not in (*_FACETS, "organization"):
        raise SearchQueryRefused(f"undefined field: {name[:60]}")
    counts = await tallies.matching(visit, conditions)
    if name == "organization":
        agents = {agent.id: agent for agent, _ in await organisations(visit)}
        sizes = tallies.organisations(counts, city=_city(list(agents.values())))
        ordered = sorted(sizes.items(), key=lambda each: (-each[1], str(each[0])))[:limit]
        return [_item(name, str(id_), number, agents.get(id_)) for id_, number in ordered]
    values = counts.facets.get(_FACETS[name], ())[:limit]
    return [_item(name, value.lower() if name == "groups" else value, n, None) for value, n in values]


def _item(name: str, value: str, number: int, agent: Agent | None) -> Document:
    shown = value
    if agent is not None:
        value, shown = shapes.organisation_name(agent), shapes.organisation(agent)["title"]
    elif name == "groups":
        shown = shapes.group(value.upper())["title"]
    elif name == "license_id":
        value, shown = shapes.licence_id(value), vocabularies.licence(value).name
    return {"name": value, "display_name": shown, "count": number}
