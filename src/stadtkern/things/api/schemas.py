# SPDX-License-Identifier: EUPL-1.2
"""JSON Schemas of the entities, made from their descriptors: what is shown, and what is sent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stadtkern.things import entities
from stadtkern.things.entities import EntityType, Kind, Property, Relation
from stadtkern.things.operations import components, fields, patching

Schema = dict[str, Any]

_TEXT: Schema = {"type": "string", "maxLength": fields.MAX_TEXT}
_OBJECT: Schema = {"type": "object"}
_INSTANT = "2026-02-26T14:58:00Z"
_UNIT: Schema = {
    "type": "object",
    "required": ["name", "symbol", "definition"],
    "additionalProperties": False,
    "properties": {name: {"type": ["string", "null"]} for name in ("name", "symbol", "definition")},
    "examples": [{"name": "degree Celsius", "symbol": "°C", "definition": "ucum:Cel"}],
}
_GEOMETRY: Schema = {
    "type": "object",
    "description": "GeoJSON in WGS 84, longitude first.",
    "required": ["type", "coordinates"],
    "properties": {
        "type": {"const": "Point"},
        "coordinates": {
            "type": "array",
            "prefixItems": [
                {"type": "number", "minimum": -180, "maximum": 180},
                {"type": "number", "minimum": -90, "maximum": 90},
            ],
            "minItems": 2,
            "maxItems": 2,
        },
    },
    "examples": [{"type": "Point", "coordinates": [7.6256, 51.9629]}],
}
_SENT: Mapping[Kind, Schema] = {
    Kind.TEXT: _TEXT | {"examples": ["Domplatz"]},
    Kind.INSTANT: {"type": "string", "format": "date-time", "examples": [_INSTANT]},
    Kind.INTERVAL: {"type": "string", "examples": [_INSTANT, f"{_INSTANT}/2026-02-26T15:00:00Z"]},
    Kind.GEOMETRY: _GEOMETRY,
    Kind.RESULT: {"description": "A value of the kind that the Datastream's observationType names."},
}
_NAMED: Mapping[str, Schema] = {
    "properties": _OBJECT,
    "parameters": _OBJECT,
    "unitOfMeasurement": _UNIT,
    "encodingType": _TEXT | {"examples": ["application/geo+json"]},
    "observationType": _TEXT
    | {"examples": ["http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_Measurement"]},
}
REFERENCE: Schema = {
    "type": "object",
    "required": ["@iot.id"],
    "additionalProperties": False,
    "properties": {"@iot.id": {"type": "integer", "minimum": 1, "maximum": 2**63 - 1}},
}
_PLACE: Schema = {
    "type": "string",
    "pattern": "^(/([^~/]|~[01])*)*$",
    "examples": ["/name", "/properties/key"],
}
JSON_PATCH: Schema = {
    "type": "array",
    "description": "Operations of RFC 6902 on the entity as it is shown; all are carried out or none.",
    "maxItems": patching.MOST_OPERATIONS,
    "items": {
        "type": "object",
        "required": ["op", "path"],
        "properties": {
            "op": {"enum": ["add", "copy", "move", "remove", "replace", "test"]},
            "path": _PLACE,
            "from": _PLACE,
            "value": {},
        },
    },
    "examples": [[{"op": "replace", "path": "/name", "value": "Domplatz"}]],
}
ERROR: Schema = {
    "type": "object",
    "required": ["code", "type", "message", "title", "status", "remedy"],
    "properties": {
        "code": {"type": "integer", "description": "The HTTP status."},
        "type": {"const": "error"},
        "message": {"type": "string", "description": "What was wrong, and where."},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "where": {"type": "string", "description": "The property, query option or part of the address."},
        "remedy": {"type": "string", "description": "How to mend it."},
    },
}


def named(name: str) -> Schema:
    """A pointer to a schema of the document."""
    return {"$ref": f"#/components/schemas/{name}"}


def of_all() -> dict[str, Schema]:
    """Every schema of the document by its name: Thing (shown), ThingPage, NewThing (sent), ThingChange."""
    found = {"Error": ERROR, "Reference": REFERENCE, "JsonPatch": JSON_PATCH, "Created": _shown_head()}
    for entity in entities.ENTITIES:
        sent = _sent(entity)
        found[entity.name] = _shown(entity)
        found[f"{entity.name}Page"] = _page(entity)
        found[f"New{entity.name}"] = sent
        found[f"{entity.name}Change"] = {key: value for key, value in sent.items() if key != "required"}
    return found


def _shown_head() -> Schema:
    properties = {"@iot.id": {"type": "integer"}, "@iot.selfLink": {"type": "string", "format": "uri"}}
    return {"type": "object", "properties": properties}


def _shown(entity: EntityType) -> Schema:
    properties: Schema = dict(_shown_head()["properties"])
    properties |= {item.name: _shown_property(item) for item in entity.properties}
    for relation in entity.relations:
        one = named(relation.target)
        properties[relation.name] = {"type": "array", "items": one} if relation.many else _or_null(one)
        properties[f"{relation.name}@iot.navigationLink"] = {"type": "string", "format": "uri"}
        if relation.many:
            properties[f"{relation.name}@iot.nextLink"] = {"type": "string", "format": "uri"}
            properties[f"{relation.name}@iot.count"] = {"type": "integer", "minimum": 0}
    return {"type": "object", "properties": properties, "additionalProperties": False}


def _or_null(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


def _shown_property(item: Property) -> Schema:
    match item.kind:
        case Kind.TEXT:
            return {"type": "string"}
        case Kind.INSTANT | Kind.INTERVAL:
            return {"type": ["string", "null"], "examples": [_INSTANT]}
        case _:
            return {}


def _page(entity: EntityType) -> Schema:
    properties: Schema = {
        "@iot.count": {"type": "integer", "minimum": 0},
        "@iot.countIsEstimate": {"const": True},
        "@iot.nextLink": {"type": "string", "format": "uri"},
        "value": {"type": "array", "items": named(entity.name)},
    }
    return {"type": "object", "required": ["value"], "properties": properties, "additionalProperties": False}


def _sent(entity: EntityType) -> Schema:
    properties: Schema = {}
    required: list[str] = []
    for item in entity.properties:
        listed = item.name in components.LISTS
        if not item.writable and not listed:
            continue
        properties[item.name] = _list_of_parts(item) if listed else _sent_property(item)
        if item.required or listed:
            required.append(item.name)
    for relation in entity.relations:
        properties[relation.name] = _sent_relation(relation)
        if components.owns(entity, relation):
            required.append(relation.name)
    schema = {"type": "object", "additionalProperties": False, "properties": properties}
    return schema | {"required": required, "description": _needs(entity)}


def _sent_property(item: Property) -> Schema:
    if item.choices:
        return {"enum": list(item.choices), "default": item.default}
    schema = _NAMED.get(item.name) or _SENT.get(item.kind) or {}
    return _or_null(schema) if schema and item.nullable else schema


def _list_of_parts(item: Property) -> Schema:
    part = _UNIT if item.name == "unitOfMeasurements" else _NAMED["observationType"]
    return {"type": "array", "minItems": 1, "items": part}


def _sent_relation(relation: Relation) -> Schema:
    one = {"anyOf": [named("Reference"), named(f"New{relation.target}")]}
    return {"type": "array", "items": one} if relation.many else one


def alone(entity: EntityType) -> Schema:
    """What a new entity must bring along where it is not sent inside another one."""
    needed = [relation.name for relation in entity.relations if relation.required and entity.owned]
    sent = named(f"New{entity.name}")
    return {"allOf": [sent, {"required": needed}]} if needed else sent


def _needs(entity: EntityType) -> str:
    if entity is entities.OBSERVATION:
        return "Datastream or MultiDatastream is needed where the address does not say it."
    return 'Relations take existing entities as {"@iot.id": 1}, or new ones that are created along.'
