# SPDX-License-Identifier: EUPL-1.2
"""The layers of the map: kinds of places and maps of datasets, how much they show, and whose data it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from django.utils.translation import gettext

from stadtkern.catalogue.browse import table
from stadtkern.core import fragments, statements
from stadtkern.core.fragments import Fragment
from stadtkern.features import queries, tree
from stadtkern.features.entities import Collection, Row
from stadtkern.insights import kinds
from stadtkern.insights.atlas import places
from stadtkern.insights.atlas.asking import Asked
from stadtkern.ui import formats
from stadtkern.ui.visit import Visit

# So many maps of datasets are offered; the catalogue has all of them.
_OFFERED = 24
_READ = 400
MOST_FEATURES = 5_000
_LISTED, _COLUMNS = 10, 4


class Layer(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of places that may be shown."""

    kind: kinds.Kind
    n: int
    shown: bool


class Offer(msgspec.Struct, frozen=True, kw_only=True):
    """A map of a dataset that may be shown."""

    key: str
    title: str
    n: int
    shown: bool


class Features(msgspec.Struct, frozen=True, kw_only=True):
    """What a map of a dataset shows under the filters, as rows of the list. `n` None: very many."""

    key: str
    title: str
    dataset_key: str
    heads: Sequence[table.Head]
    rows: Sequence[tuple[str, Sequence[table.Cell]]]
    n: int | None
    more: bool


def kinds_of(asked: Asked, counts: Mapping[str, int]) -> list[Layer]:
    """The kinds that there are, in their usual order; those chosen stay even where they are empty."""
    return [
        Layer(kind=kind, n=counts.get(key, 0), shown=asked.shows(key))
        for key, kind in kinds.BY_KEY.items()
        if key in counts or key in asked.kinds
    ]


async def offers(visit: Visit, asked: Asked) -> tuple[list[Offer], list[Collection]]:
    """Maps of datasets to choose from, and those that are chosen."""
    found = await queries.collections(visit.connection, visit.scope, limit=_READ)
    spatial = [each for each in found if each.geometry is not None]
    known = {each.key for each in spatial}
    for key in asked.collections:
        if key not in known and (other := await find(visit, key)):
            spatial.append(other)
    chosen = [each for each in spatial if each.key in asked.collections]
    rest = [each for each in spatial if each.key not in asked.collections][: _OFFERED - len(chosen)]
    made = [
        Offer(key=each.key, title=title(each), n=each.n, shown=each.key in asked.collections)
        for each in sorted([*chosen, *rest], key=lambda each: title(each).casefold())
    ]
    return made, chosen


async def find(visit: Visit, key: str) -> Collection | None:
    """The map of a dataset, or None where it is not there for this visit or has no geometry."""
    try:
        found = await queries.find(visit.connection, visit.scope, key=key)
    except queries.NoSuchCollection:
        return None
    return found if found.geometry is not None else None


def title(collection: Collection) -> str:
    """What it is called."""
    return formats.words(dict(collection.title)) or collection.key


def _filter(asked: Asked, land: Sequence[Mapping[str, Any]]) -> tree.Filter | None:
    """The same filter as for places, as far as rows have what it asks for."""
    wanted: list[tree.Filter] = []
    if asked.query:
        wanted.append(tree.Search(tuple(asked.query.split())))
    if asked.district:
        outline = places.district(land, asked.district)
        if outline is None:
            return tree.Search(("\N{REPLACEMENT CHARACTER}" * 3,))
        geometry = msgspec.json.encode(outline["geometry"]).decode()
        wanted.append(tree.Spatial("s_intersects", geometry))
    return wanted[0] if len(wanted) == 1 else tree.Both("and", tuple(wanted)) if wanted else None


async def rows(
    visit: Visit, collection: Collection, *, asked: Asked, land: Sequence[Mapping[str, Any]], most: int
) -> tuple[Sequence[Row], bool]:
    """The first rows under the filters, and whether there are more."""
    page = await queries.page(
        visit.connection, visit.scope, collection=collection, filter=_filter(asked, land), limit=most
    )
    return page.rows, page.after is not None


async def listed(
    visit: Visit, chosen: Sequence[Collection], *, asked: Asked, land: Sequence[Mapping[str, Any]]
) -> list[Features]:
    """The chosen maps as lists."""
    owners = {row[0]: row[1] for row in await owned(visit, [each.dataset_id for each in chosen])}
    found = []
    for collection in chosen:
        shown, more = await rows(visit, collection, asked=asked, land=land, most=_LISTED)
        columns = collection.columns[:_COLUMNS]
        n = await queries.count(
            visit.connection,
            visit.scope,
            collection=collection,
            filter=_filter(asked, land),
            milliseconds=queries.patience(collection, most=500),
        )
        found.append(
            Features(
                key=collection.key,
                title=title(collection),
                dataset_key=owners.get(collection.dataset_id, ""),
                heads=[table.head(column) for column in columns],
                rows=[
                    (name(row, collection), said)
                    for row, said in zip(
                        shown, table.cells([row.values for row in shown], columns, visit), strict=True
                    )
                ],
                n=n,
                more=more,
            )
        )
    return found


def name(row: Row, collection: Collection) -> str:
    """What a row is called: its first text, or its number."""
    texts = (
        str(value)
        for value, column in zip(row.values, collection.columns, strict=False)
        if column.type == "text" and value
    )
    return next(texts, gettext("Nummer %(n)s") % {"n": row.id})[:200]


async def owned(visit: Visit, dataset_ids: Sequence[int]) -> list[Sequence[Any]]:
    """Number, key and what its owner says of each of these datasets, by key."""
    if not dataset_ids:
        return []
    conditions = [Fragment("c.id = ANY (%s)", (list(dataset_ids),)), visit.scope.on("c.id")]
    text, params = (
        Fragment(statements.load("insights")["said_of_datasets"] + " ")
        + fragments.every(conditions)
        + Fragment(" ORDER BY c.key LIMIT 12")
    )
    return await (await visit.connection.execute(text, params)).fetchall()


async def streets(visit: Visit, *, text: str, size: int) -> list[str]:
    """Addresses of places that contain the text."""
    pattern = "%" + text.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_") + "%"
    conditions = [
        Fragment("l.name ILIKE %s", (pattern,)),
        *map(visit.scope.on, ("l.dataset_id", "t.dataset_id")),
    ]
    statement, params = (
        Fragment(statements.load("insights")["streets"] + " ")
        + fragments.every(conditions)
        + Fragment(" ORDER BY l.name LIMIT %s", (size,))
    )
    return [row[0] for row in await (await visit.connection.execute(statement, params)).fetchall()]
