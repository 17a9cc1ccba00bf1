# SPDX-License-Identifier: EUPL-1.2
"""request-data: every function of the table of built-in query functions (clause 9.3.3.5.2)."""

from __future__ import annotations

import pytest

from conformance import bodies
from conformance.service import Entity, Service, ids, names
from conformance.town import RESULTS, Town

functions = pytest.mark.requirement("request-data/built-in-query-functions", clause="9.3.3.5.2")
DAY = {0: "2024-02-29T23:59:58.250Z", 1: "2024-12-31T00:00:00Z", 2: "2025-01-01T12:30:45.500Z"}
IN_SQUARE = ("centre", "corner", "inner", "square")


@pytest.fixture(scope="module")
def texts(sta: Service) -> str:
    """Three Things whose descriptions differ in what the functions look at; the filter that finds them."""
    for number, text in enumerate(["Sensor Things", "  sensor  ", "Ümlaut THINGS Sensor"]):
        sta.create("Things", {"name": sta.name(f"text{number}"), "description": text})
    return f"startswith(name,'{sta.name('text')}')"


@functions
@pytest.mark.parametrize(("condition", "kept"), [
    ("substringof('Things',description)", [0]), ("substringof('sensor',description)", [1]),
    ("substringof('ensor',description)", [0, 1, 2]), ("substringof('%',description)", []),
    ("substringof('_',description)", []), ("endswith(description,'Things')", [0]),
    ("endswith(description,'Sensor')", [2]), ("endswith(description,'_ensor')", []),
    ("startswith(description,'Sensor')", [0]), ("startswith(description,'  s')", [1]),
    ("startswith(description,'%')", []), ("length(description) eq 13", [0]),
    ("length(description) eq 10", [1]),
    ("length(description) gt 13", [2]), ("indexof(description,'Things') eq 7", [0]),
    ("indexof(description,'Sensor') eq 0", [0]), ("indexof(description,'ensor') eq 3", [1]),
    ("substring(description,1) eq 'ensor Things'", [0]), ("substring(description,14) eq 'Sensor'", [2]),
    ("substring(description,0,6) eq 'Sensor'", [0]), ("substring(description,7,5) eq 'THING'", [2]),
    ("tolower(description) eq 'sensor things'", [0]), ("tolower(description) eq 'ümlaut things sensor'", [2]),
    ("toupper(description) eq 'SENSOR THINGS'", [0]), ("toupper(description) eq 'ÜMLAUT THINGS SENSOR'", [2]),
    ("trim(description) eq 'sensor'", [1]), ("trim(description) eq description", [0, 2]),
    ("concat(concat(description,', '),'x') eq 'Sensor Things, x'", [0]),
    ("concat(trim(description),'s') eq 'sensors'", [1]),
    ("length(trim(description)) eq 6", [1]), ("not startswith(description,'S')", [1, 2]),
    ("startswith(tolower(trim(description)),'sensor')", [0, 1]),
])  # fmt: skip
def test_functions_of_texts(sta: Service, texts: str, condition: str, kept: list[int]) -> None:
    """substringof, endswith, startswith, length, indexof, substring, tolower, toupper, trim, concat."""
    found = sta.members("Things", filter=f"{texts} and {condition}", orderby="name")
    assert names(found) == [f"text{number}" for number in kept]


@functions
def test_functions_of_texts_over_relations(sta: Service, city: Town) -> None:
    """Arguments may be paths through relations and into JSON."""
    condition = "concat(concat(unitOfMeasurement/symbol,', '),unitOfMeasurement/name) eq '%, percent'"
    assert "stream1" in names(sta.members("Datastreams", filter=sta.mine(condition)))
    found = sta.members("Datastreams", filter=sta.mine("endswith(Thing/name,'thing1')"))
    assert names(found) == ["stream2"]
    found = sta.members(
        "Things", filter=sta.mine("startswith(Datastreams/name,'" + sta.name("stream3") + "')")
    )
    assert names(found) == ["thing2"]


@pytest.fixture(scope="module")
def moments(sta: Service) -> tuple[str, list[Entity]]:
    """Three Observations at telling moments; their path and they themselves."""
    stream = bodies.stream(sta, "moments")
    path = f"Datastreams({stream['@iot.selfLink'].rsplit('(', 1)[1]}/Observations"
    made = [sta.create(path, {"result": n, "phenomenonTime": "2024-06-01T00:00:00Z", "resultTime": time})
            for n, time in DAY.items()]  # fmt: skip
    return path, made


@functions
@pytest.mark.parametrize(("condition", "kept"), [
    ("year(resultTime) eq 2024", [0, 1]), ("year(resultTime) eq 2025", [2]), ("month(resultTime) eq 2", [0]),
    ("month(resultTime) eq 12", [1]), ("day(resultTime) eq 29", [0]), ("day(resultTime) ge 29", [0, 1]),
    ("hour(resultTime) eq 23", [0]), ("hour(resultTime) eq 12", [2]), ("minute(resultTime) eq 59", [0]),
    ("minute(resultTime) eq 0", [1]), ("second(resultTime) eq 58", [0]), ("second(resultTime) eq 45", [2]),
    ("fractionalseconds(resultTime) eq 0.25", [0]), ("fractionalseconds(resultTime) eq 0", [1]),
    ("fractionalseconds(resultTime) gt 0.3", [2]), ("totaloffsetminutes(resultTime) eq 0", [0, 1, 2]),
    ("date(resultTime) ne date(phenomenonTime)", [0, 1, 2]),
    ("date(resultTime) eq date(resultTime)", [0, 1, 2]),
    ("date(resultTime) eq date(phenomenonTime)", []), ("time(resultTime) eq time(phenomenonTime)", [1]),
    ("time(resultTime) gt time(phenomenonTime)", [0, 2]), ("resultTime lt now()", [0, 1, 2]),
    ("resultTime ge now()", []), ("resultTime gt mindatetime()", [0, 1, 2]),
    ("resultTime lt maxdatetime()", [0, 1, 2]), ("resultTime eq mindatetime()", []),
    ("resultTime eq maxdatetime()", []), ("year(resultTime) eq year(phenomenonTime)", [0, 1]),
])  # fmt: skip
def test_functions_of_times(
    sta: Service, moments: tuple[str, list[Entity]], condition: str, kept: list[int]
) -> None:
    """year … fractionalseconds, date, time, totaloffsetminutes, now, mindatetime, maxdatetime."""
    path, made = moments
    found = sta.members(path, filter=condition, orderby="result")
    assert [ids(made).index(each["@iot.id"]) for each in found] == kept


