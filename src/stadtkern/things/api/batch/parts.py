# SPDX-License-Identifier: EUPL-1.2
"""The parts of a batch (18-088, clause 11), in the one form that both encodings lead to."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import msgspec

from stadtkern.core.problems import Problem
from stadtkern.things.api.batch.problems import BatchTooLarge, BrokenBatch

MOST_PARTS = 1_000
METHODS = ("GET", "HEAD", "POST", "PATCH", "PUT", "DELETE")
_ID = re.compile(r"[A-Za-z0-9_.:,;-]{1,200}")
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}")
_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]{0,8000}")

Header = tuple[bytes, bytes]


class Part(msgspec.Struct, kw_only=True):
    """One request of a batch. `fault` says why it cannot be carried out, where that is known before."""

    id: str = ""
    method: str
    url: str
    headers: list[Header] = msgspec.field(default_factory=list)
    body: bytes = b""
    depends: list[str] = msgspec.field(default_factory=list)
    fault: Problem | None = None


class Unit(msgspec.Struct, kw_only=True):
    """What succeeds or fails as a whole: a single request, or a change set."""

    parts: list[Part]
    name: str = ""
    together: bool = False


def check_id(text: str, *, where: str) -> str:
    """An id that can stand in a header and behind `$`. Raises BrokenBatch."""
    if not _ID.fullmatch(text):
        raise BrokenBatch(
            f"{text[:60]!r} is no id: at most 200 letters, digits and _ . : , ; - are taken", where=where
        )
    return text


def header(name: str, value: str, *, where: str) -> Header:
    """A header of a part, in lower case. Raises BrokenBatch for what would begin another one."""
    if not _NAME.fullmatch(name) or not _VALUE.fullmatch(value):
        raise BrokenBatch(f"{name[:60]!r} is no header that can be taken", where=where)
    return name.lower().encode(), value.strip().encode("latin-1")


def method(text: str, *, where: str) -> str:
    """A method. Raises BrokenBatch."""
    name = text.upper()
    if name not in METHODS:
        raise BrokenBatch(f"{text[:40]!r} is not one of {', '.join(METHODS)}", where=where)
    return name


def check(units: Sequence[Unit], *, most: int = MOST_PARTS) -> None:
    """Raise where there are too many parts, or two of one name."""
    named: set[str] = set()
    count = 0
    for unit in units:
        if not unit.parts:
            raise BrokenBatch("a change set without requests", where=unit.name or "body")
        count += len(unit.parts)
        for name in _names(unit):
            if name in named:
                raise BrokenBatch(f"the id {name!r} stands twice", where=name)
            named.add(name)
    if not count:
        raise BrokenBatch("there is no request in it", where="body")
    if count > most:
        raise BatchTooLarge(f"{count} requests; at most {most} are taken", where="body", limit=most)


def _names(unit: Unit) -> Iterator[str]:
    if unit.name:
        yield unit.name
    yield from (part.id for part in unit.parts if part.id)
