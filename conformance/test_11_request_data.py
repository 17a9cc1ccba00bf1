# SPDX-License-Identifier: EUPL-1.2
"""request-data: order of evaluation, $expand, $select, $orderby, $top, $skip, $count, pages (clause 9.3)."""

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


@about("status-code", "9.3")
def test_a_link_that_has_expired_is_gone(sta: Service) -> None:
    """The address of a removed entity answers 410, or 404 where that is not feasible."""
    made = sta.create("Things", bodies.thing(sta, "passing"))
    sta.delete(at("Things", made))
    sta.refuses(sta.ask(made["@iot.selfLink"]), 404, 410)


@about("query-status-code", "9.3")
@pytest.mark.parametrize("option", ["search", "apply"])
def test_an_unsupported_system_option_is_not_implemented(sta: Service, city: Town, option: str) -> None:
    """A system query option the service does not support fails the request with 501."""
    answer = sta.ask("Things", **{option: "x"})
    if answer.status_code == 200:
        pytest.skip(f"${option} is supported here")
    assert answer.status_code == 501, f"${option} answered {answer.status_code}"


@about("query-status-code", "9.3")
def test_a_misspelt_system_option_is_an_error(sta: Service, city: Town) -> None:
    """An option with a dollar that nobody knows is not ignored."""
    sta.refuses(sta.ask("Things", filtre="name eq 'x'"), 400, 501)


@about("order", "9.3.1")
def test_options_are_evaluated_in_their_order(sta: Service, city: Town) -> None:
    """filter, count, orderby, skip, top: however they are written in the address."""
    answer = sta.get(city.readings, top=2, skip=1, orderby="result desc", count="true",
                     filter="result gt 1", select="result")  # fmt: skip
    assert results(answer["value"]) == [10, 8.25]
    assert answer["@iot.count"] == 7


@about("order", "9.3.1")
def test_expand_comes_after_the_page(sta: Service, city: Town) -> None:
    """$expand and $select do not change which entities are on the page."""
    plain = sta.get(city.readings, orderby="result", top=3)
    rich = sta.get(city.readings, orderby="result", top=3, expand="Datastream", select="id,Datastream")
    assert ids(plain["value"]) == ids(rich["value"])


@about("expand", "9.3.2.1")
def test_expand_to_one_and_to_many(sta: Service, city: Town) -> None:
    """Related entities stand inline under the name of the relation."""
    found = sta.get(at("Datastreams", city.streams[0]), expand="Thing,Observations,ObservedProperty")
    assert found["Thing"]["@iot.id"] == city.things[0]["@iot.id"]
    assert found["ObservedProperty"]["name"] == city.properties[0]["name"]
    assert len(found["Observations"]) == 10


@about("expand", "9.3.2.1")
def test_expand_of_every_member_of_a_collection(sta: Service, city: Town) -> None:
    """Every entity gets its own related entities, an empty list where there are none."""
    found = sta.list("Things", filter=sta.mine(), expand="Datastreams",
                     orderby="name")  # fmt: skip
    streams = {thing["name"]: names(thing["Datastreams"]) for thing in found}
    assert sorted(streams[city.things[0]["name"]]) == ["stream0", "stream1"]
    assert streams[city.things[1]["name"]] == ["stream2"]
    assert streams[city.things[3]["name"]] == []


@about("expand", "9.3.2.1")
def test_expand_over_several_levels(sta: Service, city: Town) -> None:
    """A slash leads on: both levels stand inline."""
    path = at("Things", city.things[0])
    found = sta.get(path, expand="Datastreams/ObservedProperty,Datastreams/Observations/FeatureOfInterest")
    for stream in found["Datastreams"]:
        assert "name" in stream["ObservedProperty"]
        assert stream["Observations"]
        assert all("feature" in each["FeatureOfInterest"] for each in stream["Observations"])


@about("expand", "9.3.2.1")
def test_options_inside_expand(sta: Service, city: Town) -> None:
    """filter, select, orderby, skip, top and expand apply to the expanded entities."""
    inner = "$filter=result gt 1;$orderby=result desc;$skip=1;$top=3;$select=result,FeatureOfInterest;$expand=FeatureOfInterest($select=name)"  # noqa: E501
    found = sta.get(at("Datastreams", city.streams[0]), expand=f"Observations({inner})")["Observations"]
    assert results(found) == [10, 8.25, 7]
    assert all(set(each["FeatureOfInterest"]) == {"name"} for each in found), found
    assert all("phenomenonTime" not in each for each in found)


@about("expand", "9.3.2.1")
def test_options_inside_expand_hold_for_each_parent(sta: Service, city: Town) -> None:
    """$top inside $expand counts per parent, not over all."""
    inner = "Datastreams($expand=Observations($top=1;$orderby=phenomenonTime desc))"
    found = sta.get("Things", filter=sta.mine(),
                    expand=inner, orderby="name", top=100)["value"]  # fmt: skip
    by_name = {stream["name"].rsplit(" ", 1)[-1]: results(stream["Observations"])
               for thing in found for stream in thing["Datastreams"]}  # fmt: skip
    assert {name: by_name[name] for name in ("stream0", "stream1", "stream2", "stream3")} == {
        "stream0": [6], "stream1": [101], "stream2": [102], "stream3": []}  # fmt: skip


