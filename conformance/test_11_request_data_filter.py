# SPDX-License-Identifier: EUPL-1.2
"""request-data: $filter with its operators (clause 9.3.3.5)."""

from __future__ import annotations

import pytest

from conformance.service import Service, at, ids, literal, names
from conformance.town import DAY, RESULTS, Town

filtering = pytest.mark.requirement("request-data/filter", clause="9.3.3.5")
operators = pytest.mark.requirement("request-data/built-in-filter-operations", clause="9.3.3.5.1")
TIMES = [f"{DAY}{hour:02}:00:00Z" for hour in range(10)]


def hours(sta: Service, city: Town, condition: str) -> list[int]:
    """Which of the ten readings match, by hour."""
    found = sta.members(city.readings, filter=condition, orderby="phenomenonTime")
    return [ids(city.observations).index(each["@iot.id"]) for each in found]


@operators
@pytest.mark.parametrize(("condition", "kept"), [
    ("result eq 7", lambda r: r == 7), ("result ne 7", lambda r: r != 7),
    ("result gt 7", lambda r: r > 7), ("result ge 7", lambda r: r >= 7),
    ("result lt 4.5", lambda r: r < 4.5), ("result le 4.5", lambda r: r <= 4.5),
    ("7 lt result", lambda r: r > 7), ("result eq -2", lambda r: r == -2),
    ("result gt 3 and result lt 9", lambda r: 3 < r < 9),
    ("result lt 1 or result gt 9", lambda r: r < 1 or r > 9),
    ("not (result gt 3)", lambda r: not r > 3), ("not result gt 3", lambda r: not r > 3),
    ("result lt 0 or result gt 3 and result lt 5", lambda r: r < 0 or 3 < r < 5),
    ("(result lt 0 or result gt 3) and result lt 5", lambda r: (r < 0 or r > 3) and r < 5),
    ("not (result lt 3) and not (result gt 7)", lambda r: 3 <= r <= 7),
    ("result add 5 gt 10", lambda r: r + 5 > 10), ("result sub 5 gt 1", lambda r: r - 5 > 1),
    ("result mul 2 gt 13", lambda r: r * 2 > 13), ("result div 2 eq 2.25", lambda r: r / 2 == 2.25),
    ("result mod 5 eq 0", lambda r: r % 5 == 0), ("result mod 4 eq 3", lambda r: r in (3, 7)),
    ("result add 2 mul 3 eq 13", lambda r: r + 6 == 13),
    ("(result add 2) mul 3 eq 15", lambda r: (r + 2) * 3 == 15),
    ("result sub 2 sub 1 eq 0", lambda r: r - 3 == 0), ("20 div result eq 2", lambda r: r == 10),
    ("10 sub result lt result", lambda r: 10 - r < r),
])  # fmt: skip
def test_operators_on_numbers(sta: Service, city: Town, condition: str, kept: object) -> None:
    """Comparison, logic, arithmetic and brackets, with the precedence of OData."""
    if condition.startswith("20 div"):
        condition = f"result ne 0 and {condition}"
    assert hours(sta, city, condition) == [n for n, r in enumerate(RESULTS) if kept(r)]  # type: ignore[operator]


@operators
@pytest.mark.parametrize(("condition", "kept"), [
    (f"phenomenonTime eq {TIMES[3]}", [3]), (f"phenomenonTime ne {TIMES[3]}", [0, 1, 2, 4, 5, 6, 7, 8, 9]),
    (f"phenomenonTime gt {TIMES[7]}", [8, 9]), (f"phenomenonTime ge {TIMES[7]}", [7, 8, 9]),
    (f"phenomenonTime lt {TIMES[2]}", [0, 1]), (f"phenomenonTime le {TIMES[2]}", [0, 1, 2]),
    (f"phenomenonTime gt {TIMES[2]} and phenomenonTime lt {TIMES[5]}", [3, 4]),
    ("phenomenonTime eq 2024-03-01T05:00:00+02:00", [3]), ("phenomenonTime eq 2024-03-01T03:00:00.000Z", [3]),
    (f"resultTime gt {TIMES[3]}", [3, 6, 9]), (f"resultTime lt {TIMES[4]}", [0, 3]),
])  # fmt: skip
def test_operators_on_times(sta: Service, city: Town, condition: str, kept: list[int]) -> None:
    """ISO 8601 times are literals without quotes; offsets and fractions count."""
    assert hours(sta, city, condition) == kept


@operators
@pytest.mark.parametrize(("condition", "kept"), [
    ("name eq '{}0'", [0]), ("name ne '{}0'", [1, 2, 3]), ("name gt '{}1'", [2, 3]),
    ("name ge '{}1'", [1, 2, 3]),
    ("name lt '{}1'", [0]), ("name le '{}1'", [0, 1]), ("'{}1' eq name", [1]),
    ("name eq '{}0' or name eq '{}2'", [0, 2]), ("not (name eq '{}0')", [1, 2, 3]),
])  # fmt: skip
def test_operators_on_texts(sta: Service, city: Town, condition: str, kept: list[int]) -> None:
    """Texts stand in single quotes and compare by their characters."""
    own = f"startswith(name,'{sta.name('thing')}') and length(name) eq {len(sta.name('thing0'))}"
    filled = condition.replace("{}", sta.name("thing"))
    found = sta.members("Things", filter=f"{own} and ({filled})", orderby="name")
    assert names(found) == [f"thing{number}" for number in kept]


