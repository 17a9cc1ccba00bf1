# SPDX-License-Identifier: EUPL-1.2
"""Actions about what datasets have in common: organisations, themes, keywords, licences."""

from __future__ import annotations

from typing import Any

from stadtkern.catalogue import queries, vocabularies
from stadtkern.catalogue.ckan import packages, shapes, tallies
from stadtkern.catalogue.ckan.parameters import Parameters
from stadtkern.catalogue.ckan.shapes import Document
from stadtkern.catalogue.ckan.tallies import PUBLISHED
from stadtkern.catalogue.entities import Agent
from stadtkern.catalogue.search import keeping
from stadtkern.core import fragments, problems, statements
from stadtkern.core.fragments import Fragment
from stadtkern.ui.visit import Visit

_MOST_SHOWN = 1_000


async def organization_list(visit: Visit, given: Parameters) -> list[Any]:
    """Return organisations that have datasets. `all_fields`, `organizations`, `limit`, `offset`, `sort`."""
    found = [_organisation(agent, number) for agent, number in await packages.organisations(visit)]
    return _listed(found, given, names="organizations")


async def organization_show(visit: Visit, given: Parameters) -> Document:
    """Return one organisation. `id`: its id or name; `include_datasets`."""
    wanted = given.must("id")
    for agent, number in await packages.organisations(visit):
        if wanted in (shapes.organisation_id(agent.id), shapes.organisation_name(agent)):
            condition = Fragment("o.principal_id = %s", (agent.id,))
            return _organisation(agent, number) | await _with_datasets(visit, given, condition)
    raise problems.NotFound()


async def organization_list_for_user(visit: Visit, given: Parameters) -> list[Any]:  # noqa: ARG001
    """Return the organisations in which the caller may write: none, because this interface only reads."""
    return []


async def group_list(visit: Visit, given: Parameters) -> list[Any]:
    """Return themes that have datasets. `all_fields`, `groups`, `limit`, `offset`, `sort`."""
    counted = await _themes(visit)
    return _listed([_group(theme, number) for theme, number in counted], given, names="groups")


async def group_show(visit: Visit, given: Parameters) -> Document:
    """Return one theme. `id`; `include_datasets`."""
    wanted = given.must("id").lower()
    number = dict(await _themes(visit)).get(wanted)
    if number is None:
        raise problems.NotFound()
    condition = Fragment("%s = ANY (c.themes)", (wanted.upper(),))
    return _group(wanted, number) | await _with_datasets(visit, given, condition)


async def tag_list(visit: Visit, given: Parameters) -> list[Any]:
    """Return keywords. `query`: part of them; `all_fields`; `vocabulary_id`: there are none."""
    if given.text("vocabulary_id"):
        raise problems.NotFound()
    part = given.text("query").lower()
    words = sorted(word for word in await _keywords(visit) if part in word.lower())
    return [shapes.tag(word) for word in words] if given.flag("all_fields") else list(words)


async def tag_show(visit: Visit, given: Parameters) -> Document:
    """Return one keyword. `id`; `include_datasets`."""
    wanted = given.must("id")
    if not await _keywords(visit, wanted):
        raise problems.NotFound()
    found = shapes.tag(wanted)
    if given.flag("include_datasets"):
        having = Fragment(statements.load("catalogue")["ckan_with_keyword"] + " ", (wanted,))
        condition = having + visit.scope.on("t.dataset_id") + Fragment(")")
        found |= await _with_datasets(visit, given, condition)
    return found


async def license_list(visit: Visit, given: Parameters) -> list[Document]:  # noqa: ARG001
    """Return the licences of DCAT-AP.de."""
    return [shapes.licence(known) for known in vocabularies.licences().values()]


def _organisation(agent: Agent, number: int) -> Document:
    found = shapes.organisation(agent)
    return found | {
        "display_name": found["title"],
        "image_display_url": "",
        "package_count": number,
        "num_followers": 0,
        "extras": [],
        "tags": [],
        "groups": [],
        "users": [],
    }


def _group(theme: str, number: int) -> Document:
    return shapes.group(theme.upper()) | {
        "type": "group",
        "state": "active",
        "is_organization": False,
        "approval_status": "approved",
        "created": None,
        "image_url": "",
        "package_count": number,
        "num_followers": 0,
        "extras": [],
        "tags": [],
        "groups": [],
        "users": [],
    }


def _listed(found: list[Document], given: Parameters, *, names: str) -> list[Any]:
    """Sorted, cut out, as names or with all fields."""
    column, _, way = (given.text("sort") or "title asc").partition(" ")
    key = column if column in ("name", "title", "package_count") else "title"
    found.sort(key=lambda each: each[key], reverse=way.strip().lower() == "desc")
    wanted = given.listed(names)
    kept = [each for each in found if not wanted or each["name"] in wanted or each["id"] in wanted]
    start = given.number("offset", 0)
    kept = kept[start : start + given.number("limit", _MOST_SHOWN, most=_MOST_SHOWN)]
    return kept if given.flag("all_fields") else [each["name"] for each in kept]


async def _with_datasets(visit: Visit, given: Parameters, condition: Fragment) -> Document:
    if not given.flag("include_datasets"):
        return {}
    found = await queries.select(visit.connection, visit.scope, PUBLISHED, condition, limit=_MOST_SHOWN)
    return {"packages": await packages.documents(visit, found)}


async def _themes(visit: Visit) -> list[tuple[str, int]]:
    """Themes with the number of their datasets."""
    counted = (await tallies.matching(visit)).facets.get("theme", ())
    return sorted((theme.lower(), number) for theme, number in counted)


async def _keywords(visit: Visit, wanted: str | None = None) -> list[str]:
    """Keywords, or the one that is wanted if there is one."""
    seen = (PUBLISHED, visit.scope.on("t.dataset_id"), visit.scope.on("d.id"))
    statement = _filled("ckan_keywords", *seen) + Fragment("", (wanted, wanted))
    if wanted is not None:
        return [word for (word,) in await (await visit.connection.execute(*statement)).fetchall()]
    return [word for (word,) in await _until_change(visit, "tags", statement)]


def _filled(name: str, *conditions: Fragment) -> Fragment:
    """A statement with these conditions at the place that is marked for them."""
    head, tail = statements.load("catalogue")[name].split("/* conditions */")
    return Fragment(head) + fragments.every(conditions) + Fragment(tail)


async def _until_change(visit: Visit, name: str, statement: Fragment) -> list[Any]:
    async def find() -> list[Any]:
        return list(await (await visit.connection.execute(*statement)).fetchall())

    return await keeping.until_change(visit.connection, visit.scope, key=("ckan", name), find=find)
