# SPDX-License-Identifier: EUPL-1.2
"""Pages of the service for people: plain, without scripts, in the city's dress."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from html import escape
from importlib import resources
from typing import Any
from urllib.parse import quote, urlencode

import msgspec

from stadtkern.features.api import writers
from stadtkern.features.api.call import Call
from stadtkern.features.api.words import Words, words
from stadtkern.features.entities import Page, Row
from stadtkern.features.sources import Source

Node = Mapping[str, Any]
_MOST_CELL = 300


def landing(call: Call, found: Node) -> str:
    """What the service offers."""
    say = words(call.language)
    service = call.service
    entries = [
        (f"{service}/collections?f=html", say.collections, say.about_collections),
        (f"{service}/conformance?f=html", say.conformance, say.about_conformance),
        (f"{service}/api", "OpenAPI 3.0", say.about_api),
        (f"{service}/api?version=3.1", "OpenAPI 3.1", say.about_api),
    ]
    listed = "".join(f"<dt>{_a(href, title)}</dt><dd>{escape(about)}</dd>" for href, title, about in entries)
    lead = f'<p class="sk-lead">{escape(found["description"])}</p>'
    return _page(call, found["title"], f'{lead}<dl class="sk-facts sk-card sk-section">{listed}</dl>')


def conformance(call: Call, found: Node) -> str:
    """What the service conforms to."""
    say = words(call.language)
    listed = "".join(f"<li><code>{escape(name)}</code></li>" for name in found["conformsTo"])
    return _page(call, say.conformance, f'<ul class="sk-card sk-section sk-prose">{listed}</ul>')


def collections(call: Call, found: Node) -> str:
    """All collections."""
    say = words(call.language)
    if not found["collections"]:
        return _page(call, say.collections, f"<p>{escape(say.nothing)}</p>")
    rows = [
        [
            _a(f"{call.service}/collections/{quote(item['id'])}?f=html", item["title"]),
            escape(item.get("description", "")),
            _count(call, item.get("itemCount")),
        ]
        for item in found["collections"]
    ]
    return _page(
        call, say.collections, _table(say.collections, [say.title, say.description, say.features], rows)
    )


def collection(call: Call, found: Node) -> str:
    """One collection: what it is, and the ways to its data."""
    say = words(call.language)
    address = f"{call.service}/collections/{quote(found['id'])}"
    updated = found.get("updated")
    facts = [
        (say.features, _count(call, found.get("itemCount"))),
        (say.changed, updated and f"{updated[:10]} {updated[11:16]} UTC"),
    ]
    if extent := found.get("extent"):
        facts.append((say.extent, ", ".join(f"{v:g}" for v in extent["spatial"]["bbox"][0])))
    listed = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in facts if value)
    files = " ".join(
        f'<a class="sk-button" href="{escape(item["href"])}">{escape(item["title"])}</a>'
        for item in found["links"]
        if item["rel"] == "enclosure"
    )
    lead = f'<p class="sk-lead">{escape(found["description"])}</p>' if "description" in found else ""
    body = (
        f'{lead}<dl class="sk-facts sk-card sk-section">{listed}</dl><p class="sk-actions">'
        f'<a class="sk-button sk-button--strong" href="{escape(address)}/items?f=html">'
        f"{escape(say.show)}</a> "
        f'<a class="sk-button" href="{escape(address)}/queryables?f=html">{escape(say.queryables)}</a></p>'
        f'<section class="sk-section"><h2>{escape(say.downloads)}</h2>'
        f'<p class="sk-actions">{files}</p></section>'
    )
    return _page(call, found["title"], body, [(f"{call.service}/collections?f=html", say.collections)])


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
    key = call.parts[1]
    crumbs = [
        (f"{call.service}/collections?f=html", say.collections),
        (f"{call.service}/collections/{quote(key)}?f=html", found["title"]),
    ]
    heads = [say.name, say.title, say.type, say.unit]
    return _page(call, say.queryables, _table(say.queryables, heads, rows), crumbs)


def items(call: Call, source: Source, page: Page, matched: int | None) -> str:
    """A page of features as a table."""
    say = words(call.language)
    title = call.text(source.title, source.key)
    address = f"{call.service}/collections/{quote(source.key)}"
    heads = ["id", *(call.text(c.title, c.name) + (f" ({c.unit})" if c.unit else "") for c in source.columns)]
    rows = [
        [_a(f"{address}/items/{row.id}?f=html", str(row.id)), *(_cell(say, value) for value in row.values)]
        for row in page.rows
    ]
    number = (
        ""
        if matched is None
        else f'<p class="sk-muted">{escape(say.matched.format(n=_count(call, matched)))}</p>'
    )
    more = ""
    if page.after is not None:
        query = urlencode({**call.parameters, "f": "html", "after": str(page.after)})
        href = escape(f"{call.address}?{query}")
        more = (
            f'<p class="sk-actions"><a class="sk-button" rel="next" href="{href}">{escape(say.next)}</a></p>'
        )
    body = number + (_table(title, heads, rows) if rows else f"<p>{escape(say.nothing)}</p>") + more
    crumbs = [(f"{call.service}/collections?f=html", say.collections), (f"{address}?f=html", title)]
    return _page(call, f"{title}: {say.features}", body, crumbs)


def item(call: Call, source: Source, row: Row) -> str:
    """One feature."""
    say = words(call.language)
    title = call.text(source.title, source.key)
    address = f"{call.service}/collections/{quote(source.key)}"
    entries = [
        f"<dt>{escape(call.text(c.title, c.name))}</dt><dd>{_cell(say, value)} {escape(c.unit)}</dd>"
        for c, value in zip(source.columns, row.values, strict=True)
    ]
    if row.geometry is not None:
        entries.append(f"<dt>{escape(say.geometry)}</dt><dd><code>{_cell(say, row.geometry)}</code></dd>")
    crumbs = [
        (f"{call.service}/collections?f=html", say.collections),
        (f"{address}?f=html", title),
        (f"{address}/items?f=html", say.features),
    ]
    return _page(
        call, f"{title}: {row.id}", f'<dl class="sk-facts sk-card sk-section">{"".join(entries)}</dl>', crumbs
    )


PAGES: Mapping[str, Callable[[Call, Node], str]] = {
    "landing": landing,
    "conformance": conformance,
    "collections": collections,
    "collection": collection,
    "queryables": queryables,
}


def _cell(say: Words, value: Any) -> str:
    if isinstance(value, bool):
        return escape(say.yes if value else say.no)
    text = bytes(value).decode() if isinstance(value, msgspec.Raw) else str(writers.cell(value))
    return escape(text if len(text) <= _MOST_CELL else text[:_MOST_CELL] + " …")


def _count(call: Call, number: int | None) -> str:
    """A number with its thousands apart, as the language has it."""
    if number is None:
        return ""
    return f"{number:,}" if call.language == "en" else f"{number:,}".replace(",", ".")


def _a(href: str, text: str) -> str:
    return f'<a href="{escape(href)}">{escape(text)}</a>'


def _table(label: str, heads: Iterable[str], rows: Sequence[Sequence[str]]) -> str:
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in heads)
    body = "".join("<tr>" + "".join(f"<td>{value}</td>" for value in row) + "</tr>" for row in rows)
    return (
        f'<div class="sk-table-wrap sk-section" tabindex="0" role="region" aria-label="{escape(label)}">'
        f'<table class="sk-table"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'
    )


def _page(call: Call, title: str, body: str, crumbs: Sequence[tuple[str, str]] = ()) -> str:
    say: Words = words(call.language)
    way = [(f"{call.service}?f=html", "OGC API"), *crumbs] if call.parts else []
    trail = "".join(f"<li>{_a(href, text)}</li>" for href, text in way)
    nav = f'<nav class="sk-crumbs" aria-label="{escape(say.where)}"><ol>{trail}</ol></nav>' if trail else ""
    same = escape(f"{call.address}?{urlencode({**call.parameters, 'f': 'json'})}")
    style = _asset("app.css")
    sheet = f'<link rel="stylesheet" href="{style}">' if style else ""
    home = "/" if call.language == "de" else "/en/"
    return (
        f'<!doctype html><html lang="{call.language}"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><title>{escape(title)}</title>'
        f'<meta name="color-scheme" content="light dark">{sheet}'
        f'<link rel="alternate" type="application/json" href="{same}"></head>'
        f'<body><a class="sk-skip" href="#inhalt">{escape(say.skip)}</a><header class="sk-header">'
        f'<div class="sk-width"><a class="sk-brand" href="{home}"><span>{escape(call.city)}</span></a></div>'
        f"</header>"
        f'<main class="sk-main sk-width" id="inhalt" tabindex="-1">{nav}'
        f'<div class="sk-prose"><h1>{escape(title)}</h1></div>{body}'
        f'<p class="sk-section"><a href="{same}">{escape(say.machine)}</a></p></main>'
        f"</body></html>"
    )


@cache
def _asset(name: str) -> str | None:
    """The address of a built asset, from the manifest beside it."""
    manifest = resources.files("stadtkern") / "web" / "assets" / "manifest.json"
    try:
        found: dict[str, str] = json.loads(manifest.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    return f"/assets/{found[name]}"
