# SPDX-License-Identifier: EUPL-1.2
"""Geospatial functions: what they find is what shapely says of each geometry, on every way to it."""

from __future__ import annotations

import json
import operator
import random
from typing import Any
from urllib.parse import quote

import pytest
import shapely

from stadtkern.things.queries import spatial
from tests.things.factories import City, datastream, hourly, location, restricted, thing

pytestmark = pytest.mark.anyio

SQUARE = "POLYGON((0 0,0 10,10 10,10 0,0 0))"
GEOMETRIES = [
    {"type": "Point", "coordinates": [5, 5]},
    {"type": "Point", "coordinates": [0, 5]},
    {"type": "Point", "coordinates": [20, 5, 100]},
    {"type": "Point", "coordinates": [8, 52]},
    {"type": "MultiPoint", "coordinates": [[5, 5], [30, 30]]},
    {"type": "LineString", "coordinates": [[-5, 5], [15, 5]]},
    {"type": "LineString", "coordinates": [[1, 1], [2, 2]]},
    {"type": "LineString", "coordinates": [[0, 0], [0, 10]]},
    {"type": "MultiLineString", "coordinates": [[[0, 0], [3, 4]], [[6, 6], [6, 16]]]},
    {"type": "Polygon", "coordinates": [[[0, 0], [0, 10], [10, 10], [10, 0], [0, 0]]]},
    {"type": "Polygon", "coordinates": [[[5, 5], [5, 15], [15, 15], [15, 5], [5, 5]]]},
    {"type": "Polygon", "coordinates": [[[10, 0], [20, 0], [20, 10], [10, 10], [10, 0]]]},
    {"type": "Polygon", "coordinates": [[[-1, -1], [-1, 11], [11, 11], [11, -1], [-1, -1]],
                                        [[4, 4], [6, 4], [6, 6], [4, 6], [4, 4]]]},
    {"type": "Polygon", "coordinates": [[[0, 0], [8, 8], [0, 8], [8, 0], [0, 0]]]},
    {"type": "MultiPolygon", "coordinates": [[[[40, 40], [40, 41], [41, 41], [40, 40]]]]},
    {"type": "GeometryCollection", "geometries": [{"type": "Point", "coordinates": [1, 1]},
                                                  {"type": "LineString", "coordinates": [[50, 1], [52, 1]]}]},
    {"type": "Feature", "properties": {}, "geometry": {"type": "Point", "coordinates": [9, 9]}},
]  # fmt: skip
LITERALS = [
    SQUARE,
    "POINT(5 5)",
    "LINESTRING(-5 5,15 5)",
    "MULTIPOINT((5 5),(20 5))",
    "MULTILINESTRING((0 0,0 10),(3 3,4 4))",
    "MULTIPOLYGON(((0 0,0 10,10 10,10 0,0 0)),((40 40,40 42,42 42,42 40,40 40)))",
    "POLYGON((-10 -10,-10 60,60 60,60 -10,-10 -10))",
]
RELATIONS = ["equals", "disjoint", "touches", "within", "overlaps", "crosses", "intersects", "contains"]
SIGNS = {
    "lt": operator.lt, "le": operator.le, "gt": operator.gt, "ge": operator.ge, "eq": operator.eq,
    "ne": operator.ne,
}  # fmt: skip


@pytest.fixture(scope="module")
async def places(city: City) -> dict[str, Any]:
    """A Location for each geometry, and one whose place is a text; by name, with what shapely makes of it."""
    found = {}
    for number, geometry in enumerate(GEOMETRIES):
        name = f"g{number:02}"
        await city.create("Locations", location(name=name) | {"location": geometry})
        found[name] = shapely.make_valid(shapely.from_geojson(json.dumps(geometry)))
    plain = location(name="text") | {"encodingType": "text/plain", "location": "somewhere"}
    await city.create("Locations", plain)
    return found


