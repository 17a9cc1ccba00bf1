# SPDX-License-Identifier: EUPL-1.2
"""What became new or different in a batch of events, gathered so that it is looked at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from stadtkern.core import statements
from stadtkern.core.database import Connection
from stadtkern.core.fragments import Fragment
from stadtkern.things import entities, news
from stadtkern.things.language.places import Place
from stadtkern.things.store import batch

_STREAMS = ("Datastream", "MultiDatastream")
_OBSERVATION = entities.OBSERVATION.name


@dataclass(slots=True)
class Changes:
    """Ids by entity type, in the order of what happened. Of the datastreams in `newest` only that is told.

    `places` has datastream and time of observations that were stored; of corrected ones only the id is known.
    """

    ids: dict[str, dict[int, None]] = field(default_factory=dict)
    places: dict[int, tuple[int, datetime]] = field(default_factory=dict)
    newest: set[int] = field(default_factory=set)
    streams: set[int] = field(default_factory=set)

    def add(self, topic: str, payload: Mapping[str, Any]) -> None:
        """Take an event in."""
        if topic == news.ENTITIES:
            for name, numbers in payload["changed"].items():
                self.put(name, numbers)
        elif topic == news.OBSERVATIONS:
            self.streams.update(payload["datastreams"])
            for name in _STREAMS:
                self.put(name, payload["datastreams"])
            if "ids" not in payload:
                self.newest.update(payload["datastreams"])
                return
            for number, stream, time in zip(
                payload["ids"], payload["streams"], payload["times"], strict=True
            ):
                self.observed(number, stream, batch.EPOCH + timedelta(microseconds=time))

    def observed(self, number: int, stream: int, time: datetime) -> None:
        """This observation is new or different, and lies there."""
        self.put(_OBSERVATION, [number])
        self.places[number] = (stream, time)

    def put(self, name: str, numbers: Iterable[int]) -> None:
        """These entities of one type are new or different."""
        self.ids.setdefault(name, {}).update(dict.fromkeys(numbers))

    def of(self, name: str) -> list[int]:
        """The ids of one entity type."""
        return list(self.ids.get(name, ()))

    def condition(self, place: Place, name: str) -> Fragment:
        """The condition for the changed ones. Observations are stored by datastream and time, not by id."""
        numbers = self.of(name)
        found = Fragment(f"{place.alias}.id = any(%s::bigint[])", (numbers,))
        if name != _OBSERVATION or any(number not in self.places for number in numbers):
            return found
        streams, times = zip(*(self.places[number] for number in numbers), strict=True)
        key = f"({place.alias}.datastream_id, {place.alias}.phenomenon_time)"
        pairs = Fragment(
            "(select * from unnest(%s::bigint[], %s::timestamptz[]))", (list(streams), list(times))
        )
        return found + Fragment(f" and {key} in ") + pairs


def batches(events: Sequence[tuple[str, Mapping[str, Any]]], *, most: int) -> list[Changes]:
    """Events as changes of limited size; corrected observations apart, since they are looked for by id."""
    found = [Changes()]
    for topic, payload in events:
        corrected = topic == news.ENTITIES and _OBSERVATION in payload["changed"]
        if corrected or sum(map(len, found[-1].ids.values())) > most:
            found.append(Changes())
        found[-1].add(topic, payload)
        if corrected:
            found.append(Changes())
    return [changes for changes in found if changes.ids]


async def complete(connection: Connection, changes: Changes) -> None:
    """Look up the newest observations of the datastreams of which only they are told."""
    if not changes.newest:
        return
    statement = statements.load("things")["newest_observations"]
    rows = await (await connection.execute(statement, {"ids": sorted(changes.newest)})).fetchall()
    for number, stream, time in rows:
        changes.observed(number, stream, time)
