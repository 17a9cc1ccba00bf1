# SPDX-License-Identifier: EUPL-1.2
"""Takes a small data array apart in one go; what is not as usual is left to the scanner, which says why."""

from __future__ import annotations

from typing import Annotated

import msgspec

from stadtkern.core import jsons
from stadtkern.things.api.arrays.scan import Group, Piece
from stadtkern.things.operations import rows

_LARGEST = 2**63 - 1
_NAMES = (b'"Datastream"', b'"@iot.id"', b'"components"', b'"dataArray"')


class _Reference(msgspec.Struct, forbid_unknown_fields=True, frozen=True, gc=False):
    number: Annotated[int, msgspec.Meta(gt=0, le=_LARGEST)] = msgspec.field(name="@iot.id")


class _Entry(msgspec.Struct, forbid_unknown_fields=True, frozen=True, gc=False):
    datastream: _Reference = msgspec.field(name="Datastream")
    components: msgspec.Raw
    data: list[msgspec.Raw] = msgspec.field(name="dataArray")


_decode = msgspec.json.Decoder(list[_Entry]).decode
_decode_components = msgspec.json.Decoder(list[str]).decode


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
    known: dict[bytes, list[str]] = {}
    numbers: list[int] = []
    sizes: list[int] = []
    texts: list[bytes] = []
    heads: list[list[str]] = []
    try:
        entries = _decode(body)
        for entry in entries:
            spelled, data = bytes(entry.components), entry.data
            components = known.get(spelled)
            if components is None:
                components = known[spelled] = _decode_components(spelled)
            numbers.append(entry.datastream.number)
            sizes.append(len(data))
            texts.append(bytes(data[0]) if len(data) == 1 else b",".join(map(bytes, data)))
            heads.append(components)
    except jsons.UNREADABLE:
        return None
    # Each name once in each group: then none stands twice in one, and none is spelt with escapes.
    if b"\\" in body or any(body.count(name) != len(entries) for name in _NAMES):
        return None
    if not all(rows.fit(components) for components in known.values()):
        return None
    return Taken(numbers, sizes, texts, heads, next(iter(known.values())) if len(known) == 1 else [])
