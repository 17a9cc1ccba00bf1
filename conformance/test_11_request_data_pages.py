# SPDX-License-Identifier: EUPL-1.2
"""request-data: $orderby, $top, $skip, $count and pages (18-088, clause 9.3.3)."""

from __future__ import annotations

import pytest

from conformance import bodies
from conformance.service import Entity, Service, at, ids, names, ref
from conformance.town import RESULTS, Town


def about(name: str, clause: str) -> pytest.MarkDecorator:
    """The marker of a requirement of this class."""
    return pytest.mark.requirement(f"request-data/{name}", clause=clause)


SORTED = sorted(RESULTS)


def results(entities: list[Entity]) -> list[float]:
    """The results in the order of the answer."""
    return [entity["result"] for entity in entities]


@about("orderby", "9.3.3.1")
def test_ascending_is_the_default(sta: Service, city: Town) -> None:
    """asc, desc, and asc where neither is told; numbers by value."""
    assert results(sta.get(city.readings, orderby="result")["value"]) == SORTED
    assert results(sta.get(city.readings, orderby="result asc")["value"]) == SORTED
    assert results(sta.get(city.readings, orderby="result desc")["value"]) == SORTED[::-1]


@about("orderby", "9.3.3.1")
def test_times_and_texts_are_ordered(sta: Service, city: Town) -> None:
    """Times by moment, texts by their characters."""
    found = sta.get(city.readings, orderby="phenomenonTime desc")["value"]
    assert ids(found) == ids(city.observations[:10])[::-1]
    assert names(sta.get("Datastreams", filter=sta.mine(), orderby="name desc", top=100)["value"])[-1]
    streams = sta.members(at("Sensors", city.sensors[0]) + "/Datastreams", orderby="name desc")
    assert names(streams) == ["stream2", "stream0"]


@about("orderby", "9.3.3.1")
def test_null_comes_first_ascending_and_last_descending(sta: Service, city: Town) -> None:
    """Null values come before all others when ascending and after them when descending."""
    up = [each["resultTime"] for each in sta.get(city.readings, orderby="resultTime")["value"]]
    assert up[:6] == [None] * 6, up
    assert up[6:] == sorted(up[6:])
    down = [each["resultTime"] for each in sta.get(city.readings, orderby="resultTime desc")["value"]]
    assert down[4:] == [None] * 6, down
    assert down[:4] == up[:5:-1]


@about("orderby", "9.3.3.1")
def test_the_second_expression_orders_what_the_first_leaves(sta: Service, city: Town) -> None:
    """Items with the same first value are sorted by the second, each with its own direction."""
    found = sta.members(
        city.readings, orderby="FeatureOfInterest/name desc,result asc", expand="FeatureOfInterest"
    )
    keys = [(names([each["FeatureOfInterest"]])[0], each["result"]) for each in found]
    first = [("feature1", value) for value in sorted(RESULTS[1::2])]
    assert keys == first + [("feature0", value) for value in sorted(RESULTS[::2])]


@about("orderby", "9.3.3.1")
def test_an_expression_can_order(sta: Service, city: Town) -> None:
    """Not only property paths: functions and arithmetic order, too."""
    found = sta.members(city.readings, orderby="hour(phenomenonTime) mod 2,result desc")
    assert results(found) == sorted(RESULTS[::2])[::-1] + sorted(RESULTS[1::2])[::-1]


@about("orderby", "9.3.3.1")
def test_order_by_id_and_by_json(sta: Service, city: Town) -> None:
    """id and what is inside of JSON properties can order."""
    found = sta.members("Things", filter=sta.mine("properties/rank ge 0"), orderby="properties/rank desc")
    assert names(found) == ["thing2", "thing1", "thing0"]
    up = ids(sta.members("Things", filter=sta.mine(), orderby="id"))
    assert up == ids(sta.members("Things", filter=sta.mine(), orderby="id desc"))[::-1]


@about("orderby", "9.3.3.1")
@pytest.mark.parametrize("expression", ["colour", "name up", "Thing/colour"])
def test_what_cannot_order_is_an_error(sta: Service, city: Town, expression: str) -> None:
    """An unknown property or direction is not ignored."""
    sta.refuses(sta.ask("Datastreams", orderby=expression), 400)


@about("top", "9.3.3.2")
def test_top_limits(sta: Service, city: Town) -> None:
    """At most n items, all of them where there are fewer, none for 0."""
    for asked, expected in ((0, 0), (1, 1), (7, 7), (10, 10), (50, 10)):
        assert len(sta.get(city.readings, top=asked)["value"]) == expected


@about("top", "9.3.3.2")
def test_an_immense_top_is_cut_to_the_page(sta: Service, city: Town) -> None:
    """A $top beyond the largest page is no error."""
    assert len(sta.get(city.readings, top=1_000_000)["value"]) == 10


@about("top", "9.3.3.2")
@pytest.mark.parametrize("value", ["-1", "x", "1.5", ""])
def test_top_is_a_non_negative_integer(sta: Service, city: Town, value: str) -> None:
    """Anything else is an error."""
    sta.refuses(sta.ask(city.readings, top=value), 400)


@about("skip", "9.3.3.3")
def test_skip_leaves_out_the_first(sta: Service, city: Town) -> None:
    """Items from position n + 1 on; none where n is beyond the end."""
    for skipped in (0, 1, 9, 10, 99):
        found = sta.get(city.readings, orderby="result", skip=skipped)["value"]
        assert results(found) == SORTED[skipped:]


