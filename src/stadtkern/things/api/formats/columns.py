# SPDX-License-Identifier: EUPL-1.2
"""Which columns a table of entities has: known from the query alone, before the first entity is read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from stadtkern.things import entities
from stadtkern.things.api.formats.choice import UnfitFormat
from stadtkern.things.entities import EntityType
from stadtkern.things.language.tree import Options
from stadtkern.things.representation import Document

_IDS = ("id", "@iot.id")
_UNIT = ("name", "symbol", "definition")


class Column:
    """One column: its heading, and the way to its value inside a document."""

    __slots__ = ("_keys", "heading")

    def __init__(self, heading: str, keys: Sequence[str]):
        self.heading = heading
        self._keys = tuple(keys)

    def value(self, document: Document) -> object:
        """The value, None where there is none; what lies inside raw JSON is read out of it."""
        found: object = document
        for key in self._keys:
            if isinstance(found, msgspec.Raw):
                found = msgspec.json.decode(found)
            if isinstance(found, dict):
                found = found.get(key)
            elif isinstance(found, list) and key.isdigit() and int(key) < len(found):
                found = found[int(key)]
            else:
                return None
        return found


def of(entity: EntityType, options: Options) -> list[Column]:
    """The columns in the order of `$select`, then those of `$expand`. Raises UnfitFormat."""
    return list(_of(entity, options, heading="", keys=()))


def names(entity: EntityType, options: Options) -> list[str]:
    """Properties that are shown, the id first, or in the order of `$select`; relations are left out."""
    if options.select is None:
        return ["id", *(item.name for item in entity.properties)]
    shown = ["id" if name == "@iot.id" else name for name in options.select]
    others = {"@iot.selfLink", *(relation.name for relation in entity.relations)}
    return [name for name in dict.fromkeys(shown) if name not in others]


def _of(entity: EntityType, options: Options, *, heading: str, keys: tuple[str, ...]) -> Iterator[Column]:
    for name in names(entity, options):
        path = ("@iot.id",) if name == "id" else tuple(name.split("/"))
        if name == "unitOfMeasurement":
            for part in _UNIT:
                yield Column(f"{heading}{name}/{part}", (*keys, name, part))
        else:
            yield Column(heading + name, (*keys, *path))
    for item in options.expand:
        relation = entity.relation(item.name)
        if relation is None:
            continue
        if relation.many:
            raise UnfitFormat(
                f"a row of CSV has no room for many {relation.name}; begin at {relation.name} and expand what"
                " each of them has one of",
                where="$expand",
            )
        below = f"{heading}{relation.name}/"
        yield from _of(entities.target(relation), item.options, heading=below, keys=(*keys, relation.name))
