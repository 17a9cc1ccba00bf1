# SPDX-License-Identifier: EUPL-1.2
"""When a message came: no two of a process at the same instant, so that equal readings stay two readings."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from stadtkern.core import times

_STEP = timedelta(microseconds=1)
# Further than that we are not ahead of the clock: then somebody has set it back.
_MOST_AHEAD = timedelta(seconds=1)


class Stamps:
    """Gives out instants that only ever grow, unless the clock itself is set back."""

    __slots__ = ("_last",)

    def __init__(self) -> None:
        self._last = datetime.min.replace(tzinfo=UTC)

    def next(self) -> datetime:
        """The present instant, or the one behind that of the message before."""
        now = times.now()
        if now <= self._last <= now + _MOST_AHEAD:
            now = self._last + _STEP
        self._last = now
        return now


stamp = Stamps().next
"""The arrival of a message, by whichever door; taken once, when its packet is read, and kept from then on."""
