# SPDX-License-Identifier: EUPL-1.2
"""Read resource paths such as `Things(1)/Datastreams(2)/Observations/$ref`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from stadtkern.things import entities
from stadtkern.things.entities import EntityType, Relation
from stadtkern.things.language.problems import InvalidAddress, QueryTooLarge

MAX_SEGMENTS = 24
MAX_ID = 2**63 - 1
_SEGMENT = re.compile(r"(?P<name>[$@]?[^\W\d][\w.@-]*)(?:\((?P<id>\d{1,19})\))?")
_INDEXED = re.compile(r"(?P<name>[^\[\]]+)(?P<indices>(?:\[\d{1,6}\])+)")
_TAILS = ("$ref", "$value", "$count")


@dataclass(frozen=True, slots=True)
class Step:
    """One entity set or relation on the way; `relation` is empty for the first step."""

    entity: EntityType
    relation: Relation | None = None
    id: int | None = None

    @property
    def many(self) -> bool:
        """Whether the step leads to a collection."""
        return self.id is None and (self.relation is None or self.relation.many)


@dataclass(frozen=True, slots=True)
class Resource:
    """What an address points to: steps, perhaps a property with keys inside it, perhaps a tail.

    A place in a list is a key such as `[1]`.
    """

    steps: tuple[Step, ...]
    inside: tuple[str, ...] = ()
    tail: str = ""

    @property
    def last(self) -> Step:
        """The step that the address ends in."""
        return self.steps[-1]


@lru_cache(maxsize=4096)
def parse(path: str) -> Resource:
    """Read a path, without the service's own prefix. Raises InvalidAddress, QueryTooLarge."""
    parts = path.strip("/").split("/")
    if len(parts) > MAX_SEGMENTS or len(path) > 4_000:
        raise QueryTooLarge(f"an address has at most {MAX_SEGMENTS} parts", where="address")
    tail = parts.pop() if parts[-1] in _TAILS else ""
    if not parts:
        raise InvalidAddress(where="address")
    steps = [_first(parts[0])]
    rest = parts[1:]
    while rest and not steps[-1].many and (step := _follow(steps[-1].entity, rest[0])):
        steps.append(step)
        rest = rest[1:]
    resource = Resource(tuple(steps), tuple(_keys(rest)), tail)
    _check(resource)
    return resource


def _first(text: str) -> Step:
    name, number = _segment(text)
    entity = entities.BY_SET.get(name)
    if entity is None:
        known = ", ".join(sorted(entities.BY_SET))
        raise InvalidAddress(f"no collection {name!r}; there are {known}", where="address")
    return Step(entity, id=number)


def _keys(parts: list[str]) -> Iterator[str]:
    for part in parts:
        match = _INDEXED.fullmatch(part)
        if match is None:
            yield part
        else:
            yield match["name"]
            yield from (f"[{number}]" for number in match["indices"][1:-1].split("]["))


def _follow(entity: EntityType, text: str) -> Step | None:
    if _INDEXED.fullmatch(text):
        return None
    name, number = _segment(text)
    relation = entity.relation(name)
    if relation is None:
        return None
    if number is not None and not relation.many:
        raise InvalidAddress(f"{name} leads to one entity; write it without an id", where="address")
    return Step(entities.target(relation), relation, number)


def _segment(text: str) -> tuple[str, int | None]:
    match = _SEGMENT.fullmatch(text)
    if match is None:
        raise InvalidAddress(f"cannot read {text[:60]!r}; ids are whole numbers in brackets", where="address")
    number = int(match["id"]) if match["id"] else None
    if number is not None and number > MAX_ID:
        raise InvalidAddress(f"no id is as large as {number}", where="address")
    return match["name"], number


def _check(resource: Resource) -> None:
    last = resource.last
    if resource.inside:
        name = resource.inside[0]
        if last.many:
            raise InvalidAddress(
                f"give the id of one of the {last.entity.set} before {name!r}", where="address"
            )
        if last.entity.property(name) is None and name not in ("id", "@iot.id", "@iot.selfLink"):
            raise InvalidAddress(
                f"a {last.entity.name} has neither a property nor a relation {name!r}", where="address"
            )
    fits = {"": True, "$ref": not resource.inside, "$count": last.many, "$value": bool(resource.inside)}
    if not fits[resource.tail]:
        raise InvalidAddress(f"{resource.tail} does not fit here", where="address")