async def found(city: City, condition: str, *, of: str = "Locations") -> list[str]:
    page = await city.get(f"{of}?$count=true&$top=1000&$orderby=name&$filter={quote(condition)}")
    assert page["@iot.count"] == len(page["value"])
    return [item["name"] for item in page["value"]]


@pytest.mark.parametrize("name", [f"st_{name}" for name in RELATIONS] + ["geo.intersects"])
@pytest.mark.parametrize("text", LITERALS)
async def test_relations_are_those_of_the_geometries(
    city: City, places: dict[str, Any], name: str, text: str
) -> None:
    other, test = shapely.from_wkt(text), getattr(shapely, name.partition("_")[2] or "intersects")
    literal = f"geography'{text}'"
    ours = await found(city, f"{name}(location,{literal})")
    assert ours == [key for key, shape in places.items() if test(shape, other)]
    swapped = await found(city, f"{name}({literal},location) eq true")
    assert swapped == [key for key, shape in places.items() if test(other, shape)]
    others = await found(city, f"not {name}(location,{literal})")
    assert sorted(ours + others) == sorted([*places, "text"])
    assert await found(city, f"{name}(location,{literal}) eq false") == [n for n in others if n != "text"]


@pytest.mark.parametrize("word", SIGNS)
@pytest.mark.parametrize("limit", [-1, 0, 5, 11.5, 1e9])
async def test_distances_are_compared_in_degrees(
    city: City, places: dict[str, Any], word: str, limit: float
) -> None:
    for text in LITERALS[:3]:
        far = {key: shape.distance(shapely.from_wkt(text)) for key, shape in places.items()}
        expected = [key for key, distance in far.items() if SIGNS[word](distance, limit)]
        if word == "ne":
            expected.append("text")
        call = f"geo.distance(location,geography'{text}')"
        assert await found(city, f"{call} {word} {limit!r}") == expected
        mirrored = {"lt": "gt", "le": "ge", "gt": "lt", "ge": "le"}.get(word, word)
        assert await found(city, f"{limit!r} {mirrored} {call}") == expected
        assert await found(city, f"{call} add 0 {word} {limit!r}") == expected


async def test_only_lines_have_a_length(city: City, places: dict[str, Any]) -> None:
    assert await found(city, "geo.length(location) gt 9.5") == ["g05", "g07", "g08"]
    assert await found(city, "geo.length(location) eq 2") == ["g15"]
    assert await found(city, "geo.length(location) ge 0") == list(places)
    assert await found(city, "geo.length(geography'LINESTRING(0 0,3 4)') eq 5 and name eq 'g00'") == ["g00"]


@pytest.mark.parametrize("pattern", ["T********", "FF*FF****", "T*F**F***", "*********", "F**T*****"])
async def test_a_pattern_may_be_fulfilled_by_what_is_apart(
    city: City, places: dict[str, Any], pattern: str
) -> None:
    other = shapely.from_wkt(SQUARE)
    expected = [key for key, shape in places.items() if shapely.relate_pattern(shape, other, pattern)]
    assert await found(city, f"st_relate(location,geography'{SQUARE}','{pattern}')") == expected


async def test_the_nearest_come_first_on_every_page(city: City, places: dict[str, Any]) -> None:
    origin = shapely.from_wkt("POINT(8 52)")
    order = quote("geo.distance(location,geography'SRID=4326;POINT(8 52)'),name")
    expected = sorted(places, key=lambda key: (places[key].distance(origin), key))
    address: str | None = f"Locations?$top=4&$orderby={order}"
    paged: list[str] = []
    while address:
        page = await city.get(address)
        paged += [item["name"] for item in page["value"]]
        address = page.get("@iot.nextLink")
    assert paged == ["text", *expected]
    descending = quote("geo.distance(location,geography'POINT(8 52)') desc,name desc")
    assert await city.names(f"Locations?$orderby={descending}") == [*reversed(expected), "text"]


