# SPDX-License-Identifier: EUPL-1.2
"""What the OpenAPI description says of result formats, buckets and thinned curves."""

from __future__ import annotations

from typing import Any

from stadtkern.things import entities
from stadtkern.things.aggregate import asking, pages
from stadtkern.things.api import schemas
from stadtkern.things.api.formats import render
from stadtkern.things.api.formats.choice import Format
from stadtkern.things.entities import EntityType

Node = dict[str, Any]

_LINK: Node = {"type": "string", "format": "uri"}
_TOTAL: Node = {
    "@iot.count": {"type": "integer", "minimum": 0},
    "@iot.countIsEstimate": {"const": True},
    "@iot.nextLink": _LINK,
}
_FORMAT: Node = {
    "type": "string",
    "enum": [str(form) for form in Format],
    "default": str(Format.JSON),
}
AGGREGATE: Node = {
    "name": "$aggregate",
    "in": "query",
    "description": (
        "Buckets of time instead of single Observations, e.g. `hour(mean,max)` or"
        " `15min(mean,quantile(0.95);zone=Europe/Berlin;fill=linear)`. Goes with `$filter`,"
        f" `$orderby=phenomenonTime desc`, `$top` (at most {pages.MAX_BUCKETS}) and `$downsample`."
    ),
    "schema": {"type": "string", "examples": ["hour(mean,max)", "day(quantile(0.95))"]},
}
DOWNSAMPLE: Node = {
    "name": "$downsample",
    "in": "query",
    "description": "The points that show a curve's shape (largest triangle three buckets), e.g. `lttb(500)`.",
    "schema": {"type": "string", "pattern": r"^lttb\(\d+\)$", "examples": ["lttb(500)"]},
}


def result_format() -> tuple[str, Node, str, bool]:
    """The option as the description's table of options has it."""
    text = (
        "The form of the answer; the header Accept works too. dataArray fits collections of Observations."
        f" $top is at most {render.MOST[Format.DATA_ARRAY]} for dataArray, {render.MOST[Format.GEOJSON]} for"
        " GeoJSON; CSV without $top is the whole collection."
    )
    return ("$resultFormat", _FORMAT, text, True)


def content(entity: EntityType, *, many: bool) -> Node:
    """What a read may answer, by media type."""
    plain: Node = schemas.named(f"{entity.name}Page" if many else entity.name)
    if many and entity is entities.OBSERVATION:
        plain = {"anyOf": [plain, schemas.named("DataArrayPage")]}
    features = schemas.named("FeatureCollection" if many else "Feature")
    return {
        "application/json": {"schema": plain},
        "application/geo+json": {"schema": features},
        "text/csv": {"schema": {"type": "string", "description": "RFC 4180, UTF-8, with a heading."}},
    }


def of_all() -> dict[str, Node]:
    """The schemas of the forms by their names."""
    names = ["bucket", "timeZone", "components", "dataArray@iot.count", "dataArray"]
    texts = {
        "bucket": {"type": "string", "examples": [asking.Bucket("hour").iso]},
        "timeZone": {"type": "string", "examples": ["Europe/Berlin"]},
        "components": {
            "type": "array",
            "items": {"type": "string"},
            "examples": [["phenomenonTime", "result"]],
        },
        "dataArray@iot.count": {"type": "integer", "minimum": 0},
        "dataArray": {"type": "array", "items": {"type": "array"}},
    }
    streams = {f"{name}@iot.navigationLink": _LINK for name in ("Datastream", "MultiDatastream")}
    group: Node = {
        "type": "object",
        "required": names[2:],
        "additionalProperties": False,
        "properties": {**streams, **texts},
    }
    geometry = {"anyOf": [{"type": "object", "required": ["type"]}, {"type": "null"}]}
    feature: Node = {
        "type": "object",
        "required": ["type", "geometry", "properties"],
        "properties": {
            "type": {"const": "Feature"},
            "id": {"type": "integer"},
            "geometry": geometry,
            "properties": {"type": "object", "description": "Flat; members of objects as `a/b`."},
        },
    }
    return {
        "DataArrayPage": _page("value", group),
        "Feature": feature,
        "FeatureCollection": _page("features", schemas.named("Feature"), type={"const": "FeatureCollection"}),
    }


def _page(name: str, item: Node, **more: Node) -> Node:
    properties = {**more, **_TOTAL, name: {"type": "array", "items": item}}
    return {"type": "object", "required": [name], "additionalProperties": False, "properties": properties}
