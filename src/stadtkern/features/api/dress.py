# SPDX-License-Identifier: EUPL-1.2
"""What pages of the data plane wear: the city's name and looks, who is signed in, outlines for maps."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, tzinfo
from typing import Any

import msgspec

from stadtkern.core.database import Connection

# GeoJSON geometries of the city and its districts, the coarse before the fine.
Outlines = Callable[[Connection], Awaitable[Sequence[Mapping[str, Any]]]]
_KEPT = 60.0


class Dress(msgspec.Struct, frozen=True, kw_only=True):
    """For one page. `person` is empty for those who are not signed in, `works`: they have a role here."""

    name: str = ""
    properties: Mapping[str, Any] = {}
    zone: tzinfo = UTC
    person: str = ""
    works: bool = False
    outlines: Sequence[Mapping[str, Any]] = ()


class Ground:
    """The outlines, read anew once a minute."""

    def __init__(self, read: Outlines | None):
        self._read = read
        self._known: Sequence[Mapping[str, Any]] = ()
        self._read_at = float("-inf")

    async def outlines(self, connection: Connection) -> Sequence[Mapping[str, Any]]:
        """The same objects until they are read again; none where the city has given none."""
        stale = not self._known or time.monotonic() - self._read_at > _KEPT
        if stale and self._read is not None:
            self._known, self._read_at = await self._read(connection), time.monotonic()
        return self._known
