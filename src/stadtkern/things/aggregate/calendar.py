# SPDX-License-Identifier: EUPL-1.2
"""Counts buckets of time, so that one can step from bucket to bucket through summer time and leap years."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import numpy as np

from stadtkern.things.aggregate.asking import Bucket
from stadtkern.things.store.batch import HOUR, Integers, instant, microseconds

_MINUTE = HOUR // 60
_MONTHS = {"month": 1, "quarter": 3, "year": 12}
# The first and the last instant one may ask for; so there is always a bucket before and after.
EARLIEST = microseconds(datetime(10, 1, 1, tzinfo=UTC))
LATEST = microseconds(datetime(9990, 1, 1, tzinfo=UTC))


class Calendar:
    """Buckets of one kind in one time zone, numbered without gaps.

    Minutes and single hours are those of UTC, since a day of summer time may have 23 or 25 of them;
    anything longer begins at an hour of the clock in the zone.
    """

    def __init__(self, bucket: Bucket, zone: ZoneInfo):
        self._bucket = bucket
        self._zone = zone
        unit, count = bucket.unit, bucket.count
        self._length = {"minute": _MINUTE, "hour": HOUR}.get(unit, 0) * count
        self._fixed = unit == "minute" or (unit == "hour" and count == 1)

    def number(self, moment: int) -> int:
        """The number of the bucket that holds an instant (microseconds since 1970)."""
        if self._fixed:
            return moment // self._length
        local = instant(moment).astimezone(self._zone)
        match self._bucket.unit:
            case "hour":
                return local.toordinal() * (24 // self._bucket.count) + local.hour // self._bucket.count
            case "day":
                return local.toordinal()
            case "week":
                return (local.toordinal() - 1) // 7
            case unit:
                return (local.year * 12 + local.month - 1) // _MONTHS[unit]

    def begins(self, first: int, count: int) -> Integers:
        """Where so many buckets begin, from the given number on, in microseconds."""
        if self._fixed:
            return np.arange(first, first + count, dtype=np.int64) * self._length
        return np.array([self._begin(number) for number in range(first, first + count)], np.int64)

    def _begin(self, number: int) -> int:
        hour = 0
        match self._bucket.unit:
            case "hour":
                ordinal, part = divmod(number, 24 // self._bucket.count)
                day, hour = date.fromordinal(ordinal), part * self._bucket.count
            case "day":
                day = date.fromordinal(number)
            case "week":
                day = date.fromordinal(number * 7 + 1)
            case unit:
                year, month = divmod(number * _MONTHS[unit], 12)
                day = date(year, month + 1, 1)
        return microseconds(datetime(day.year, day.month, day.day, hour, tzinfo=self._zone))
