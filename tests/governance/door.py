# SPDX-License-Identifier: EUPL-1.2
"""How one address is asked in the matrix, or why it is not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
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


def together(*lists: Mapping[str, Door]) -> dict[str, Door]:
    """All of them; a route that stands in two would be asked as one of them only."""
    twice = [route for route, n in Counter(route for each in lists for route in each).items() if n > 1]
    assert not twice, twice
    return {route: found for each in lists for route, found in each.items()}
