# SPDX-License-Identifier: EUPL-1.2
"""What every reading passes before it is stored, whichever way it came: rules of the store, then policies."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol, Self

import msgspec
import numpy as np

from stadtkern.core import problems, times
from stadtkern.core.settings import Settings
from stadtkern.things import readings
from stadtkern.things.store import batch

_LARGEST = 2**63 - 1
_DEEPEST = 64
_GLANCE_SECONDS = 1.0
_encode = msgspec.json.Encoder().encode


Outcome = readings.Reading | problems.Problem


class Policy(Protocol):
    """A rule of a dataset, such as protection of privacy, that changes or refuses readings."""

    def concerns(self, datastream_id: int) -> bool:
        """Whether it has a say on a datastream; asked for each request, so answered from memory."""

    def __call__(self, reading: readings.Reading) -> Outcome:
        """The reading as it may be stored, or why it may not."""


POLICIES: list[Policy] = []
"""The policies of this process; packages above add theirs when it is composed."""


class Admission:
    """The rules of one installation. Nothing goes into the store that did not pass here."""

    def __init__(self, settings: Settings):
        self._earliest = datetime(settings.accepted_from, 1, 1, tzinfo=UTC)
        self._ahead = timedelta(days=settings.accepted_ahead)
        self._latest: datetime | None = None
        self._looked, self._look_again = self._earliest, float("-inf")

    @classmethod
    def between(cls, start: datetime, until: datetime) -> Self:
        """The rules for a load that names its own range of times."""
        found = cls(Settings())
        found._earliest, found._latest = start, until
        return found

    def one(self, reading: readings.Reading) -> Outcome:
        """A single reading as it may be stored, or what is wrong with it."""
        fault = self.fault(reading, latest=self._lately())
        if isinstance(fault, readings.OutsideAcceptedRange):
            fault = self.fault(reading, latest=self.latest())
        return fault or policed(reading)

    def many(self, items: Sequence[readings.Reading]) -> Sequence[Outcome]:
        """The same for several, in order."""
        latest = self.latest()
        faults = [self.fault(item, latest=latest) for item in items]
        if not POLICIES and not any(faults):
            return items
        return [fault or policed(item) for item, fault in zip(items, faults, strict=True)]

    def columns(self, rows: batch.Batch) -> tuple[batch.Batch, dict[int, problems.Problem]]:
        """The same for a batch: its rows as they may be stored, and the faults by position.

        Rows that a policy concerns are looked at one by one, at the cost of a single reading each.
        """
        faults = self.column_faults(rows)
        streams = np.unique(rows.datastream_id) if POLICIES else ()
        concerned = [s for s in streams if any(each.concerns(int(s)) for each in POLICIES)]
        if not concerned:
            return rows, faults
        at = np.flatnonzero(np.isin(rows.datastream_id, concerned))
        judged = list(batch.to_readings(rows))
        for row in at.tolist():
            if row not in faults:
                outcome = policed(judged[row])
                if isinstance(outcome, problems.Problem):
                    faults[row] = outcome
                else:
                    judged[row] = outcome
        return batch.of_readings(judged), faults

    def latest(self) -> datetime:
        """The last instant that is accepted at the moment."""
        return self._latest or times.furthest_now() + self._ahead

    def _lately(self) -> datetime:
        """That instant as it was within the last second: whatever lies before it is accepted."""
        ticks = times.monotonic()
        if ticks >= self._look_again:
            self._looked, self._look_again = self.latest(), ticks + _GLANCE_SECONDS
        return self._looked

    def fault(self, reading: readings.Reading, *, latest: datetime) -> problems.Problem | None:
        """What is wrong with a reading, None where nothing is."""
        time = reading.phenomenon_time
        if time.tzinfo is None:
            return _unusable("a time without zone", where="phenomenonTime")
        if not self._earliest <= time <= latest:
            return _outside(times.format_instant(time), accepted=self._accepted(latest))
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
        latest = self.latest()
        early, late = batch.microseconds(self._earliest), batch.microseconds(latest)
        faults: dict[int, problems.Problem] = {}
        outside, accepted = np.flatnonzero((rows.time < early) | (rows.time > late)), self._accepted(latest)
        # Columns may hold what is no datetime any more: the zone of a time can carry it out of its years.
        spelt = np.datetime_as_string(rows.time[outside].astype("datetime64[us]"))
        for row, time in zip(outside.tolist(), spelt.tolist(), strict=True):
            faults[row] = _outside(f"{time.removesuffix('000').removesuffix('.000')}Z", accepted=accepted)
        if rows.end is not None:
            for row in np.flatnonzero((rows.end < rows.time) & (rows.end != batch.NONE)).tolist():
                faults[row] = _unusable("the end lies before the start", where="phenomenonTime")
        for row in np.flatnonzero(np.isinf(rows.result)).tolist():
            faults[row] = _unusable("not a number that can be stored (infinity)", where="result")
        return faults

    def _accepted(self, latest: datetime) -> str:
        return f"{times.format_instant(self._earliest)} and {times.format_instant(latest)}"

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


def policed(reading: readings.Reading) -> Outcome:
    """A reading as the policies let it pass, or why they do not."""
    for policy in POLICIES:
        if policy.concerns(reading.datastream_id):
            outcome = policy(reading)
            if isinstance(outcome, problems.Problem):
                return outcome
            reading = outcome
    return reading


def _unusable(detail: str, *, where: str) -> readings.UnusableReading:
    return readings.UnusableReading(detail, where=where)


def _outside(time: str, *, accepted: str) -> readings.OutsideAcceptedRange:
    return readings.OutsideAcceptedRange(f"{time} is not between {accepted}", where="phenomenonTime")


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
