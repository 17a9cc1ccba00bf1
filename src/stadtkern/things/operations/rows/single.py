# SPDX-License-Identifier: EUPL-1.2
"""One row of a data array as a reading, or what is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from stadtkern.core import problems
from stadtkern.things.operations import observations, payload
from stadtkern.things.operations.problems import InvalidValue, UnknownReference
from stadtkern.things.operations.rows.heads import FEATURE
from stadtkern.things.operations.streams import Facts
from stadtkern.things.readings import Reading

_decode = msgspec.json.Decoder(list[Any]).decode


def read(
    raw: msgspec.Raw, *, datastream_id: int, facts: Facts, components: Sequence[str]
) -> Reading | problems.Problem:
    """The reading. Whether its feature may be referred to is yet to be asked."""
    try:
        values = _decode(raw)
        if any(isinstance(value, list | dict) for value in values):
            payload.once(bytes(raw))
        if any(isinstance(value, str | list | dict) for value in values):
            payload.check(values)
        return _of_values(values, datastream_id, facts, components)
    except RecursionError:
        return InvalidValue(f"at most {payload.MAX_DEPTH} levels are taken")
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        return InvalidValue(f"a row is a list of values: {error}")
    except problems.Problem as problem:
        return problem


def _of_values(values: Sequence[Any], datastream_id: int, facts: Facts, components: Sequence[str]) -> Reading:
    if len(values) != len(components):
        raise InvalidValue(f"the row has {len(values)} values, there are {len(components)} components")
    row: Mapping[str, Any] = dict(zip(components, values, strict=True))
    feature = row.get(FEATURE)
    if feature is None:
        feature = facts.feature_id
    elif type(feature) is not int or not 0 < feature < 2**63:
        raise UnknownReference(f"no FeatureOfInterest with the id {str(feature)[:40]}", where=FEATURE)
    return observations.reading(row, datastream_id=datastream_id, facts=facts, feature_id=feature)
