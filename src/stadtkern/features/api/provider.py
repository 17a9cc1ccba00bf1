# SPDX-License-Identifier: EUPL-1.2
"""Where collections come from: our own tables, and what other packages bring as sources."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from stadtkern.core.access import Scope
from stadtkern.core.database import Connection
from stadtkern.features import queries
from stadtkern.features.sources import Source, Stored


class Provider(Protocol):
    """Something that has collections."""

    async def sources(self, connection: Connection, scope: Scope) -> Sequence[Source]:
        """All that the scope lets see."""

    async def source(self, connection: Connection, scope: Scope, *, key: str) -> Source | None:
        """One by its key, if it may be seen."""


class Tables:
    """The collections that were delivered to us."""

    async def sources(self, connection: Connection, scope: Scope) -> Sequence[Source]:
        """All that the scope lets see."""
        return [Stored(item) for item in await queries.collections(connection, scope)]

    async def source(self, connection: Connection, scope: Scope, *, key: str) -> Source | None:
        """One by its key, if it may be seen."""
        try:
            return Stored(await queries.find(connection, scope, key=key))
        except queries.NoSuchCollection:
            return None


class Given:
    """Sources that are always there; what they hold is another question."""

    def __init__(self, *given: Source):
        self._given = {source.key: source for source in given}

    async def sources(self, connection: Connection, scope: Scope) -> Sequence[Source]:  # noqa: ARG002
        """All of them."""
        return list(self._given.values())

    async def source(self, connection: Connection, scope: Scope, *, key: str) -> Source | None:  # noqa: ARG002
        """One by its key."""
        return self._given.get(key)


async def everything(providers: Sequence[Provider], connection: Connection, scope: Scope) -> list[Source]:
    """The collections of all providers."""
    return [source for provider in providers for source in await provider.sources(connection, scope)]


async def find(providers: Sequence[Provider], connection: Connection, scope: Scope, *, key: str) -> Source:
    """One collection, whoever has it. Raises NoSuchCollection."""
    for provider in providers:
        if (found := await provider.source(connection, scope, key=key)) is not None:
            return found
    raise queries.NoSuchCollection(f"no collection {key[:80]!r}")
