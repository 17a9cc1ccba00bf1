# SPDX-License-Identifier: EUPL-1.2
"""What the OpenAPI description says of `$ref`, of links between entities, and of the header Prefer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from stadtkern.things import entities
from stadtkern.things.api import pieces, schemas
from stadtkern.things.api.pieces import Node
from stadtkern.things.entities import EntityType, Relation

PREFERENCE: Node = {
    "name": "Prefer",
    "in": "header",
    "description": "`return=representation`: the answer is the entity as it is now (RFC 7240).",
    "schema": {"type": "string", "examples": ["return=representation"]},
}
GO_ON: Node = {
    "name": "Prefer",
    "in": "header",
    "description": "`continue-on-error=false`: nothing behind the first request that fails is carried out.",
    "schema": {"type": "string", "examples": ["continue-on-error=false"]},
}
_APPLIED: Node = {
    "Preference-Applied": {
        "description": "`return=representation` where the entity itself is shown.",
        "schema": {"const": "return=representation"},
    }
}
_OTHER: Node = {"name": "other", "in": "path", "required": True} | {
    "schema": {"type": "integer", "minimum": 0, "maximum": 2**63 - 1}
}
_NAMED: Node = {
    "name": "$id",
    "in": "query",
    "required": True,
    "description": "The address of the other entity, relative to this one or whole: `../../Locations(4)`.",
    "schema": {"type": "string", "format": "uri-reference"},
}
_SELF: Node = {
    "type": "object",
    "required": ["@iot.selfLink"],
    "additionalProperties": False,
    "properties": {"@iot.selfLink": {"type": "string", "format": "uri"}},
}
_LINK: Node = {
    "description": "The other entity, by its id or its address.",
    "anyOf": [schemas.named("Reference"), schemas.named("EntityReference")],
}


def of_all() -> dict[str, Node]:
    """The schemas of references by their names."""
    head: Node = {"@iot.count": {"type": "integer", "minimum": 0}, "@iot.countIsEstimate": {"const": True}}
    head["@iot.nextLink"] = {"type": "string", "format": "uri"}
    properties = {**head, "value": {"type": "array", "items": schemas.named("EntityReference")}}
    page = {"type": "object", "required": ["value"], "additionalProperties": False, "properties": properties}
    return {"EntityReference": _SELF, "EntityReferencePage": page}


def written(status: str, answer: Node, entity: EntityType) -> Node:
    """The answer to a write: the address, or all of the entity where the client prefers that."""
    either = {"anyOf": [schemas.named("Created"), schemas.named(entity.name)]}
    headers = {**answer.get("headers", {}), **_APPLIED}
    return {status: answer | {"content": pieces.json(either), "headers": headers}}


def paths(
    entity: EntityType, *, number: Node, options: Mapping[bool, list[Node]], security: list[Node], limit: int
) -> Iterator[tuple[str, Node]]:
    """The addresses ending in `$ref` that begin at an entity type; `options` of one entity, and of many."""
    name, found = entity.name, _read(f"list{entity.set}References", f"Addresses of {entity.set}.", many=True)
    yield f"/{entity.set}/$ref", {"get": found | {"parameters": options[False]}}
    single = _read(f"get{name}Reference", f"The address of a {name}.", many=False)
    yield f"/{entity.set}({{id}})/$ref", {"parameters": [number], "get": single}
    for relation in entity.relations:
        base = f"/{entity.set}({{id}})/{relation.name}"
        said = f"{relation.name}Of{name}"
        text = f"The {'addresses' if relation.many else 'address'} of the {relation.name} of a {name}."
        read = _read(f"get{said}References", text, many=relation.many)
        if relation.many:
            read |= {"parameters": options[False]}
        link = _link(said, relation, limit) | {"security": security}
        item: Node = {"parameters": [number], "get": read}
        if not _fixed(entity, relation):
            item["post" if relation.many else "put"] = link
        ends = relation.link is not None and relation.target != "MultiDatastream"
        text = f"End the link from a {name} to one of its {relation.name}; both entities stay."
        if ends:
            end = pieces.operation(f"untieNamed{said}", text, {"204": pieces.done()})
            item["delete"] = end | {"security": security, "parameters": [_NAMED]}
        yield f"{base}/$ref", item
        if ends:
            end = pieces.operation(f"untie{said}", text, {"204": pieces.done()}) | {"security": security}
            yield f"{base}({{other}})/$ref", {"parameters": [number, _OTHER], "delete": end}


def _fixed(entity: EntityType, relation: Relation) -> bool:
    """The parts of a MultiDatastream are what it is; they change with it alone."""
    return relation.link is not None and "MultiDatastream" in (entity.name, relation.target)


def _read(name: str, text: str, *, many: bool) -> Node:
    answer = pieces.answer(text, "EntityReferencePage" if many else "EntityReference")
    return pieces.operation(name, text, {"200": answer})


def _link(said: str, relation: Relation, limit: int) -> Node:
    target = entities.target(relation).name
    words = f"Add an existing {target}" if relation.many else f"Refer to another existing {target}"
    made = pieces.operation(f"link{said}", f"{words}.", {"204": pieces.done()})
    return made | {"requestBody": pieces.body(_LINK, limit)}