@functions
@pytest.mark.parametrize(("condition", "kept"), [
    ("round(result) eq 8", lambda r: r == 8.25), ("round(result add 0.25) eq 5", lambda r: r == 4.5),
    ("floor(result) eq 4", lambda r: r == 4.5), ("floor(result) eq result", lambda r: r == int(r)),
    ("ceiling(result) eq 9", lambda r: r == 8.25), ("ceiling(result) eq 5", lambda r: r == 4.5),
    ("floor(result sub 0.5) eq -3", lambda r: r == -2), ("ceiling(result sub 0.5) eq -2", lambda r: r == -2),
])  # fmt: skip
def test_functions_of_numbers(sta: Service, city: Town, condition: str, kept: object) -> None:
    """round, floor, ceiling, of negative numbers, too."""
    found = sta.members(city.readings, filter=condition, orderby="phenomenonTime")
    assert [each["result"] for each in found] == [r for r in RESULTS if kept(r)]  # type: ignore[operator]


SQUARE = "geography'POLYGON ((10 10, 12 10, 12 12, 10 12, 10 10))'"


@functions
@pytest.mark.parametrize(("condition", "kept"), [
    ("geo.distance(location,geography'POINT (30 30)') eq 0", ["away", "far"]),
    ("geo.distance(location,geography'POINT(11 11)') gt geo.distance(location,geography'POINT(30 30)')",
     ["away", "far"]),
    ("geo.length(location) gt geo.length(geography'LINESTRING (30 30, 32 30)')", ["across"]),
    (f"geo.intersects(location,{SQUARE})",
     ["across", "centre", "corner", "inner", "neighbour", "shifted", "square"]),
    ("st_equals(location,geography'POINT (30 30)')", ["far"]), (f"st_equals(location,{SQUARE})", ["square"]),
    ("st_equals(location,geography'POLYGON ((12 12, 10 12, 10 10, 12 10, 12 12))')", ["square"]),
    (f"st_disjoint(location,{SQUARE})", ["away", "far"]),
    (f"st_touches(location,{SQUARE})", ["corner", "neighbour"]),
    (f"st_within(location,{SQUARE})", ["centre", "inner", "square"]),
    (f"st_overlaps(location,{SQUARE})", ["shifted"]), (f"st_crosses(location,{SQUARE})", ["across"]),
    ("st_crosses(location,geography'LINESTRING (9 11, 13 11)')", ["inner", "neighbour", "square"]),
    (f"st_intersects(location,{SQUARE})",
     ["across", "centre", "corner", "inner", "neighbour", "shifted", "square"]),
    ("st_contains(location,geography'POINT (11 11)')", ["across", "centre", "inner", "square"]),
    ("st_contains(location,geography'POINT (12.5 11.5)')", ["neighbour", "shifted"]),
    (f"st_relate(location,{SQUARE},'T*****FF*')", ["square"]),
    (f"st_relate(location,{SQUARE},'T*F**F***')", ["centre", "inner", "square"]),
    (f"st_relate(location,{SQUARE},'FF*FF****')", ["away", "far"]),
])  # fmt: skip
def test_functions_of_places(
    sta: Service, places: dict[str, Entity], condition: str, kept: list[str]
) -> None:
    """geo.distance, geo.length, geo.intersects and the nine spatial relations, with well-known text."""
    own = f"startswith(name,'{sta.name('geo ')}')"
    found = sta.members("Locations", filter=f"{own} and {condition}", orderby="name")
    assert names(found) == kept


@functions
def test_functions_of_places_over_relations(sta: Service, city: Town) -> None:
    """Things by the place of their Locations; Observations by that of their feature."""
    circle = "geo.distance(Locations/location,geography'POINT (8 51)') lt 0.001"
    assert names(sta.members("Things", filter=sta.mine(circle))) == ["thing1"]
    inside = "st_within(FeatureOfInterest/feature,geography'POLYGON ((7 51, 8 51, 8 52, 7 52, 7 51))')"
    assert len(sta.members(city.readings, filter=inside)) == 10
    outside = "st_disjoint(FeatureOfInterest/feature,geography'POLYGON ((7 51, 8 51, 8 52, 7 52, 7 51))')"
    assert not sta.members(city.readings, filter=outside)


@functions
@pytest.mark.parametrize("condition", [
    "geo.distance(location,geography'POINT (30)') lt 1", "geo.distance(location) lt 1",
    "st_within(location,geography'POLYGON ((1 1, 2 2')", "st_within(location,'nowhere')",
])  # fmt: skip
def test_a_broken_place_is_an_error(sta: Service, city: Town, condition: str) -> None:
    """What is no well-known text answers 400."""
    sta.refuses(sta.ask("Locations", filter=condition), 400)
