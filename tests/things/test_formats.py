# SPDX-License-Identifier: EUPL-1.2
"""The same entities as data array, GeoJSON and CSV."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest

from stadtkern.things.api.formats import walk
from tests.things.factories import City, datastream, hourly, location, multi_datastream, restricted, thing

pytestmark = pytest.mark.anyio
DAY = [1.5, -2.0, 3.0, 4.25]


async def _stream(city: City, **more: Any) -> int:
    body = datastream(observations=hourly(*DAY), **more)
    number = await city.create("Things", thing(name="Linde", Locations=[location()], Datastreams=[body]))
    found: int = (await city.values(f"Things({number})/Datastreams"))[0]["@iot.id"]
    return found


async def _csv(city: City, path: str) -> list[list[str]]:
    answer = await city.send("GET", path)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/csv; charset=utf-8; header=present"
    assert answer.text.endswith("\r\n")
    return list(csv.reader(io.StringIO(answer.text, newline="")))


@pytest.fixture
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Walk over two rows at a time, so that a few rows make several pieces."""
    monkeypatch.setattr(walk, "ROWS", 2)
    monkeypatch.setattr(walk, "BLOCK", 2)
    monkeypatch.setattr("stadtkern.things.queries.reader.MAX_TOP", 2)


async def test_a_data_array_has_the_rows_of_one_datastream(city: City) -> None:
    """18-088, clause 13.1: components, rows, their number and the Datastream they belong to."""
    stream = await _stream(city)
    address = f"Datastreams({stream})/Observations"
    found = await city.get(f"{address}?$resultFormat=dataArray&$count=true")
    (group,) = found["value"]
    plain = await city.values(address)
    assert found["@iot.count"] == group["dataArray@iot.count"] == len(DAY)
    assert group["Datastream@iot.navigationLink"].endswith(f"/Datastreams({stream})")
    assert group["components"] == ["id", "phenomenonTime", "result", "resultTime", "validTime",
                                   "resultQuality", "parameters"]  # fmt: skip
    assert [dict(zip(group["components"], row, strict=True))["id"] for row in group["dataArray"]] == [
        item["@iot.id"] for item in plain
    ]
    assert [row[2] for row in group["dataArray"]] == DAY


@pytest.mark.usefixtures("small_pieces")
@pytest.mark.parametrize("name", ["dataArray", "DATAARRAY", "dataarray"])
async def test_components_are_what_was_selected(city: City, name: str) -> None:
    """In the order of $select; over as many pieces as it takes, up to $top, then comes the next page."""
    address = f"Datastreams({await _stream(city)})/Observations?$select=result,phenomenonTime&$top=3"
    first = await city.get(f"{address}&$resultFormat={name}&$orderby=phenomenonTime desc")
    assert first["value"][0]["components"] == ["result", "phenomenonTime"]
    assert first["value"][0]["dataArray"][0] == [4.25, "2024-05-01T03:00:00Z"]
    second = await city.get(first["@iot.nextLink"])
    assert [row[0] for group in (first, second) for row in group["value"][0]["dataArray"]] == DAY[::-1]
    assert "@iot.nextLink" not in second


async def test_all_observations_are_grouped_by_their_datastream(city: City) -> None:
    """Also those of MultiDatastreams; an expanded relation is one more component."""
    streams = {await _stream(city, name="one"), await _stream(city, name="two")}
    wind = await city.create(
        "Things",
        thing(Locations=[location()], MultiDatastreams=[multi_datastream(Observations=[{"result": [1, 2]}])]),
    )
    multi = (await city.values(f"Things({wind})/MultiDatastreams"))[0]["@iot.id"]
    found = await city.get(
        "Observations?$resultFormat=dataArray&$select=result&$expand=FeatureOfInterest($select=name)"
    )
    groups = {group.get("Datastream@iot.navigationLink") or group["MultiDatastream@iot.navigationLink"]: group
              for group in found["value"]}  # fmt: skip
    assert len(groups) == len(found["value"])
    for stream in streams:
        (link,) = [link for link in groups if link.endswith(f"/Datastreams({stream})")]
        assert groups[link]["components"] == ["result", "FeatureOfInterest"]
        assert [row[0] for row in groups[link]["dataArray"]] == DAY
        assert groups[link]["dataArray"][0][1] == {"name": "Domplatz"}
    (link,) = [link for link in groups if link.endswith(f"/MultiDatastreams({multi})")]
    assert groups[link]["dataArray"] == [[[1, 2], {"name": "Domplatz"}]]


