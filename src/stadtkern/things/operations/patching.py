# SPDX-License-Identifier: EUPL-1.2
"""JSON Patch (RFC 6902): operations on an entity as it is shown become a change of what they touch."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from stadtkern.core import fragments
from stadtkern.core.fragments import Fragment
from stadtkern.core.problems import NotFound
from stadtkern.things import representation
from stadtkern.things.entities import EntityType
from stadtkern.things.language.places import Names, root
from stadtkern.things.operations import update
from stadtkern.things.operations.change import Change
from stadtkern.things.operations.problems import (
    InvalidPatch,
    InvalidValue,
    MissingProperty,
    PatchDoesNotFit,
    PatchedIsInvalid,
    UnknownProperty,
    UnknownReference,
)
from stadtkern.things.queries import locate, rows

MOST_OPERATIONS = 1_000
# Bytes that `copy` may add to an entity, so that a few operations cannot double it without end.
MOST_COPIED = 1_000_000
_TAKES = {
    "add": "value",
    "replace": "value",
    "test": "value",
    "move": "from",
    "copy": "from",
    "remove": "path",
}


async def patch(change: Change, *, entity: EntityType, number: int, body: Any) -> None:
    """Carry out all operations or none.

    Raises InvalidPatch (not a patch), PatchDoesNotFit (what is there does not fit, a `test` included),
    PatchedIsInvalid (the result would not be an entity), NotFound, Forbidden.
    """
    operations = check(body)
    await update.permit(change, entity=entity, number=number)
    before = await shown(change, entity=entity, number=number)
    after = apply(copy.deepcopy(before), operations)
    if not isinstance(after, dict):
        raise PatchedIsInvalid("an entity is a JSON object", where="")
    try:
        await update.update(
            change, entity=entity, number=number, payload=_difference(before, after), whole=False
        )
    except (InvalidValue, MissingProperty, UnknownProperty, UnknownReference) as problem:
        raise PatchedIsInvalid(str(problem), where=problem.where) from problem


def check(body: Any) -> list[dict[str, Any]]:
    """The operations of a body. Raises InvalidPatch."""
    if not isinstance(body, list):
        raise InvalidPatch("a patch is a list of operations", where="body")
    if len(body) > MOST_OPERATIONS:
        raise InvalidPatch(f"{len(body)} operations; at most {MOST_OPERATIONS} are taken", where="body")
    for index, item in enumerate(body):
        where = f"[{index}]"
        if not isinstance(item, dict) or not isinstance(item.get("op"), str) or item["op"] not in _TAKES:
            raise InvalidPatch(f"`op` is one of {', '.join(_TAKES)}", where=where)
        if _TAKES[item["op"]] not in item:
            raise InvalidPatch(f"{item['op']} needs {_TAKES[item['op']]!r}", where=where)
        for name in ("path", "from"):
            if name == "path" or item["op"] in ("move", "copy"):
                _check_pointer(item.get(name), where=f"{where}.{name}")
    return body


def _check_pointer(value: Any, *, where: str) -> None:
    """RFC 6901: empty, or parts that each begin with a slash; `~` only as ~0 and ~1."""
    if not isinstance(value, str) or (value and not value.startswith("/")):
        raise InvalidPatch("a place is written /name or /properties/key", where=where)
    if value.replace("~0", "").replace("~1", "").count("~"):
        raise InvalidPatch("`~` is written ~0, `/` inside a name ~1", where=where)


def apply(document: Any, operations: list[dict[str, Any]]) -> Any:
    """The document after the operations; it is changed in place. Raises PatchDoesNotFit."""
    import jsonpatch

    left = MOST_COPIED
    for index, item in enumerate(operations):
        where = f"[{index}] {item['op']} {item['path']}"[:200]
        try:
            if item["op"] in ("move", "copy"):
                source = jsonpatch.JsonPointer(item["from"]).resolve(document)
                left -= _size(source, where=where) if item["op"] == "copy" else 0
                if left < 0:
                    raise PatchDoesNotFit(f"more than {MOST_COPIED} bytes are copied", where=where)
            if item["op"] == "move" and f"{item['path']}/".startswith(f"{item['from']}/"):
                if item["path"] == item["from"]:
                    continue
                raise PatchDoesNotFit("nothing can be moved into itself", where=where)
            document = jsonpatch.JsonPatch([item]).apply(document, in_place=True)
        except jsonpatch.JsonPatchTestFailed as error:
            raise PatchDoesNotFit("the test failed: another value is there", where=where) from error
        except (jsonpatch.JsonPatchException, jsonpatch.JsonPointerException) as error:
            raise PatchDoesNotFit(str(error)[:200], where=where) from error
    return document


def _size(value: Any, *, where: str) -> int:
    try:
        return len(msgspec.json.encode(value))
    except TypeError as error:  # the place behind the end of a list
        raise PatchDoesNotFit("nothing is there", where=where) from error


async def shown(change: Change, *, entity: EntityType, number: int) -> dict[str, Any]:
    """An entity as it is shown, with references where it shows links to one. Raises NotFound."""
    place = root(entity=entity, names=Names(change.scope))
    shape = representation.shape(entity, select=None)
    singles = [relation for relation in entity.relations if relation.local and not relation.silent]
    columns = [*shape.columns(place), *(f"{place.alias}.{relation.local}" for relation in singles)]
    head = Fragment(f"select {', '.join(columns)} from ") + place.table + place.frame.tail()
    for narrow in (True, False):
        conditions = fragments.every([locate.by_id(place, number, narrow=narrow), place.access()])
        one = head + Fragment(" where ") + conditions
        found = await rows.fetch(change.connection, one, anew=not entity.owned)
        if found:
            break
    else:
        raise NotFound(f"no {entity.name} with the id {number}")
    document = shape.builder(service="", offset=0)(found[0])
    linked = zip(singles, found[0][len(columns) - len(singles) :], strict=True)
    document |= {relation.name: {"@iot.id": key} for relation, key in linked if key is not None}
    plain: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(document))
    return {name: value for name, value in plain.items() if "@iot." not in name or name == "@iot.id"}


def _difference(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """What a change must name to get from one to the other; what was removed is null."""
    return dict(_changed(before, after))


def _changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in after.items():
        if name not in before or msgspec.json.encode(before[name]) != msgspec.json.encode(value):
            yield name, value
    yield from ((name, None) for name in before if name not in after)
