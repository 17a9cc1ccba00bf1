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
    components: list[str]
    data: msgspec.Raw = msgspec.field(name="dataArray")


_decode = msgspec.json.Decoder(list[_Entry]).decode
_decode_rows = msgspec.json.Decoder(list[msgspec.Raw]).decode


class Taken(msgspec.Struct, frozen=True, gc=False):
    """What a scanner finds, with the text of the rows."""

    groups: list[Group]
    pieces: list[Piece]


def read(body: bytes) -> Taken | None:
    """Groups and rows of a whole body; None where it is anything but plain groups of Datastreams."""
    try:
        entries = _decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    # Each name once in each group: then none stands twice in one, and none is spelt with escapes.
    if b"\\" in body or any(body.count(name) != len(entries) for name in _NAMES):
        return None
    found = Taken([], [])
    known: dict[tuple[str, ...], list[str]] = {}
    for index, entry in enumerate(entries):
        components = known.get(tuple(entry.components))
        if components is None:
            components = known[tuple(entry.components)] = entry.components
            if not rows.fit(components):
                return None
        text = bytes(entry.data)
        if not 0 < entry.datastream.number <= _LARGEST or not text.startswith(b"["):
            return None
        try:
            size = len(_decode_rows(text))
        except (msgspec.MsgspecError, RecursionError):
            return None
        found.groups.append(Group(entry.datastream.number, False, components))
        if size:
            inner = text[1:-1].strip()
            found.pieces.append(Piece(index, 0, len(inner), size, inner))
    return found