async def test_csv_has_a_heading_and_every_row(city: City) -> None:
    """The whole collection unless $top says otherwise; a file with a name."""
    stream = await _stream(city)
    address = f"Datastreams({stream})/Observations?$resultFormat=CSV"
    rows = await _csv(city, address + "&$select=phenomenonTime,result")
    assert rows == [["phenomenonTime", "result"]] + [
        [f"2024-05-01T{hour:02}:00:00Z", repr(value).removesuffix(".0")] for hour, value in enumerate(DAY)
    ]
    assert len(await _csv(city, address + "&$top=2")) == 3
    answer = await city.send("HEAD", address)
    assert (
        answer.headers["content-disposition"]
        == f'attachment; filename="Datastreams-{stream}-Observations.csv"'
    )
    assert answer.content == b""


@pytest.mark.usefixtures("small_pieces")
async def test_csv_goes_on_over_all_pieces(city: City) -> None:
    """Nothing is lost or doubled where one piece ends and the next begins, $skip counts once."""
    stream = await _stream(city)
    address = f"Datastreams({stream})/Observations?$resultFormat=csv&$select=result"
    assert [row[0] for row in await _csv(city, address)][1:] == ["1.5", "-2", "3", "4.25"]
    assert [row[0] for row in await _csv(city, address + "&$skip=1&$orderby=result")][1:] == [
        "1.5",
        "3",
        "4.25",
    ]
    assert [row[0] for row in await _csv(city, address + "&$expand=Datastream($select=name)")][1:] == [
        "1.5", "-2", "3", "4.25"]  # fmt: skip


async def test_csv_flattens_what_there_is_one_of(city: City) -> None:
    """Objects become paths with slashes, in the order of $select; other documents stay JSON."""
    stream = await _stream(city, properties={"owner": {"name": "Amt, 66"}, "n": 2})
    rows = await _csv(
        city,
        f"Datastreams({stream})?$resultFormat=CSV&$select=id,unitOfMeasurement,properties/owner/name,properties"
        "&$expand=Thing($select=name,id)",
    )
    unit = [f"unitOfMeasurement/{part}" for part in ("name", "symbol", "definition")]
    assert rows[0] == ["id", *unit, "properties/owner/name", "properties", "Thing/name", "Thing/id"]
    row = dict(zip(*rows, strict=True))
    assert row["unitOfMeasurement/symbol"] == "°C"
    assert row["properties/owner/name"] == "Amt, 66"
    assert row["properties"].replace(" ", "") == '{"n":2,"owner":{"name":"Amt,66"}}'
    assert row["Thing/name"] == "Linde"


async def test_a_spreadsheet_finds_no_formula(city: City) -> None:
    """Text that begins like a formula gets an apostrophe; numbers keep their sign."""
    number = await city.create("Things", thing(name="=1+1", description="-5"))
    rows = await _csv(city, f"Things({number})?$resultFormat=CSV&$select=name,description")
    assert rows[1] == ["'=1+1", "-5"]


async def test_csv_has_no_room_for_many(city: City) -> None:
    """The error says from where to begin."""
    document = await city.refused("GET", "Things?$resultFormat=CSV&$expand=Datastreams")
    assert "begin at Datastreams" in document["message"]


async def test_geojson_puts_everything_on_the_map(city: City) -> None:
    """Each type at its own place, everything else flat."""
    stream = await _stream(city)
    point = location()["location"]
    near = f"$filter=Datastreams/id eq {stream}"
    paths = (
        f"Things?{near}",
        f"Locations?$filter=Things/Datastreams/id eq {stream}",
        f"FeaturesOfInterest?$filter=Observations/Datastream/id eq {stream}",
        f"Datastreams({stream})/Observations?$top=1",
        f"Datastreams?$filter=id eq {stream}",
    )
    for path in paths:
        answer = await city.send("GET", f"{path}&$resultFormat=GeoJSON")
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"] == "application/geo+json"
        (feature,) = answer.json()["features"]
        assert feature["type"] == "Feature"
        if path.startswith("Datastreams?"):
            assert feature["geometry"] == (await city.get(f"Datastreams({stream})"))["observedArea"]
        else:
            assert feature["geometry"] == point
        assert not [key for key, value in feature["properties"].items() if isinstance(value, dict)]
        assert feature["properties"]["@iot.id"] == feature["id"]


