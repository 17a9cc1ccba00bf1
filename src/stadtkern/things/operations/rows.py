# SPDX-License-Identifier: EUPL-1.2
"""Rows of a data array as readings: at once where they are plain, one by one where they are not."""

from __future__ import annotations

import contextlib
from collections.abc import Container, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any

import msgspec
import numpy as np

from stadtkern.core import problems
from stadtkern.things.operations import observations, payload
from stadtkern.things.operations.problems import InvalidJson, InvalidValue, UnknownProperty, UnknownReference
from stadtkern.things.operations.streams import Facts
from stadtkern.things.readings import Reading
from stadtkern.things.store import batch

FEATURE = "FeatureOfInterest/id"
_COMPONENTS = frozenset(
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
_PLAIN = ["phenomenonTime", "result"]
_LARGEST_EXACT = 2.0**53


class Group(msgspec.Struct, forbid_unknown_fields=True):
    """The rows for one datastream, not yet read."""

    components: list[str]
    data: msgspec.Raw = msgspec.field(name="dataArray")
    datastream: dict[str, Any] | None = msgspec.field(name="Datastream", default=None)
    multi_datastream: dict[str, Any] | None = msgspec.field(name="MultiDatastream", default=None)
    count: int | None = msgspec.field(name="dataArray@iot.count", default=None)


KEYS = tuple(field.encode_name for field in msgspec.structs.fields(Group))
_Instant = Annotated[datetime, msgspec.Meta(tz=True)]
_decode_plain = msgspec.json.Decoder(list[tuple[_Instant, float]]).decode
_decode_rows = msgspec.json.Decoder(list[msgspec.Raw]).decode
_decode_row = msgspec.json.Decoder(list[Any]).decode


def check(group: Group, *, where: str) -> None:
    """Raise for components that do not exist or do not fit together."""
    unknown = next((name for name in group.components if name not in _COMPONENTS), None)
    if unknown is not None:
        known = ", ".join(sorted(_COMPONENTS))
        raise UnknownProperty(
            f"no component {unknown[:60]!r}; there are {known}", where=where + ".components"
        )
    if "result" not in group.components or len(set(group.components)) < len(group.components):
        raise InvalidValue("each component once, and `result` among them", where=where + ".components")
    if bytes(memoryview(group.data)[:1]) != b"[":
        raise InvalidValue("dataArray takes a list of rows", where=where + ".dataArray")
    if group.count is not None:
        _split(group, where=where)


def count(group: Group, *, where: str) -> int:
    """How many rows there are."""
    return len(_split(group, where=where))


def columns_of(group: Group, *, datastream_id: int, facts: Facts) -> batch.Batch | None:
    """All rows at once where there is nothing but times and numbers, else None."""
    if (
        group.components != _PLAIN
        or facts.components is not None
        or (facts.unplaced and facts.feature_id is None)
        or facts.observation_type in observations.SPECIAL
    ):
        return None
    try:
        pairs = _decode_plain(group.data)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        return None
    size = len(pairs)
    results = np.fromiter((result for _, result in pairs), np.float64, size)
    if not size or np.abs(results).max() >= _LARGEST_EXACT:
        return None
    feature = facts.feature_id
    return batch.Batch(
        datastream_id=np.full(size, datastream_id, np.int64),
        time=batch.column_of([time for time, _ in pairs]),
        result=results,
        feature_id=None if feature is None else np.full(size, feature, np.int64),
    )


def features_of(group: Group, *, where: str) -> set[int]:
    """The features that the rows refer to."""
    if FEATURE not in group.components:
        return set()
    at = group.components.index(FEATURE)
    found: set[int] = set()
    for part in _split(group, where=where):
        with contextlib.suppress(msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
            values = _decode_row(part)
            if len(values) > at and type(values[at]) is int and 0 < values[at] < 2**63:
                found.add(values[at])
    return found


def readings_of(
    group: Group, *, datastream_id: int, facts: Facts, features: Container[int], where: str
) -> Iterator[Reading | problems.Problem]:
    """One reading or problem per row, in order; rows may refer to those features."""
    parts = _split(group, where=where)
    return (_reading(part, datastream_id, facts, group.components, features) for part in parts)


def _split(group: Group, *, where: str) -> list[msgspec.Raw]:
    try:
        parts = _decode_rows(group.data)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise InvalidJson(str(error), where=where + ".dataArray") from error
    if group.count is not None and group.count != len(parts):
        raise InvalidValue(
            f"{group.count} rows are announced, {len(parts)} came", where=where + ".dataArray@iot.count"
        )
    return parts


def _reading(
    raw: msgspec.Raw, datastream_id: int, facts: Facts, components: Sequence[str], features: Container[int]
) -> Reading | problems.Problem:
    try:
        values = _decode_row(raw)
        if any(isinstance(value, list | dict) for value in values):
            payload.once(bytes(raw))
        if any(isinstance(value, str | list | dict) for value in values):
            payload.check(values)
        return _of_values(values, datastream_id, facts, components, features)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        return InvalidValue(f"a row is a list of values: {error}")
    except problems.Problem as problem:
        return problem


def _of_values(
    values: Sequence[Any],
    datastream_id: int,
    facts: Facts,
    components: Sequence[str],
    features: Container[int],
) -> Reading:
    if len(values) != len(components):
        raise InvalidValue(f"the row has {len(values)} values, there are {len(components)} components")
    row: Mapping[str, Any] = dict(zip(components, values, strict=True))
    feature = row.get(FEATURE)
    if feature is None:
        feature = facts.feature_id
    elif type(feature) is not int or feature not in features:
        raise UnknownReference(f"no FeatureOfInterest with the id {str(feature)[:40]}", where=FEATURE)
    return observations.reading(row, datastream_id=datastream_id, facts=facts, feature_id=feature)
