# SPDX-License-Identifier: EUPL-1.2
"""Whole selections as files: rows are sent while the next ones are read, or a file is made and then sent.

Every page of rows is a reading of its own, so that no connection waits for a slow line, and each time it is
looked at who asks. A delivery that changes rows in place meanwhile ends the file: it is not taken for whole.
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from email.utils import format_datetime, parsedate_to_datetime
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

import msgspec
from starlette.responses import Response, StreamingResponse

from stadtkern.core import audit, problems
from stadtkern.core.access import Scope
from stadtkern.core.database import Connection
from stadtkern.features import queries, references
from stadtkern.features.api import answers, files, parameters, provider, tables, writers
from stadtkern.features.api.call import Call, Seen
from stadtkern.features.entities import Page, Row
from stadtkern.features.sources import Source

STEP = 2_000
Find = Callable[[Seen], Awaitable[Source]]


class Form(NamedTuple):
    """A kind of file: media type, title, whether it needs a geometry, the most rows it takes."""

    kind: str
    title: str
    spatial: bool = False
    most: int | None = None


FORMS = {
    "csv": Form("text/csv; charset=utf-8; header=present", "CSV"),
    "json": Form("application/json", "JSON"),
    "ndjson": Form("application/x-ndjson", "NDJSON"),
    "geojson": Form("application/geo+json", "GeoJSON", spatial=True),
    "parquet": Form("application/vnd.apache.parquet", "Parquet"),
    "xlsx": Form(
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "Excel", most=tables.MOST_ROWS
    ),
}
_STREAMED = {
    "csv": writers.csv, "json": writers.json, "ndjson": writers.ndjson, "geojson": writers.geojson
}  # fmt: skip
_MADE: Mapping[str, Callable[[Path, Source], tables.Table]] = {
    "parquet": tables.Parquet, "xlsx": tables.Xlsx
}  # fmt: skip


class ChangedMeanwhile(problems.Problem):
    """A delivery changed the collection while it was being sent.

    Ask again; the next answer holds the new delivery.
    """

    status = 409


class TooManyRows(problems.Problem):
    """The selection has more rows than this form takes.

    Ask for CSV or Parquet, or narrow the selection.
    """

    status = 422


class OneReferenceOnly(problems.Problem):
    """This form has its coordinates in longitude and latitude only.

    Leave the parameter crs out, or ask for GeoJSON or CSV.
    """


async def answer(call: Call, key: str, name: str, *, find: Find | None = None) -> Response:
    """The selection as a file, or that the asker has it already; from what `find` finds, else of today.

    Raises TooManyRows and others.
    """
    form = FORMS.get(name)
    if form is None:
        raise problems.NotFound(f"no download.{name[:40]}")
    walk = Walk(call, key, find)
    source = await walk.begin()
    audit.export()
    if source.dataset_id is not None:
        audit.only(source.dataset_id)
    if form.spatial and not source.geometry:
        raise problems.NotFound(f"{key} has no geometry")
    if name in _MADE and walk.asked.crs != references.CRS84:
        raise OneReferenceOnly(where="crs")
    headers = _headers(call, source, name)
    if _known(call, headers, source):
        return Response(status_code=304, headers=headers)
    identity = hashlib.sha256(headers["ETag"].encode()).hexdigest() if "ETag" in headers else None
    in_part = identity is not None and call.header(b"range") is not None
    if call.method == "HEAD" and name in _STREAMED:
        answered = Response(headers=headers, media_type=form.kind)
        del answered.headers["Content-Length"]
        return answered
    if name in _STREAMED:
        pieces = _STREAMED[name](writers.Body(source, walk.pages(), crs=walk.asked.crs))
        if not in_part:
            return StreamingResponse(pieces, headers=headers, media_type=form.kind)
        write = files.of_text(pieces)
    else:
        if form.most is not None:
            await _few_enough(walk, form.most)
        write = files.of_table(lambda path: _MADE[name](path, source), walk.pages())
    return await files.answer(
        call,
        write,
        name=f"{identity}.{name}" if identity else None,
        headers=headers,
        kind=form.kind,
    )


class Walk:
    """The rows of a selection, page by page."""

    def __init__(self, call: Call, key: str, find: Find | None = None):
        self._call = call
        self._key = key
        self._finder = find
        self._first: Page

    async def begin(self) -> Source:
        """Read the first page, so that what is wrong is told before anything is sent."""
        call = self._call
        await call.equipped()
        async with call.reading() as seen:
            self.source = await self._find(seen)
            self.asked = parameters.selection(call.parameters, self.source)
            self._first = await self._page(seen.connection, seen.scope, self.asked.after, self.asked.limit)
        return self.source

    async def pages(self) -> AsyncIterator[Sequence[Row]]:
        """All rows. Raises ChangedMeanwhile."""
        page, left = self._first, self.asked.limit
        while True:
            yield page.rows
            left = None if left is None else left - len(page.rows)
            if page.after is None or left == 0:
                return
            async with self._call.reading(watched=False) as seen:
                now = await self._find(seen)
                _same(self.source, now)
                if self._finder is not None:
                    self.source = now  # the same rows, which may lie elsewhere by now
                page = await self._page(seen.connection, seen.scope, page.after, left)

    async def count(self, most: int) -> int | None:
        """How many rows there will be; None where there are more than `most`."""
        async with self._call.reading() as seen:
            return await queries.count(
                seen.connection, seen.scope, collection=self.source, filter=self.asked.filter, most=most
            )

    async def _find(self, seen: Seen) -> Source:
        if self._finder is not None:
            return await self._finder(seen)
        return await provider.find(self._call.providers, seen.connection, seen.scope, key=self._key)

    async def _page(self, connection: Connection, scope: Scope, after: int | None, left: int | None) -> Page:
        return await queries.page(
            connection,
            scope,
            collection=self.source,
            filter=self.asked.filter,
            limit=STEP if left is None else min(STEP, left),
            after=after,
            raw=True,
        )


def _same(then: Source, now: Source) -> None:
    """Whoever reads a delivery that was replaced reads on; rows changed in place are another matter."""
    if then.version != now.version and then.place == now.place:
        raise ChangedMeanwhile(then.key)


async def _few_enough(walk: Walk, most: int) -> None:
    if walk.asked.limit is not None and walk.asked.limit <= most:
        return
    found = await walk.count(most)
    if found is None or found > most:
        raise TooManyRows(f"more than {most} rows")


def _headers(call: Call, source: Source, name: str) -> dict[str, str]:
    headers = answers.open_headers()
    headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(source.key)}.{name}"
    headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    if source.version is not None:
        given = sorted((key, value) for key, value in call.parameters.items())
        text = msgspec.json.encode([source.key, source.version, name, given])
        headers["Accept-Ranges"] = "bytes"
        headers["ETag"] = f'"{hashlib.sha256(text).hexdigest()[:32]}"'
    if source.modified_at is not None:
        headers["Last-Modified"] = format_datetime(source.modified_at, usegmt=True)
    return headers


def _known(call: Call, headers: dict[str, str], source: Source) -> bool:
    """Whether the asker has exactly this (RFC 9110, 13.1)."""
    tags = call.header(b"if-none-match")
    if tags is not None:
        tag = headers.get("ETag")
        return tag is not None and any(t.strip().removeprefix("W/") in (tag, "*") for t in tags.split(","))
    since = call.header(b"if-modified-since")
    if since is None or source.modified_at is None:
        return False
    try:
        return source.modified_at.replace(microsecond=0) <= parsedate_to_datetime(since)
    except (ValueError, TypeError):
        return False
