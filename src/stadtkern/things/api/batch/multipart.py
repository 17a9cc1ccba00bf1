# SPDX-License-Identifier: EUPL-1.2
"""Batches as multipart/mixed with requests in application/http (18-088, clause 11.2; RFC 2046, 5.1)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from stadtkern.things.api.batch import parts
from stadtkern.things.api.batch.parts import Header, Part, Unit
from stadtkern.things.api.batch.problems import BrokenBatch

# RFC 2046, 5.1.1: up to 70 of these, and no blank at the end.
_BOUNDARY = re.compile(r"[0-9A-Za-z'()+_,./:=? -]{0,69}[0-9A-Za-z'()+_,./:=?-]")
_PARAMETER = re.compile(r';\s*boundary\s*=\s*(?:"([^"]*)"|([^\s;"]+))', re.IGNORECASE)
_METHOD = re.compile(rb"[A-Za-z]{1,20}")
_VERSION = re.compile(rb"HTTP/\d(?:\.\d)?", re.IGNORECASE)
_LONGEST_LINE = 32_000
_LONGEST_HEAD = 65_536
_END = re.compile(rb"\r?\n[ \t]*\r?\n")
_KEPT = (b"authorization", b"content-type", b"accept", b"prefer", b"if-match", b"if-none-match")


def boundary(content_type: str, *, where: str) -> str:
    """The boundary that a Content-Type names. Raises BrokenBatch."""
    match = _PARAMETER.search(content_type)
    found = (match[1] or match[2] or "") if match else ""
    if not _BOUNDARY.fullmatch(found):
        raise BrokenBatch("Content-Type names no boundary that can be used", where=where)
    return found


def read(body: bytes, *, content_type: str) -> list[Unit]:
    """The requests and change sets. Lines may end with CRLF or LF. Raises BrokenBatch."""
    units: list[Unit] = []
    for number, text in enumerate(_split(body, boundary(content_type, where="Content-Type"), where="body")):
        where = f"part {number + 1}"
        headers, inner = _head(text, where=where)
        if _kind(headers) != "multipart/mixed":
            units.append(Unit(parts=[_request(headers, inner, where=where)]))
            continue
        mark = boundary(headers["content-type"], where=where)
        members = [
            _member(each, where=f"{where}.{place + 1}")
            for place, each in enumerate(_split(inner, mark, where=where))
        ]
        units.append(Unit(parts=members, together=True))
    return units


def _split(body: bytes, mark: str, *, where: str) -> list[bytes]:
    """What stands between the boundaries. Raises BrokenBatch where the last one is missing."""
    line = re.compile(rb"(?:\A|\r?\n)--" + re.escape(mark.encode()) + rb"(--)?[ \t]*(?=\r?\n|\Z)")
    found: list[bytes] = []
    begin = -1
    for match in line.finditer(body):
        if begin >= 0:
            found.append(body[begin : match.start()])
        begin = match.end()
        if match[1]:
            return found
        if len(found) > parts.MOST_PARTS:
            break
    if begin < 0:
        raise BrokenBatch(f"the boundary --{mark} does not occur", where=where)
    if len(found) <= parts.MOST_PARTS:
        raise BrokenBatch(f"it ends before the closing boundary --{mark}--", where=where)
    return found


def _member(text: bytes, *, where: str) -> Part:
    headers, inner = _head(text, where=where)
    if _kind(headers) == "multipart/mixed":
        raise BrokenBatch("a change set cannot hold another one", where=where)
    return _request(headers, inner, where=where)


def _head(text: bytes, *, where: str) -> tuple[dict[str, str], bytes]:
    """The headers of a part, and what follows them."""
    text = text.lstrip(b"\r\n")
    match = _END.search(text)
    if match is None:
        raise BrokenBatch("no empty line ends the headers", where=where)
    return _headers(text[: match.start()], where=where), text[match.end() :]


def _headers(text: bytes, *, where: str) -> dict[str, str]:
    if len(text) > _LONGEST_HEAD:
        raise BrokenBatch(f"its headers have more than {_LONGEST_HEAD} bytes", where=where)
    found: dict[str, str] = {}
    for line in re.split(rb"\r?\n", text):
        if not line.strip():
            continue
        name, colon, value = line.partition(b":")
        if not colon:
            raise BrokenBatch(f"{line[:60].decode('latin-1')!r} is no header", where=where)
        key, content = parts.header(
            name.strip().decode("latin-1"), value.strip().decode("latin-1"), where=where
        )
        found[key.decode()] = content.decode("latin-1")
    return found


def _kind(headers: Mapping[str, str]) -> str:
    return headers.get("content-type", "").partition(";")[0].strip().lower()


def _request(outer: Mapping[str, str], text: bytes, *, where: str) -> Part:
    """A request in application/http."""
    if _kind(outer) != "application/http":
        raise BrokenBatch("a part is application/http or multipart/mixed", where=where)
    text = text.lstrip(b"\r\n")
    first, _, rest = text.partition(b"\n")
    verb, target = _line(first, where=where)
    headers, body = _inner(rest, where=where)
    name = outer.get("content-id") or headers.pop("content-id", "")
    try:
        url = target.decode()
    except UnicodeDecodeError as error:
        raise BrokenBatch("the address is not UTF-8", where=where) from error
    return Part(
        id=parts.check_id(name.strip("<>"), where=where) if name else "",
        method=parts.method(verb.decode(), where=where),
        url=url,
        headers=_taken(headers),
        body=body,
    )


def _line(first: bytes, *, where: str) -> tuple[bytes, bytes]:
    """Method and address of a request line; the version may be missing. One pass, whatever is sent."""
    if len(first) > _LONGEST_LINE:
        raise BrokenBatch(f"the line of the request has more than {_LONGEST_LINE} bytes", where=where)
    words = first.split(None, 1)
    if len(words) < 2 or not _METHOD.fullmatch(words[0]):
        raise BrokenBatch("the request begins with a line such as `GET Things(1) HTTP/1.1`", where=where)
    target = words[1].rstrip()
    pieces = target.rsplit(None, 1)
    if len(pieces) == 2 and _VERSION.fullmatch(pieces[1]):
        target = pieces[0].rstrip()
    return words[0], target


def _inner(rest: bytes, *, where: str) -> tuple[dict[str, str], bytes]:
    """Headers and body of a request. What Content-Length says is not needed, and often wrong."""
    if re.match(rb"\r?\n", rest):
        return {}, rest.strip()
    match = _END.search(rest)
    if match is None:
        return _headers(rest, where=where), b""
    return _headers(rest[: match.start()], where=where), rest[match.end() :].strip()


def _taken(headers: Mapping[str, str]) -> list[Header]:
    return [(name, headers[name.decode()].encode("latin-1")) for name in _KEPT if name.decode() in headers]


def kept(headers: Sequence[Header]) -> list[Header]:
    """Those headers of a part that its request heeds."""
    return [pair for pair in headers if pair[0] in _KEPT]
