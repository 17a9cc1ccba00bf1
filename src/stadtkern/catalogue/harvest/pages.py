# SPDX-License-Identifier: EUPL-1.2
"""Walks through a source page by page and comes to an end whatever the source does."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import sys
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit, urlunsplit

import msgspec

from stadtkern.catalogue.harvest import packages
from stadtkern.catalogue.harvest.entities import Page, Source, tell
from stadtkern.core import jsons, problems
from stadtkern.core.fetching import Fetched, Fetcher

MOST_PAGES = 2_000
MOST_BYTES = 24 * 1024 * 1024
PAGE_SECONDS = 90.0
_PARSE_SECONDS = 90.0
_ROWS = 100
_ACCEPT = (
    "text/turtle, application/rdf+xml;q=0.9, application/ld+json;q=0.8,"
    " application/n-triples;q=0.7, */*;q=0.1"
)
_KINDS = {
    "text/turtle": "turtle", "application/x-turtle": "turtle", "text/n3": "turtle",
    "application/rdf+xml": "xml",
    "application/xml": "xml", "text/xml": "xml", "application/ld+json": "json-ld",
    "application/json": "json-ld",
    "application/n-triples": "nt",
}  # fmt: skip
_ENDINGS = {
    ".ttl": "turtle",
    ".rdf": "xml",
    ".xml": "xml",
    ".jsonld": "json-ld",
    ".json": "json-ld",
    ".nt": "nt",
}


class SourceIsUnreadable(problems.Problem):
    """The source's answer is no catalogue that can be read.

    Check the address and its kind: a DCAT source answers with RDF, a CKAN source with the Action API.
    """

    status = 502


class SourceHasNoEnd(problems.Problem):
    """The source's pages do not come to an end.

    Give the address of a smaller part of the catalogue.
    """

    status = 502


async def walk(source: Source, *, fetcher: Fetcher) -> AsyncIterator[Page]:
    """All pages of a source. Raises what fetching raises, SourceIsUnreadable, SourceHasNoEnd."""
    pages = _ckan(source, fetcher) if source.kind == "ckan" else _dcat(source, fetcher)
    number = 0
    async for page in pages:
        number += 1
        if number > MOST_PAGES:
            raise SourceHasNoEnd(tell("too_many_pages", most=MOST_PAGES))
        yield page


async def _dcat(source: Source, fetcher: Fetcher) -> AsyncIterator[Page]:
    """Follow Hydra's next page; an address or a content that came before ends the walk."""
    url, addresses, contents = source.url, set[str](), set[bytes]()
    while url:
        if url in addresses:
            raise SourceHasNoEnd(tell("comes_again", url=url[:200]))
        addresses.add(url)
        answer = await fetcher.fetch(url=url, headers={"Accept": _ACCEPT})
        digest = hashlib.sha256(answer.body).digest()
        if digest in contents:
            raise SourceHasNoEnd(tell("comes_again", url=url[:200]))
        contents.add(digest)
        page = await parsed(answer.body, form=_form(answer), address=answer.url)
        yield page
        url = urljoin(answer.url, page.further) if page.further else ""


def _form(answer: Fetched) -> str:
    """What kind of RDF it is: by its media type, else by the ending of its address, else by how it begins."""
    path = urlsplit(answer.url).path
    by_ending = next((form for ending, form in _ENDINGS.items() if path.endswith(ending)), "")
    known = _KINDS.get(answer.media_type) or by_ending
    if known:
        return known
    start = answer.body[:500].lstrip()
    if start.startswith((b"@prefix", b"PREFIX", b"@base")):
        return "turtle"
    if start.startswith(b"<?xml") or b"<rdf:RDF" in start:
        return "xml"
    if start.startswith((b"{", b"[")):
        return "json-ld"
    raise SourceIsUnreadable(
        tell("no_rdf", type=answer.media_type) if answer.media_type else tell("no_rdf_at_all")
    )


async def parsed(body: bytes, *, form: str, address: str) -> Page:
    """The datasets of a document, read in a process that is ended when it takes too long."""
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-W", "ignore", "-m", "stadtkern.catalogue.harvest.graphs", form, address,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        async with asyncio.timeout(_PARSE_SECONDS):
            output, _ = await child.communicate(body)
    except TimeoutError as error:
        raise SourceIsUnreadable(tell("slow_to_read", seconds=round(_PARSE_SECONDS))) from error
    finally:
        if child.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                child.kill()
            await child.wait()
    return _answered(output)


def _answered(output: bytes) -> Page:
    try:
        answer = msgspec.json.decode(output)
        if "wrong" not in answer:
            return msgspec.convert(answer, Page)
    except msgspec.DecodeError as error:
        raise SourceIsUnreadable(tell("large_to_read")) from error
    raise SourceIsUnreadable(tell("wrong_rdf", detail=str(answer["wrong"])))


async def _ckan(source: Source, fetcher: Fetcher) -> AsyncIterator[Page]:
    """Ask `package_search` in the order of ids until a page is empty or brings nothing new."""
    base = action_base(source.url)
    seen: set[str] = set()
    start = 0
    while True:
        query = urlencode({"rows": _ROWS, "start": start, "sort": "id asc"})
        answer = await fetcher.fetch(
            url=f"{base}/package_search?{query}", headers={"Accept": "application/json"}
        )
        found = _results(answer.body)
        ids = [str(each.get("id")) for each in found]
        fresh = [each for each, id_ in zip(found, ids, strict=True) if id_ not in seen]
        if not fresh:
            return
        seen.update(ids)
        start += len(found)
        yield packages.page(fresh, base=urljoin(base, "/"))


def action_base(url: str) -> str:
    """The address of the Action API of a portal that is given by any address of it."""
    parts = urlsplit(url)
    path = parts.path.partition("/api/")[0].rstrip("/")
    return urlunsplit((parts.scheme, parts.netloc, f"{path}/api/3/action", "", ""))


def _results(body: bytes) -> list[dict[str, Any]]:
    try:
        document = msgspec.json.decode(body)
        results = document["result"]["results"]
        if document.get("success") is True and all(isinstance(each, dict) for each in results):
            return list(results)
    except (*jsons.UNREADABLE, KeyError, TypeError, AttributeError) as error:
        raise SourceIsUnreadable(tell("no_ckan")) from error
    raise SourceIsUnreadable(tell("ckan_failed"))
