# SPDX-License-Identifier: EUPL-1.2
"""Takes the body of a data array apart while it arrives: heads are read, rows are checked and noted."""

from __future__ import annotations

import re

import msgspec

from stadtkern.core import jsons
from stadtkern.things.api.arrays import marks
from stadtkern.things.api.arrays.marks import Marks
from stadtkern.things.operations import payload, rows
from stadtkern.things.operations.problems import BodyTooLarge, InvalidJson
from stadtkern.things.operations.rows import Head

MOST_GROUPS = 100_000
# What cannot be divided: one row, or the head of one group.
MOST_AT_ONCE = 1_048_576
_HEADS_AT_ONCE = 262_144
_LOOK_BACK = 256
# Found more often than there are groups, one of them may stand twice in a group.
_NAMES = tuple(b'"%b"' % name.encode() for name in rows.KEYS)
_OPEN, _CLOSE, _END = b"[]}"
# The depth behind these marks: a group's end; its member's end; its member's begin and a row's end.
_LIST, _GROUP, _MEMBER = 1, 2, 3
_BYTE = re.compile(r"\(byte (\d+)\)")
_BLANKS = b" \t\r\n"

_decode_heads = msgspec.json.Decoder(list[Head]).decode
_decode_rows = msgspec.json.Decoder(list[msgspec.Raw]).decode


class Group(msgspec.Struct, frozen=True, gc=False):
    """Where rows belong, and what their values mean."""

    number: int
    multi: bool
    components: list[str]


class Piece(msgspec.Struct, frozen=True, gc=False):
    """Rows of a group: where their text lies in the body, or the text itself, and how many there are."""

    group: int
    begin: int
    end: int
    size: int
    text: bytes = b""


