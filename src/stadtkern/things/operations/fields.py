# SPDX-License-Identifier: EUPL-1.2
"""Turn the properties of a payload into columns, as the entity type describes them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from psycopg.types.json import Jsonb

from stadtkern.core import times
from stadtkern.things.entities import ENTITIES, EntityType, Kind, Property
from stadtkern.things.operations import geometry
from stadtkern.things.operations.problems import InvalidValue, MissingProperty, UnknownProperty

Columns = dict[str, Any]
_UNIT = ("name", "symbol", "definition")
MAX_TEXT = 20_000
_NAMES: Mapping[str, frozenset[str]] = {
    each.name: frozenset([*(p.name for p in each.properties), *(r.name for r in each.relations)])
    for each in ENTITIES
}


def columns(entity: EntityType, payload: Mapping[str, Any], *, where: str, partial: bool) -> Columns:
    """The columns that a payload fills. Unless partial, all that is required must be there."""
    found: Columns = {}
    for item in entity.properties:
        place = f"{where}{item.name}"
        if not item.writable:
            continue
        if item.name not in payload:
            if partial:
                continue
            if item.required:
                raise MissingProperty(f"a {entity.name} needs {item.name!r}", where=place)
            found[item.writable] = item.default or None
            continue
        value = payload[item.name]
        if value is None and (item.required or item.default):
            raise InvalidValue(f"{item.name!r} must not be null", where=place)
        found[item.writable] = None if value is None else _READERS[item.kind](item, value, place)
    _add_bounds(entity, payload, found, where)
    return found


def unknown_keys(entity: EntityType, payload: Mapping[str, Any], *, where: str) -> None:
    """Raise UnknownProperty for a key that the entity type does not have.

    Ids and links, which the service gives, are passed over (18-088, clause 10.2.1.2).
    """
    names = _NAMES[entity.name]
    if payload.keys() <= names:
        return
    known = [*(p.name for p in entity.properties), *(r.name for r in entity.relations)]
    for key in payload:
        if key in names or key in ("@iot.id", "id", "@iot.selfLink"):
            continue
        if key.endswith(("@iot.navigationLink", "@iot.nextLink", "@iot.count")):
            continue
        raise UnknownProperty(
            f"a {entity.name} has no {key[:60]!r}; it has {', '.join(known)}", where=where + key[:60]
        )


def _text(item: Property, value: Any, where: str) -> str:
    if not isinstance(value, str):
        raise InvalidValue(f"{item.name!r} takes text, not {_name(value)}", where=where)
    if len(value) > MAX_TEXT:
        raise InvalidValue(f"{len(value)} characters; at most {MAX_TEXT} are taken", where=where)
    if item.choices and value not in item.choices:
        raise InvalidValue(f"{item.name!r} is one of {', '.join(item.choices)}", where=where)
    return value


def _json(item: Property, value: Any, where: str) -> Jsonb:
    if item.name in ("properties", "parameters") and not isinstance(value, dict):
        raise InvalidValue(f"{item.name!r} takes a JSON object, not {_name(value)}", where=where)
    if item.name == "unitOfMeasurement":
        check_unit(value, where)
    return Jsonb(value)


def check_unit(value: Any, where: str) -> None:
    """Raise where a unit of measurement is not an object with name, symbol and definition."""
    if not isinstance(value, dict):
        raise InvalidValue(f"a unit is an object with {', '.join(_UNIT)}, not {_name(value)}", where=where)
    for key in _UNIT:
        if key not in value:
            raise MissingProperty(
                f"the unit needs {key!r} (null where there is none)", where=f"{where}.{key}"
            )
        if not isinstance(value[key], str | None):
            raise InvalidValue(f"{key!r} takes text or null, not {_name(value[key])}", where=f"{where}.{key}")
    other = next((key for key in value if key not in _UNIT), None)
    if other is not None:
        raise UnknownProperty(f"a unit has no {other[:60]!r}; it has {', '.join(_UNIT)}", where=where)


def _geometry(item: Property, value: Any, where: str) -> Jsonb:
    if not isinstance(value, dict | str):
        raise InvalidValue(f"{item.name!r} takes a GeoJSON object, not {_name(value)}", where=where)
    return Jsonb(value)


def _instant(item: Property, value: Any, where: str) -> datetime:
    return times.parse_instant(_text(item, value, where), where=where)


_READERS: Mapping[Kind, Callable[[Property, Any, str], Any]] = {
    Kind.TEXT: _text,
    Kind.JSON: _json,
    Kind.GEOMETRY: _geometry,
    Kind.INSTANT: _instant,
}


def _add_bounds(entity: EntityType, payload: Mapping[str, Any], found: Columns, where: str) -> None:
    """GeoJSON is checked, and its bounds are kept beside it."""
    for item in entity.properties:
        if item.kind is not Kind.GEOMETRY or item.writable not in found:
            continue
        value = payload.get(item.name)
        encoding = str(payload.get("encodingType", "application/geo+json"))
        found["bounds"] = None
        if value is not None and ("geo+json" in encoding or item.name == "observedArea"):
            found["bounds"] = geometry.bounds(value, where=where + item.name)


def _name(value: Any) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true or false"
        case int() | float():
            return "a number"
        case str():
            return "text"
        case list():
            return "a list"
        case _:
            return "an object"


name_of = _name
