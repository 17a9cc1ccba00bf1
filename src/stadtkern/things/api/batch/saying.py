# SPDX-License-Identifier: EUPL-1.2
"""Writes the answers of a batch down: part by part as multipart/mixed, or as one JSON document."""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

import msgspec
from starlette.responses import Response

from stadtkern.things.api import answers
from stadtkern.things.api.answers import Plain
from stadtkern.things.api.batch.carry import Said
from stadtkern.things.api.batch.parts import Unit

# The whole body of an answer that says no more than its header `Location`.
_ADDRESS = re.compile(rb'\{"@iot\.id":\d+,"@iot\.selfLink":"[^"]*"\}')
Told = Sequence[tuple[Unit, list[Said]]]


def multipart(told: Told) -> Response:
    """One part per request; a change set is a multipart of its own, or one answer where it failed."""
    mark = _mark("batch")
    pieces: list[bytes] = []
    for unit, said in told:
        pieces.append(b"--%b\r\n" % mark)
        failed = next((item for item in said if item.status >= 400 and item.status != 424), None)
        failed = failed or next((item for item in said if item.status >= 400), None)
        if not unit.together or failed is not None:
            pieces.append(_part(failed or said[0]))
            continue
        inner = _mark("changeset")
        pieces.append(b"Content-Type: multipart/mixed; boundary=%b\r\n\r\n" % inner)
        for item in said:
            pieces += (b"--%b\r\n" % inner, _part(item))
        pieces.append(b"--%b--\r\n" % inner)
    pieces.append(b"--%b--\r\n" % mark)
    kind = b"multipart/mixed; boundary=%b" % mark
    return Plain(200, b"".join(pieces), [(b"content-type", kind), *answers.OPEN])


def _mark(name: str) -> bytes:
    """A boundary that nobody can guess, so that no value that was stored can contain it."""
    return f"{name}_{secrets.token_hex(16)}".encode()


def _part(said: Said) -> bytes:
    lines = [b"Content-Type: application/http", b"Content-Transfer-Encoding: binary"]
    if said.id:
        lines.append(b"Content-ID: " + said.id.encode())
    lines += (b"", b"HTTP/1.1 %d %b" % (said.status, _phrase(said.status)))
    lines += [b"%b: %b" % (name.title(), value) for name, value in said.headers]
    return b"\r\n".join(lines) + b"\r\n\r\n" + said.body + b"\r\n"


def _phrase(status: int) -> bytes:
    try:
        return HTTPStatus(status).phrase.encode()
    except ValueError:
        return b"Status"


def document(told: Told) -> Response:
    """{"responses": […]}, an entry per request in the same order."""
    found = []
    for unit, said in told:
        for part, item in zip(unit.parts, said, strict=False):
            found.append(_entry(_bare(item) if part.method != "GET" else item))
    return answers.document({"responses": found})


def _bare(said: Said) -> Said:
    """What was written and is not shown has no body: `location` says where it is."""
    if not _ADDRESS.fullmatch(said.body):
        return said
    headers = [header for header in said.headers if header[0] != b"content-type"]
    return Said(id=said.id, status=said.status, headers=headers)


def _entry(said: Said) -> dict[str, Any]:
    entry: dict[str, Any] = {"id": said.id, "status": said.status}
    headers = {
        name.decode(): value.decode("latin-1") for name, value in said.headers if name != b"content-length"
    }
    if "location" in headers:
        entry["location"] = headers["location"]
    if headers:
        entry["headers"] = headers
    if said.body:
        plain = "json" in headers.get("content-type", "")
        entry["body"] = msgspec.Raw(said.body) if plain else said.body.decode("utf-8", "replace")
    return entry
