# SPDX-License-Identifier: EUPL-1.2
"""How one address is asked in the matrix, or why it is not."""

from __future__ import annotations

from typing import NamedTuple


class Door(NamedTuple):
    """How a route is asked. `lists`: addresses that name nothing hidden, with all that could be an oracle;
    `one`: addresses of one thing, filled in from a room; `search`: questions with something of a room;
    `closed`: why a route is not asked.
    """

    lists: tuple[str, ...] = ()
    one: tuple[str, ...] = ()
    search: tuple[str, ...] = ()
    closed: str = ""


def door(*, lists: str = "", one: str = "", search: str = "") -> Door:
    """Addresses separated by blanks."""
    return Door(tuple(lists.split()), tuple(one.split()), tuple(search.split()))


def no_data(why: str) -> Door:
    """A route at which nothing of a dataset can be learnt."""
    return Door(closed=why)
