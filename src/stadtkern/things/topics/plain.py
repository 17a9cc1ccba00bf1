# SPDX-License-Identifier: EUPL-1.2
"""The plain topics on which changes are told: collections, entities, the Observations of a Datastream."""

from __future__ import annotations

from collections.abc import Iterator

from stadtkern.things import entities
from stadtkern.things.topics.changes import Changes

STREAMS = ("Datastreams", "MultiDatastreams")
OBSERVATIONS = entities.OBSERVATION.set


def paths(changes: Changes) -> Iterator[tuple[str, ...]]:
    """The levels, behind the prefix, of every topic that a batch of changes may be told on."""
    for entity in entities.ENTITIES:
        yield (entity.set,)
        if entity is not entities.OBSERVATION:
            for number in changes.of(entity.name):
                yield (f"{entity.set}({number})",)
    for name in STREAMS:
        for number in sorted(changes.streams):
            yield (f"{name}({number})", OBSERVATIONS)
