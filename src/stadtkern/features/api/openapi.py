# SPDX-License-Identifier: EUPL-1.2
"""The description of the service in OpenAPI 3.0 and 3.1, with a path for each collection that may be seen."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import version
from typing import Any
from urllib.parse import quote

from starlette.responses import Response

from stadtkern.features import cql, references
from stadtkern.features.api import answers, documents, downloads, parameters, provider
from stadtkern.features.api.call import Call
from stadtkern.features.sources import Source

Node = dict[str, Any]
_VERSIONS = {"3.0": "3.0.3", "3.1": "3.1.0"}
# So many collections are described one by one; beyond, the path with the placeholder stands for all.
_MOST_COLLECTIONS = 200
_KEY: Node = {"name": "collectionId", "in": "path", "required": True, "schema": {"type": "string"}}
_ID: Node = {
    "name": "featureId",
    "in": "path",
    "required": True,
    "schema": {"type": "integer", "minimum": 0},
}
_NUMBER: Node = {
    "name": "number",
    "in": "path",
    "required": True,
    "schema": {"type": "integer", "minimum": 1},
}
_FORM: Node = {"name": "f", "in": "query", "schema": {"type": "string", "enum": ["json", "html"]}}
_BOX: Node = {
    "name": "bbox",
    "in": "query",
    "description": "Features whose geometry meets this box, and those without a geometry.",
    "schema": {
        "type": "array",
        "oneOf": [{"minItems": 4, "maxItems": 4}, {"minItems": 6, "maxItems": 6}],
        "items": {"type": "number"},
    },
    "style": "form",
    "explode": False,
}
_TIME: Node = {
    "name": "datetime",
    "in": "query",
    "description": "An instant or interval, e.g. 2018-02-12T00:00:00Z/.. ; a date is its whole day.",
    "schema": {"type": "string"},
    "style": "form",
    "explode": False,
}
_LIMIT: Node = {
    "name": "limit",
    "in": "query",
    "description": "Features on a page at most.",
    "schema": {
        "type": "integer",
        "minimum": 1,
        "maximum": parameters.MOST_LIMIT,
        "default": parameters.DEFAULT_LIMIT,
    },
    "style": "form",
    "explode": False,
}


def _reference(name: str, about: str) -> Node:
    schema = {"type": "string", "format": "uri", "enum": list(references.ALL), "default": references.CRS84}
    return {"name": name, "in": "query", "description": about, "schema": schema}


_FILTERS: list[Node] = [
    {
        "name": "filter",
        "in": "query",
        "description": "A condition in CQL2, e.g. `height > 20`.",
        "schema": {"type": "string", "maxLength": cql.MOST_CHARACTERS},
    },
    {
        "name": "filter-lang",
        "in": "query",
        "schema": {"type": "string", "enum": list(cql.LANGUAGES), "default": "cql2-text"},
    },
    _reference("filter-crs", "The reference system of geometries in the filter."),
]
_SELECTING = [
    _BOX,
    _reference("bbox-crs", "The reference system of bbox."),
    _TIME,
    *_FILTERS,
    _reference("crs", "The reference system of the answer."),
]
_AFTER: Node = {
    "name": "after",
    "in": "query",
    "description": "The id behind which the page begins; links with the relation `next` have it.",
    "schema": {"type": "integer", "minimum": 0},
}
_ITEMS = [*_SELECTING, _LIMIT, _AFTER, _FORM]


async def answer(call: Call) -> Response:
    """The description, in the version that is asked for. Raises InvalidParameter."""
    parameters.known(call.parameters, ("version", "f"))
    wanted = call.parameters.get("version", "3.0")
    if wanted not in _VERSIONS:
        raise parameters.InvalidParameter("it is 3.0 or 3.1", where="version")
    if call.parameters.get("f", "json") != "json":
        raise answers.NoSuchForm("the description is JSON", where="f")
    async with call.reading() as seen:
        found = await provider.everything(call.providers, seen.connection, seen.scope)
    return answers.document(document(call, found, wanted=wanted), kind=documents.OPENAPI[wanted])


def document(call: Call, sources: list[Source], *, wanted: str) -> Node:
    """The whole description."""
    licence = {"name": "EUPL-1.2", "url": "https://eupl.eu/1.2/en/"}
    return {
        "openapi": _VERSIONS[wanted],
        "info": {
            "title": "OGC API – Features",
            "version": version("stadtkern"),
            "description": "Tables and geodata. Public data need no token; what may not be seen answers 404.",
            "license": licence,
        },
        "servers": [{"url": call.service}],
        "tags": [{"name": "service"}, {"name": "data"}],
        "paths": _paths(call, sources),
        "components": {
            "responses": {
                "Problem": _content("What was wrong, where, and how to mend it.", "application/problem+json")
            },
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _paths(call: Call, sources: list[Source]) -> Node:
    collection = [_KEY]
    found = {
        "/": _get("landingPage", "The landing page", [_FORM], _JSON),
        "/conformance": _get("conformance", "What the service conforms to", [_FORM], _JSON),
        "/api": _get("api", "This description", [_VERSION, _FORM], documents.OPENAPI),
        "/collections": _get("collections", "All collections", [_FORM], _JSON),
        "/collections/{collectionId}": _get("collection", "One collection", [*collection, _FORM], _JSON),
        "/collections/{collectionId}/queryables": _get(
            "queryables", "What filters may name", [*collection, _FORM], _SCHEMA
        ),
        "/collections/{collectionId}/items": _get("items", "Features", [*collection, *_ITEMS], _GEOJSON),
        "/collections/{collectionId}/items/{featureId}": _get(
            "item", "One feature", [*collection, _ID, _CRS, _FORM], _GEOJSON
        ),
    }
    for name, form in downloads.FORMS.items():
        found[f"/collections/{{collectionId}}/download.{name}"] = _get(
            f"download-{name}",
            f"A whole selection as {form.title}",
            [*collection, *_SELECTING, _LIMIT | {"schema": {"type": "integer", "minimum": 1}}],
            {"": form.kind.partition(";")[0]},
        )
        found[f"/collections/{{collectionId}}/versions/{{number}}/download.{name}"] = _get(
            f"download-version-{name}",
            f"A selection of an older version as {form.title}, under an address that stays",
            [*collection, _NUMBER, *_SELECTING],
            {"": form.kind.partition(";")[0]},
        )
    found["/collections/{collectionId}/versions"] = _get(
        "versions", "The versions that are kept of a table or map", collection, {"json": _JSON["json"]}
    )
    for source in sources[:_MOST_COLLECTIONS]:
        found[f"/collections/{quote(source.key)}/items"] = _get(
            f"items-{source.key}",
            call.text(source.title, source.key),
            [*_ITEMS, *_properties(source)],
            _GEOJSON,
        )
    return found


_JSON = {"json": "application/json", "html": "text/html"}
_GEOJSON = {"json": "application/geo+json", "html": "text/html"}
_SCHEMA = {"json": "application/schema+json", "html": "text/html"}
_VERSION: Node = {
    "name": "version", "in": "query", "schema": {"type": "string", "enum": list(_VERSIONS)}
}  # fmt: skip
_CRS = _reference("crs", "The reference system of the answer.")


def _properties(source: Source) -> list[Node]:
    return [
        {
            "name": column.name,
            "in": "query",
            "description": "Features of which this property has this value.",
            "schema": documents.plain(column.type),
        }
        for column in source.columns
        if column.type != "json" and column.name not in parameters.ITEMS
    ]


def _get(name: str, summary: str, given: list[Node], kinds: Mapping[str, str]) -> Node:
    problem = {"$ref": "#/components/responses/Problem"}
    good = {"description": summary, "content": {kind: {"schema": {}} for kind in kinds.values()}}
    operation: Node = {
        "operationId": name,
        "summary": summary,
        "tags": ["data" if given[0] is _KEY or name.startswith("items-") else "service"],
        "parameters": given,
        "responses": {"200": good, "default": problem},
        "security": [{}, {"token": []}],
    }
    return {"get": operation}


def _content(about: str, kind: str) -> Node:
    return {"description": about, "content": {kind: {"schema": {"type": "object"}}}}
