# SPDX-License-Identifier: EUPL-1.2
"""Turns the readings of a counter into increments, over resets and roll-overs."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from stadtkern.ingest.imports import quality
from stadtkern.ingest.imports.report import Report
from stadtkern.things.store import batch

Integers = npt.NDArray[np.int64]
_RESET = quality.document(flags=frozenset({quality.COUNTER_RESET}))


class Increments:
    """A counter that remembers its last reading from block to block."""

    def __init__(self, *, name: str, wrap: float | None):
        self._name = name
        self._wrap = wrap
        self._last: tuple[int, float] | None = None

    def read(
        self,
        *,
        times: Integers,
        readings: npt.NDArray[np.float64],
        line: Callable[[int], int],
        report: Report,
    ) -> tuple[batch.Batch, Integers] | None:
        """Increments since the reading before, and the rows that ended them; NaN readings are passed over."""
        taken: list[tuple[int, int, float, str | None]] = []
        places: list[int] = []
        for i in np.flatnonzero(~np.isnan(readings)).tolist():
            time, reading = int(times[i]), float(readings[i])
            last, here = self._last, line(i)
            if last is not None and time <= last[0]:
                reason = "a counter needs its times in order"
                report.refuse(line=here, code="order", reason=reason, column=self._name)
                continue
            self._last = (time, reading)
            if last is None:
                continue
            grown, reset = self._grown(last[1], reading)
            if reset:
                report.correct(code="counter_reset", line=here, column=self._name)
            taken.append((last[0], time, grown, _RESET if reset else None))
            places.append(i)
        return (_batch(taken), np.array(places, np.int64)) if taken else None

    def _grown(self, before: float, now: float) -> tuple[float, bool]:
        """How much, and whether the counter began again."""
        if now >= before:
            return now - before, False
        if self._wrap is not None:
            return now + self._wrap - before, False
        return now, True


def _batch(taken: list[tuple[int, int, float, str | None]]) -> batch.Batch:
    notes = np.empty(len(taken), object)
    notes[:] = [note for *_, note in taken]
    return batch.Batch(
        datastream_id=np.zeros(len(taken), np.int64),
        time=np.array([start for start, *_ in taken], np.int64),
        end=np.array([end for _, end, *_ in taken], np.int64),
        result=np.array([grown for _, _, grown, _ in taken], np.float64),
        result_quality=notes if any(notes) else None,
    )
