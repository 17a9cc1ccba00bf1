# SPDX-License-Identifier: EUPL-1.2
"""Pieces of SQL that carry their bound parameters with them, so that no value is ever pasted."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple


class Fragment(NamedTuple):
    """A piece of SQL with `%s` placeholders and the values for them, in order."""

    text: str
    params: tuple[Any, ...] = ()

    def __add__(self, other: object) -> Fragment:
        """Put two pieces one after the other."""
        if not isinstance(other, Fragment):
            return NotImplemented
        return Fragment(self.text + other.text, self.params + other.params)


TRUE = Fragment("true")
FALSE = Fragment("false")


def join(parts: Iterable[Fragment], *, separator: str) -> Fragment:
    """Join pieces with a separator such as `" and "` or `", "`."""
    kept = list(parts)
    return Fragment(separator.join(p.text for p in kept), tuple(v for p in kept for v in p.params))


def every(parts: Iterable[Fragment]) -> Fragment:
    """All of the conditions; none means true."""
    kept = [part for part in parts if part.text != "true"]
    return join(kept, separator=" and ") if kept else TRUE
