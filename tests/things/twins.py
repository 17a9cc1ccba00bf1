# SPDX-License-Identifier: EUPL-1.2
"""A public city, a restricted room that is built beside it, and every door at which one could ask."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from stadtkern.things import entities
from tests.things.factories import City, datastream, hourly, location, observed_property, sensor, thing

MISSING = 8_123_456_789
_COMPLEX = "http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_ComplexObservation"
_MEASUREMENT = "http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_Measurement"
_UNIT = {"name": "metre per second", "symbol": "m/s", "definition": "-"}
_FEATURE = {
    "name": "crossing",
    "description": "-",
    "encodingType": "application/geo+json",
    "feature": {"type": "Point", "coordinates": [7.6, 51.9]},
}


def multi(**more: Any) -> dict[str, Any]:
    """A MultiDatastream with one component."""
    return {
        "name": "wind",
        "description": "-",
        "observationType": _COMPLEX,
        "unitOfMeasurements": [_UNIT],
        "multiObservationDataTypes": [_MEASUREMENT],
        "Sensor": sensor(),
        "ObservedProperties": [observed_property()],
    } | more


async def build(city: City, *, name: str) -> int:
    """A Thing with everything that can hang at one; returns its id."""
    observation = {"phenomenonTime": "2024-06-01T00:00:00Z", "result": 3, "FeatureOfInterest": _FEATURE}
    return await city.create(
        "Things",
        thing(
            name=name,
            properties={"code": f"{name}-code"},
            Locations=[location(name=f"{name} square")],
            Datastreams=[datastream(name=f"{name} air", observations=[*hourly(1, 2), observation])],
            MultiDatastreams=[
                multi(Observations=[{"phenomenonTime": "2024-06-01T00:00:00Z", "result": [5]}])
            ],
        ),
    )


async def first_ids(city: City) -> dict[str, int]:
    """The id of the first entity of each type."""
    return {
        entity.name: (await city.values(f"{entity.set}?$top=1"))[0]["@iot.id"] for entity in entities.ENTITIES
    }


async def hang_in(secret: City, ids: dict[str, int]) -> None:
    """Hidden entities that are tied to public ones by every kind of tie."""
    links = {name: {"@iot.id": ids[name]} for name in ("Thing", "Sensor", "ObservedProperty")}
    observation = {"result": 99, "FeatureOfInterest": {"@iot.id": ids["FeatureOfInterest"]}}
    body = datastream(name="hidden at public", observations=[*hourly(666, 667), observation])
    await secret.create("Datastreams", body | links)
    await secret.create("Datastreams", datastream(name="hidden sensor at public", Thing=links["Thing"]))
    properties = [links["ObservedProperty"]]
    await secret.create(
        "MultiDatastreams", multi(name="hidden multi", Thing=links["Thing"], ObservedProperties=properties)
    )


_EXPANSIONS = (
    "Datastreams($count=true;$expand=Observations($count=true;$top=1;$orderby=phenomenonTime desc),Sensor)",
    "Datastreams($expand=Thing($expand=Locations,Datastreams($count=true)),ObservedProperty($expand=Datastreams))",
    "MultiDatastreams($count=true;$expand=ObservedProperties($expand=MultiDatastreams($count=true)),Observations)",
    "Observations($count=true;$orderby=result desc;$expand=Datastream($expand=Thing),FeatureOfInterest)",
    "Observations($filter=result gt 2;$expand=FeatureOfInterest($expand=Observations($count=true)))",
    "HistoricalLocations($count=true;$expand=Thing,Locations($expand=Things($count=true)))",
    "Things($count=true;$expand=Datastreams($count=true;$top=1))",
    "Thing($expand=Datastreams,MultiDatastreams,HistoricalLocations)",
    "Datastream($expand=Sensor($expand=Datastreams),ObservedProperty)",
    "Locations($expand=HistoricalLocations,Things)",
)
_CONDITIONS = (
    "{way}/id gt 0",
    "not ({way}/id gt 0)",
    "{way}/id ne {missing}",
    "not ({way}/id eq null)",
)
_AREA = "geography'POLYGON((7 51,8 51,8 53,7 53,7 51))'"
_NEAR = "geo.distance({place},geography'POINT(7.6 51.9)')"
# What can be asked of all that a relation leads to, one by one.
_QUANTIFIED = (
    "{way}/any()",
    "{way}/all(x: x/id eq {missing})",
    "{way}/any(x: not (x/id gt 0))",
)
_PLACES = {"Location": "location", "FeatureOfInterest": "feature", "Datastream": "observedArea"}


def doors(ids: dict[str, int]) -> Iterator[str]:
    """Addresses that lead everywhere from what is public, by every option."""
    for entity in entities.ENTITIES:
        root, one = entity.set, f"{entity.set}({ids[entity.name]})"
        for text in (
            "$count=true",
            "$top=1&$count=true",
            "$top=0&$count=true",
            "$skip=1",
            "$orderby=id desc",
        ):
            yield f"{root}?{text}"
        yield from (f"{root}/$count", f"{root}/$ref", one, f"{one}/id/$value", f"{one}/$ref")
        yield from (f"{one}/{item.name}" for item in entity.properties)
        for text in _EXPANSIONS:
            if entity.relation(text.partition("(")[0]):
                yield f"{root}?$expand={quote(text)}"
                yield f"{one}?$expand={quote(text)}"
        for relation in entity.relations:
            yield from _along(root, one, relation)


def _through(root: str, relation: entities.Relation) -> Iterator[str]:
    """Conditions on everything behind a relation, and on the place of what is behind it."""
    name, target = relation.name, entities.target(relation)
    conditions = list(_QUANTIFIED) if relation.many else []
    place = _PLACES.get(target.name)
    if place is not None:
        near, way = _NEAR.format(place=f"{name}/{place}"), f"{name}/{place}"
        conditions += [f"geo.intersects({way},{_AREA})", f"not ({near} gt 0.5)", f"{near} mul 2 ge 0"]
        conditions.append(f"st_disjoint({way},{_AREA})")
        if not relation.many:
            yield f"{root}?$top=2&$orderby={quote(near)}"
    for condition in conditions:
        text = quote(condition.format(way=name, missing=MISSING))
        yield f"{root}?$count=true&$top=2&$filter={text}"


def _along(root: str, one: str, relation: entities.Relation) -> Iterator[str]:
    name, target = relation.name, entities.target(relation)
    yield from (f"{one}/{name}", f"{one}/{name}/$ref", f"{root}?$expand={name}")
    if relation.many:
        yield from (f"{one}/{name}/$count", f"{one}/{name}?$count=true&$orderby=id desc&$top=1")
    else:
        yield from (f"{root}?$orderby={name}/id desc", f"{one}/{name}/id/$value")
    for way in (name, *(f"{name}/{further.name}" for further in target.relations)):
        for condition in _CONDITIONS if way == name else _CONDITIONS[1:2]:
            text = quote(condition.format(way=way, missing=MISSING))
            yield f"{root}?$count=true&$top=2&$filter={text}"
    yield from _through(root, relation)
    for further in target.relations:
        if not relation.many:
            yield f"{one}/{name}/{further.name}"
        yield f"{root}?$expand={name}/{further.name}"
