# SPDX-License-Identifier: EUPL-1.2
"""The OpenAPI 3.1 description of the service, made from the same descriptors that the service runs on."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import version

from stadtkern.core.settings import Settings
from stadtkern.things import entities
from stadtkern.things.api import batch, methods, pieces, references, schemas
from stadtkern.things.api.formats import described
from stadtkern.things.api.pieces import Node
from stadtkern.things.entities import EntityType, Relation
from stadtkern.things.language import lexer, options, parser
from stadtkern.things.operations import geometry, payload
from stadtkern.things.queries import counting, reader

PATH = "openapi.json"
_TOKEN: list[Node] = [{"token": []}]
_ID: Node = {
    "name": "id",
    "in": "path",
    "required": True,
    "schema": {"type": "integer", "minimum": 0, "maximum": 2**63 - 1},
}
_TEXT: Node = {"type": "string", "maxLength": options.MAX_QUERY}
_EXPRESSION: Node = {"type": "string", "maxLength": lexer.MAX_LENGTH}
# Name, schema, what it does, and whether it fits a single entity too.
_OPTIONS: tuple[tuple[str, Node, str, bool], ...] = (
    ("$select", _TEXT, "Properties to show, separated by commas.", True),
    ("$expand", _TEXT, "Relations to show in full, with options of their own in brackets.", True),
    (
        "$filter",
        _EXPRESSION,
        "A condition, e.g. `result gt 20 and phenomenonTime ge 2026-01-01T00:00:00Z`.",
        False,
    ),
    ("$orderby", _EXPRESSION, "Sort keys, each with `asc` or `desc`, separated by commas.", False),
    ("$top", {"type": "integer", "minimum": 0, "default": reader.DEFAULT_TOP}, "Entities on a page.", False),
    (
        "$skip",
        {"type": "integer", "minimum": 0, "maximum": options.MAX_SKIP},
        "Entities to leave out.",
        False,
    ),
    ("$count", {"type": "boolean"}, "Whether to count the entities on all pages together.", False),
    described.result_format(),
)


def document(*, settings: Settings, service: str) -> Node:
    """The whole description."""
    limits = limits_of(settings)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "OGC SensorThings API 1.1",
            "version": version("stadtkern"),
            "description": _introduction(limits),
            "license": {"name": "EUPL-1.2", "identifier": "EUPL-1.2"},
            "x-limits": limits,
        },
        "servers": [{"url": service}],
        "paths": _paths(limits),
        "components": {
            "schemas": schemas.of_all() | described.of_all() | references.of_all(),
            "parameters": {name[1:]: _option(name, schema, text) for name, schema, text, _ in _OPTIONS},
            "responses": {"Error": pieces.answer("What was wrong, where, and how to mend it.", "Error")},
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "`stadtkern token create` makes one; reading public data needs none.",
                }
            },
        },
    }


def limits_of(settings: Settings) -> dict[str, int]:
    """The limits of one installation, by name."""
    return {
        "bodyBytes": settings.body_limit,
        "bulkBodyBytes": settings.bulk_body_limit,
        "batchBytes": batch.BODIES * settings.body_limit,
        "batchParts": batch.MOST_PARTS,
        "batchBytesWithoutToken": batch.WITHOUT_TOKEN.bodies * settings.body_limit,
        "batchPartsWithoutToken": batch.WITHOUT_TOKEN.parts,
        "readMilliseconds": settings.statement_timeout,
        "waitingReadings": settings.queue_limit,
        "firstYear": settings.accepted_from,
        "daysAhead": settings.accepted_ahead,
        "top": reader.MAX_TOP,
        "skip": options.MAX_SKIP,
        "entitiesInOneAnswer": reader.MAX_ROWS,
        "countedExactly": counting.EXACT_UP_TO,
        "queryCharacters": options.MAX_QUERY,
        "expressionCharacters": lexer.MAX_LENGTH,
        "expressionParts": parser.MAX_NODES,
        "expressionDepth": parser.MAX_DEPTH,
        "expansions": options.MAX_EXPANDS,
        "expansionDepth": options.MAX_EXPAND_DEPTH,
        "bodyDepth": payload.MAX_DEPTH,
        "positionsInGeometry": geometry.MAX_POSITIONS,
    }


def _introduction(limits: Mapping[str, int]) -> str:
    listed = ", ".join(f"{name} {value}" for name, value in limits.items())
    return (
        "Entities, their relations and observations (OGC 18-088). Reading public data needs no token, writing"
        " always does. Addresses may go on over relations to any depth. Errors say what was wrong, where, and"
        f" how to mend it; what may not be seen answers 404. Limits: {listed}."
    )


def _paths(limits: Mapping[str, int]) -> Node:
    landing = {"200": pieces.answer("The list.")}
    found: Node = {"/": {"get": pieces.operation("landing", "What the service offers.", landing)}}
    for entity in entities.ENTITIES:
        found[f"/{entity.set}"] = _collection(entity, limits)
        found[f"/{entity.set}({{id}})"] = _entity(entity, limits)
        for relation in entity.relations:
            found[f"/{entity.set}({{id}})/{relation.name}"] = _relation(entity, relation)
        both = {one: _options(one=one, plain=False) for one in (True, False)}
        found |= references.paths(
            entity, number=_ID, options=both, security=_TOKEN, limit=limits["bodyBytes"]
        )
    found["/CreateObservations"] = {"post": _data_array(limits)}
    found["/$batch"] = {"post": _batch(limits)}
    return found


def _collection(entity: EntityType, limits: Mapping[str, int]) -> Node:
    answer = {"description": "A page.", "content": described.content(entity, many=True)}
    read = pieces.operation(
        f"list{entity.set}", f"{entity.set}, page by page.", {"200": answer}, _options(one=False)
    )
    body = pieces.body(schemas.alone(entity), limits["bodyBytes"])
    made = references.written("201", pieces.created(), entity)
    create = pieces.operation(
        f"create{entity.name}", f"Create a new {entity.name}.", made, [references.PREFERENCE]
    )
    text = f"Delete the {entity.set} that a filter finds, all of them or none."
    chosen = [{"$ref": "#/components/parameters/filter"}]
    clear = pieces.operation(f"deleteSome{entity.set}", text, {"200": pieces.done()}, chosen)
    return {
        "get": read,
        "post": create | {"requestBody": body, "security": _TOKEN},
        "delete": clear | {"security": _TOKEN},
    }


def _entity(entity: EntityType, limits: Mapping[str, int]) -> Node:
    name = entity.name
    found = {"description": "It.", "content": described.content(entity, many=False)}
    read = pieces.operation(f"get{name}", f"One {name}.", {"200": found}, _options(one=True))
    changed = references.written("200", pieces.answer("It was changed."), entity)
    prefer = [references.PREFERENCE]
    change = pieces.operation(f"change{name}", f"Change a part of a {name}.", changed, prefer)
    replace = pieces.operation(f"replace{name}", f"Change all of a {name}.", changed, prefer)
    gone = {"200": pieces.done()}
    remove = pieces.operation(f"delete{name}", f"Delete a {name} and what cannot be without it.", gone)
    limit = limits["bodyBytes"]
    return {
        "parameters": [_ID],
        "get": read,
        "patch": change | {"requestBody": _patch_body(name, limit), "security": _TOKEN},
        "put": replace | {"requestBody": pieces.body(schemas.named(f"New{name}"), limit), "security": _TOKEN},
        "delete": remove | {"security": _TOKEN},
    }


def _relation(entity: EntityType, relation: Relation) -> Node:
    text = f"The {relation.name} of a {entity.name}."
    content = described.content(entities.target(relation), many=relation.many)
    options = _options(one=not relation.many)
    if entity.name == "Datastream" and relation.name == "Observations":
        options += [described.AGGREGATE, described.DOWNSAMPLE]
    read = pieces.operation(
        f"get{relation.name}Of{entity.name}",
        text,
        {"200": {"description": text, "content": content}},
        options,
    )
    return {"parameters": [_ID], "get": read}


def _data_array(limits: Mapping[str, int]) -> Node:
    group = {
        "type": "object",
        "additionalProperties": False,
        "required": ["components", "dataArray"],
        "properties": {
            "Datastream": schemas.named("Reference"),
            "MultiDatastream": schemas.named("Reference"),
            "components": {
                "type": "array",
                "items": {"type": "string"},
                "examples": [["phenomenonTime", "result"]],
            },
            "dataArray": {"type": "array", "items": {"type": "array"}},
            "dataArray@iot.count": {"type": "integer", "description": "Passed over."},
        },
    }
    said = {"type": "array", "items": {"type": "string"}}
    answer = {"description": "An address or `error: …` for each row, in order.", "content": pieces.json(said)}
    body = {
        "required": True,
        "description": f"At most {limits['bulkBodyBytes']} bytes.",
        "content": pieces.json({"type": "array", "items": group}),
    }
    text = "Many observations at once; good rows are kept."
    made = pieces.operation("createObservations", text, {"201": answer})
    return made | {"requestBody": body, "security": _TOKEN}


def _batch(limits: Mapping[str, int]) -> Node:
    text = {"type": "string", "minLength": 1}
    asked: Node = {
        "type": "object",
        "additionalProperties": False,
        "required": ["id", "method", "url"],
        "properties": {
            "id": text,
            "method": {"type": "string", "enum": ["get", "post", "patch", "put", "delete"]},
            "url": text | {"examples": ["Things(1)?$select=name", "$thing/Datastreams"]},
            "headers": {"type": "object", "additionalProperties": {"type": "string"}},
            "body": {},
            "atomicityGroup": text,
            "dependsOn": {"type": "array", "items": text},
        },
    }
    requests = {"type": "array", "items": asked, "minItems": 1, "maxItems": limits["batchParts"]}
    body = {"type": "object", "required": ["requests"], "properties": {"requests": requests}}
    said = {"type": "object", "properties": {"responses": {"type": "array", "items": {"type": "object"}}}}
    answer = {
        "description": "An answer for each request, in order, in the form the batch came in.",
        "content": pieces.json(said) | {"multipart/mixed": {"schema": {"type": "string"}}},
    }
    about = "Many requests in one; change sets as a whole or not at all."
    made = pieces.operation("batch", about, {"200": answer}, [references.GO_ON])
    taken = {
        "required": True,
        "description": f"At most {limits['batchBytes']} bytes; JSON or multipart/mixed.",
        "content": pieces.json(body) | {"multipart/mixed": {"schema": {"type": "string"}}},
    }
    return made | {"requestBody": taken}


def _option(name: str, schema: Node, text: str) -> Node:
    return {"name": name, "in": "query", "description": text, "schema": schema}


def _options(*, one: bool, plain: bool = True) -> list[Node]:
    """The query options of one entity or of many; without those that change what is shown if not `plain`."""
    return [
        {"$ref": f"#/components/parameters/{name[1:]}"}
        for name, _, _, single in _OPTIONS
        if (plain and single) or not (one or single)
    ]


def _patch_body(name: str, limit: int) -> Node:
    body = pieces.body(schemas.named(f"{name}Change"), limit)
    patch = {methods.JSON_PATCH: {"schema": schemas.named("JsonPatch")}}
    return body | {"content": {**body["content"], **patch}}
