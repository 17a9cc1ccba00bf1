# SPDX-License-Identifier: EUPL-1.2
"""Rows of instants, numbers and features, read as columns after one decoding of them all."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Annotated, Any

import msgspec
import numpy as np

from stadtkern.core import jsons
from stadtkern.things.operations.rows.heads import FEATURE
from stadtkern.things.store import batch
from stadtkern.things.store.batch import NONE, Integers, Numbers

_Instant = Annotated[datetime, msgspec.Meta(tz=True)]
_Id = Annotated[int, msgspec.Meta(gt=0, le=2**63 - 1)]
_TYPES: dict[str, Any] = {
    "phenomenonTime": _Instant,
    "result": float,
    "resultTime": _Instant | None,
    FEATURE: _Id | None,
}
_LARGEST_EXACT = 2.0**53
# The decoder rounds what is finer than a microsecond, while single rows leave it away.
_FINER = re.compile(rb"\.\d{7,}[Zz+-]")


class Columns(msgspec.Struct, kw_only=True, eq=False):
    """Rows as columns; instants are microseconds since 1970, NONE where there is none."""

    time: Integers
    result: Numbers
    result_time: Integers | None = None
    feature_id: Integers | None = None


def fits(components: Sequence[str]) -> bool:
    """Whether rows of these components may be read this way."""
    return "phenomenonTime" in components and all(name in _TYPES for name in components)


def read(text: bytes, *, size: int, components: Sequence[str]) -> Columns | None:
    """The inside of a JSON list of `size` rows; None where one of them has anything else."""
    if _FINER.search(text) or b"\\" in text:  # an escape may stand for a digit, or for what ends them
        return None
    try:
        rows = _decoder(tuple(components)).decode(b"[" + text + b"]")
    except jsons.UNREADABLE:
        return None
    if not size or len(rows) != size:
        return None
    values = dict(zip(components, zip(*rows, strict=True), strict=True))
    result = np.array(values["result"], np.float64)
    if np.abs(result).max() >= _LARGEST_EXACT:
        return None
    columns = Columns(time=batch.column_of(values["phenomenonTime"]), result=result)
    if "resultTime" in values:
        columns.result_time = _instants(values["resultTime"])
    if FEATURE in values:
        columns.feature_id = np.array(
            [NONE if number is None else number for number in values[FEATURE]], np.int64
        )
    return columns


@cache
def _decoder(components: tuple[str, ...]) -> msgspec.json.Decoder[Any]:
    kinds = tuple(_TYPES[name] for name in components)
    return msgspec.json.Decoder(list[tuple[kinds]])  # type: ignore[valid-type]


def _instants(moments: Sequence[datetime | None]) -> Integers:
    some = [moment for moment in moments if moment is not None]
    if len(some) == len(moments):
        return batch.column_of(some)
    found = np.full(len(moments), NONE)
    found[[moment is not None for moment in moments]] = batch.column_of(some)
    return found
