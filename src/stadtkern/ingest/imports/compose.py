# SPDX-License-Identifier: EUPL-1.2
"""Makes the mapping of an import of time series from what was chosen on pages."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from stadtkern.ingest.imports import guess, mapping, tables
from stadtkern.ingest.imports.mapping import InvalidMapping, Kind, Label, Spec


class Series(Spec, frozen=True, kw_only=True):
    """What has to be known of a table beyond its columns to read it as time series."""

    time: str
    """Column with the times."""
    by: str = ""
    """Column that tells the stations apart, in a long file."""
    each: Literal["place", "property"] = "property"
    """What another column of values is: another place, or another property of the same place."""
    interval: str = ""
    label: Label = "start"
    kind: Kind = "measurement"
    sensor: str = ""
    longitude: float | None = None
    """Where everything was measured, in degrees (WGS 84), if at one place."""
    latitude: float | None = None


def values_of(*, table: tables.Table, series: Series) -> list[tables.Column]:
    """The columns that hold values."""
    apart = {series.time, series.by, *((table.place.x, table.place.y) if table.place else ())}
    return [c for c in table.columns if c.type in ("integer", "number") and c.source not in apart]


def left_out(*, table: tables.Table, series: Series) -> list[tables.Column]:
    """The columns that were chosen and yet become no series, as they hold no numbers."""
    apart = {series.time, series.by, *((table.place.x, table.place.y) if table.place else ())}
    return [c for c in table.columns if c.type not in ("integer", "number") and c.source not in apart]


def mapping_of(*, table: tables.Table, series: Series, dataset: str, title: str) -> mapping.Mapping:
    """The mapping. Raises InvalidMapping where there is no column of values or of times."""
    values = values_of(table=table, series=series)
    if not values:
        raise InvalidMapping("no column holds numbers that could be a series", where="columns")
    if series.time not in [c.source for c in table.columns]:
        raise InvalidMapping(f"the time column {series.time!r} was not chosen", where="time")
    moment = next(c for c in table.columns if c.source == series.time)
    signs = tables.file_of(table, values[0])
    return mapping.Mapping(
        dataset=dataset,
        title=title,
        file=msgspec.structs.replace(signs, thousands=_grouping(values, signs)),
        time=mapping.Time(
            column=series.time,
            format=moment.format,
            zone=table.zone,
            label=series.label,
            interval=series.interval,
        ),
        series=[_one(dataset, title, column, series) for column in values],
    )


def _spot(series: Series) -> dict[str, Any]:
    if series.longitude is None or series.latitude is None:
        return {}
    return {"longitude": repr(series.longitude), "latitude": repr(series.latitude)}


def _grouping(values: list[tables.Column], file: mapping.File) -> Literal["", ".", ",", " ", "'"]:
    groups = {c.thousands for c in values if c.thousands}
    return groups.pop() if len(groups) == 1 else file.thousands


def _one(dataset: str, title: str, column: tables.Column, series: Series) -> mapping.Series:
    name = column.title or column.source
    if series.by:
        field = f"{{{series.by}}}"
        thing, label = mapping.Thing(key=f"{dataset}-{field}", name=field), f"{name}, {field}"
    elif series.each == "place":
        field = column.name
        thing, label = mapping.Thing(key=f"{dataset}-{field}", name=name), name
    else:
        field = ""
        thing, label = mapping.Thing(key=dataset, name=title, **_spot(series)), name
    one_property = series.each == "place" and not series.by
    return mapping.Series(
        column=guess.escaped(column.source),
        by=series.by,
        name=label if series.by else "{0}",
        clean=column.clean,
        thing=thing,
        sensor=mapping.Sensor(key=f"{dataset}-sensor", name=series.sensor or title),
        property=mapping.Property(
            key=f"{dataset}-value" if one_property else column.name, name=title if one_property else name
        ),
        datastream=mapping.Stream(
            key="-".join(part for part in (dataset, field if series.by else "", column.name) if part),
            name=label,
            unit=mapping.Unit(name=column.unit, symbol=column.unit),
            kind=series.kind,
        ),
    )