async def test_an_order_looks_only_where_the_filter_does(
    city: City, places: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spatial, "MOST_CANDIDATES", 12)
    call = "geo.distance(location,geography'POINT(6 5)')"
    near = sorted((place.distance(shapely.Point(6, 5)), key) for key, place in places.items())
    expected = [key for distance, key in near if distance < 3]
    for text in (
        f"{call} lt 3",
        f"{call} lt 3 and name ne 'x'",
        f"name ne 'x' and (id gt 0 and 3 gt {call})",
    ):
        address = f"Locations?$filter={quote(text)}&$orderby={quote(call + ',name')}"
        assert await city.names(address) == expected
    refused = await city.refused(
        "GET", f"Locations?$orderby={quote(call)}&$filter={quote(f'not ({call} gt 3)')}"
    )
    assert refused["status"] == 422


async def test_random_geometries_are_judged_as_shapely_does(city: City, places: dict[str, Any]) -> None:
    chance = random.Random(7)
    for _ in range(25):
        x, y, size = chance.uniform(-10, 50), chance.uniform(-10, 50), chance.uniform(1, 30)
        shape = shapely.box(x, y, x + size, y + size / 2)
        if chance.random() < 0.5:
            shape = shape.boundary
        literal, name = f"geography'{shape.wkt}'", chance.choice(RELATIONS)
        expected = [key for key, place in places.items() if getattr(shapely, name)(place, shape)]
        assert await found(city, f"st_{name}(location,{literal})") == expected
        limit = chance.uniform(0, 30)
        near = [key for key, place in places.items() if place.distance(shape) <= limit]
        assert await found(city, f"geo.distance(location,{literal}) le {limit!r}") == near


@pytest.fixture(scope="module")
async def around(city: City, database: str) -> City:
    """A Thing in a square, one elsewhere, and a hidden one in the square; returns who sees all."""
    far = location(name="far", x=100.0, y=60.0)
    for name, place in (("near", location(name="in", x=70.5, y=70.5)), ("away", far)):
        area = {"type": "Point", "coordinates": place["location"]["coordinates"]}
        stream = datastream(name=f"{name} air", observations=hourly(1, 2), observedArea=area)
        await city.create("Things", thing(name=name, Locations=[place], Datastreams=[stream]))
    await city.create("Things", thing(name="nowhere"))
    secret = City(city.client, await restricted(database, key="hidden-place"))
    bunker = location(name="bunker", x=70.6, y=70.6)
    stream = datastream(name="hidden", observations=hourly(9))
    await secret.create("Things", thing(name="hidden", Locations=[bunker], Datastreams=[stream]))
    return secret


HERE = "geography'POLYGON((70 70,70 71,71 71,71 70,70 70))'"
POINT = "geography'POINT(70.5 70.5)'"
WAYS = [
    ("Things", f"geo.distance(Locations/location,{POINT}) lt 0.5", ["near"]),
    ("Things", f"geo.intersects(Locations/location,{HERE}) and Locations/name eq 'in'", ["near"]),
    ("Things", f"geo.intersects(Locations/location,{HERE}) and Locations/name eq 'far'", []),
    ("Things", f"Locations/any(l: st_within(l/location,{HERE}))", ["near"]),
    ("Things", f"Locations/all(l: st_within(l/location,{HERE}))", ["near", "nowhere"]),
    ("Things", f"st_within(Datastreams/observedArea,{HERE})", ["near"]),
    ("Datastreams", f"geo.intersects(observedArea,{HERE})", ["near air"]),
    ("Datastreams", f"geo.distance(Thing/Locations/location,{POINT}) lt 1", ["near air"]),
    ("Datastreams", f"Observations/any(o: st_within(o/FeatureOfInterest/feature,{HERE}))", ["near air"]),
    ("FeaturesOfInterest", f"st_intersects(feature,{HERE})", ["in"]),
    ("Sensors", f"geo.intersects(Datastreams/observedArea,{HERE})", ["probe"]),
]  # fmt: skip


