# SPDX-License-Identifier: EUPL-1.2
"""Typed addresses such as `things.thing/42`, with which packages point at each other without importing."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import NamedTuple, Self

from stadtkern.core import problems
from stadtkern.core.access import Scope
from stadtkern.core.database import Connection

_FORM = re.compile(r"(?P<kind>[a-z]+\.[a-z_]+)/(?P<id>[A-Za-z0-9-]{1,64})")


class InvalidRef(problems.Problem):
    """This is not the address of anything here.

    Refs look like `things.thing/42`.
    """

    status = 422


class Ref(NamedTuple):
    """Points at one thing of one kind."""

    kind: str
    id: str

    def __str__(self) -> str:
        return f"{self.kind}/{self.id}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `package.kind/id`. Raises InvalidRef."""
        match = _FORM.fullmatch(text)
        if match is None:
            raise InvalidRef(repr(text[:100]))
        return cls(match["kind"], match["id"])


class Card(NamedTuple):
    """What a page shows of something it does not know: a title and a link."""

    title: str
    path: str


Resolver = Callable[[Connection, Scope, str], Awaitable[Card | None]]
_resolvers: dict[str, Resolver] = {}


def register(kind: str, resolver: Resolver) -> None:
    """The owner of a kind says how to find title and link; None means: not there, or not for this reader."""
    if kind in _resolvers and _resolvers[kind] is not resolver:
        raise ValueError(f"the kind {kind} is registered twice")
    _resolvers[kind] = resolver


async def resolve(connection: Connection, scope: Scope, *, ref: Ref) -> Card | None:
    """Title and link of what a Ref points at, if the reader may see it."""
    resolver = _resolvers.get(ref.kind)
    return None if resolver is None else await resolver(connection, scope, ref.id)
