# SPDX-License-Identifier: EUPL-1.2
"""Which columns a representation needs, and how a row becomes a JSON document."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from stadtkern.things import entities
from stadtkern.things.entities import EntityType, Kind, Property, Relation
from stadtkern.things.language.places import Place
from stadtkern.things.language.problems import UnknownName

Document = dict[str, Any]
_IDS = ("id", "@iot.id")


@dataclass(frozen=True, slots=True)
class Shape:
    """What is shown of one entity type: properties and links to relations."""

    entity: EntityType
    properties: tuple[Property, ...]
    links: tuple[str, ...]
    named: bool

    def columns(self, place: Place) -> list[str]:
        """The SQL of the columns, the id first."""
        found = [f"{place.alias}.id"]
        for item in self.properties:
            found.append(place.column(item.column))
            if item.end:
                found.append(place.column(item.end))
        if (twins := self._twins()) is not None:
            other = entities.target(twins[1])
            condition = other.condition.format(a="twin") or "true"
            row = f"twin.id = {place.alias}.{twins[1].local}"
            found.append(" ".join(("(select", condition, "from", other.table, "twin where", row, ")")))
        return found

    def _twins(self) -> tuple[Relation, Relation] | None:
        """Two relations that share a key, one of which is offered: an Observation's (Multi)Datastream."""
        for silent in self.entity.relations:
            if silent.silent:
                for open_ in self.entity.relations:
                    if not open_.silent and open_.local == silent.local:
                        return (open_, silent) if {open_.name, silent.name} & set(self.links) else None
        return None

    def builder(self, *, service: str, offset: int) -> Callable[[Sequence[Any]], Document]:
        """A function from a row, whose columns begin at the offset, to its document."""
        prefix = f"{service}/{self.entity.set}("
        links = [(name + "@iot.navigationLink", "/" + name) for name in self.links]
        fields = _fields(self.properties, offset + 1)
        flag = offset + 1 + sum(2 if item.end else 1 for item in self.properties)
        named, twins = self.named, self._twins()
        others = links
        if twins is not None:
            links = _exchanged(self.links, twins[1].name, twins[0].name)
            others = _exchanged(self.links, twins[0].name, twins[1].name)

        def build(row: Sequence[Any]) -> Document:
            number = row[offset]
            address = f"{prefix}{number})"
            document: Document = {"@iot.id": number, "@iot.selfLink": address} if named else {}
            for name, index, read, always in fields:
                value = row[index] if read is None else read(row, index)
                if value is not None or always:
                    document[name] = value
            for key, tail in others if twins is not None and row[flag] else links:
                document[key] = address + tail
            return document

        return build


def _exchanged(names: Sequence[str], name: str, other: str) -> list[tuple[str, str]]:
    """The links with one relation in the place of another, each once."""
    shown = dict.fromkeys(other if each == name else each for each in names)
    return [(each + "@iot.navigationLink", "/" + each) for each in shown]


Field = tuple[str, int, Callable[[Sequence[Any], int], Any] | None, bool]


def _fields(properties: tuple[Property, ...], index: int) -> list[Field]:
    found: list[Field] = []
    for item in properties:
        read = None
        if item.kind is Kind.INTERVAL:
            read = _interval
        elif item.kind is Kind.RESULT:
            read = _result
        found.append((item.name, index, read, item.always))
        index += 2 if item.end else 1
    return found


def _interval(row: Sequence[Any], index: int) -> str | None:
    start, end = row[index], row[index + 1]
    if start is None or end is None:
        return start  # type: ignore[no-any-return]
    return f"{start}/{end}"


def _result(row: Sequence[Any], index: int) -> Any:
    other = row[index + 1]
    return row[index] if other is None else other


def shape(entity: EntityType, *, select: Sequence[str] | None, inner: bool = False) -> Shape:
    """The shape that `$select` asks for. Raises UnknownName.

    What is expanded inside another entity (`inner`) shows links only where `$select` names them.
    """
    if select is None:
        links = tuple(r.name for r in entity.relations if not (inner or r.silent))
        return Shape(entity, entity.properties, links, True)
    names = [name.partition("/")[0] for name in select]
    known = (
        {p.name for p in entity.properties} | {r.name for r in entity.relations} | {*_IDS, "@iot.selfLink"}
    )
    unknown = next((name for name in names if name not in known), None)
    if unknown is not None:
        listed = ", ".join(["id", *(p.name for p in entity.properties), *(r.name for r in entity.relations)])
        raise UnknownName(f"a {entity.name} has no {unknown[:60]!r}; it has {listed}", where="$select")
    return Shape(
        entity,
        tuple(p for p in entity.properties if p.name in names),
        tuple(r.name for r in entity.relations if r.name in names),
        any(name in (*_IDS, "@iot.selfLink") for name in names),
    )