async def test_features_show_what_was_selected_and_expanded(city: City) -> None:
    """`Datastreams/0/name`; a place that was only read for the map does not stand in the properties."""
    stream = await _stream(city)
    thing_id = (await city.get(f"Datastreams({stream})/Thing"))["@iot.id"]
    found = await city.get(
        f"Things({thing_id})?$resultFormat=GeoJSON&$select=name&$expand=Datastreams($select=name,unitOfMeasurement)"
    )
    assert found == {
        "type": "Feature",
        "geometry": location()["location"],
        "properties": {
            "name": "Linde",
            "Datastreams/0/name": "air",
            "Datastreams/0/unitOfMeasurement/name": "degree Celsius",
            "Datastreams/0/unitOfMeasurement/symbol": "°C",
            "Datastreams/0/unitOfMeasurement/definition": "http://unitsofmeasure.org/ucum.html#para-30",
        },
    }


@pytest.mark.usefixtures("small_pieces")
async def test_feature_collections_have_pages(city: City) -> None:
    """The link to the next page is a foreign member, and so is the count."""
    for number in range(4):
        await city.create("Locations", location(name=f"page-{number}"))
    first = await city.get(
        "Locations?$resultFormat=GeoJSON&$filter=startswith(name,'page')&$top=3&$count=true&$select=name"
    )
    second = await city.get(first["@iot.nextLink"])
    assert first["@iot.count"] == 4
    assert [each["properties"]["name"] for found in (first, second) for each in found["features"]] == [
        f"page-{number}" for number in range(4)
    ]
    assert "@iot.nextLink" not in second


async def test_a_feature_inside_a_location_counts_too(city: City) -> None:
    """Some clients send a Feature instead of a geometry; what is no GeoJSON has no place on the map."""
    point = {"type": "Point", "coordinates": [7.0, 51.0]}
    body = location() | {"location": {"type": "Feature", "properties": {}, "geometry": point}}
    answer = await city.send("POST", "Locations", json=body)
    if answer.status_code == 201:
        found = await city.get(f"Locations({answer.json()['@iot.id']})?$resultFormat=GeoJSON")
        assert found["geometry"] == point
    found = await city.get("Sensors?$resultFormat=GeoJSON")
    assert all(feature["geometry"] is None for feature in found["features"])


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("text/csv", "text/csv"),
        ("application/geo+json", "application/geo+json"),
        ("text/html,application/xhtml+xml,*/*;q=0.8", "application/json"),
        ("application/json;q=0.5, text/csv;q=0.9", "text/csv"),
        ("text/csv;q=x", "application/json"),
        ("image/png", "application/json"),
        ("", "application/json"),
    ],
)
async def test_the_header_accept_chooses_too(city: City, accept: str, kind: str) -> None:
    """$resultFormat goes before it; what we do not have is answered as JSON."""
    answer = await city.client.get("/sta/v1.1/Sensors", headers={"Accept": accept})
    assert answer.headers["content-type"].split(";")[0] == kind
    answer = await city.client.get("/sta/v1.1/Sensors?$resultFormat=GeoJSON", headers={"Accept": accept})
    assert answer.headers["content-type"] == "application/geo+json"


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("Things?$resultFormat=XML", "JSON (the default), dataArray, GeoJSON or CSV"),
        ("Things?$resultFormat=dataArray", "lists Observations"),
        ("Things/$count?$resultFormat=CSV", "entities"),
        ("Datastreams(1)/name/$value?$resultFormat=GeoJSON", "entities"),
        ("Observations?$resultFormat=CSV&$select=nonsense", "nonsense"),
        ("Observations?$resultFormat=CSV&$filter=result gtt 1", "gtt"),
        ("Datastreams(99999999)/Observations?$resultFormat=dataArray", "no Datastream"),
    ],
)
async def test_what_does_not_fit_is_refused(city: City, path: str, words: str) -> None:
    """Before anything is sent, with what is offered instead."""
    document = await city.refused("GET", path)
    assert words in document["message"] + document["remedy"]


async def test_no_format_shows_what_is_hidden(city: City, database: str) -> None:
    """The access predicate holds in every form."""
    owner = City(city.client, await restricted(database, key="formats"))
    stream = await _stream(owner, name="secret")
    for form in ("dataArray", "CSV", "GeoJSON"):
        assert (
            await owner.send("GET", f"Datastreams({stream})/Observations?$resultFormat={form}")
        ).status_code == 200
        document = await city.anonymous().refused(
            "GET", f"Datastreams({stream})/Observations?$resultFormat={form}"
        )
        assert document["code"] == 404
    for path in ("Datastreams?$resultFormat=CSV", "Datastreams?$resultFormat=GeoJSON"):
        assert "secret" not in (await city.anonymous().send("GET", path)).text
        assert "secret" in (await owner.send("GET", path)).text
