# SPDX-License-Identifier: EUPL-1.2
"""What became new or different in a batch of events, gathered so that it is looked at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from stadtkern.core import statements
from stadtkern.core.database import Connection
from stadtkern.core.fragments import Fragment
from stadtkern.things import entities, news
from stadtkern.things.language.places import Place

_STREAMS = ("Datastream", "MultiDatastream")
_OBSERVATION = entities.OBSERVATION.name


@dataclass(slots=True)
class Changes:
    """Ids by entity type, in the order of what happened. Of the datastreams in `newest` only that is told."""

    ids: dict[str, dict[int, None]] = field(default_factory=dict)
    newest: set[int] = field(default_factory=set)
    streams: set[int] = field(default_factory=set)
    moved: bool = False

    def add(self, topic: str, payload: Mapping[str, Any]) -> None:
        """Take an event in."""
        if topic == news.ENTITIES:
            for name, numbers in payload["changed"].items():
                self.put(name, numbers)
                self.moved |= name == _OBSERVATION
        elif topic == news.OBSERVATIONS:
            self.streams.update(payload["datastreams"])
            for name in _STREAMS:
                self.put(name, payload["datastreams"])
            if "ids" in payload:
                self.put(_OBSERVATION, payload["ids"])
            else:
                self.newest.update(payload["datastreams"])

    def put(self, name: str, numbers: Iterable[int]) -> None:
        """These entities of one type are new or different."""
        self.ids.setdefault(name, {}).update(dict.fromkeys(numbers))

    def of(self, name: str) -> list[int]:
        """The ids of one entity type."""
        return list(self.ids.get(name, ()))

    def condition(self, place: Place, name: str) -> Fragment:
        """The condition for the changed ones. An observation's id and datastream say where it lies."""
        numbers = self.of(name)
        found = Fragment(f"{place.alias}.id = any(%s::bigint[])", (numbers,))
        if name != _OBSERVATION or self.moved:
            return found
        months = [number >> 40 for number in numbers]
        found += Fragment(f" and {place.alias}.datastream_id = any(%s::bigint[])", (sorted(self.streams),))
        span = (_month(min(months)), _month(max(months) + 1))
        time = f"{place.alias}.phenomenon_time"
        return found + Fragment(f" and {time} >= %s::timestamptz and {time} < %s::timestamptz", span)


def _month(number: int) -> datetime:
    year, month = divmod(number, 12)
    return datetime(1900 + year, month + 1, 1, tzinfo=UTC)


async def complete(connection: Connection, changes: Changes) -> None:
    """Look up the newest observations of the datastreams of which only they are told."""
    if not changes.newest:
        return
    statement = statements.load("things")["newest_observations"]
    rows = await (await connection.execute(statement, {"ids": sorted(changes.newest)})).fetchall()
    changes.put(_OBSERVATION, (row[0] for row in rows))
    changes.streams.update(changes.newest)
