# SPDX-License-Identifier: EUPL-1.2
"""Strategies for what might be asked of the service: nearly right, wrong, and absurd."""

from __future__ import annotations

import json
import random
from typing import Any

from hypothesis import strategies as st

from stadtkern.things.language import functions

_ODD = [
    "'",
    "''",
    "(",
    ")",
    ",",
    ";",
    "/",
    "\x00",
    "%",
    "%00",
    "\ud7ff",
    "\u202e",
    "🚲",
    "'; drop table things.thing; --",
    "1e999",
    "NaN",
    "Infinity",
    "-Infinity",
    "-",
    "null",
    "9" * 40,
    "01.02.2024",
    "12024-01-01T00:00:00Z",
    "2024-13-45",
    "0000-00-00T00:00:00Z",
    "9999-12-31T23:59:59+14:00",
    "P1D",
    "duration'P999999D'",
    "{}",
    "%s",
    "{a}",
    "{0}",
    "::text",
    "@iot.id",
    "$it",
    "not",
    "eq",
    "\\",
    '"',
    "\n",
    "\t",
    "geography'POINT(1 2)'",
]
_FILTERS = [
    "name eq 'tree'",
    "Datastreams/Observations/result gt 1 and name ne 'x'",
    "not (id in (1,2,3))",
    "phenomenonTime gt 2024-05-01T00:00:00Z",
    "during(phenomenonTime, 2024-01-01T00:00:00Z/2025-01-01T00:00:00Z)",
    "year(phenomenonTime) eq 2024",
    "substringof('re', name) or startswith(name, 't')",
    "result add 1 mul 2 div 3 mod 4 sub 5 gt -6",
    "properties/a/b/0 eq 'x'",
    "length(concat(name, description)) ge 2 desc",
    "resultTime lt now() sub duration'P1DT12H'",
    "Datastream/Thing/Locations/name eq 'Domplatz'",
    "result asc, id desc",
    "date(resultTime) eq 2024-05-01",
    "time(resultTime) lt 12:00:00",
    "round(result) eq floor(result) and ceiling(result) gt null",
    "result eq 'on' or result eq true or result eq null",
    "unitOfMeasurement/name eq 'degree Celsius'",
    "Thing/name,Sensor/metadata desc",
    "Datastreams/any(d: d/name eq 'air' and d/Observations/any(o: o/result gt 1))",
    "Locations/all(l: l/name ne 'x') or Datastreams/Observations/any()",
    "geo.distance(location,geography'POINT(7.6 51.9)') lt 0.1",
    "st_within(Locations/location,geography'POLYGON((7 51,8 51,8 53,7 51))') and name ne $it/description",
    "st_relate(feature,geography'LINESTRING(7 51,8 52)','T*F**F***')",
    "geo.length(observedArea) mul 2 gt geo.distance(geography'POINT(1 1)',geography'POINT(2 2)')",
    "geo.distance(FeatureOfInterest/feature,geography'POINT(7 51)') desc,id",
]
_EXPANSIONS = [
    "Datastreams",
    "Datastreams($expand=Observations($top=1;$orderby=phenomenonTime desc))",
    "Datastreams/Observations,Locations",
    "Datastreams($select=name;$filter=name eq 'air';$count=true),HistoricalLocations($top=2;$skip=1)",
    "Thing/Locations/Things/Datastreams",
    "Observations($filter=result gt 1;$orderby=result;$top=5),Sensor($select=name)",
    "FeatureOfInterest,Datastream($expand=Thing($expand=Locations))",
    "MultiDatastreams($expand=ObservedProperties)",
]
_ADDRESSES = [
    "Things",
    "Things(1)",
    "Things(1)/name/$value",
    "Things(1)/Datastreams(1)/Observations",
    "Datastreams(1)/unitOfMeasurement/name",
    "Observations/$count",
    "Datastreams(1)/Observations",
    "Things(1)/Datastreams(1)/Observations",
    "Locations(1)/Things/$ref",
    "Datastreams(1)/Thing/Locations",
    "Things(9223372036854775807)",
    "MultiDatastreams(1)/ObservedProperties",
    "FeaturesOfInterest(1)/Observations",
    "Observations(1000000000000000)",
]
_QUERIES = [
    "$top=1&$skip=2&$count=true",
    "$select=name,id&$orderby=id desc",
    "$skiptoken=WzEyMyx",
    "$resultFormat=JSON",
    "$resultFormat=dataArray&$top=5",
    "$resultFormat=CSV&$select=id,properties/a/0",
    "$resultFormat=GeoJSON&$expand=Datastreams",
    "$aggregate=hour(mean,quantile(0.5);zone=Europe/Berlin;fill=linear)&$top=3",
    "$aggregate=P1D&$downsample=lttb(50)&$filter=phenomenonTime lt now() sub duration'P1D'",
    "$top=-1",
    "$filter=name eq 'x'&$expand=Datastreams",
    "",
]

filters = st.sampled_from(_FILTERS)
expansions = st.sampled_from(_EXPANSIONS)
addresses = st.sampled_from(_ADDRESSES)
queries = st.sampled_from(_QUERIES)
_text = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)