@about("skip", "9.3.3.3")
def test_skip_comes_before_top(sta: Service, city: Town) -> None:
    """Whatever their order in the address; without $orderby the order is stable."""
    assert results(sta.get(city.readings, top=2, skip=3, orderby="result")["value"]) == SORTED[3:5]
    whole = ids(sta.get(city.readings)["value"])
    assert [ids(sta.get(city.readings, top=1, skip=n)["value"])[0] for n in range(10)] == whole


@about("skip", "9.3.3.3")
@pytest.mark.parametrize("value", ["-1", "x", "1.5"])
def test_skip_is_a_non_negative_integer(sta: Service, city: Town, value: str) -> None:
    """Anything else is an error."""
    sta.refuses(sta.ask(city.readings, skip=value), 400)


@about("count", "9.3.3.4")
def test_count_ignores_the_page(sta: Service, city: Town) -> None:
    """$count=true counts what matches the filter, whatever top, skip and expand say."""
    for options in ({}, {"top": 2}, {"skip": 5}, {"top": 0}, {"expand": "Datastream"}):
        assert sta.get(city.readings, count="true", **options)["@iot.count"] == 10
    assert sta.get(city.readings, count="true", filter="result lt 5", top=1)["@iot.count"] == 5
    assert sta.get(at("Datastreams", city.streams[3]) + "/Observations", count="true")["@iot.count"] == 0


@about("count", "9.3.3.4")
def test_count_false_returns_no_count(sta: Service, city: Town) -> None:
    """$count=false is the same list without a count."""
    answer = sta.get(city.readings, count="false")
    assert "@iot.count" not in answer
    assert len(answer["value"]) == 10


@about("count", "9.3.3.4")
@pytest.mark.parametrize("value", ["yes", "1", "", "TRUE!"])
def test_count_is_true_or_false(sta: Service, city: Town, value: str) -> None:
    """Any other value answers 400."""
    sta.refuses(sta.ask(city.readings, count=value), 400)


@pytest.fixture(scope="module")
def long(sta: Service) -> tuple[str, list[Entity]]:
    """A Datastream with more Observations than most services put on a page, with equal and absent values."""
    stream = bodies.stream(sta, "long")
    made = []
    for number in range(130):
        body = {"phenomenonTime": f"2024-06-01T{number // 60:02}:{number % 60:02}:00Z", "result": number % 7,
                "Datastream": ref(stream)}  # fmt: skip
        if number % 3 == 0:
            body["resultTime"] = f"2024-06-02T{number % 5:02}:00:00Z"
        made.append(body)
        answer = sta.post("Observations", body)
        assert answer.status_code == 201
    return at("Datastreams", stream) + "/Observations", made


@about("pagination", "9.3.3.6")
@pytest.mark.parametrize("options", [
    {}, {"top": 50}, {"orderby": "result"}, {"orderby": "resultTime desc"},
    {"orderby": "phenomenonTime desc"},
    {"orderby": "resultTime,result desc", "top": 20}, {"filter": "result lt 6"}, {"top": 33, "count": "true"},
])  # fmt: skip
def test_next_links_lead_through_everything_once(
    sta: Service, long: tuple[str, list[Entity]], options: dict[str, str | int]
) -> None:
    """Following @iot.nextLink, every item comes exactly once and in order; the last page has no link."""
    path, made = long
    expected = [each for each in made if "filter" not in options or each["result"] < 6]
    found = sta.members(path, **options)
    assert len(set(map(str, ids(found)))) == len(found), "an item came twice"
    if "top" in options and len(found) == options["top"]:
        pytest.skip("$top ends the list here; 18-088 leaves open whether a link follows")
    assert len(found) == len(expected)
    if options.get("orderby") == "result":
        assert results(found) == sorted(results(found))


@about("pagination", "9.3.3.6")
def test_a_partial_answer_has_a_link(sta: Service, long: tuple[str, list[Entity]]) -> None:
    """Without $top, either all items are there, or a link to the next ones is."""
    path, made = long
    answer = sta.get(path)
    assert ("@iot.nextLink" in answer) == (len(answer["value"]) < len(made))


@about("pagination", "9.3.3.6")
def test_next_links_keep_selection_and_expansion(sta: Service, long: tuple[str, list[Entity]]) -> None:
    """Every page is shaped by the same options; a link beside what is expanded does no harm."""
    control = {"@iot.id", "@iot.selfLink", "Datastream@iot.navigationLink"}
    for page in sta.pages(long[0], top=60, select="result,Datastream", expand="Datastream($select=name)"):
        for each in page:
            assert set(each) - control == {"result", "Datastream"}
            assert list(each["Datastream"]) == ["name"]


@about("pagination", "9.3.3.6")
def test_links_inside_expanded_lists_lead_on(sta: Service, long: tuple[str, list[Entity]]) -> None:
    """Where an expanded list is cut, its own @iot.nextLink leads to the rest of it."""
    found = sta.get(long[0].rpartition("/")[0], expand="Observations($top=40;$orderby=phenomenonTime)")
    first = found["Observations"]
    link = found.get("Observations@iot.nextLink")
    if link is None:
        pytest.skip("$top ends the list here; 18-088 leaves open whether a link follows")
    whole = first + sta.members(link)
    assert len(set(map(str, ids(whole)))) == len(whole) == len(long[1])
