# SPDX-License-Identifier: EUPL-1.2
"""What feeds a tile, as it stands in addresses: observed properties, single series, types of things."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol
from urllib.parse import parse_qsl, urlencode

from django.utils.datastructures import MultiValueDict

from stadtkern.insights.cockpit.definitions import Definition

MOST_STREAMS, MOST_PROPERTIES = 50, 10
LONGEST = 4_000
Source = Mapping[str, tuple[Any, ...]]


class Given(Protocol):
    """The query of an address."""

    def getlist(self, key: str, /) -> Sequence[str]:
        """All values of a parameter."""


def named(given: Given) -> Source:
    """What a query names; numbers beyond any series are left out."""
    numbers = [n for n in given.getlist("reihe") if n.isascii() and n.isdecimal() and len(n) < 19]
    properties = (p for p in given.getlist("messgroesse") if 0 < len(p) <= 500 and "\0" not in p)
    types = (t for t in given.getlist("typ") if 0 < len(t) <= 100 and "\0" not in t)
    return {
        "properties": tuple(dict.fromkeys(properties))[:MOST_PROPERTIES],
        "streams": tuple(dict.fromkeys(int(n) for n in numbers))[:MOST_STREAMS],
        "types": tuple(dict.fromkeys(types))[:MOST_PROPERTIES],
    }


def of_address(address: str) -> Source:
    """What an address names that somebody copied, or its query alone."""
    before, mark, query = address.strip().partition("#")[0].partition("?")
    found: MultiValueDict[str, str] = MultiValueDict()
    for name, value in parse_qsl((query if mark else before)[:LONGEST]):
        found.appendlist(name, value)
    return named(found)


def of_tile(tile: Definition) -> Source:
    """What feeds a tile that is there."""
    return {"properties": tile.properties, "streams": tile.streams, "types": tile.types}


def both(first: Source, second: Source) -> Source:
    """What either names, each once."""
    return {name: tuple(dict.fromkeys((*first[name], *second[name]))) for name in first}


def but(first: Source, second: Source) -> Source:
    """What the first names and the second does not."""
    return {name: tuple(each for each in first[name] if each not in second[name]) for name in first}


def query(source: Source) -> str:
    """The query that names it."""
    names = (("messgroesse", "properties"), ("reihe", "streams"), ("typ", "types"))
    return urlencode([(parameter, each) for parameter, name in names for each in source[name]])
