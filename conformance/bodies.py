# SPDX-License-Identifier: EUPL-1.2
"""Bodies of new entities with exactly what the standard requires (clause 8.2), and more where told."""

from __future__ import annotations

from conformance.service import Entity, Service, at, ref

OM = "http://www.opengis.net/def/observationType/OGC-OM/2.0/"
MEASUREMENT = OM + "OM_Measurement"
GEOJSON = "application/geo+json"
CELSIUS = {
    "name": "degree Celsius",
    "symbol": "°C",
    "definition": "http://unitsofmeasure.org/ucum.html#para-30",
}
PERCENT = {"name": "percent", "symbol": "%", "definition": "http://unitsofmeasure.org/ucum.html#para-29"}


def point(x: float, y: float) -> Entity:
    """A GeoJSON point."""
    return {"type": "Point", "coordinates": [x, y]}


def polygon(*corners: tuple[float, float]) -> Entity:
    """A GeoJSON polygon without holes; the ring is closed here."""
    return {"type": "Polygon", "coordinates": [[list(corner) for corner in (*corners, corners[0])]]}


def line(*points: tuple[float, float]) -> Entity:
    """A GeoJSON line."""
    return {"type": "LineString", "coordinates": [list(each) for each in points]}


def thing(sta: Service, name: str = "thing", **more: object) -> Entity:
    """A Thing."""
    return {"name": sta.name(name), "description": f"Thing {name}", **more}


def location(sta: Service, name: str = "location", place: Entity | None = None, **more: object) -> Entity:
    """A Location."""
    return {"name": sta.name(name), "description": f"Location {name}", "encodingType": GEOJSON,
            "location": place or point(7.6, 51.9), **more}  # fmt: skip


def sensor(sta: Service, name: str = "sensor", **more: object) -> Entity:
    """A Sensor."""
    return {"name": sta.name(name), "description": f"Sensor {name}", "encodingType": "application/pdf",
            "metadata": "http://example.org/sensor.pdf", **more}  # fmt: skip


def observed_property(sta: Service, name: str = "property", **more: object) -> Entity:
    """An ObservedProperty."""
    return {"name": sta.name(name), "definition": f"http://example.org/{name}",
            "description": f"ObservedProperty {name}", **more}  # fmt: skip


def feature(sta: Service, name: str = "feature", place: Entity | None = None, **more: object) -> Entity:
    """A FeatureOfInterest."""
    return {"name": sta.name(name), "description": f"Feature {name}", "encodingType": GEOJSON,
            "feature": place or point(7.7, 51.8), **more}  # fmt: skip


def datastream(sta: Service, name: str = "stream", **more: object) -> Entity:
    """A Datastream without its links."""
    return {"name": sta.name(name), "description": f"Datastream {name}", "observationType": MEASUREMENT,
            "unitOfMeasurement": CELSIUS, **more}  # fmt: skip


def multi_datastream(sta: Service, name: str = "multi", **more: object) -> Entity:
    """A MultiDatastream of two measures without its links."""
    return {"name": sta.name(name), "description": f"MultiDatastream {name}",
            "observationType": OM + "OM_ComplexObservation",
            "multiObservationDataTypes": [MEASUREMENT, MEASUREMENT],
            "unitOfMeasurements": [CELSIUS, PERCENT], **more}  # fmt: skip


def stream(sta: Service, name: str = "stream", **more: object) -> Entity:
    """A new Datastream with Thing, Location, Sensor and ObservedProperty of its own."""
    place = sta.create("Locations", location(sta, f"{name}-location"))
    owner = sta.create("Things", thing(sta, f"{name}-thing", Locations=[ref(place)]))
    return sta.create("Datastreams", {
        **datastream(sta, name), "Thing": ref(owner),
        "Sensor": ref(sta.create("Sensors", sensor(sta, f"{name}-sensor"))),
        "ObservedProperty": ref(sta.create("ObservedProperties", observed_property(sta, f"{name}-property"))),
        **more,
    })  # fmt: skip


def fresh(sta: Service, entities: str) -> Entity:
    """A new entity of a set, with nothing else depending on it."""
    if entities in ("Datastreams", "Observations", "HistoricalLocations"):
        made = stream(sta, "fresh")
        if entities == "Observations":
            return sta.create("Observations", {"result": 1, "Datastream": ref(made),
                                               "phenomenonTime": "2024-09-01T00:00:00Z"})  # fmt: skip
        if entities == "HistoricalLocations":
            return sta.members(at("Datastreams", made) + "/Thing/HistoricalLocations")[0]
        return made
    make = {"Things": thing, "Locations": location, "Sensors": sensor,
            "ObservedProperties": observed_property, "FeaturesOfInterest": feature}  # fmt: skip
    return sta.create(entities, make[entities](sta, "fresh", properties={"a": 1, "b": {"c": 2}}))  # type: ignore[operator]
