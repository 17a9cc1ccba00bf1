# SPDX-License-Identifier: EUPL-1.2
"""Sends files from the disk to take away: whole, in part (Range), or not where the asker has them already."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from pathlib import Path
from urllib.parse import quote

import msgspec
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse

_CHUNK = 1 << 18
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


class Sent(msgspec.Struct, frozen=True, kw_only=True):
    """What is sent: `tag` stands for exactly these bytes; `kind` is the media type that a browser is told."""

    path: Path
    name: str
    kind: str
    tag: str
    modified_at: datetime
    public: bool


def attachment(request: HttpRequest, sent: Sent) -> HttpResponseBase:
    """The file, so that no browser shows or runs it (RFC 9110, 13 and 14). Raises Http404."""
    try:
        size = sent.path.stat().st_size
    except FileNotFoundError as error:
        raise Http404 from error
    headers = _headers(sent)
    if (known := unchanged(request, sent)) is not None:
        return known
    asked = _asked(request, headers)
    start, end = asked(size) if asked else (0, size)
    if start >= end and asked:
        headers["Content-Range"] = f"bytes */{size}"
        return HttpResponse(status=416, headers=headers)
    headers["Content-Length"] = str(end - start)
    if asked:
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
    status = 206 if asked else 200
    if request.method == "HEAD":
        return HttpResponse(status=status, headers=headers)
    return StreamingHttpResponse(_pieces(sent.path, start, end), status=status, headers=headers)


def shown(request: HttpRequest, sent: Sent) -> HttpResponseBase:
    """The same to be played in a page of ours. Raises Http404."""
    answer = attachment(request, sent)
    answer["Content-Disposition"] = answer["Content-Disposition"].replace("attachment", "inline", 1)
    return answer


def unchanged(request: HttpRequest, sent: Sent) -> HttpResponse | None:
    """That the asker has exactly this, so that it need not be made; None where it has to be sent."""
    headers = _headers(sent)
    if _known(request, headers["ETag"], sent.modified_at):
        return HttpResponse(status=304, headers=headers)
    return None


def whole(request: HttpRequest, sent: Sent, pieces: AsyncIterator[bytes]) -> HttpResponseBase:
    """What is made while it is sent, from its beginning; whoever asks with HEAD gets none of it."""
    if request.method == "HEAD":
        return HttpResponse(headers=_headers(sent))
    return StreamingHttpResponse(pieces, headers=_headers(sent))


def _headers(sent: Sent) -> dict[str, str]:
    return {
        "Content-Type": sent.kind,
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(sent.name, safe='')}",
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "X-Content-Type-Options": "nosniff",
        "Accept-Ranges": "bytes",
        "ETag": f'"{sent.tag}"',
        "Last-Modified": format_datetime(sent.modified_at, usegmt=True),
        # Asked each time: a file may be taken back, and rights may end.
        "Cache-Control": "no-cache" if sent.public else "private, no-cache",
        "Vary": "Cookie, Authorization",
    }


def _known(request: HttpRequest, tag: str, modified_at: datetime) -> bool:
    """Whether the asker has exactly this (RFC 9110, 13.2.2)."""
    tags = request.headers.get("if-none-match")
    if tags is not None:
        return any(each.strip().removeprefix("W/") in (tag, "*") for each in tags.split(","))
    since = _instant(request.headers.get("if-modified-since"))
    return since is not None and modified_at.replace(microsecond=0) <= since


def _asked(request: HttpRequest, headers: dict[str, str]) -> Callable[[int], tuple[int, int]] | None:
    """Of a size, from which byte to before which; None where the whole is asked for, or several parts are."""
    found = _RANGE.fullmatch(request.headers.get("range", "").strip())
    if found is None or not any(found.groups()) or not _same(request, headers):
        return None
    first, last = found.groups()
    if not first:
        return lambda size: (size - min(int(last), size), size)
    if last and int(last) < int(first):
        return None
    return lambda size: (int(first), min(int(last) + 1, size) if last else size)


def _same(request: HttpRequest, headers: dict[str, str]) -> bool:
    """Whether the rest of what was begun is still the rest of this (If-Range)."""
    begun = request.headers.get("if-range")
    return begun is None or begun in (headers["ETag"], headers["Last-Modified"])


def _instant(text: str | None) -> datetime | None:
    try:
        found = parsedate_to_datetime(text) if text else None
    except (ValueError, TypeError, OverflowError):
        return None
    # RFC 5322 writes -0000 where nobody says in which zone; HTTP knows one only.
    return found.replace(tzinfo=UTC) if found and found.tzinfo is None else found


async def _pieces(path: Path, start: int, end: int) -> AsyncIterator[bytes]:
    file = await asyncio.to_thread(path.open, "rb")
    try:
        await asyncio.to_thread(file.seek, start)
        left = end - start
        while left > 0 and (piece := await asyncio.to_thread(file.read, min(_CHUNK, left))):
            left -= len(piece)
            yield piece
    finally:
        file.close()
