# SPDX-License-Identifier: EUPL-1.2
"""frost_sta_client, the client of the other server, against a running installation; pandas reads it."""

from __future__ import annotations

import itertools
from typing import Any

import frost_sta_client as fsc
import pandas
import pytest
import requests
from frost_sta_client.model.ext import data_array_document, data_array_value, unitofmeasurement
from frost_sta_client.service import auth_handler

from tests.conformance.conftest import Served

OM = "http://www.opengis.net/def/observationType/OGC-OM/2.0/"
_numbers = itertools.count()
# The client's own use of furl.
pytestmark = pytest.mark.filterwarnings("ignore:furl:DeprecationWarning")


@pytest.fixture(scope="module")
def service(served: Served) -> fsc.SensorThingsService:
    """The client, with the token as password."""
    handler = auth_handler.AuthHandler(username="anybody", password=served.token)
    return fsc.SensorThingsService(served.address, auth_handler=handler)


def point(x: float = 7.6, y: float = 51.9) -> dict[str, Any]:
    """A place."""
    return {"type": "Point", "coordinates": [x, y]}


def unit() -> unitofmeasurement.UnitOfMeasurement:
    """Degrees."""
    return unitofmeasurement.UnitOfMeasurement("degree Celsius", "°C", "http://qudt.org/vocab/unit/DEG_C")


class Units(list[unitofmeasurement.UnitOfMeasurement]):
    """A list the client can write: of a plain one it asks a `__getstate__` that lists do not have."""

    def __getstate__(self) -> object:
        """The units as JSON."""
        return [each.__getstate__() for each in self]


def parts() -> dict[str, Any]:
    """A Thing at a place, a Sensor and an ObservedProperty, all new."""
    number = next(_numbers)
    place = fsc.Location(name=f"Platz {number}", description="-", encoding_type="application/geo+json",
                         location=point())  # fmt: skip
    uri = "http://example.org/x"
    return {
        "thing": fsc.Thing(
            name=f"Baum {number}", description="-", properties={"n": number}, locations=[place]
        ),
        "sensor": fsc.Sensor(
            name=f"Sonde {number}", description="-", encoding_type="text/html", metadata="-"
        ),
        "observed_property": fsc.ObservedProperty(name=f"Feuchte {number}", definition=uri, description="-"),
    }


def stream(service: fsc.SensorThingsService) -> fsc.Datastream:
    """A Datastream made by deep insert."""
    made = fsc.Datastream(name="Feuchte", description="-", observation_type=OM + "OM_Measurement",
                          unit_of_measurement=unit(), **parts())  # fmt: skip
    service.create(made)
    return made


def test_every_type_is_made_found_changed_and_removed(service: fsc.SensorThingsService) -> None:
    """create, find, update (PUT), patch (JSON Patch) and delete."""
    feature = fsc.FeatureOfInterest(name="Fläche", description="-", encoding_type="application/geo+json",
                                    feature=point(8, 52))  # fmt: skip
    made = parts()
    place = fsc.Location(name="Ort", description="-", encoding_type="application/geo+json", location=point())
    for entity, dao in ((made["thing"], service.things()), (made["sensor"], service.sensors()),
                        (made["observed_property"], service.observed_properties()),
                        (place, service.locations()), (feature, service.features_of_interest())):  # fmt: skip
        service.create(entity)
        found = dao.find(entity.id)
        assert found.name == entity.name
        found.description = "geändert"
        service.update(found)
        assert dao.find(entity.id).description == "geändert"
        assert dao.find(entity.id).name == entity.name
        service.patch(found, [{"op": "replace", "path": "/description", "value": "noch einmal"}])
        assert dao.find(entity.id).description == "noch einmal"
        service.delete(found)
        with pytest.raises(requests.HTTPError, match="404"):
            dao.find(entity.id)


def test_streams_observations_and_history(service: fsc.SensorThingsService) -> None:
    """Deep insert, single observations, the history of places, and removal of it all."""
    made = stream(service)
    reading = fsc.Observation(phenomenon_time="2024-03-01T00:00:00Z", result=21.5, datastream=made,
                              parameters={"depth": 60})  # fmt: skip
    service.create(reading)
    found = service.observations().find(reading.id)
    assert (found.result, found.parameters) == (21.5, {"depth": 60})
    found.result = 22.5
    service.update(found)
    assert service.observations().find(reading.id).result == 22.5
    thing = service.datastreams().query().expand("Thing").filter(f"id eq {made.id}").list().entities[0].thing
    history = fsc.HistoricalLocation(
        time="2020-01-01T00:00:00Z", thing=thing,
        locations=[fsc.Location(name="früher", description="-", encoding_type="application/geo+json",
                                location=point(1, 2))],
    )  # fmt: skip
    service.create(history)
    assert service.historical_locations().find(history.id).time.startswith("2020-01-01")
    service.delete(made)
    with pytest.raises(requests.HTTPError, match="404"):
        service.observations().find(reading.id)


