# SPDX-License-Identifier: EUPL-1.2
"""Takes a small data array apart whose groups are all spelled like its first one, by cutting its text."""

from __future__ import annotations

import re

import msgspec

from stadtkern.core import jsons
from stadtkern.things.operations import rows

_BEGIN = re.compile(
    rb'\s*\[\s*(?P<front>\{\s*"Datastream"\s*:\s*\{\s*"@iot\.id"\s*:\s*)\d+'
    rb'(?P<middle>\s*\}\s*,\s*"components"\s*:\s*(?P<components>\[[^][{}]*\])\s*,\s*"dataArray"\s*:\s*\[)'
)
_JOINT = re.compile(rb"\]\s*\}\s*,\s*\Z")
_END = re.compile(rb"\]\s*\}\s*\]\s*\Z")
_NEAR = 200
_LARGEST = 2**63 - 1

_check = msgspec.json.Decoder(msgspec.Raw).decode
_decode_numbers = msgspec.json.Decoder(list[int]).decode
_decode_components = msgspec.json.Decoder(list[str]).decode


class Cut(msgspec.Struct, frozen=True, gc=False):
    """Groups with the same components. Their rows were counted by brackets.

    That is right where all of them turn out to be lists of nothing but instants and numbers, and only there.
    """

    numbers: tuple[int, ...]
    sizes: list[int]
    texts: list[bytes]
    components: list[str]


def cut(body: bytes) -> Cut | None:
    """Groups and rows of a whole body; None where it is anything but groups of Datastreams spelled alike.

    There are no curly brackets but those of the heads, and no backslashes, so quotes begin and end texts.
    What looks like the end of one group and the head of the next one can be nothing else then.
    """
    begin = _BEGIN.match(body)
    end = _END.search(body, max(0, len(body) - _NEAR))
    if begin is None or end is None or b"\\" in body or not body.isascii():
        return None
    front, middle = begin["front"], begin["middle"]
    parts = [body[begin.end("front") : end.start()]]
    second = body.find(front, begin.end())
    if second > 0:
        joint = _JOINT.search(body, max(begin.end(), second - _NEAR), second)
        if joint is None:
            return None
        parts = parts[0].split(joint[0] + front)
    pieces = [part.partition(middle) for part in parts]
    spelled = [piece[0] for piece in pieces]
    if body.count(b"{") != 2 * len(parts) or not b"".join(spelled).isdigit():
        return None
    try:
        _check(body)
        components = _decode_components(begin["components"])
        numbers = _decode_numbers(b"[%b]" % b",".join(spelled))
    except jsons.UNREADABLE:
        return None
    texts = [piece[2] for piece in pieces]
    usual = min(numbers) > 0 and max(numbers) <= _LARGEST and all(texts) and rows.fit(components)
    return Cut(tuple(numbers), _sizes(texts), texts, components) if usual else None


def _sizes(texts: list[bytes]) -> list[int]:
    """How many rows there are in each, mostly one; that is looked at together."""
    if b",".join(texts).count(b"[") == len(texts):
        return [1] * len(texts)
    return [text.count(b"[") for text in texts]
