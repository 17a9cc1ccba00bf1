# SPDX-License-Identifier: EUPL-1.2
"""What a door hands to the writer: readings on their way in, and what became of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

import msgspec
import numpy as np
from numpy.typing import NDArray

from stadtkern.core import problems

if TYPE_CHECKING:
    from stadtkern.things.store.batch import Batch

Json = Any


class Reading(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One observation as it arrives. All instants carry a time zone; `phenomenon_end` is exclusive."""

    datastream_id: int
    phenomenon_time: datetime
    result: Json
    phenomenon_end: datetime | None = None
    result_time: datetime | None = None
    valid_time: tuple[datetime, datetime] | None = None
    result_quality: Json | None = None
    feature_id: int | None = None
    parameters: Mapping[str, Json] | None = None


class Stored(msgspec.Struct, frozen=True, gc=False):
    """A reading that is on disk; `new` is false where an identical one was there before."""

    id: int
    new: bool


class Columns(msgspec.Struct, kw_only=True, eq=False):
    """What became of each row of a batch: a problem, or the stored row's id and whether it is new."""

    id: NDArray[np.int64]
    new: NDArray[np.bool_]
    problems: dict[int, problems.Problem]


class Sink(Protocol):
    """Where doors put readings."""

    async def put(self, readings: Sequence[Reading]) -> list[Stored | problems.Problem]:
        """Return one answer per reading, in order, after the commit. Raises Busy or StoreUnavailable."""

    async def put_columns(self, rows: Batch) -> Columns:
        """The same for many rows at once, at a fraction of the cost of each."""


class Busy(problems.Problem):
    """More readings are waiting than the store can take.

    Send them again after the number of seconds in Retry-After."""

    status = 429

    def __init__(self, detail: str = "", *, retry_after: int = 1, **extra: Any):
        super().__init__(detail, headers={"Retry-After": str(retry_after)}, **extra)


class StoreUnavailable(problems.Problem):
    """The database does not answer at the moment.

    Readings of this request may or may not be stored; send it again, identical ones are stored once."""

    status = 503

    def __init__(self, detail: str = "", *, retry_after: int = 5, **extra: Any):
        super().__init__(detail, headers={"Retry-After": str(retry_after)}, **extra)


class UnknownDatastream(problems.Problem):
    """There is no such datastream.

    Create it first, or correct the number."""

    status = 404


class OutsideAcceptedRange(problems.Problem):
    """The phenomenon time lies outside the accepted range.

    Check the clock of the sender and the format of its dates; the city can widen the range."""

    status = 422


class Sealed(problems.Problem):
    """The dataset does not keep observations of this age.

    Send newer ones; how long a dataset is kept is the city's choice (`stadtkern dataset retention`)."""

    status = 422


class MonthIsArchived(problems.Problem):
    """The observations of this month lie in the archive, which takes nothing new by itself.

    Open the month with `stadtkern archive open DATASET MONTH`, then send the reading again."""

    status = 409


class UnusableReading(problems.Problem):
    """The reading cannot be stored as it is.

    Correct the named member and send it again."""

    status = 422