class Scanner:
    """Finds groups and rows in a body that comes in windows, and makes sure that all of it is JSON.

    `groups` and `pieces` are complete after `finish`. Raises InvalidJson, DuplicateKey, BodyTooLarge and what
    `rows.check` raises. Needs no connection, so it can work in a thread.
    """

    def __init__(self) -> None:
        self.groups: list[Group] = []
        self.pieces: list[Piece] = []
        self._sizes: list[int] = [0]
        self._components: dict[tuple[str, ...], list[str]] = {}
        self._kept = b""
        self._offset = 0  # of what is kept, in the body
        self._depth = 0
        self._inside = False  # between the brackets of `dataArray`
        self._heads = bytearray()  # the body without its rows, as far as it was not read

    def feed(self, window: bytes) -> None:
        """Take what comes next in the body."""
        text = self._kept + window
        found = marks.find(text, depth=self._depth)
        if len(found.at) and (found.depth.min() < 0 or not (self.groups or self._heads or self._opens(text))):
            raise InvalidJson("a data array is a list of groups", where="body")
        used = self._walk(text, found)
        if self._inside:
            ends = found.at[(found.depth == _MEMBER) & (found.at >= used)]
            if len(ends):
                used = self._rows(text, used, int(ends[-1]) + 1)
        elif len(found.at):
            used = self._head(text, used, int(found.at[-1]) + 1)
        self._depth = found.depth_at(used, before=self._depth)
        self._kept = text[used:]
        self._offset += used
        if not self._kept.strip(_BLANKS):
            self._offset += len(self._kept)
            self._kept = b""
        if max(len(self._kept), len(self._heads) - _HEADS_AT_ONCE) > MOST_AT_ONCE:
            raise BodyTooLarge(
                f"a single row or head takes more than {MOST_AT_ONCE} bytes", where="body", limit=MOST_AT_ONCE
            )

    def _opens(self, text: bytes) -> bool:
        return text.lstrip(_BLANKS).startswith(b"[")

    def finish(self) -> None:
        """There is no more."""
        if self._depth or self._inside:
            raise InvalidJson("it ends too early", where="body")
        self._heads += self._kept
        self._read_heads(last=True)

    def _walk(self, text: bytes, found: Marks) -> int:
        """Go through the begins and ends of groups and of their rows; returns the place reached."""
        used = 0
        begins = (found.sign == _OPEN) & (found.depth == _MEMBER)
        ends = ((found.sign == _CLOSE) & (found.depth == _GROUP)) | (
            (found.sign == _END) & (found.depth == _LIST)
        )
        for place, sign, _ in found.chosen(begins | ends):
            if sign == _OPEN:
                if not self._inside and self._names_rows(text[used:place]):
                    used = self._head(text, used, place + 1)
                    self._inside = True
            elif sign == _CLOSE:
                if self._inside:
                    used = self._rows(text, used, place)
                    self._inside = False
            elif not self._inside:
                used = self._head(text, used, place + 1)
                self._end_group()
        return used

    def _names_rows(self, before: bytes) -> bool:
        """Whether the name `dataArray` stands before a bracket."""
        tail = (bytes(self._heads[-_LOOK_BACK:]) + before)[-_LOOK_BACK:].rstrip()
        return tail.endswith(b":") and tail[:-1].rstrip().endswith(b'"dataArray"')

    def _head(self, text: bytes, begin: int, end: int) -> int:
        self._heads += text[begin:end]
        return end

    def _rows(self, text: bytes, begin: int, end: int) -> int:
        """Check rows and note where they are."""
        inner = text[begin:end]
        solid = inner.lstrip(_BLANKS)
        at = begin + len(inner) - len(solid)
        if not solid:
            return end
        if self._sizes[-1]:
            if solid[:1] != b"," or not solid[1:].strip(_BLANKS):
                raise InvalidJson(f"a row is expected (byte {self._offset + at})", where=self._where())
            solid, at = solid[1:], at + 1
        try:
            size = len(_decode_rows(b"[" + solid + b"]"))
        except jsons.UNREADABLE as error:
            shift = self._offset + at - 1
            shown = _BYTE.sub(lambda match: f"(byte {int(match[1]) + shift})", jsons.why(error))
            raise InvalidJson(shown, where=self._where()) from error
        self.pieces.append(Piece(len(self._sizes) - 1, self._offset + at, self._offset + end, size))
        self._sizes[-1] += size
        return end

    def _where(self) -> str:
        return f"[{len(self._sizes) - 1}].dataArray"

    def _end_group(self) -> None:
        if len(self._sizes) > MOST_GROUPS:
            raise BodyTooLarge(f"more than {MOST_GROUPS} groups", where="body", limit=MOST_GROUPS)
        self._sizes.append(0)
        if len(self._heads) >= _HEADS_AT_ONCE:
            self._read_heads(last=False)

    def _read_heads(self, *, last: bool) -> None:
        """Read the heads of the groups that ended, and check them."""
        text = b"[" + self._bare(last=last) + b"]"
        self._heads.clear()
        try:
            heads = _decode_heads(text)
        except jsons.UNREADABLE as error:
            raise InvalidJson(_BYTE.sub("", jsons.why(error)).strip(), where="body") from error
        if b"\\" in text or any(text.count(name) > len(heads) for name in _NAMES):
            payload.once(text)
        for head in heads:
            index = len(self.groups)
            if index >= len(self._sizes):
                raise InvalidJson("a data array is a list of groups", where="body")
            rows.check(head, where=f"[{index}]")
            components = self._components.setdefault(tuple(head.components), head.components)
            self.groups.append(Group(head.number, head.multi, components))

    def _bare(self, *, last: bool) -> bytes:
        """Heads with commas between them: without the outer brackets and the comma before."""
        text = bytes(self._heads).strip(_BLANKS)
        first, end = not self.groups, b"]" if last else b"}"
        begin = b"[" if first else b","
        if not first and last and text == end:
            return b""
        if not text.startswith(begin) or not text.endswith(end) or len(text) < 2:
            raise InvalidJson("a data array is a list of groups", where="body")
        text = text[1:-1] if last else text[1:]
        if not first and not text.strip(_BLANKS):
            raise InvalidJson("a group is expected after the comma", where="body")
        return text
