# SPDX-License-Identifier: EUPL-1.2
"""The conditions of a table in words, each with the address that leads to what is shown without it."""

from __future__ import annotations

import msgspec

from stadtkern.catalogue.browse import selection, table
from stadtkern.catalogue.browse.selection import Selection
from stadtkern.ui import formats


class Chip(msgspec.Struct, frozen=True):
    """One condition in words, and the address without it."""

    says: str
    query: str


def chips(asked: Selection) -> list[Chip]:
    """The conditions in words, each with the address without it."""
    found = [Chip(formats.quoted(asked.text), asked.query(text="", page=1))] if asked.text else []
    for at, each in enumerate(asked.conditions):
        rest = [*asked.conditions[:at], *asked.conditions[at + 1 :]]
        says = " ".join(
            part
            for part in (table.head(each.column).title, str(selection.WAYS[each.way]), each.value)
            if part
        )
        found.append(Chip(says, asked.query(conditions=rest, page=1)))
    return found
