# SPDX-License-Identifier: EUPL-1.2
"""Heads of the groups of a data array: where their rows belong, and what the values of a row mean."""

from __future__ import annotations

from typing import Any

import msgspec

from stadtkern.things.operations import create
from stadtkern.things.operations.problems import InvalidValue, MissingProperty, UnknownProperty

FEATURE = "FeatureOfInterest/id"
COMPONENTS = frozenset(
    {
        "phenomenonTime",
        "result",
        "resultTime",
        "validTime",
        "resultQuality",
        "parameters",
        FEATURE,
    }
)


class Head(msgspec.Struct, forbid_unknown_fields=True):
    """A group without its rows (18-088, clause 13.2)."""

    components: list[str]
    data: Any = msgspec.field(name="dataArray")
    datastream: dict[str, Any] | None = msgspec.field(name="Datastream", default=None)
    multi_datastream: dict[str, Any] | None = msgspec.field(name="MultiDatastream", default=None)
    count: int | None = msgspec.field(name="dataArray@iot.count", default=None)

    @property
    def multi(self) -> bool:
        """Whether the rows belong to a MultiDatastream."""
        return self.datastream is None

    @property
    def number(self) -> int:
        """The (Multi)Datastream's id; of a checked head."""
        return create.reference(self.datastream or self.multi_datastream) or 0


KEYS = (*(field.encode_name for field in msgspec.structs.fields(Head)), "@iot.id")


def fit(components: list[str]) -> bool:
    """Whether these are components, each once, and the result among them."""
    names = set(components)
    return "result" in names and names <= COMPONENTS and len(names) == len(components)


def check(head: Head, *, where: str) -> None:
    """Raise for components that do not exist or do not fit together."""
    unknown = next((name for name in head.components if name not in COMPONENTS), None)
    if unknown is not None:
        known = ", ".join(sorted(COMPONENTS))
        raise UnknownProperty(
            f"no component {unknown[:60]!r}; there are {known}", where=where + ".components"
        )
    if "result" not in head.components or len(set(head.components)) < len(head.components):
        raise InvalidValue("each component once, and `result` among them", where=where + ".components")
    if head.datastream is not None and head.multi_datastream is not None:
        raise InvalidValue(
            "either a Datastream or a MultiDatastream belongs here", where=where + ".Datastream"
        )
    if create.reference(head.datastream or head.multi_datastream) is None:
        raise MissingProperty('a Datastream is referred to: {"@iot.id": 1}', where=where + ".Datastream")
    if not isinstance(head.data, list):
        raise InvalidValue("dataArray takes a list of rows", where=where + ".dataArray")
    if head.data:
        raise InvalidValue("write the name dataArray without escapes", where=where + ".dataArray")
