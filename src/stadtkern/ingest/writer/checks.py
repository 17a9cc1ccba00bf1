# SPDX-License-Identifier: EUPL-1.2
"""Finds readings that the database would refuse, before they meet others in one commit."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import numpy as np

from stadtkern.core import problems, times
from stadtkern.core.settings import Settings
from stadtkern.things import readings
from stadtkern.things.store import batch

_LARGEST = 2**63 - 1
_DEEPEST = 64
_encode = msgspec.json.Encoder().encode


class Checks:
    """The rules of one installation for a single reading."""

    def __init__(self, settings: Settings):
        self._earliest = datetime(settings.accepted_from, 1, 1, tzinfo=UTC)
        self._ahead = timedelta(days=settings.accepted_ahead)

    def latest(self) -> datetime:
        """The last instant that is accepted at the moment."""
        return times.now() + self._ahead

    def fault(self, reading: readings.Reading, *, latest: datetime) -> problems.Problem | None:
        """What is wrong with a reading, None where nothing is."""
        time = reading.phenomenon_time
        if time.tzinfo is None:
            return _unusable("a time without zone", where="phenomenonTime")
        if not self._earliest <= time <= latest:
            return readings.OutsideAcceptedRange(
                f"{times.format_instant(time)} is not between {times.format_instant(self._earliest)} "
                f"and {times.format_instant(latest)}",
                where="phenomenonTime",
            )
        if not 0 < reading.datastream_id <= _LARGEST:
            return readings.UnknownDatastream(f"no datastream {reading.datastream_id}", where="Datastream")
        result = reading.result
        if type(result) is not float or not math.isfinite(result):
            reason = result_fault(result)
            if reason:
                return _unusable(reason, where="result")
        return self._extras_fault(reading)

    def column_faults(self, rows: batch.Batch) -> dict[int, problems.Problem]:
        """What is wrong with the rows of a batch, by position; documents must be JSON texts already."""
        early, late = batch.microseconds(self._earliest), batch.microseconds(self.latest())
        faults: dict[int, problems.Problem] = {}
        for row in np.flatnonzero((rows.time < early) | (rows.time > late)).tolist():
            faults[row] = readings.OutsideAcceptedRange(where="phenomenonTime")
        if rows.end is not None:
            for row in np.flatnonzero((rows.end < rows.time) & (rows.end != batch.NONE)).tolist():
                faults[row] = _unusable("the end lies before the start", where="phenomenonTime")
        for row in np.flatnonzero(np.isinf(rows.result)).tolist():
            faults[row] = _unusable("not a number that can be stored (infinity)", where="result")
        return faults

    def _extras_fault(self, reading: readings.Reading) -> problems.Problem | None:
        end = reading.phenomenon_end
        if end is not None and (end.tzinfo is None or end < reading.phenomenon_time):
            return _unusable("the end lies before the start, or has no zone", where="phenomenonTime")
        if reading.result_time is not None and reading.result_time.tzinfo is None:
            return _unusable("a time without zone", where="resultTime")
        if reading.valid_time is not None:
            start, until = reading.valid_time
            if start.tzinfo is None or until.tzinfo is None or until < start:
                return _unusable("the end lies before the start, or a time has no zone", where="validTime")
        if reading.feature_id is not None and not 0 < reading.feature_id <= _LARGEST:
            return _unusable(f"no feature {reading.feature_id}", where="FeatureOfInterest")
        for value, where in ((reading.result_quality, "resultQuality"), (reading.parameters, "parameters")):
            if value is not None and (reason := document_fault(value)):
                return _unusable(reason, where=where)
        return None


def _unusable(detail: str, *, where: str) -> readings.UnusableReading:
    return readings.UnusableReading(detail, where=where)


def result_fault(result: Any) -> str | None:
    """Why a result cannot be stored."""
    if result is None or isinstance(result, bool):
        return None
    if isinstance(result, float):
        return None if math.isfinite(result) else "not a number that can be stored (NaN or infinity)"
    if isinstance(result, int):
        return None if abs(result) < 10**308 else "the number is too large"
    return document_fault(result)


def document_fault(value: Any) -> str | None:
    """Why a JSON document cannot be stored."""
    reason = _walk(value, _DEEPEST)
    if reason is None:
        try:
            _encode(value)
        except (TypeError, ValueError, OverflowError, msgspec.MsgspecError) as error:
            return f"not a JSON document that can be stored: {error}"
    return reason


def _walk(value: Any, depth: int) -> str | None:
    if isinstance(value, str):
        return "a text contains the character U+0000" if "\x00" in value else None
    if isinstance(value, float):
        return None if math.isfinite(value) else "not a number that can be stored (NaN or infinity)"
    if not isinstance(value, dict | list | tuple):
        return None
    if depth == 0:
        return f"more than {_DEEPEST} levels deep"
    parts = [*value.keys(), *value.values()] if isinstance(value, dict) else value
    return next((reason for part in parts if (reason := _walk(part, depth - 1))), None)
