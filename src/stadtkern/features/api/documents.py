# SPDX-License-Identifier: EUPL-1.2
"""The documents about the service: conformance, collections, queryables (OGC 17-069r4, 19-079r2)."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from stadtkern.core import times
from stadtkern.features import references
from stadtkern.features.api import parameters
from stadtkern.features.api.call import Call
from stadtkern.features.api.downloads import FORMS
from stadtkern.features.sources import Described, Source

Node = dict[str, Any]

_FEATURES = "http://www.opengis.net/spec/ogcapi-features-"
_CQL2 = "http://www.opengis.net/spec/cql2/1.0/conf/"
_COMMON = "http://www.opengis.net/spec/ogcapi-common-"
CLASSES = (
    *(_COMMON + name for name in ("1/1.0/conf/core", "2/1.0/conf/collections")),
    *(_FEATURES + "1/1.0/conf/" + name for name in ("core", "geojson", "html", "oas30")),
    _FEATURES + "1/1.1/conf/oas31",
    _FEATURES + "2/1.0/conf/crs",
    *(
        _FEATURES + "3/1.0/conf/" + name
        for name in ("queryables", "queryables-query-parameters", "filter", "features-filter")
    ),
    *(
        _CQL2 + name
        for name in (
            "cql2-text", "cql2-json", "basic-cql2", "advanced-comparison-operators",
            "case-insensitive-comparison", "accent-insensitive-comparison", "basic-spatial-functions",
            "basic-spatial-functions-plus", "spatial-functions", "temporal-functions", "property-property",
            "arithmetic",
        )
    ),
)  # fmt: skip
OPENAPI = {
    "3.0": "application/vnd.oai.openapi+json;version=3.0",
    "3.1": "application/vnd.oai.openapi+json;version=3.1",
}
_TYPES: dict[str, Node] = {
    "text": {"type": "string"},
    "integer": {"type": "integer"},
    "number": {"type": "number"},
    "boolean": {"type": "boolean"},
    "date": {"type": "string", "format": "date"},
    "instant": {"type": "string", "format": "date-time"},
    "json": {},
}


def link(rel: str, href: str, kind: str, title: str = "", **more: Any) -> Node:
    """A link as all documents have it."""
    return {"rel": rel, "href": href, "type": kind, **({"title": title} if title else {}), **more}


def both(address: str, *, kind: str = "application/json") -> list[Node]:
    """The links of a document to itself and to its page."""
    mark = "&" if "?" in address else "?"
    return [
        link("self", f"{address}{mark}f=json", kind),
        link("alternate", f"{address}{mark}f=html", "text/html", "HTML"),
    ]


def landing(call: Call, *, city: str) -> Node:
    """Where everything begins."""
    service = call.service
    return {
        "title": f"{city}: OGC API Features",
        "description": _words(
            call,
            "Tabellen und Geodaten der Stadt, nach OGC API – Features Teil 1 bis 3.",
            "Tables and geodata of the city, by OGC API – Features parts 1 to 3.",
        ),
        "links": [
            *both(service),
            link("service-desc", f"{service}/api", OPENAPI["3.0"], "OpenAPI 3.0"),
            link("service-desc", f"{service}/api?version=3.1", OPENAPI["3.1"], "OpenAPI 3.1"),
            link("conformance", f"{service}/conformance", "application/json", "Conformance"),
            link("data", f"{service}/collections", "application/json", "Collections"),
        ],
    }


def conformance(call: Call) -> Node:
    """The classes that the service conforms to."""
    return {"conformsTo": list(CLASSES), "links": both(f"{call.service}/conformance")}


def collections(call: Call, sources: list[Source]) -> Node:
    """All collections."""
    return {
        "links": both(f"{call.service}/collections"),
        "collections": [collection(call, source) for source in sources],
        "crs": list(references.ALL),
    }


def collection(call: Call, source: Source) -> Node:
    """One collection."""
    address = f"{call.service}/collections/{quote(source.key)}"
    found: Node = {
        "id": source.key,
        "title": call.text(source.title, source.key),
        "itemType": "feature",
        "links": [
            *both(address),
            link("items", f"{address}/items", "application/geo+json", "GeoJSON"),
            link("items", f"{address}/items?f=html", "text/html", "HTML"),
            link(
                "http://www.opengis.net/def/rel/ogc/1.0/queryables",
                f"{address}/queryables",
                "application/schema+json",
                "Queryables",
            ),
            *(
                link("enclosure", f"{address}/download.{name}", form.kind, form.title)
                for name, form in FORMS.items()
                if source.geometry or not form.spatial
            ),
        ],
    }
    if source.dataset_key:
        home = str(call.state.settings.base_url) + _words(call, "", "/en")
        page = f"{home}/daten/{quote(source.dataset_key)}"
        found["links"].append(link("describedby", page, "text/html", _words(call, "Datensatz", "Dataset")))
    if description := call.text(source.description):
        found["description"] = description
    if source.geometry:
        found |= {"crs": list(references.ALL), "storageCrs": references.CRS84}
    if source.bounds is not None:
        found["extent"] = {"spatial": {"bbox": [list(source.bounds)], "crs": references.CRS84}}
    if source.modified_at is not None:
        found["updated"] = times.format_instant(source.modified_at)
    if source.n is not None:
        found["itemCount"] = source.n
    return found


def queryables(call: Call, source: Source) -> Node:
    """What filters may name, as JSON Schema."""
    properties: Node = {c.name: _schema(call, c) for c in source.columns if c.type != "json"}
    if source.geometry:
        name = source.geometry.lower()
        form = "geometry-any" if name in ("geometry", "geometrycollection") else f"geometry-{name}"
        properties["geometry"] = {
            "title": _words(call, "Geometrie", "Geometry"),
            "x-ogc-role": "primary-geometry",
            "format": form,
        }
    moment = parameters.moment_of(source)
    if moment is not None:
        properties[moment.name]["x-ogc-role"] = "primary-instant"
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"{call.service}/collections/{quote(source.key)}/queryables",
        "type": "object",
        "title": call.text(source.title, source.key),
        "properties": properties,
        "additionalProperties": False,
    }


def plain(type: str) -> Node:
    """The JSON Schema of a type of column."""
    return dict(_TYPES[type])


def _schema(call: Call, column: Described) -> Node:
    found = plain(column.type)
    found["title"] = call.text(column.title, column.name)
    if text := call.text(column.description):
        found["description"] = text
    if column.unit:
        found["x-ogc-unit"] = column.unit
    return found


def _words(call: Call, german: str, english: str) -> str:
    return english if call.language == "en" else german
