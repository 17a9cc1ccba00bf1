# SPDX-License-Identifier: EUPL-1.2
"""Every entity type of OGC SensorThings 1.1 (18-088, clause 8.2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from stadtkern.things.entities.kinds import EntityType, Kind, Link, Property, Relation


def _text(name: str, column: str = "") -> Property:
    column = column or name
    return Property(name=name, kind=Kind.TEXT, column=f"{{a}}.{column}", writable=column, required=True)


def _choice(name: str, column: str, *choices: str) -> Property:
    """A text with a default, the first of the choices."""
    sql = f"{{a}}.{column}"
    return Property(
        name=name, kind=Kind.TEXT, column=sql, writable=column, default=choices[0], choices=choices
    )


def _geometry(name: str) -> Property:
    return Property(
        name=name,
        kind=Kind.GEOMETRY,
        column=f"{{a}}.{name}",
        box="{a}.bounds",
        writable=name,
        required=True,
    )


_COMPLEX = "http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_ComplexObservation"
_PROPERTIES = Property(
    name="properties", kind=Kind.JSON, column="{a}.properties", writable="properties", nullable=True
)
_NAMED = (_text("name"), _text("description"))
_ENCODING = _text("encodingType", "encoding_type")
# What becomes of a second result at the same time, and how buckets of time are aggregated: ours, see ADR 12.
_KEEPING = (
    _choice("conflictPolicy", "conflict", "append", "replace", "ignore"),
    _choice("valueKind", "kind", "measurement", "count", "state"),
)
_OBSERVED = (
    Property(
        name="observedArea",
        kind=Kind.GEOMETRY,
        column="coalesce(things.envelope({s}.area), {a}.observed_area)",
        box="coalesce({s}.area, {a}.bounds)",
        writable="observed_area",
        nullable=True,
    ),
    Property(
        name="phenomenonTime",
        kind=Kind.INTERVAL,
        column="{s}.first_time",
        end="coalesce({s}.end_time, {s}.last_end, {s}.last_time)",
        nullable=True,
    ),
    Property(
        name="resultTime",
        kind=Kind.INTERVAL,
        column="{s}.result_time_first",
        end="{s}.result_time_last",
        nullable=True,
    ),
    *_KEEPING,
    _PROPERTIES,
)


def _many(name: str, target: str, remote: str) -> Relation:
    return Relation(name=name, target=target, many=True, remote=remote)


def _linked(name: str, target: str, table: str, here: str, there: str, order: str = "") -> Relation:
    link = Link(table=f"things.{table}", here=here, there=there, order=order)
    return Relation(name=name, target=target, many=True, link=link)


def _one(name: str, local: str, target: str = "", *, required: bool = True) -> Relation:
    return Relation(name=name, target=target or name, many=False, local=local, required=required)


def _streams(remote: str) -> tuple[Relation, ...]:
    return (_many("Datastreams", "Datastream", remote), _many("MultiDatastreams", "MultiDatastream", remote))


_THING = EntityType(
    name="Thing",
    set="Things",
    table="things.thing",
    properties=(*_NAMED, _PROPERTIES),
    relations=(
        *_streams("thing_id"),
        _linked("Locations", "Location", "thing_location", "thing_id", "location_id"),
        _many("HistoricalLocations", "HistoricalLocation", "thing_id"),
    ),
)
_LOCATION = EntityType(
    name="Location",
    set="Locations",
    table="things.location",
    properties=(*_NAMED, _ENCODING, _geometry("location"), _PROPERTIES),
    relations=(
        _linked("Things", "Thing", "thing_location", "location_id", "thing_id"),
        _linked(
            "HistoricalLocations",
            "HistoricalLocation",
            "historical_location_location",
            "location_id",
            "historical_location_id",
        ),
    ),
)
_HISTORICAL_LOCATION = EntityType(
    name="HistoricalLocation",
    set="HistoricalLocations",
    table="things.historical_location",
    properties=(Property(name="time", kind=Kind.INSTANT, column="{a}.time", writable="time", required=True),),
    relations=(
        _one("Thing", "thing_id"),
        _linked(
            "Locations", "Location", "historical_location_location", "historical_location_id", "location_id"
        ),
    ),
)
_SENSOR = EntityType(
    name="Sensor",
    set="Sensors",
    table="things.sensor",
    properties=(
        *_NAMED,
        _ENCODING,
        Property(name="metadata", kind=Kind.JSON, column="{a}.metadata", writable="metadata", required=True),
        _PROPERTIES,
    ),
    relations=_streams("sensor_id"),
)
_OBSERVED_PROPERTY = EntityType(
    name="ObservedProperty",
    set="ObservedProperties",
    table="things.observed_property",
    properties=(_text("name"), _text("definition"), _text("description"), _PROPERTIES),
    relations=(
        _many("Datastreams", "Datastream", "observed_property_id"),
        _linked(
            "MultiDatastreams",
            "MultiDatastream",
            "datastream_property",
            "observed_property_id",
            "datastream_id",
        ),
    ),
)
_DATASTREAM = EntityType(
    name="Datastream",
    set="Datastreams",
    table="things.datastream",
    condition="not {a}.multi",
    properties=(
        *_NAMED,
        _text("observationType", "observation_type"),
        Property(name="unitOfMeasurement", kind=Kind.JSON, column="{a}.unit", writable="unit", required=True),
        *_OBSERVED,
    ),
    relations=(
        _one("Thing", "thing_id"),
        _one("Sensor", "sensor_id"),
        _one("ObservedProperty", "observed_property_id"),
        _many("Observations", "Observation", "datastream_id"),
    ),
)
_COMPONENTS = (
    "(select jsonb_agg(c.{column} order by c.position) from things.datastream_property c"
    " where c.datastream_id = {{a}}.id)"
)
_MULTI_DATASTREAM = EntityType(
    name="MultiDatastream",
    set="MultiDatastreams",
    table="things.datastream",
    condition="{a}.multi",
    properties=(
        *_NAMED,
        replace(_text("observationType", "observation_type"), required=False, default=_COMPLEX),
        Property(
            name="multiObservationDataTypes",
            kind=Kind.JSON,
            column=_COMPONENTS.format(column="observation_type"),
        ),
        Property(name="unitOfMeasurements", kind=Kind.JSON, column=_COMPONENTS.format(column="unit")),
        *_OBSERVED,
    ),
    relations=(
        _one("Thing", "thing_id"),
        _one("Sensor", "sensor_id"),
        _linked(
            "ObservedProperties",
            "ObservedProperty",
            "datastream_property",
            "datastream_id",
            "observed_property_id",
            "position",
        ),
        _many("Observations", "Observation", "datastream_id"),
    ),
)
_FEATURE_OF_INTEREST = EntityType(
    name="FeatureOfInterest",
    set="FeaturesOfInterest",
    table="things.feature_of_interest",
    properties=(*_NAMED, _ENCODING, _geometry("feature"), _PROPERTIES),
    relations=(_many("Observations", "Observation", "feature_id"),),
)
_OBSERVATION = EntityType(
    name="Observation",
    set="Observations",
    table="things.observation",
    owned=False,
    key=("datastream_id", "phenomenon_time", "slot"),
    properties=(
        Property(
            name="phenomenonTime",
            kind=Kind.INTERVAL,
            column="{a}.phenomenon_time",
            end="{a}.phenomenon_end",
            writable="phenomenon_time",
            always=True,
        ),
        Property(
            name="result",
            kind=Kind.RESULT,
            column="{a}.result",
            end="{a}.result_json",
            writable="result",
            required=True,
            always=True,
            nullable=True,
        ),
        Property(
            name="resultTime",
            kind=Kind.INSTANT,
            column="{a}.result_time",
            writable="result_time",
            always=True,
            nullable=True,
        ),
        Property(
            name="validTime",
            kind=Kind.INTERVAL,
            column="lower({a}.valid_time)",
            end="upper({a}.valid_time)",
            writable="valid_time",
            nullable=True,
        ),
        Property(
            name="resultQuality",
            kind=Kind.JSON,
            column="{a}.result_quality",
            writable="result_quality",
            nullable=True,
        ),
        Property(
            name="parameters", kind=Kind.JSON, column="{a}.parameters", writable="parameters", nullable=True
        ),
    ),
    relations=(
        _one("Datastream", "datastream_id"),
        Relation(
            name="MultiDatastream", target="MultiDatastream", many=False, local="datastream_id", silent=True
        ),
        _one("FeatureOfInterest", "feature_id", required=False),
    ),
)

ENTITIES: tuple[EntityType, ...] = (
    _THING,
    _LOCATION,
    _HISTORICAL_LOCATION,
    _DATASTREAM,
    _MULTI_DATASTREAM,
    _SENSOR,
    _OBSERVED_PROPERTY,
    _OBSERVATION,
    _FEATURE_OF_INTEREST,
)
BY_NAME: Mapping[str, EntityType] = MappingProxyType({e.name: e for e in ENTITIES})
BY_SET: Mapping[str, EntityType] = MappingProxyType({e.set: e for e in ENTITIES})
OBSERVATION: EntityType = _OBSERVATION


def target(relation: Relation) -> EntityType:
    """The entity type a relation leads to."""
    return BY_NAME[relation.target]
