# SPDX-License-Identifier: EUPL-1.2
"""Features: pages of them as GeoJSON, and single ones."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote, urlencode

import msgspec
from starlette.responses import Response

from stadtkern.core import audit, times
from stadtkern.features import queries, references
from stadtkern.features.api import answers, documents, html, parameters, provider
from stadtkern.features.api.call import Call, Seen
from stadtkern.features.entities import Page, Row
from stadtkern.features.sources import Source

Node = dict[str, Any]
# Features are counted up to here for `numberMatched`; beyond, the member is left out.
MOST_COUNTED = 10_000
COUNTING_MILLISECONDS = 1_500
# Features in the table of a page for people.
_MOST_ON_PAGE = 200


async def many(call: Call, key: str) -> Response:
    """A page of features (17-069r4, clause 7.15)."""
    page_wanted = call.wants_page
    await call.equipped()
    async with call.reading() as seen:
        source = await provider.find(call.providers, seen.connection, seen.scope, key=key)
        _noted(source)
        asked = parameters.selection(call.parameters, source)
        most = _MOST_ON_PAGE if page_wanted else parameters.MOST_LIMIT
        limit = min(asked.limit or parameters.DEFAULT_LIMIT, most)
        found = await queries.page(
            seen.connection,
            seen.scope,
            collection=source,
            filter=asked.filter,
            limit=limit,
            after=asked.after,
            raw=True,
        )
        matched = await _matched(call, seen, source, asked, found)
    if page_wanted:
        await call.dressed()
        return answers.page(html.items(call, source, found, matched), language=call.language)
    shapes = await shown([row.geometry for row in found.rows], crs=asked.crs)
    document: Node = {
        "type": "FeatureCollection",
        "links": _links(call, found.after),
        "timeStamp": times.format_instant(times.now()),
        "numberReturned": len(found.rows),
    }
    if matched is not None:
        document["numberMatched"] = matched
    document["features"] = [
        feature(source, row, shape) for row, shape in zip(found.rows, shapes, strict=True)
    ]
    return answers.document(document, kind=answers.GEOJSON, headers=_headers(asked.crs))


async def one(call: Call, key: str, number: str) -> Response:
    """A single feature (17-069r4, clause 7.16)."""
    page_wanted = call.wants_page
    await call.equipped()
    parameters.known(call.parameters, ("crs", "f"))
    crs = references.find(call.parameters.get("crs", references.CRS84), where="crs")
    async with call.reading() as seen:
        source = await provider.find(call.providers, seen.connection, seen.scope, key=key)
        if not (number.isascii() and number.isdigit() and len(number) <= 18):
            raise queries.NoSuchFeature(f"no feature {number[:40]!r} in {key}")
        _noted(source)
        row = await queries.one(seen.connection, seen.scope, source=source, id=int(number), raw=True)
    if page_wanted:
        await call.dressed()
        return answers.page(html.item(call, source, row), language=call.language)
    (shape,) = await shown([row.geometry], crs=crs)
    address = f"{call.service}/collections/{quote(source.key)}"
    links = [
        *documents.both(f"{address}/items/{row.id}", kind=answers.GEOJSON),
        documents.link("collection", address, answers.JSON, call.text(source.title, source.key)),
    ]
    found = feature(source, row, shape) | {"links": links}
    return answers.document(found, kind=answers.GEOJSON, headers=_headers(crs))


def _noted(source: Source) -> None:
    """The answer holds nothing but this one dataset, where all rows are of one."""
    if source.dataset_id is not None:
        audit.only(source.dataset_id)


def feature(source: Source, row: Row, shape: Any) -> Node:
    """One feature as GeoJSON."""
    names = [column.name for column in source.columns]
    return {
        "type": "Feature",
        "id": row.id,
        "geometry": shape,
        "properties": dict(zip(names, row.values, strict=True)),
    }


async def shown(shapes: Sequence[Any], *, crs: str) -> Sequence[msgspec.Raw | None]:
    """Geometries in a reference system, ready to be written."""
    if crs == references.CRS84:
        return shapes
    return await asyncio.to_thread(references.project, shapes, to=crs)


async def _matched(
    call: Call, seen: Seen, source: Source, asked: parameters.Asked, found: Page
) -> int | None:
    """How many fulfil the selection; None where that is not found out soon enough to wait for it."""
    if found.after is None and asked.after is None:
        return len(found.rows)
    patience = min(COUNTING_MILLISECONDS, call.state.settings.statement_timeout)
    return await queries.count(
        seen.connection,
        seen.scope,
        collection=source,
        filter=asked.filter,
        most=MOST_COUNTED,
        milliseconds=queries.patience(source, most=patience),
    )


def _links(call: Call, after: int | None) -> list[Node]:
    given = {name: value for name, value in call.parameters.items() if name != "f"}
    query = urlencode(given)
    links = documents.both(f"{call.address}?{query}" if query else call.address, kind=answers.GEOJSON)
    if after is not None:
        following = urlencode({**given, "after": str(after)})
        links.append(documents.link("next", f"{call.address}?{following}", answers.GEOJSON))
    links.append(documents.link("collection", call.address.removesuffix("/items"), answers.JSON))
    return links


def _headers(crs: str) -> dict[str, str]:
    return {"Content-Crs": f"<{crs}>"}
