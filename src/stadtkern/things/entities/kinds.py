# SPDX-License-Identifier: EUPL-1.2
"""The words in which an entity type is described."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What a value is, in the query language and in payloads."""

    NUMBER = "a number"
    TEXT = "a text"
    BOOLEAN = "true or false"
    INSTANT = "a point in time"
    INTERVAL = "a time interval"
    DATE = "a date"
    TIME = "a time of day"
    DURATION = "a duration"
    GEOMETRY = "a geometry"
    JSON = "JSON"
    RESULT = "a result"
    NULL = "null"


@dataclass(frozen=True, slots=True, kw_only=True)
class Property:
    """One property of an entity type.

    `column` is SQL in which `{a}` stands for the alias of the entity's table and `{s}` for that of the
    datastream's state; `end` is the second column of an interval, `box` the box around a geometry. `writable`
    names the column a payload fills (empty: the server computes the property); `default` is what stands there
    where the payload is silent, `choices` are the only texts it takes.
    """

    name: str
    kind: Kind
    column: str
    end: str = ""
    box: str = ""
    writable: str = ""
    required: bool = False
    always: bool = False
    nullable: bool = False
    default: str = ""
    choices: tuple[str, ...] = ()

    @property
    def of_state(self) -> bool:
        """Whether reading the property needs the datastream's state."""
        return "{s}" in self.column


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """The table between two entity types, and its columns for this and for the other side."""

    table: str
    here: str
    there: str
    order: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """A navigation property.

    Exactly one of `local` (foreign key here), `remote` (foreign key at the target) and `link` is set.
    A silent relation can be followed, but is not offered in representations.
    """

    name: str
    target: str
    many: bool
    local: str = ""
    remote: str = ""
    link: Link | None = None
    required: bool = False
    silent: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class EntityType:
    """One entity type: its names, its table, its properties and where one can go from it."""

    name: str
    set: str
    table: str
    properties: tuple[Property, ...]
    relations: tuple[Relation, ...]
    condition: str = ""
    key: tuple[str, ...] = ("id",)
    owned: bool = True

    def property(self, name: str) -> Property | None:
        """The property of that name."""
        return next((p for p in self.properties if p.name == name), None)

    def relation(self, name: str) -> Relation | None:
        """The relation of that name."""
        return next((r for r in self.relations if r.name == name), None)