def mutated(valid: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Valid texts, texts with some damage, and texts from nowhere."""
    damaged = st.builds(_damage, valid, st.integers(0, 2**32), st.integers(1, 4))
    nested = st.builds(lambda text, n: "(" * n + text + ")" * n, valid, st.integers(1, 400))
    return st.one_of(valid, damaged, damaged, damaged, _text, nested)


def _damage(text: str, seed: int, times: int) -> str:
    chance = random.Random(seed)
    for _ in range(times):
        begin = chance.randint(0, len(text))
        end = min(len(text), begin + chance.randint(0, 6))
        match chance.randint(0, 3):
            case 0:
                text = text[:begin] + text[end:]
            case 1:
                text = text[:begin] + chance.choice(_ODD) + text[end:]
            case 2:
                text = text[:end] + text[begin:]
            case _:
                text = text[:begin] + chr(chance.randint(0, 0xD7FF)) + text[begin:]
    return text


_atoms = st.sampled_from(
    [
        "null",
        "true",
        "1",
        "-1",
        "0",
        "1e300",
        "9223372036854775807",
        "'a'",
        "''",
        "name",
        "id",
        "result",
        "phenomenonTime",
        "resultTime",
        "validTime",
        "properties/x",
        "parameters/x",
        "unitOfMeasurement",
        "location",
        "observedArea",
        "2024-05-01T00:00:00Z",
        "2024-05-01",
        "12:00:00",
        "duration'PT1H'",
        "time",
        "resultQuality",
        "duration'P999999D'",
        "9999-12-31T23:59:59Z",
        "0001-01-01T00:00:00Z",
        "now()",
        "mindatetime()",
        "2024-01-01T00:00:00Z/2025-01-01T00:00:00Z",
        "Datastream/id",
        "Datastreams/Observations/result",
        "encodingType",
        "geography'POINT(7.6 51.9)'",
        "geography'POLYGON((7 51,8 51,8 53,7 51))'",
        "feature",
        "FeatureOfInterest/feature",
        "Locations/location",
        "Datastreams/any()",
        "Observations/all(o: o/result gt 1)",
        "Things/any(x: x/Locations/any(y: y/id eq x/id))",
        "'T********'",
    ]
)


def _around(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    names = st.sampled_from(sorted([*functions.FUNCTIONS, *functions.SPATIAL]))
    arguments = st.lists(inner, min_size=0, max_size=3).map(",".join)
    between = st.sampled_from(["add", "sub", "mul", "div", "mod", "eq", "ne", "gt", "le", "and", "or"])
    return st.one_of(
        st.builds(lambda name, text: f"{name}({text})", names, arguments),
        st.builds(lambda a, word, b: f"({a} {word} {b})", inner, between, inner),
        st.builds(lambda a: f"-{a}", inner),
        st.builds(lambda a: f"not ({a})", inner),
        st.builds(lambda a, b: f"{a} in ({b})", inner, arguments),
    )


typed = st.recursive(_atoms, _around, max_leaves=6)

json_values: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | _text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_text, inner, max_size=3),
    max_leaves=8,
)

_members = st.sampled_from(
    [
        "name",
        "description",
        "properties",
        "encodingType",
        "location",
        "time",
        "metadata",
        "definition",
        "unitOfMeasurement",
        "observationType",
        "observedArea",
        "phenomenonTime",
        "result",
        "resultTime",
        "validTime",
        "resultQuality",
        "parameters",
        "Thing",
        "Locations",
        "Datastream",
        "Datastreams",
        "Sensor",
        "ObservedProperty",
        "Observations",
        "FeatureOfInterest",
        "components",
        "dataArray",
        "@iot.id",
    ]
)
_values = json_values | st.sampled_from(
    [
        {"@iot.id": 1},
        [{"@iot.id": 1}],
        {"type": "Point", "coordinates": [7, 51]},
        "2024-05-01T00:00:00Z",
        ["result"],
    ]
)
_entities = st.recursive(
    st.dictionaries(_members, _values, max_size=8),
    lambda inner: st.dictionaries(
        _members, st.one_of(_values, inner, st.lists(inner, max_size=2)), max_size=8
    ),
    max_leaves=4,
)
_valid = st.sampled_from(
    [
        '{"name":"a","description":"b"}',
        '{"result":1,"Datastream":{"@iot.id":1}}',
        '{"result":1,"phenomenonTime":"2024-05-01T00:00:00Z","Datastream":{"@iot.id":1},"parameters":{"a":[1]}}',
        '[{"Datastream":{"@iot.id":1},"components":["phenomenonTime","result"],'
        '"dataArray":[["2024-05-01T00:00:00Z",1],["2024-05-01T01:00:00Z",2]]}]',
        '{"name":"a","description":"b","encodingType":"application/geo+json",'
        '"location":{"type":"Polygon","coordinates":[[[7,51],[8,51],[8,52],[7,51]]]}}',
    ]
)
bodies: st.SearchStrategy[bytes] = st.one_of(
    st.builds(json.dumps, st.one_of(_entities, st.lists(_entities, max_size=3), json_values)),
    mutated(_valid),
).map(lambda text: text.encode("utf-8", "surrogatepass"))
