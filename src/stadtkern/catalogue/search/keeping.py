# SPDX-License-Identifier: EUPL-1.2
"""What was found out of the catalogue, kept until rights or the catalogue change."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from stadtkern.core import statements
from stadtkern.core.access import Scope
from stadtkern.core.database import Connection

Found = TypeVar("Found")
_KEPT = 512


class Kept:
    """What was found out lately, by what it depends on: versions of rights and catalogue, scope, question."""

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[Any, ...], Any] = OrderedDict()

    def get(self, key: tuple[Any, ...]) -> Any:
        """What is known, or None."""
        if key in self._known:
            self._known.move_to_end(key)
        return self._known.get(key)

    def put(self, key: tuple[Any, ...], value: Any) -> None:
        """Remember; what was not asked for the longest time goes."""
        self._known[key] = value
        while len(self._known) > _KEPT:
            self._known.popitem(last=False)

    def clear(self) -> None:
        """Forget all."""
        self._known.clear()


_others = Kept()


async def seen(connection: Connection, scope: Scope) -> tuple[Any, ...]:
    """What every answer depends on: versions of rights and catalogue, and what may be seen."""
    version = await (await connection.execute(statements.load("catalogue")["search_version"])).fetchone()
    return version, scope.ids, scope.negated


async def until_change(
    connection: Connection, scope: Scope, *, key: tuple[Any, ...], find: Callable[[], Awaitable[Found]]
) -> Found:
    """What is known under this key, which holds all that the answer depends on, or what `find` finds out."""
    whole = (*await seen(connection, scope), *key)
    known: Found | None = _others.get(whole)
    if known is None:
        known = await find()
        _others.put(whole, known)
    return known