@filtering
def test_a_quote_in_a_text_is_doubled(sta: Service) -> None:
    """A single quote inside a text literal stands twice."""
    name = sta.name("it's")
    made = sta.create("Things", {"name": name, "description": "quote"})
    found = sta.members("Things", filter="name eq " + literal(name))
    assert ids(found) == [made["@iot.id"]]


@filtering
@pytest.mark.parametrize(
    "text", ["a b", "ä€😀", "50% & more", "a/b?c=d#e", "back\\slash", "plus+", "(x);$y,"]
)
def test_any_character_can_be_in_a_text(sta: Service, text: str) -> None:
    """Percent-encoded in the address, every character is only itself."""
    made = sta.create("Things", {"name": sta.name(text), "description": "characters"})
    found = sta.members("Things", filter="name eq " + literal(sta.name(text)))
    assert ids(found) == [made["@iot.id"]]


@filtering
def test_filter_by_id(sta: Service, city: Town) -> None:
    """id is a property like others, here and of related entities."""
    thing = city.things[1]["@iot.id"]
    assert ids(sta.members("Things", filter=f"id eq {literal(thing)}")) == [thing]
    found = sta.members("Datastreams", filter=f"Thing/id eq {literal(city.things[0]['@iot.id'])}")
    assert sorted(names(found)) == ["stream0", "stream1"]
    found = sta.members(
        city.readings, filter=f"FeatureOfInterest/id eq {literal(city.features[1]['@iot.id'])}"
    )
    assert len(found) == 5


@filtering
def test_filter_inside_json(sta: Service, city: Town) -> None:
    """Paths lead into JSON properties; entities without the value are left out."""
    for condition, kept in (("properties/rank ge 10", ["thing1", "thing2"]),
                            ("properties/rank lt 1000", ["thing0", "thing1", "thing2"]),
                            ("properties/kind eq 'even'", ["thing0", "thing2"]),
                            ("properties/deep/er eq 'x1'", ["thing1"])):  # fmt: skip
        assert names(sta.members("Things", filter=sta.mine(condition), orderby="name")) == kept
    found = sta.members("Datastreams", filter=sta.mine("unitOfMeasurement/name eq 'percent'"), orderby="name")
    assert names(found)[:2] == ["stream1", "stream2"]
    assert hours(sta, city, "parameters/hour ge 8") == [8, 9]
    assert hours(sta, city, "resultQuality eq 'good'") == [5]


@filtering
@pytest.mark.parametrize(("entities", "condition", "kept"), [
    ("Datastreams", "Thing/name eq '{}thing0'", ["stream0", "stream1"]),
    ("Datastreams", "ObservedProperty/name eq '{}property0'", ["stream0", "stream3"]),
    ("Datastreams", "Thing/Locations/name eq '{}place1'", ["stream2"]),
    ("Datastreams", "Observations/result gt 101", ["stream2"]),
    ("Things", "Datastreams/name eq '{}stream3'", ["thing2"]),
    ("Things", "Datastreams/ObservedProperty/name eq '{}property1'", ["thing0", "thing1"]),
    ("Things", "Datastreams/Observations/result eq 20", ["thing0"]),
    ("Things", "Datastreams/Observations/FeatureOfInterest/name eq '{}feature1'", ["thing0"]),
    ("Things", "HistoricalLocations/Locations/name eq '{}place2'", ["thing2"]),
    ("Sensors", "Datastreams/Thing/name eq '{}thing2'", ["sensor1"]),
    ("ObservedProperties", "Datastreams/Thing/Datastreams/name eq '{}stream0'", ["property0", "property1"]),
    ("Locations", "Things/Datastreams/Sensor/name eq '{}sensor1'", ["place0", "place2"]),
])  # fmt: skip
def test_filter_through_relations(
    sta: Service, city: Town, entities: str, condition: str, kept: list[str]
) -> None:
    """Properties of related entities, over several relations, to one and to many."""
    filled = condition.replace("{}", sta.name(""))
    own = f"startswith(name,'{sta.name(kept[0].rstrip('0123456789'))}')"
    assert names(sta.members(entities, filter=f"{own} and {filled}", orderby="name")) == kept


@filtering
def test_two_properties_of_one_entity_compare(sta: Service, city: Town) -> None:
    """Both sides may be paths."""
    assert hours(sta, city, "result lt parameters/hour") == [
        hour for hour, result in enumerate(RESULTS) if result < hour
    ]


@filtering
def test_a_filter_holds_for_collections_of_an_entity(sta: Service, city: Town) -> None:
    """Relations of an entity can be filtered as sets can."""
    path = at("Things", city.things[0]) + "/Datastreams"
    assert names(sta.members(path, filter="Sensor/name eq " + literal(city.sensors[1]["name"]))) == [
        "stream1"
    ]


@filtering
@pytest.mark.parametrize("condition", [
    "", "name", "name eq", "name eq 'x", "name gleich 'x'", "colour eq 1", "name eq 'a' and", "(name eq 'a'",
    "name eq 'a')", "nothing(name) eq 1", "length() eq 1", "Datastreams/colour eq 1", "1 eq", "eq 1",
])  # fmt: skip
def test_what_is_no_condition_is_an_error(sta: Service, city: Town, condition: str) -> None:
    """A filter that cannot be understood answers 400, not a list."""
    sta.refuses(sta.ask("Things", filter=condition), 400)
