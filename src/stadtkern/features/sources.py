# SPDX-License-Identifier: EUPL-1.2
"""Where the rows of a collection come from: a table of ours, or what another package has.

A source names SQL only; the values in its statements are bound. It has one row per feature, called `f`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from stadtkern.core.access import Scope
from stadtkern.core.fragments import Fragment
from stadtkern.features.entities import Bounds, Collection, Geometry, Type

_TABLE = re.compile(r"t_[0-9]+_[0-9]+")
# So many characters of a text stand in an index: longer ones would not fit.
INDEXED = 200
# Columns that get an index each, from the first on; the others are found by looking through.
MOST_INDEXES = 12


class Described(Protocol):
    """A column as its source describes it."""

    @property
    def name(self) -> str:
        """What it is called in documents and queries."""

    @property
    def type(self) -> Type:
        """What its values are."""

    @property
    def title(self) -> Mapping[str, str]:
        """What people call it, by language."""

    @property
    def description(self) -> Mapping[str, str]:
        """What it means, by language."""

    @property
    def unit(self) -> str:
        """The unit of its values."""

    @property
    def parts(self) -> Mapping[str, Mapping[str, str]]:
        """What people call the parts of its values, where these are JSON with names, by name and language."""


class Source(Protocol):
    """Rows with columns, and perhaps a geometry, each protected by its dataset."""

    @property
    def key(self) -> str:
        """What the collection is called in addresses."""

    @property
    def title(self) -> Mapping[str, str]:
        """What people call it, by language."""

    @property
    def description(self) -> Mapping[str, str]:
        """What it holds, by language."""

    @property
    def columns(self) -> Sequence[Described]:
        """The columns, in their order."""

    @property
    def geometry(self) -> Geometry | None:
        """The type of the geometries; None for a plain table."""

    @property
    def bounds(self) -> Bounds | None:
        """Where the features lie, as far as that is known beforehand and no secret."""

    @property
    def n(self) -> int | None:
        """How many rows there are, as far as that is known beforehand and no secret."""

    @property
    def version(self) -> str | None:
        """Changes with the rows; None where nobody keeps count."""

    @property
    def place(self) -> str:
        """Where the rows lie: a delivery that goes elsewhere leaves these as they are."""

    @property
    def modified_at(self) -> datetime | None:
        """When the rows changed last."""

    @property
    def dataset_id(self) -> int | None:
        """The dataset of all rows; None where each has its own."""

    @property
    def dataset_key(self) -> str:
        """What that is called in addresses; empty where there is none."""

    def table(self, scope: Scope) -> Fragment:
        """What stands after `from`."""

    def access(self, scope: Scope) -> Fragment:
        """The condition under which a row may be seen."""

    def column(self, index: int) -> str:
        """The SQL of a column's value."""

    def narrowed(self, index: int) -> str | None:
        """The expression of an index that stands for a longer value."""

    def near(self, scope: Scope, box: str) -> Fragment:
        """The condition that an index answers: the bounds of the geometry meet a box."""

    @property
    def shape(self) -> str:
        """The SQL of the geometry as GeoJSON."""

    @property
    def area(self) -> str:
        """The SQL of the bounds of the geometry."""


class Stored:
    """A collection whose rows lie in a table of ours."""

    def __init__(self, collection: Collection):
        if not _TABLE.fullmatch(collection.table_name):
            raise ValueError(collection.table_name)
        self.collection = collection
        self.key = collection.key
        self.dataset_id: int | None = collection.dataset_id
        self.dataset_key = collection.dataset_key
        self.title = collection.title
        self.description = collection.description
        self.columns: Sequence[Described] = collection.columns
        self.geometry = collection.geometry
        self.bounds = collection.bounds
        self.n: int | None = collection.n
        self.version: str | None = f"{collection.id}-{collection.version}"
        self.place = collection.table_name
        self.modified_at: datetime | None = collection.modified_at
        self.shape = "f.geometry" if collection.geometry else "null::jsonb"
        self.area = "f.bounds" if collection.geometry else "null::box"

    def table(self, scope: Scope) -> Fragment:  # noqa: ARG002
        """The table of the newest delivery."""
        return Fragment(f"features.{self.collection.table_name} f")

    def access(self, scope: Scope) -> Fragment:
        """All rows belong to one dataset: asked once for each statement, of the collection itself."""
        head = Fragment("(select true from features.collection k where k.id = %s and ", (self.collection.id,))
        return head + scope.on("k.dataset_id") + Fragment(")")

    def column(self, index: int) -> str:
        """Columns are called by their number."""
        return f"f.c{index + 1:d}"

    def narrowed(self, index: int) -> str | None:
        """Of a text the index has the beginning."""
        if self.columns[index].type != "text":
            return None
        return f"left({self.column(index)}, {INDEXED:d})"

    def near(self, scope: Scope, box: str) -> Fragment:  # noqa: ARG002
        """Of points the index is one of points, in tables of earlier releases one of boxes as elsewhere."""
        meets = Fragment("f.bounds && %s::box", (box,))
        if self.geometry != "Point":
            return meets
        return Fragment("(f.bounds[0] <@ %s::box and ", (box,)) + meets + Fragment(")")


def indexed(columns: Sequence[Described]) -> list[int]:
    """Numbers of the columns that get an index each: the first twelve that have an order."""
    return [at for at, c in enumerate(columns) if c.type not in ("json", "boolean")][:MOST_INDEXES]


def index_of(source: Source, name: str) -> int | None:
    """The number of a column, counted from 0."""
    return next((at for at, column in enumerate(source.columns) if column.name == name), None)


def selected(source: Source, scope: Scope) -> Fragment:
    """The rows of a source that may be seen, as far as `where`: other conditions follow after `and`."""
    return Fragment(" from ") + source.table(scope) + Fragment(" where ") + source.access(scope)
