# SPDX-License-Identifier: EUPL-1.2
"""Pages of the service for people: what programs read as documents, with maps and lists, without scripts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from html import escape
from typing import Any
from urllib.parse import urlencode

import msgspec

from stadtkern.features.api import cells, picture, shell
from stadtkern.features.api.call import Call
from stadtkern.features.api.words import Words, words
from stadtkern.features.entities import Page, Row
from stadtkern.features.sources import Source

Node = Mapping[str, Any]
_MOST_NAME = 80
_MOST_ABOUT = 240


def landing(call: Call, found: Node) -> str:  # noqa: ARG001
    """What the service offers."""
    say, service = words(call.language), call.service
    entries = [
        (shell.to(call, "collections"), say.collections, say.about_collections),
        (shell.to(call, "conformance"), say.conformance, say.about_conformance),
        (f"{service}/api", "OpenAPI 3.0", say.about_api),
        (f"{service}/api?version=3.1", "OpenAPI 3.1", say.about_api),
    ]
    listed = "".join(
        f'<li><h2 class="sk-things__name">{shell.link(href, title)}</h2>'
        f'<p class="sk-small sk-muted">{escape(about)}</p></li>'
        for href, title, about in entries
    )
    body = f'<ul class="sk-things sk-section">{listed}</ul>{_addresses(say, [service])}'
    return shell.page(call, say.service, body, lead=say.about_service)


def conformance(call: Call, found: Node) -> str:
    """What the service conforms to."""
    say = words(call.language)
    listed = "".join(f"<li><code>{escape(name)}</code></li>" for name in found["conformsTo"])
    body = f'<ul class="sk-card sk-section sk-classes">{listed}</ul>'
    return shell.page(call, say.conformance, body, lead=say.about_conformance)


def collections(call: Call, found: Node) -> str:
    """All collections."""
    say = words(call.language)
    if not found["collections"]:
        return shell.page(call, say.collections, f'<p class="sk-note sk-section">{escape(say.nothing)}</p>')
    counted = ((item, cells.count(call, item.get("itemCount"))) for item in found["collections"])
    hits = "".join(
        f'<li class="sk-hit"><h2>{shell.link(shell.to(call, "collections", item["id"]), item["title"])}</h2>'
        f"<p>{cells.cell(call, item.get('description', ''), most=_MOST_ABOUT)}</p>"
        + (f'<p class="sk-small sk-muted">{escape(say.features)}: {n}</p></li>' if n else "</li>")
        for item, n in counted
    )
    body = f'<ol class="sk-hits sk-section">{hits}</ol>'
    return shell.page(call, say.collections, body, lead=say.about_collections)


def collection(call: Call, found: Node) -> str:
    """One collection: what it is, and the ways to its data."""
    say, key = words(call.language), found["id"]
    address = next(item["href"] for item in found["links"] if item["rel"] == "items")
    updated = found.get("updated")
    facts = [
        (say.features, cells.count(call, found.get("itemCount"))),
        (say.changed, updated and cells.cell(call, datetime.fromisoformat(updated))),
    ]
    bounds = found.get("extent", {}).get("spatial", {}).get("bbox", [None])[0]
    if bounds:
        facts.append((say.extent, "; ".join(cells.cell(call, round(value, 5)) for value in bounds)))
    listed = "".join(f"<dt>{escape(name)}</dt><dd>{value}</dd>" for name, value in facts if value)
    about = (
        f'<dl class="sk-facts sk-card">{listed}</dl>{_extent(call, bounds, found["title"])}' if listed else ""
    )
    about = f'<div class="sk-columns sk-section">{about}</div>' if about else ""
    files = " ".join(
        shell.button(item["href"], item["title"]) for item in found["links"] if item["rel"] == "enclosure"
    )
    dataset = "".join(
        " " + shell.button(item["href"], say.dataset)
        for item in found["links"]
        if item["rel"] == "describedby"
    )
    rows = shell.button(shell.to(call, "collections", key, "items"), say.show, strong=True)
    columns = shell.button(shell.to(call, "collections", key, "queryables"), say.queryables)
    body = (
        f'<p class="sk-actions">{rows} {columns}{dataset}</p>'
        f"{about}"
        f'<section class="sk-section"><h2>{escape(say.downloads)}</h2>'
        f'<p class="sk-actions">{files}</p></section>{_addresses(say, [address])}'
    )
    crumbs = [(shell.to(call, "collections"), say.collections)]
    return shell.page(call, found["title"], body, crumbs, lead=found.get("description", ""))


def queryables(call: Call, found: Node) -> str:
    """What filters may name."""
    say = words(call.language)
    rows = [
        [
            f"<code>{escape(name)}</code>",
            escape(about.get("title", "")),
            escape(about.get("format") or about.get("type", "")),
            escape(about.get("x-ogc-unit", "")),
        ]
        for name, about in found["properties"].items()
    ]
    heads = [say.name, say.title, say.type, say.unit]
    crumbs = _way(call, call.parts[1], found["title"])
    body = f'<div class="sk-section">{cells.table(say.queryables, heads, rows)}</div>'
    return shell.page(call, say.queryables, body, crumbs)


def items(call: Call, source: Source, page: Page, matched: int | None) -> str:
    """A page of features: on a map where they have places, and as a table."""
    say = words(call.language)
    title = call.text(source.title, source.key)
    # Values with parts are too long for a table; they stand on the page of their feature.
    shown = [(n, c) for n, c in enumerate(source.columns) if c.type != "json"]
    titles = (call.text(c.title, c.name) + (f" ({c.unit})" if c.unit else "") for _, c in shown)
    heads = [say.number, *titles]
    numbers = {place for place, (_, c) in enumerate(shown, 1) if c.type in ("number", "integer")}
    rows = [
        [
            shell.link(shell.to(call, "collections", source.key, "items", str(row.id)), str(row.id)),
            *(cells.cell(call, row.values[n], c) for n, c in shown),
        ]
        for row in page.rows
    ]
    lead = "" if matched is None else say.matched.format(n=cells.count(call, matched))
    drawn = _map(call, say, source, page.rows, note=say.map_note)
    listed = (
        cells.table(title, heads, rows, numbers) if rows else f'<p class="sk-note">{escape(say.nothing)}</p>'
    )
    body = f"<div>{listed}{_pages(call, say, page)}</div>{drawn}"
    body = f'<div class="sk-section{" sk-beside" if drawn else ""}">{body}</div>'
    crumbs = _way(call, source.key, title)
    return shell.page(call, f"{title}: {say.features}", body, crumbs, lead=lead)


def item(call: Call, source: Source, row: Row) -> str:
    """One feature: what is said of it, and where it lies."""
    say = words(call.language)
    title = call.text(source.title, source.key)
    entries = "".join(
        f"<dt>{escape(call.text(c.title, c.name))}</dt><dd>{cells.full(call, value, c)}</dd>"
        for c, value in zip(source.columns, row.values, strict=True)
    )
    body = f'<dl class="sk-facts sk-card">{entries}</dl>'
    drawn = _map(call, say, source, [row], note="")
    if drawn:
        body = f"<div>{body}</div><section><h2>{escape(say.place)}</h2>{drawn}</section>"
    crumbs = [
        *_way(call, source.key, title),
        (shell.to(call, "collections", source.key, "items"), say.all_features),
    ]
    name = _name(source, row) or f"{say.feature} {row.id}"
    return shell.page(call, name, f'<div class="sk-columns sk-section">{body}</div>', crumbs)


PAGES: Mapping[str, Callable[[Call, Node], str]] = {
    "landing": landing,
    "conformance": conformance,
    "collections": collections,
    "collection": collection,
    "queryables": queryables,
}


def _way(call: Call, key: str, title: str) -> list[shell.Crumb]:
    """From the service to a collection."""
    say = words(call.language)
    return [(shell.to(call, "collections"), say.collections), (shell.to(call, "collections", key), title)]


def _map(call: Call, say: Words, source: Source, rows: Sequence[Row], *, note: str) -> str:
    drawn = [
        picture.Drawn(
            geometry,
            _name(source, row) or str(row.id),
            shell.to(call, "collections", source.key, "items", str(row.id)) if len(rows) > 1 else "",
        )
        for row in rows
        if (geometry := _decoded(row.geometry))
    ]
    svg = picture.draw(drawn, outlines=call.dress.outlines, title=say.map)
    foot = f'<figcaption class="sk-small sk-muted">{escape(note)}</figcaption>' if note else ""
    return f'<figure class="sk-card sk-plan">{svg}{foot}</figure>' if svg else ""


def _extent(call: Call, bounds: Sequence[float] | None, title: str) -> str:
    """Where the features of a collection lie, as a rectangle on the city."""
    if not bounds:
        return ""
    west, south, east, north = bounds
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    area = picture.Drawn({"type": "Polygon", "coordinates": [ring]}, title, "")
    svg = picture.draw([area], outlines=call.dress.outlines, title=words(call.language).extent)
    return f'<figure class="sk-card sk-plan">{svg}</figure>'


def _decoded(geometry: Any) -> Node | None:
    found: Node | None = msgspec.json.decode(geometry) if isinstance(geometry, msgspec.Raw) else geometry
    return found


def _name(source: Source, row: Row) -> str:
    """The first short text of a feature, by which people may know it."""
    texts = (v for c, v in zip(source.columns, row.values, strict=True) if c.type == "text" and v)
    name = str(next(texts, ""))
    return name if len(name) <= _MOST_NAME else name[:_MOST_NAME] + " …"


def _pages(call: Call, say: Words, page: Page) -> str:
    """The way back to the first page and on to the next."""
    links = []
    given = {**call.parameters, **call.spoken, "f": "html"}
    if "after" in given:
        first = {name: value for name, value in given.items() if name != "after"}
        links.append(shell.button(f"{call.address}?{urlencode(first)}", say.first, rel="first"))
    if page.after is not None:
        href = f"{call.address}?{urlencode({**given, 'after': str(page.after)})}"
        links.append(shell.button(href, say.next, rel="next", strong=True))
    return f'<p class="sk-actions">{" ".join(links)}</p>' if links else ""


def _addresses(say: Words, addresses: Iterable[str]) -> str:
    listed = "".join(f'<p class="sk-address"><code>{escape(each)}</code></p>' for each in addresses)
    return (
        f'<section class="sk-section"><h2>{escape(say.addresses)}</h2>'
        f'<p class="sk-muted">{escape(say.about_addresses)}</p>{listed}</section>'
    )
