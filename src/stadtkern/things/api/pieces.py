# SPDX-License-Identifier: EUPL-1.2
"""The pieces that the OpenAPI description is put together from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stadtkern.things.api import schemas

Node = dict[str, Any]


def operation(
    name: str, summary: str, responses: Mapping[str, Node], parameters: list[Node] | None = None
) -> Node:
    """One operation; every other answer is the error document."""
    error = {"$ref": "#/components/responses/Error"}
    found: Node = {"operationId": name, "summary": summary, "responses": {**responses, "default": error}}
    return found | {"parameters": parameters} if parameters else found


def json(schema: Node) -> Node:
    """JSON of a schema."""
    return {"application/json": {"schema": schema}}


def answer(text: str, schema: str = "") -> Node:
    """A JSON answer."""
    return {"description": text, "content": json(schemas.named(schema) if schema else {"type": "object"})}


def body(schema: Node, limit: int) -> Node:
    """A JSON body of limited size."""
    return {"required": True, "description": f"At most {limit} bytes.", "content": json(schema)}


def created() -> Node:
    """What a creation answers."""
    location = {
        "description": "Its address.",
        "required": True,
        "schema": {"type": "string", "format": "uri"},
    }
    return answer("It was created.", "Created") | {"headers": {"Location": location}}


def done() -> Node:
    """Done, without a body."""
    return {"description": "Done."}
