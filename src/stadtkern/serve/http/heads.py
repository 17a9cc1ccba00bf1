# SPDX-License-Identifier: EUPL-1.2
"""Heads of requests that came before on a connection: whoever sends them again need not be read anew."""

from __future__ import annotations

from typing import Any, NamedTuple

_MOST = 16
_LARGEST = 640
_END = b"\r\n\r\n"


class Known(NamedTuple):
    """What the straight way needs of a head, and how long the body is that it announces."""

    head: Any
    length: int


class Heads:
    """Keeps a few, for as long as the connection lasts: byte by byte, so the same bytes say the same."""

    __slots__ = ("_known",)

    def __init__(self) -> None:
        self._known: dict[bytes, Known] = {}

    def again(self, data: bytes) -> tuple[Any, bytes] | None:
        """Head and body, where the data are one whole request with a head that is known."""
        begin = data.find(_END) + len(_END)
        head = data[:begin]  # without an end three bytes, which are no head
        known = self._known.get(head)
        if known is None or len(data) - begin != known.length:
            return None
        self._known[head] = self._known.pop(head)  # who does not come for long goes first
        return known.head, data[begin:]

    def keep(self, data: bytes, known: Known) -> None:
        """Remember the head of these data, where they are one request and nothing else."""
        begin = data.find(_END) + len(_END)
        head = data[:begin]
        if len(data) - begin != known.length or begin > _LARGEST:
            return
        if head.count(b"\n") != head.count(b"\r\n"):  # its end may lie elsewhere
            return
        if head not in self._known and len(self._known) >= _MOST:
            del self._known[next(iter(self._known))]
        self._known[head] = known
