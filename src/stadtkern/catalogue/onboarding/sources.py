# SPDX-License-Identifier: EUPL-1.2
"""Fetches a delivery from its address: a file, a collection of an OGC API, a layer of a WFS."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import parse_qsl, unquote, urlencode, urljoin, urlsplit, urlunsplit

import msgspec

from stadtkern.core import fetching, jsons
from stadtkern.core.settings import Settings
from stadtkern.ingest.imports.formats import kinds, records

_SECONDS = 900.0
_PAGE = 1_000
_MOST_PAGES = 2_000
_GEOJSON = "application/geo+json, application/json;q=0.9, */*;q=0.5"


async def fetch(url: str, *, path: Path, settings: Settings) -> dict[str, Any]:
    """Save what an address holds now; returns name and size.

    Raises AddressRefused, AnswerTooLarge, SourceAnswered, SourceIsAway, RefusedFile.
    """
    fetcher = fetching.Fetcher(
        allowed=settings.fetch_allowed, most_bytes=settings.upload_limit, seconds=_SECONDS
    )
    asked = await _layer(fetcher, url) if _is_wfs(url) else _items(url)
    await fetcher.save(url=asked, path=path, headers={"Accept": _GEOJSON})
    await _further(fetcher, asked, path, most=min(settings.upload_limit, records.MOST_BYTES))
    return {"file_name": name_of(url), "size": path.stat().st_size}


def name_of(url: str) -> str:
    """A name for what lies at an address."""
    parts = urlsplit(url)
    return (unquote(PurePosixPath(parts.path).name) or parts.hostname or "download")[:200]


def _is_wfs(url: str) -> bool:
    query = {name.lower(): value.lower() for name, value in parse_qsl(urlsplit(url).query)}
    return query.get("service") == "wfs" or "wfs" in PurePosixPath(urlsplit(url).path.lower()).name


def _items(url: str) -> str:
    """`/collections/x` of an OGC API means its items (OGC 17-069r4, 7.15)."""
    parts = urlsplit(url)
    path = parts.path.rstrip("/")
    if PurePosixPath(path).parent.name != "collections":
        return url
    query = urlencode({"f": "json", **dict(parse_qsl(parts.query)), "limit": _PAGE})
    return urlunsplit((parts.scheme, parts.netloc, f"{path}/items", query, ""))


async def _layer(fetcher: fetching.Fetcher, url: str) -> str:
    """The request for a layer of a WFS 2.0 (OGC 09-025r2); the only one where none is named."""
    parts = urlsplit(url)
    given = {name.lower(): value for name, value in parse_qsl(parts.query)}
    layer = given.get("typenames") or given.get("typename") or ""
    kept = {
        k: v for k, v in given.items() if k not in ("service", "version", "request", "typename", "typenames")
    }
    if not layer:
        asked = {**kept, "service": "WFS", "request": "GetCapabilities"}
        address = urlunsplit((parts.scheme, parts.netloc, parts.path, urlencode(asked), ""))
        layers = _layers((await fetcher.fetch(url=address)).body)
        if len(layers) != 1:
            shown = ", ".join(layers[:20])
            raise kinds.RefusedFile("layers", f"the service has several layers: {shown}", names=shown)
        layer = layers[0]
    query = {
        "outputFormat": "application/json",
        "srsName": "EPSG:4326",
        **{k: v for k, v in kept.items() if k not in ("outputformat", "srsname")},
        "service": "WFS",
        "version": "2.0.0",
        "request": "GetFeature",
        "typeNames": layer,
    }
    return urlunsplit((parts.scheme, parts.netloc, parts.path, urlencode(query), ""))


def _layers(document: bytes) -> list[str]:
    """Names of the layers in the capabilities; entities and DTDs are refused."""
    import defusedxml
    from defusedxml import ElementTree

    try:
        tree = ElementTree.fromstring(document, forbid_dtd=True)
    except (ElementTree.ParseError, defusedxml.DefusedXmlException, ValueError) as error:
        raise kinds.RefusedFile("no_service", f"the address is no WFS: {error}") from error
    names = [each.findtext("{*}Name") for each in tree.iter() if each.tag.rpartition("}")[2] == "FeatureType"]
    return [name for name in names if name]


async def _further(fetcher: fetching.Fetcher, url: str, path: Path, *, most: int) -> None:
    """Follow the pages of a collection and put their features into one file."""
    first = await asyncio.to_thread(_page, path)
    following = _next(first, url)
    if first is None or following is None:
        return
    features, size = list(first["features"]), path.stat().st_size
    seen = {url}
    while following is not None and following not in seen and len(seen) < _MOST_PAGES:
        seen.add(following)
        answer = await fetcher.fetch(url=following, headers={"Accept": _GEOJSON})
        size += answer.size
        if size > most:
            raise fetching.AnswerTooLarge(f"its pages hold more than {most} bytes")
        try:
            page = msgspec.json.decode(answer.body)
        except jsons.UNREADABLE as error:
            why = jsons.why(error)
            raise kinds.RefusedFile("json", f"a further page is not JSON: {why}", why=why) from error
        if not isinstance(page, dict) or not isinstance(page.get("features"), list):
            raise kinds.RefusedFile("geojson", "a further page has no features")
        features += page["features"]
        following = _next(page, following)
    whole = {name: value for name, value in first.items() if name not in ("features", "links")}
    path.write_bytes(msgspec.json.encode({**whole, "features": features}))


def _page(path: Path) -> dict[str, Any] | None:
    """The first page, where it says that there are more."""
    with path.open("rb") as file:
        begins = file.read(64).lstrip()[:1]
    if begins != b"{" or path.stat().st_size > records.MOST_BYTES:
        return None
    content = path.read_bytes()
    if b'"next"' not in content:
        return None
    try:
        page = msgspec.json.decode(content)
    except jsons.UNREADABLE:
        return None  # whoever reads the file says what is wrong
    return page if isinstance(page, dict) and isinstance(page.get("features"), list) else None


def _next(page: Mapping[str, Any] | None, url: str) -> str | None:
    links = page.get("links") if page else None
    for link in links if isinstance(links, list) else []:
        if isinstance(link, dict) and link.get("rel") == "next" and isinstance(link.get("href"), str):
            return urljoin(url, str(link["href"]))
    return None
