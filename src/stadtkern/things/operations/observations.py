# SPDX-License-Identifier: EUPL-1.2
"""Read the properties of an Observation and make a reading of them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from stadtkern.core import problems, times
from stadtkern.core.settings import Settings
from stadtkern.things import admission, entities, readings
from stadtkern.things.operations import fields
from stadtkern.things.operations.problems import InvalidValue, MissingProperty, NeedsFeature
from stadtkern.things.operations.streams import Facts

_MEASUREMENT = "OM_Measurement"
_COUNT = "OM_CountObservation"
_TRUTH = "OM_TruthObservation"
_CATEGORY = "OM_CategoryObservation"
_ABSENT = object()


def reading(
    payload: Mapping[str, Any],
    *,
    datastream_id: int,
    facts: Facts,
    feature_id: int | None,
    where: str = "",
    arrived: datetime | None = None,
) -> readings.Reading:
    """The reading that a payload describes. Raises the problems of operations, InvalidInstant.

    One without phenomenonTime gets the time at which it arrived, else the present.
    """
    result = payload.get("result", _ABSENT)
    if result is _ABSENT:
        raise MissingProperty(
            "an Observation needs a result (null where there is none)", where=where + "result"
        )
    check_result(result, facts=facts, where=where + "result")
    if facts.unplaced and feature_id is None:
        raise NeedsFeature(facts.unplaced, where=where + "FeatureOfInterest")
    start, end = span(payload.get("phenomenonTime"), where=where + "phenomenonTime")
    valid = payload.get("validTime")
    result_time = payload.get("resultTime")
    parameters = payload.get("parameters")
    if parameters is not None and not isinstance(parameters, dict):
        raise InvalidValue(
            f"parameters takes a JSON object, not {fields.name_of(parameters)}", where=where + "parameters"
        )
    return readings.Reading(
        datastream_id=datastream_id,
        phenomenon_time=start or arrived or times.now(),
        phenomenon_end=end,
        result=result,
        result_time=None if result_time is None else moment(result_time, where=where + "resultTime"),
        valid_time=None if valid is None else _pair(valid, where=where + "validTime"),
        result_quality=payload.get("resultQuality"),
        feature_id=feature_id,
        parameters=parameters,
    )


def simple(time: str, result: float, *, datastream_id: int, facts: Facts) -> readings.Reading:
    """The reading of a number at a time, at the datastream's own feature. Raises like `reading`."""
    check_result(result, facts=facts, where="result")
    where = "phenomenonTime"
    start, end = _pair(time, where=where) if "/" in time else (moment(time, where=where), None)
    return readings.Reading(
        datastream_id=datastream_id,
        phenomenon_time=start,
        phenomenon_end=end,
        result=result,
        feature_id=facts.feature_id,
    )


def check_keys(payload: Mapping[str, Any], *, where: str = "") -> None:
    """Raise UnknownProperty for a key that no Observation has."""
    fields.unknown_keys(entities.OBSERVATION, payload, where=where)


def moment(value: Any, *, where: str) -> datetime:
    """An instant from a payload."""
    if not isinstance(value, str):
        raise InvalidValue(
            f"a time is text such as 2026-02-26T14:58:00Z, not {fields.name_of(value)}", where=where
        )
    return times.parse_instant(value, where=where)


def span(value: Any, *, where: str) -> tuple[datetime | None, datetime | None]:
    """An instant, or an interval written as start/end."""
    if value is None:
        return None, None
    if isinstance(value, str) and "/" in value:
        return _pair(value, where=where)
    return moment(value, where=where), None


def _pair(value: Any, *, where: str) -> tuple[datetime, datetime]:
    if not isinstance(value, str) or value.count("/") != 1:
        raise InvalidValue("a time interval is written start/end, both with time zone", where=where)
    head, tail = value.split("/")
    start, end = moment(head, where=where), moment(tail, where=where)
    if end < start:
        raise InvalidValue("the interval ends before it begins", where=where)
    return start, end


def check_result(value: Any, *, facts: Facts, where: str) -> None:
    """Raise InvalidValue where the result does not fit the datastream's observationType."""
    kind = type(value)
    if kind is float and not math.isfinite(value):
        raise InvalidValue("a result is a finite number, or null", where=where)
    if value is None:
        return
    if facts.components is not None:
        size = len(facts.components)
        if kind is not list or len(value) != size:
            came = f"a list of {len(value)}" if kind is list else fields.name_of(value)
            raise InvalidValue(f"a result here is a list of {size} values, not {came}", where=where)
        for index, (part, observation_type) in enumerate(zip(value, facts.components, strict=True)):
            if part is not None:
                _check_fit(part, observation_type, where=f"{where}[{index}]")
        return
    _check_fit(value, facts.observation_type, where=where)


def _check_fit(value: Any, observation_type: str, *, where: str) -> None:
    """Types of O&M say what fits; any other type takes anything."""
    kind = type(value)
    fits, wanted = _FITTING.get(observation_type, (None, ""))
    if fits is not None and kind not in fits:
        raise InvalidValue(
            f"the observationType {observation_type} takes {wanted}, not {fields.name_of(value)}", where=where
        )
    if kind is float and not math.isfinite(value):
        raise InvalidValue("a result is a finite number, or null", where=where)
    if kind is int and abs(value) > 10**300:
        raise InvalidValue("the number is too large", where=where)


_FITTING: Mapping[str, tuple[tuple[type, ...], str]] = {
    _MEASUREMENT: ((int, float), "a number"),
    _COUNT: ((int,), "a whole number"),
    _TRUTH: ((bool,), "true or false"),
    _CATEGORY: ((str,), "text"),
}


def admitted(
    reading: readings.Reading, *, settings: Settings, where: str = "", moved: bool = True
) -> readings.Reading:
    """The reading as it may be stored. Raises what is wrong with it.

    One that is stored and not `moved` to another time stays, also where its time would not be taken today.
    """
    outcome = admission.Admission(settings).one(reading) if moved else admission.policed(reading)
    if isinstance(outcome, problems.Problem):
        outcome.where = where + outcome.where
        raise outcome
    return outcome