@pytest.mark.parametrize(("of", "condition", "names"), WAYS)
async def test_geometries_are_reached_on_every_way_and_hidden_ones_on_none(
    city: City, around: City, of: str, condition: str, names: list[str]
) -> None:
    for somebody in (city, city.anonymous()):
        assert await found(somebody, condition, of=of) == names


async def test_who_may_see_a_hidden_place_finds_it(around: City) -> None:
    condition = f"Locations/any(l: st_within(l/location,{HERE}))"
    assert await found(around, condition, of="Things") == ["hidden", "near"]


async def test_expansions_and_their_counts_take_places(city: City, around: City) -> None:
    text = f"geo.intersects(location,{HERE})"
    expand = quote(f"Locations($filter={text};$count=true;$orderby=geo.distance(location,{POINT}))")
    shown = await city.values(f"Things?$filter=name%20ne%20%27nowhere%27&$expand={expand}")
    assert [(item["name"], item["Locations@iot.count"]) for item in shown] == [("near", 1), ("away", 0)]


async def test_observations_are_found_by_their_feature(city: City, around: City) -> None:
    for text in (
        f"geo.distance(FeatureOfInterest/feature,{POINT}) lt 0.1",
        f"geo.intersects(Datastream/Thing/Locations/location,{HERE})",
        f"geo.intersects(FeatureOfInterest/feature,{HERE}) and result gt 0",
    ):
        page = await city.get(f"Observations?$count=true&$filter={quote(text)}")
        assert (page["@iot.count"], [item["result"] for item in page["value"]]) == (2, [1, 2]), text
    assert (await city.get(f"Observations/$count?$filter={quote(text)}")) == 2


async def test_files_and_their_counts_take_places(city: City, around: City) -> None:
    (stream,) = await city.values("Datastreams?$filter=name eq 'near air'")
    condition = quote(f"geo.intersects(FeatureOfInterest/feature,{HERE})")
    options = f"$resultFormat=dataArray&$count=true&$filter={condition}"
    (found,) = await city.values(f"Datastreams({stream['@iot.id']})/Observations?{options}")
    assert found["dataArray@iot.count"] == 2


async def test_too_many_candidates_say_what_to_narrow(
    city: City, places: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spatial, "MOST_CANDIDATES", 3)
    wide = quote(f"geo.intersects(location,geography'{LITERALS[-1]}')")
    refused = await city.refused("GET", f"Locations?$filter={wide}")
    assert refused["status"] == 422
    assert "smaller area" in refused["remedy"]
    assert await found(city, f"geo.intersects(location,{HERE})") in ([], ["in"])


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("geo.distance(location,geography'POINT(1)') lt 1", "position 23"),
        ("geo.distance(location,geography'CIRCULARSTRING(0 0,1 1,2 0)') lt 1", "well-known text"),
        ("geo.distance(location,geography'POINT EMPTY') lt 1", "empty"),
        ("geo.distance(location,geography'POINT(1e999 1)') lt 1", "not valid"),
        ("geo.distance(location,geography'SRID=25832;POINT(1 1)') lt 1", "4326"),
        ("st_within(location,geography'POLYGON((0 0,1 1,0 1,1 0,0 0))')", "Self-intersection"),
        ("st_relate(location,geography'POINT(1 1)','abc')", "pattern"),
        ("st_relate(location,geography'POINT(1 1)',name)", "pattern"),
        ("st_within(name,geography'POINT(1 1)')", "takes"),
        ("geo.distance(location) lt 1", "takes"),
        ("location eq geography'POINT(1 1)'", "cannot be compared"),
        ("geo.distance(location,location) lt 1", "one literal"),
    ],
)
async def test_wrong_geometries_are_refused_with_the_place(city: City, text: str, says: str) -> None:
    answer = await city.send("GET", f"Locations?$filter={quote(text)}")
    assert answer.status_code in (400, 501)
    assert says in answer.json()["message"]