@about("expand", "9.3.2.1")
def test_count_inside_expand(sta: Service, city: Town) -> None:
    """$count=true inside $expand counts what matches, whatever $top cuts off."""
    inner = "Observations($count=true;$top=2;$filter=result gt 1)"
    found = sta.get(at("Datastreams", city.streams[0]), expand=inner)
    assert found["Observations@iot.count"] == 7
    assert len(found["Observations"]) == 2


@about("expand", "9.3.2.1")
@pytest.mark.parametrize("relation", ["Nothing", "name", "Datastreams/Nothing", "Datastreams($top=x)"])
def test_what_cannot_be_expanded_is_an_error(sta: Service, city: Town, relation: str) -> None:
    """An unknown relation is not ignored."""
    sta.refuses(sta.ask("Things", expand=relation), 400)


@about("select", "9.3.2.2")
def test_only_selected_properties_are_returned(sta: Service, city: Town) -> None:
    """What was not asked for is not there (control information aside)."""
    for entity in sta.get(city.readings, select="result,resultTime")["value"]:
        assert {key for key in entity if not key.startswith("@")} == {"result", "resultTime"}


@about("select", "9.3.2.2")
def test_id_can_be_selected(sta: Service, city: Town) -> None:
    """$select=id returns @iot.id."""
    found = sta.get(at("Things", city.things[0]), select="id")
    assert found["@iot.id"] == city.things[0]["@iot.id"]
    assert "name" not in found


@about("select", "9.3.2.2")
def test_navigation_properties_can_be_selected(sta: Service, city: Town) -> None:
    """A selected relation returns its link; the others are left out."""
    found = sta.get(at("Datastreams", city.streams[0]), select="name,Thing")
    assert set(found) - {"@iot.id", "@iot.selfLink"} == {"name", "Thing@iot.navigationLink"}


@about("select", "9.3.2.2")
def test_expanded_properties_stay_beside_a_selection(sta: Service, city: Town) -> None:
    """Expanded relations are returned along with the selection, selected or not."""
    path = at("Datastreams", city.streams[0])
    found = sta.get(path, select="id,Observations", expand="Observations/FeatureOfInterest")
    assert len(found["Observations"]) == 10
    assert all("FeatureOfInterest" in each for each in found["Observations"])
    found = sta.get(path, select="name", expand="Thing")
    assert found["Thing"]["@iot.id"] == city.things[0]["@iot.id"]
    assert "description" not in found


@about("select", "9.3.2.2")
def test_an_unknown_property_is_an_error(sta: Service, city: Town) -> None:
    """A selection clause is the name of a property."""
    sta.refuses(sta.ask("Things", select="colour"), 400)


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
    streams = sta.list(at("Sensors", city.sensors[0]) + "/Datastreams", orderby="name desc")
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
    found = sta.list(city.readings, orderby="FeatureOfInterest/name desc,result asc", expand="FeatureOfInterest")
    keys = [(names([each["FeatureOfInterest"]])[0], each["result"]) for each in found]
    first = [("feature1", value) for value in sorted(RESULTS[1::2])]
    assert keys == first + [("feature0", value) for value in sorted(RESULTS[::2])]


@about("orderby", "9.3.3.1")
def test_an_expression_can_order(sta: Service, city: Town) -> None:
    """Not only property paths: functions and arithmetic order, too."""
    found = sta.list(city.readings, orderby="hour(phenomenonTime) mod 2,result desc")
    assert results(found) == sorted(RESULTS[::2])[::-1] + sorted(RESULTS[1::2])[::-1]


@about("orderby", "9.3.3.1")
def test_order_by_id_and_by_json(sta: Service, city: Town) -> None:
    """id and what is inside of JSON properties can order."""
    found = sta.list("Things", filter=sta.mine("properties/rank ge 0"), orderby="properties/rank desc")
    assert names(found) == ["thing2", "thing1", "thing0"]
    up = ids(sta.list("Things", filter=sta.mine(), orderby="id"))
    assert up == ids(sta.list("Things", filter=sta.mine(), orderby="id desc"))[::-1]


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
    {}, {"top": 50}, {"orderby": "result"}, {"orderby": "resultTime desc"}, {"orderby": "phenomenonTime desc"},
    {"orderby": "resultTime,result desc", "top": 20}, {"filter": "result lt 6"}, {"top": 33, "count": "true"},
])  # fmt: skip
def test_next_links_lead_through_everything_once(
    sta: Service, long: tuple[str, list[Entity]], options: dict[str, str | int]
) -> None:
    """Following @iot.nextLink, every item comes exactly once and in order; the last page has no link."""
    path, made = long
    expected = [each for each in made if "filter" not in options or each["result"] < 6]
    found = sta.list(path, **options)
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
    """Every page is shaped by the same options."""
    for page in sta.pages(long[0], top=60, select="result,Datastream", expand="Datastream($select=name)"):
        for each in page:
            assert set(each) - {"@iot.id", "@iot.selfLink"} == {"result", "Datastream"}
            assert list(each["Datastream"]) == ["name"]


@about("pagination", "9.3.3.6")
def test_links_inside_expanded_lists_lead_on(sta: Service, long: tuple[str, list[Entity]]) -> None:
    """Where an expanded list is cut, its own @iot.nextLink leads to the rest of it."""
    found = sta.get(long[0].rpartition("/")[0], expand="Observations($top=40;$orderby=phenomenonTime)")
    first = found["Observations"]
    link = found.get("Observations@iot.nextLink")
    if link is None:
        pytest.skip("$top ends the list here; 18-088 leaves open whether a link follows")
    whole = first + sta.list(link)
    assert len(set(map(str, ids(whole)))) == len(whole) == len(long[1])
