# SPDX-License-Identifier: EUPL-1.2
"""The words of a mapping: what can be said about a file and its columns."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

import msgspec

from stadtkern.core import problems

Json = Any
Label = Literal["start", "end"]
Kind = Literal["measurement", "count", "state"]


class InvalidMapping(problems.Problem):
    """The mapping cannot be used.

    Correct the named place; `stadtkern import FILE --guess` prints a mapping to start from.
    """

    status = 422


class Spec(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A part of a mapping; unknown keys are refused so that a typing error is not silently ignored."""


class File(Spec, frozen=True, kw_only=True):
    """How the text is laid out. What is not given is found out from the first part of the file."""

    encoding: str | None = None
    """Name of the encoding, e.g. `cp1252`. Unset: byte order mark, then UTF-8, then cp1252."""
    delimiter: str | None = None
    """The character between cells."""
    decimal: Literal[".", ","] = "."
    """The decimal sign in numbers."""
    thousands: Literal["", ".", ",", " ", "'"] = ""
    """The sign that groups digits in threes; empty: numbers with such a sign are refused."""
    skip: int = 0
    """Lines before the header."""


class Capture(Spec, frozen=True, kw_only=True):
    """Takes a name for templates out of one header cell, e.g. the station a file is about."""

    column: int
    """Position of the header cell, counted from 1."""
    pattern: str
    """Regular expression with named groups; they become `{name}` in templates."""


class Lookup(Spec, frozen=True, kw_only=True):
    """A companion table with more about the series, e.g. the names of stations."""

    file: str
    """File name, looked for beside the data file, then beside the mapping."""
    key: list[str]
    """Columns in which the value is looked for (the first that has it wins)."""
    by: str
    """Template of the value to look for, e.g. `{id}`."""
    delimiter: str = ","


class Companion(Spec, frozen=True, kw_only=True):
    """A list of times that deserve a flag, published beside the data."""

    file: str
    series: str
    """Column with the series' name; compared with the series' `name`."""
    label: str
    """Column with the time as it is written in the data, or the beginning of it (a day)."""
    flag: str
    """The flag put into the result quality of the values concerned."""
    ignore: list[str] = []
    """Series for which the list is wrong, e.g. because they report by the hour anyway."""


class Time(Spec, frozen=True, kw_only=True):
    """Where the time stands and what it means."""

    column: str | list[str]
    """Header of the time column, or of date and clock columns."""
    format: str = "auto"
    """`auto`, `iso`, `german`, `epoch`, `epoch_ms` or a strptime pattern such as `%m/%d/%Y %H:%M`."""
    zone: str = "UTC"
    """Zone of the wall clock for times without an offset of their own."""
    label: Label = "start"
    """Whether the time marks the start or the end of the interval."""
    interval: str = ""
    """Length of what a value covers: `PT15M`, `PT1H`, `P1D` (a local day); empty: values are instants."""
    fold: Literal["sum", "first", "unknown"] = "unknown"
    """What a single row in the doubled autumn hour holds: both passes added, the first, nobody knows."""


class Period(Spec, frozen=True, kw_only=True):
    """A stretch of time in which a series differs."""

    match: str = ".*"
    """Regular expression for the series' `name`."""
    start: datetime | None = None
    end: datetime | None = None
    flag: str = ""
    """Flag for the result quality of the values in it."""
    factor: float = 1.0
    interval: str = ""
    """Interval of the values in it, where it differs."""


class Clean(Spec, frozen=True, kw_only=True):
    """What a cell means."""

    type: Literal["number", "integer", "category", "text", "boolean"] = "number"
    missing: list[str] = []
    """Text that means *no reading*; the empty cell always does."""
    zero_is_missing: bool = False
    codes: dict[str, float] = {}
    """Text in a number column that stands for a number, e.g. `bes = 0`."""
    categories: dict[str, str] = {}
    """For `category`: the words allowed and what they are stored as; empty: all words."""
    factor: float = 1.0
    offset: float = 0.0
    """Unit conversion: result = cell × factor + offset."""
    minimum: float | None = None
    maximum: float | None = None
    """Results outside are refused."""
    counter: bool = False
    """The cell is a counter reading: the increments are stored, a reset begins again at zero."""
    wrap: float | None = None
    """Where the counter rolls over, e.g. 65536; unset: it restarts at zero."""


class Status(Spec, frozen=True, kw_only=True):
    """A column that says how good the value is."""

    column: str
    """Template of its header, e.g. `{id}-status`."""
    good: tuple[str, ...] = ("", "0")
    meaning: dict[str, str] = {}
    """What the other codes mean; unknown codes are kept as they are."""


class Thing(Spec, frozen=True, kw_only=True):
    """The Thing a series belongs to; made when no Thing carries the key in `properties.key`."""

    key: str
    name: str
    description: str = ""
    properties: dict[str, Json] = {}
    longitude: str = ""
    latitude: str = ""
    """Templates of WGS 84 coordinates; empty: no Location is made."""


class Sensor(Spec, frozen=True, kw_only=True):
    """The procedure that made the values."""

    key: str
    name: str
    description: str = ""
    metadata: str = ""
    properties: dict[str, Json] = {}


class Property(Spec, frozen=True, kw_only=True):
    """The observed property."""

    key: str
    name: str
    definition: str = ""
    description: str = ""


class Unit(Spec, frozen=True, kw_only=True):
    """Unit of measurement (SensorThings 1.1, 8.2.4)."""

    name: str = ""
    symbol: str = ""
    definition: str = ""


class Stream(Spec, frozen=True, kw_only=True):
    """The Datastream that takes the values."""

    key: str
    name: str
    description: str = ""
    unit: Unit = Unit()
    kind: Kind = "measurement"
    properties: dict[str, Json] = {}


class Series(Spec, frozen=True, kw_only=True):
    """One or many columns that are read alike. What is not given here comes from the top of the mapping."""

    column: str
    """Regular expression for headers (whole header); named groups become `{name}` in templates."""
    ignore: bool = False
    by: str = ""
    """Column that tells the streams apart in a long file; its cells become `{name}`."""
    name: str = "{0}"
    """Short name of the series, for reports, companions and periods; `{0}` is the header or the `by` cell."""
    interval: str = ""
    clean: Clean = Clean()
    status: Status | None = None
    thing: Thing | None = None
    sensor: Sensor | None = None
    property: Property | None = None
    datastream: Stream | None = None


class Mapping(Spec, frozen=True, kw_only=True):
    """A mapping. Each series inherits `clean`, `status`, `thing`, `sensor`, `property`, `datastream`."""

    dataset: str
    """Key of the dataset that new Things belong to."""
    title: str = ""
    room: str | None = None
    """Room in which the dataset is made if there is none with this key; unset: the import stops then."""
    about: dict[str, Json] = {}
    """What a dataset made here is about (title, licence, attribution, source)."""
    file: File = File()
    capture: Capture | None = None
    lookup: dict[str, Lookup] = {}
    companion: list[Companion] = []
    time: Time
    period: list[Period] = []
    series: list[Series]
