# SPDX-License-Identifier: EUPL-1.2
"""Finds the brackets of a JSON text that stand outside its strings, and how deep each leads."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from stadtkern.things.store.batch import Integers

_QUOTE, _BACKSLASH = b'"\\'
# "[" and "{", "]" and "}" differ in this bit only.
_CURLY = 0x20
_OPEN, _CLOSE = 0x5B, 0x5D

Bytes = npt.NDArray[np.uint8]


class Marks(msgspec.Struct, frozen=True, eq=False):
    """Places of the brackets, their signs, and the depth behind each."""

    at: Integers
    sign: Bytes
    depth: Integers

    def chosen(self, flags: Any) -> list[tuple[int, int, int]]:
        """Place, sign and depth of some."""
        where = np.flatnonzero(flags)
        return list(
            zip(self.at[where].tolist(), self.sign[where].tolist(), self.depth[where].tolist(), strict=True)
        )

    def depth_at(self, place: int, *, before: int) -> int:
        """How deep this place lies; `before` is the depth the text begins with."""
        row = int(np.searchsorted(self.at, place))
        return int(self.depth[row - 1]) if row else before


def find(text: bytes, *, depth: int) -> Marks:
    """All brackets of a text that begins outside of strings, at this depth."""
    signs = np.frombuffer(text, np.uint8)
    plain = signs & ~np.uint8(_CURLY)
    places = np.flatnonzero((plain == _OPEN) | (plain == _CLOSE) | (signs == _QUOTE))
    found = signs[places]
    quotes = found == _QUOTE
    if b"\\" in text:
        quotes[quotes] = ~_escaped(signs, places[quotes])
    inside = np.cumsum(quotes, dtype=np.uint8) & 1
    outside = (found != _QUOTE) & (inside == 0)
    at, sign = places[outside], found[outside]
    steps = np.where((sign & ~np.uint8(_CURLY)) == _OPEN, 1, -1)
    return Marks(at, sign, depth + np.cumsum(steps, dtype=np.int64))


def _escaped(signs: Bytes, quotes: Integers) -> Any:
    """Whether each quote has an odd number of backslashes before it."""
    slashes = np.flatnonzero(signs == _BACKSLASH)
    begins = np.flatnonzero(np.append(True, np.diff(slashes) != 1))
    firsts = slashes[begins]
    run = np.searchsorted(firsts, quotes) - 1
    lasts = slashes[np.append(begins[1:], len(slashes)) - 1]
    before = (run >= 0) & (lasts[run] == quotes - 1)
    return before & ((quotes - firsts[run]) % 2 == 1)
