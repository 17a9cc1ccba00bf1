# SPDX-License-Identifier: EUPL-1.2
"""Takes a small data array apart in one go; what is not as usual is left to the scanner, which says why."""

from __future__ import annotations

import msgspec

from stadtkern.things.api.arrays.scan import Group, Piece
from stadtkern.things.operations import rows

_LARGEST = 2**63 - 1
_NAMES = (b'"Datastream"', b'"@iot.id"', b'"components"', b'"dataArray"')


class _Reference(msgspec.Struct, forbid_unknown_fields=True, frozen=True, gc=False):
    number: int = msgspec.field(name="@iot.id")


class _Entry(msgspec.Struct, forbid_unknown_fields=True, frozen=True, gc=False):
    datastream: _Reference = msgspec.field(name="Datastream")
    components: tuple[str, ...]
    data: list[msgspec.Raw] = msgspec.field(name="dataArray")


_decode = msgspec.json.Decoder(list[_Entry]).decode


class Taken(msgspec.Struct, frozen=True, gc=False):
    """Plain groups as they came; empty `components`: they differ from group to group."""

    numbers: list[int]
    sizes: list[int]
    texts: list[bytes]
    heads: list[list[str]]
    components: list[str]

    @property
    def groups(self) -> list[Group]:
        """The groups, as a scanner finds them."""
        pairs = zip(self.numbers, self.heads, strict=True)
        return [Group(number, False, components) for number, components in pairs]

    @property
    def pieces(self) -> list[Piece]:
        """The rows, as a scanner finds them, with their text."""
        pairs = zip(self.texts, self.sizes, strict=True)
        return [Piece(index, 0, len(text), size, text) for index, (text, size) in enumerate(pairs) if size]


def read(body: bytes) -> Taken | None:
    """Groups and rows of a whole body; None where it is anything but plain groups of Datastreams."""
    try:
        entries = _decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    # Each name once in each group: then none stands twice in one, and none is spelt with escapes.
    if b"\\" in body or any(body.count(name) != len(entries) for name in _NAMES):
        return None
    known = {entry.components: list(entry.components) for entry in entries}
    if not all(rows.fit(components) for components in known.values()):
        return None
    if not all(0 < entry.datastream.number <= _LARGEST for entry in entries):
        return None
    return Taken(
        [entry.datastream.number for entry in entries],
        [len(entry.data) for entry in entries],
        [
            bytes(entry.data[0]) if len(entry.data) == 1 else b",".join(map(bytes, entry.data))
            for entry in entries
        ],
        [known[entry.components] for entry in entries],
        next(iter(known.values())) if len(known) == 1 else [],
    )
