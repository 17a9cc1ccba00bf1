# SPDX-License-Identifier: EUPL-1.2
"""Every address of the data plane at which one could ask, and what could be sent to it."""

from __future__ import annotations

import ast
import inspect
from types import ModuleType
from typing import Any, NamedTuple

from stadtkern.things import entities
from tests.governance.door import Door, door, no_data

PREFIXES = ("/live", "/sta", "/ogc", "/health")
STA = "/sta/v1.1"

# By what stands below `/ogc`, as the service takes addresses apart.
OGC: dict[str, Door] = {
    "": door(lists="/ogc /ogc?f=html"),
    "conformance": door(lists="/ogc/conformance"),
    "api": door(lists="/ogc/api"),
    "collections": door(lists="/ogc/collections /ogc/collections?f=html"),
    "collections/{key}": door(one="/ogc/collections/{key} /ogc/collections/{key}?f=html"),
    "collections/{key}/queryables": door(
        lists="/ogc/collections/things/queryables", one="/ogc/collections/{key}/queryables"
    ),
    "collections/{key}/items": door(
        lists="/ogc/collections/things/items?limit=1000&f=html"
        " /ogc/collections/things/items?bbox=7,51,8,53&f=html"
        " /ogc/collections/things/items?filter=id>0&f=html /ogc/collections/locations/items?limit=1000&f=html"
        " /ogc/collections/locations/items?filter=S_DISJOINT(geometry,POINT(1%202))&f=html",
        one="/ogc/collections/{key}/items?f=html /ogc/collections/{key}/items?filter=height>1&f=html",
        search="/ogc/collections/things/items?f=html&name={word} /ogc/collections/{key}/items?bbox=x"
        " /ogc/collections/things/items?f=html&filter=id={thing}",
    ),
    "collections/{key}/items/{number}": door(
        one="/ogc/collections/{key}/items/1 /ogc/collections/{key}/items/1?f=html"
        " /ogc/collections/things/items/{thing}",
        search="/ogc/collections/locations/items/{thing}",
    ),
    "collections/{key}/{name}": door(
        lists="/ogc/collections/things/download.csv /ogc/collections/locations/download.geojson",
        one="/ogc/collections/{key}/download.csv /ogc/collections/{key}/download.parquet",
        search="/ogc/collections/locations/download.csv?filter=name%20LIKE%20'{word}%25'"
        " /ogc/collections/{key}/download.xlsx",
    ),
    "collections/{key}/versions": door(search="/ogc/collections/{key}/versions"),
    "collections/{key}/versions/{number}/{name}": door(
        search="/ogc/collections/{key}/versions/1/download.csv"
    ),
}

PLANE: dict[str, Door] = {
    "/health": no_data("whether the process answers"),
    "/sta": no_data("sends to the version there is"),
    "/sta/": no_data("the same"),
    "/live": door(lists="/live?datastreams=x", one="/live?datastreams={stream}"),
    "/ogc": Door(*(tuple(dict.fromkeys(a for each in OGC.values() for a in each[n])) for n in range(3))),
}


def sensorthings() -> dict[str, Door]:
    """The SensorThings API by entity set; `test_walls` asks it with all options, here everybody asks it."""
    found = {}
    for entity in entities.ENTITIES:
        one = f"{STA}/{entity.set}({{{_ID.get(entity.name, 'thing')}}})"
        ways = [f"{one}/{relation.name}" for relation in entity.relations]
        found[entity.set] = Door(
            lists=(f"{STA}/{entity.set}?$count=true&$top=2", f"{STA}/{entity.set}/$count"),
            search=(one, f"{one}/$ref", f"{STA}/{entity.set}?$filter=id%20eq%20{{thing}}", *ways),
        )
    stream, thing = f"{STA}/Datastreams({{stream}})", f"{STA}/Things({{thing}})"
    by_name = "?$filter=startswith(name,'Verborgen%20{word}')"
    found["Datastreams"] = found["Datastreams"]._replace(
        one=(stream, f"{stream}/Observations?$top=3", f"{stream}/name/$value", f"{stream}/Thing"),
        search=(
            *found["Datastreams"].search,
            f"{stream}/Observations?$aggregate=day(mean)",
            f"{stream}/Observations?$resultFormat=CSV",
            f"{stream}/Observations?$resultFormat=dataArray",
            f"{STA}/Observations?$count=true&$top=1&$filter=Datastream/id%20eq%20{{stream}}",
            f"{STA}/Datastreams{by_name}",
            f"{STA}/Things(1)/Datastreams{by_name}",
        ),
    )
    found["Things"] = found["Things"]._replace(one=(thing, f"{thing}/Datastreams", f"{thing}/Locations"))
    return found


_ID = {"Datastream": "stream", "Observation": "observation"}


class Sending(NamedTuple):
    """A request that would change something; names in braces come from a room, also in the body."""

    method: str
    address: str
    body: Any


_VALUE = {"phenomenonTime": "2024-01-01T00:00:00Z", "result": 1}
_GROUP = {"components": ["phenomenonTime", "result"], "dataArray": [["2024-01-01T00:00:00Z", 1]]}
SENT = (
    Sending("POST", f"{STA}/Datastreams({{stream}})/Observations", _VALUE),
    Sending("POST", f"{STA}/Observations", {**_VALUE, "Datastream": {"@iot.id": "{stream}"}}),
    Sending("POST", f"{STA}/CreateObservations", [{"Datastream": {"@iot.id": "{stream}"}, **_GROUP}]),
    Sending("POST", f"{STA}/Things({{thing}})/Locations", {"@iot.id": "{thing}"}),
    Sending("PATCH", f"{STA}/Datastreams({{stream}})", {"name": "x"}),
    Sending("PATCH", f"{STA}/Datastreams(1)", {"Thing": {"@iot.id": "{thing}"}}),
    Sending("PATCH", f"{STA}/Observations({{observation}})", {"result": 2}),
    Sending("PUT", f"{STA}/Datastreams(1)/Thing/$ref", {"@iot.id": "{thing}"}),
    Sending("DELETE", f"{STA}/Things({{thing}})", None),
    Sending("DELETE", f"{STA}/Things?$filter=id%20eq%20{{thing}}", None),
    Sending("DELETE", f"{STA}/Datastreams({{stream}})", None),
    Sending("DELETE", f"{STA}/Observations({{observation}})", None),
    Sending(
        "POST",
        f"{STA}/$batch",
        {"requests": [{"id": "1", "method": "get", "url": "Datastreams({stream})"}]},
    ),
    Sending("POST", "/ogc/collections/{key}/items", {"type": "Feature"}),
    Sending("DELETE", "/ogc/collections/{key}/items/1", None),
)
NUMBERS = ("stream", "thing", "observation")


def ogc_patterns(module: ModuleType) -> set[str]:
    """The addresses that a module's `match call.parts` knows, as they are named in `OGC`."""
    tree = ast.parse(inspect.getsource(module))
    cases = [case for node in ast.walk(tree) if isinstance(node, ast.Match) for case in node.cases]
    return {"/".join(_part(each) for each in case.pattern.patterns) for case in cases
            if isinstance(case.pattern, ast.MatchSequence)}  # fmt: skip


def _part(pattern: ast.pattern) -> str:
    if isinstance(pattern, ast.MatchValue) and isinstance(pattern.value, ast.Constant):
        return str(pattern.value.value)
    return "{" + str(getattr(pattern, "name", "")) + "}"