def test_lists_are_walked_over_all_their_pages(service: fsc.SensorThingsService) -> None:
    """filter, orderby, top, skip, count, select, expand; iteration follows the links."""
    made = stream(service)
    for n in range(23):
        service.create(
            fsc.Observation(phenomenon_time=f"2024-03-01T{n:02}:00:00Z", result=n, datastream=made)
        )
    # The client's list of a Datastream's Observations.
    query = made.get_observations().query()
    walked = query.orderby("phenomenonTime", "asc").top(10).count().list()
    assert walked.count == 23
    assert [each.result for each in walked] == list(range(23))
    some = (
        made.get_observations().query().filter("result ge 20 or result lt 2").orderby("result", "desc").list()
    )
    assert [each.result for each in some] == [22, 21, 20, 1, 0]
    last = made.get_observations().query().orderby("result", "asc").skip(20).list()
    assert [each.result for each in last] == [20, 21, 22]
    inner = "Observations($top=1;$orderby=phenomenonTime desc),Thing/Locations,ObservedProperty"
    found = service.datastreams().query().filter(f"id eq {made.id}").expand(inner).list().entities[0]
    assert [each.result for each in found.observations.entities] == [22]
    assert found.thing.locations.entities[0].location["coordinates"] == [7.6, 51.9]
    assert found.observed_property.name.startswith("Feuchte")
    names = service.datastreams().query().filter(f"id eq {made.id}").select("name").list().entities
    assert [each.name for each in names] == ["Feuchte"]


def test_data_arrays_are_written(service: fsc.SensorThingsService) -> None:
    """DataArrayValue and DataArrayDocument: rows of two streams, one answer per row."""
    streams = [stream(service), stream(service)]
    document = data_array_document.DataArrayDocument()
    columns = data_array_value.DataArrayValue.Property
    for number, each in enumerate(streams):
        value = data_array_value.DataArrayValue()
        value.datastream = each
        value.components = {columns.PHENOMENON_TIME, columns.RESULT}
        for n in range(5):
            value.add_observation(
                fsc.Observation(
                    phenomenon_time=f"2024-03-0{n + 1}T00:00:00Z", result=number * 10 + n, datastream=each
                )
            )
        document.add_data_array_value(value)
    made = service.observations().create(document)
    assert len(made) == 10
    assert all("/Observations(" in each.self_link for each in made)
    results = [each.result for each in streams[1].get_observations().query().orderby("result", "asc").list()]
    assert results == [10, 11, 12, 13, 14]


def test_multi_datastreams(service: fsc.SensorThingsService) -> None:
    """Results with several components."""
    made = parts()
    observed = [made.pop("observed_property"), parts()["observed_property"]]
    multi = fsc.MultiDatastream(
        name="Wetter", description="-", observation_type=OM + "OM_ComplexObservation",
        unit_of_measurements=Units([unit(), unit()]),
        multi_observation_data_types=[OM + "OM_Measurement"] * 2, observed_properties=observed, **made,
    )  # fmt: skip
    service.create(multi)
    # The client reads an observedArea only as a polygon: two places that differ in both directions.
    for day, x in ((1, 7.0), (2, 8.0)):
        place = fsc.FeatureOfInterest(name="Fläche", description="-", encoding_type="application/geo+json",
                                      feature=point(x, x + 44))  # fmt: skip
        service.create(fsc.Observation(phenomenon_time=f"2024-03-0{day}T00:00:00Z", result=[1.5, 80 + day],
                                       multi_datastream=multi, feature_of_interest=place))  # fmt: skip
    found = service.multi_datastreams().query().filter(f"id eq {multi.id}")
    inner = "ObservedProperties,Observations($orderby=phenomenonTime)"
    found = found.expand(inner).list().entities[0]
    assert [each.name for each in found.observed_properties.entities] == [each.name for each in observed]
    assert [each.result for each in found.observations.entities] == [[1.5, 81], [1.5, 82]]


def test_an_error_is_one_the_client_can_tell(service: fsc.SensorThingsService) -> None:
    """A refusal has a code and a message."""
    with pytest.raises(requests.HTTPError) as told:
        service.create(fsc.Thing(name="", description=""))
    assert told.value.response.status_code == 400
    assert told.value.response.json()["message"]


def test_pandas_reads_a_series(service: fsc.SensorThingsService, served: Served) -> None:
    """Entities, data arrays and CSV become a frame with times as an index."""
    made = stream(service)
    for n in range(4):
        service.create(
            fsc.Observation(phenomenon_time=f"2024-03-01T0{n}:00:00Z", result=n * 1.5, datastream=made)
        )
    rows = [(each.phenomenon_time, each.result) for each in made.get_observations().query().list()]
    frame = pandas.DataFrame(rows, columns=["time", "result"])
    series = frame.set_index(pandas.to_datetime(frame.pop("time"), utc=True))["result"].sort_index()
    assert series.resample("2h").mean().tolist() == [0.75, 3.75]
    address = f"{served.address}/Datastreams({made.id})/Observations"
    group = requests.get(
        address, {"$resultFormat": "dataArray", "$orderby": "phenomenonTime"}, timeout=30
    ).json()
    table = pandas.DataFrame(group["value"][0]["dataArray"], columns=group["value"][0]["components"])
    assert table["result"].tolist() == series.tolist()
