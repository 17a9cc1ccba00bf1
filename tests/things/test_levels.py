# SPDX-License-Identifier: EUPL-1.2
"""Expansions: the same number of statements however many rows, and options of their own at every level."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest

from stadtkern.things.queries import rows
from tests.things.factories import City, datastream, hourly, location, thing

pytestmark = pytest.mark.anyio

WIDE = 12
NEWEST = "Observations($top=1;$orderby=phenomenonTime desc)"


@pytest.fixture(scope="module")
async def town(city: City) -> City:
    """Things with two series each."""
    for number in range(WIDE):
        series = [datastream(name=f"{name}{number}", observations=hourly(number, 1, 2)) for name in "ab"]
        place = location(name=f"place {number}")
        await city.create("Things", thing(name=f"thing {number:02}", Locations=[place], Datastreams=series))
    return city


@pytest.fixture
def statements(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The statements that read entities, as they are sent."""
    sent: list[str] = []
    execute = rows.execute

    async def counted(cursor: Any, statement: Any, *, anew: bool = False) -> None:
        sent.append(statement.text)
        await execute(cursor, statement, anew=anew)

    monkeypatch.setattr(rows, "execute", counted)
    return sent


DEEP = [
    ("Datastreams", 2),
    ("Datastreams/Observations", 3),
    (f"Datastreams($expand={NEWEST},Sensor,ObservedProperty),Locations", 7),
    ("Datastreams($count=true;$expand=Observations($count=true;$top=2))", 5),
    ("Datastreams($expand=Observations($filter=result gt 1;$orderby=result;$count=true))", 6),
    ("Locations/HistoricalLocations,Datastreams/Thing/Locations", 6),
]


@pytest.mark.parametrize(("expand", "most"), DEEP)
async def test_a_level_costs_the_same_statements_for_one_row_and_for_many(
    town: City, statements: list[str], expand: str, most: int
) -> None:
    sizes = []
    for top in (1, WIDE):
        statements.clear()
        shown = await town.values(f"Things?$top={top}&$expand={quote(expand)}")
        assert len(shown) == top
        sizes.append(len(statements))
    assert sizes == [most, most]


async def test_every_level_obeys_options_of_its_own(town: City) -> None:
    inner = "Observations($select=result;$orderby=result desc;$skip=1;$top=1;$count=true)"
    expand = f"Datastreams($select=name;$filter=endswith(name,'7');$orderby=name desc;$top=1;$expand={inner})"
    (shown,) = await town.values(f"Things?$filter=name eq 'thing 07'&$select=name&$expand={quote(expand)}")
    (stream,) = shown.pop("Datastreams")
    following = shown.pop("Datastreams@iot.nextLink")
    assert shown == {"name": "thing 07"}
    assert stream["name"] == "b7"
    assert stream["Observations@iot.count"] == 3
    assert stream["Observations"] == [{"result": 2}]
    assert await town.values(stream["Observations@iot.nextLink"]) == [{"result": 1}]
    (last,) = await town.values(following)
    assert (last["name"], last["Observations"]) == ("a7", [{"result": 2}])


@pytest.mark.parametrize(
    ("expand", "names"),
    [
        ("Datastreams,Datastreams/Observations", ["Observations"]),
        ("Datastreams/Sensor,Datastreams", ["Sensor"]),
        ("Datastreams($top=1),Datastreams/Sensor,Datastreams/Observations", ["Sensor", "Observations"]),
        ("Datastreams/Thing/Locations,Datastreams/Thing/Datastreams", ["Thing"]),
    ],
)
async def test_what_is_expanded_in_pieces_is_put_together(town: City, expand: str, names: list[str]) -> None:
    (shown,) = await town.values(f"Things?$top=1&$expand={expand}")
    assert len(shown["Datastreams"]) == (1 if "$top" in expand else 2)
    for name in names:
        assert name in shown["Datastreams"][0]
    if names == ["Thing"]:
        assert shown["Datastreams"][0]["Thing"].keys() >= {"Locations", "Datastreams"}


@pytest.mark.parametrize(
    "expand",
    [
        "Datastreams,Datastreams",
        "Datastreams($top=1),Datastreams($top=2)",
        "Thing($orderby=name)",
        "Datastreams/nope",
    ],
)
async def test_expansions_that_contradict_each_other_are_refused(town: City, expand: str) -> None:
    root = "Datastreams" if expand.startswith("Thing") else "Things"
    assert (await town.refused("GET", f"{root}?$expand={expand}"))["where"].startswith("$expand")


async def test_options_of_collections_do_not_fit_one_entity(town: City) -> None:
    for option in ("$filter=id%20eq%201", "$orderby=id"):
        for address in ("Things(1)", "Datastreams(1)/Thing"):
            refused = await town.refused("GET", f"{address}?{option}")
            assert refused["where"] == option.partition("=")[0]
    await town.get("Datastreams(1)/Thing?$select=name&$expand=Locations($top=1)")


async def test_options_of_pages_change_nothing_of_one_entity(town: City) -> None:
    """Some clients, OGC's own suite among them, send them wherever they read."""
    plain = await town.get("Datastreams(1)?$expand=Thing")
    options = "$top=2&$skip=1&$count=true&$expand=Thing($top=2;$skip=1;$count=true)"
    assert await town.get(f"Datastreams(1)?{options}") == plain


ADDRESSES = [
    ("Things({t})/Datastreams/$ref", 2),
    ("Things({t})/Datastreams({d})/Observations/$ref", 3),
    ("Things({t})/Datastreams({d})/Observations/$count", "3"),
    ("Things({t})/Datastreams({d})/Observations({o})/result/$value", None),
    ("Datastreams({d})/Thing/$ref", "Things({t})"),
    ("Datastreams({d})/Thing/name/$value", "thing 00"),
    ("Datastreams({d})/unitOfMeasurement/symbol/$value", "°C"),
    ("Observations({o})/Datastream/Thing/Locations/$count", "1"),
    ("Observations({o})/FeatureOfInterest/feature/coordinates[1]/$value", "51.9629"),
    ("Datastreams({d})/Sensor/Datastreams/$ref", 1),
    ("Things/$ref?$top=3", 3),
]


@pytest.mark.parametrize(("address", "expected"), ADDRESSES)
async def test_addresses_of_every_form(town: City, address: str, expected: Any) -> None:
    """18-088, clause 9.2."""
    (first,) = await town.values("Things?$top=1&$expand=Datastreams/Observations")
    stream = first["Datastreams"][0]
    ids = {"t": first["@iot.id"], "d": stream["@iot.id"], "o": stream["Observations"][0]["@iot.id"]}
    answer = await town.send("GET", address.format(**ids))
    assert answer.status_code == 200, answer.text
    if isinstance(expected, int):
        assert [item.keys() for item in answer.json()["value"]] == [{"@iot.selfLink"}] * expected
    elif "$ref" in address:
        assert answer.json()["@iot.selfLink"].endswith("/" + expected.format(**ids))
    elif expected is not None:
        assert answer.text == expected
