# SPDX-License-Identifier: EUPL-1.2
"""request-data: status codes, order of evaluation, $expand and $select (18-088, clause 9.3)."""

from __future__ import annotations

import pytest

from conformance import bodies
from conformance.service import Entity, Service, at, ids, names
from conformance.town import Town


def about(name: str, clause: str) -> pytest.MarkDecorator:
    """The marker of a requirement of this class."""
    return pytest.mark.requirement(f"request-data/{name}", clause=clause)


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
    found = sta.members("Things", filter=sta.mine(), expand="Datastreams",
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
