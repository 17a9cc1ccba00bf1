# SPDX-License-Identifier: EUPL-1.2
"""What can be worked out of a batch without the database: its order, partitions, datastreams and twins."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any, TypeVar

import msgspec
import numpy as np

from stadtkern.things.store import partitions
from stadtkern.things.store.batch import Batch, Flags, Integers

# From so many rows on COPY is faster than array parameters. COPY cannot be sent through a pipeline.
COPY_FROM = 1_000
_FAR = np.iinfo(np.int64).max
# So many times the least distance between two rows of a datastream is still no gap.
_LOOSE = 2

Column = TypeVar("Column", Integers, Flags)


class Prepared(msgspec.Struct, kw_only=True, eq=False):
    """The rows sorted by partition, datastream and time; `order` says where each stood, None where they were.

    `ids` are the datastreams and `stream` the position therein of each row; `clash` marks rows that share
    datastream and time with another. `laid` is what `append.laid_out` has made of them.
    """

    rows: Batch
    order: Integers | None
    keys: Integers
    id_bits: Integers
    ids: Integers
    stream: Integers
    clash: Flags
    laid: dict[str, Any] | None = None

    def __len__(self) -> int:
        return len(self.keys)

    def leaves(self) -> Iterator[tuple[int, slice]]:
        """The partitions and the rows of each."""
        bounds = [0, *(np.flatnonzero(np.diff(self.keys)) + 1).tolist(), len(self.keys)]
        for begin, end in pairwise(bounds):
            if begin < end:
                yield int(self.keys[begin]), slice(begin, end)

    @property
    def leaf_keys(self) -> set[int]:
        """The partitions, by their keys."""
        return {key for key, _ in self.leaves()}

    @property
    def bulky(self) -> set[int]:
        """Partitions with so many rows, no two in one place, that missing ones are filled before indexing."""
        return {
            key
            for key, part in self.leaves()
            if part.stop - part.start >= COPY_FROM and not self.clash[part].any()
        }

    def back(self, column: Column) -> Column:
        """A column of results in the batch's own order."""
        if self.order is None:
            return column
        result = np.empty_like(column)
        result[self.order] = column
        return result


def prepare(batch: Batch) -> Prepared:
    """Sort a batch; it needs no connection, so it can be done while another one is written."""
    months = partitions.months(batch.time)
    keys = partitions.keys(months)
    order: Integers | None = None
    if not _sorted(batch, keys):
        order = np.lexsort((batch.time, batch.datastream_id, keys))
        batch, keys, months = batch.take(order), keys[order], months[order]
    ids, stream = np.unique(batch.datastream_id, return_inverse=True)
    return Prepared(
        rows=batch,
        order=order,
        keys=keys,
        id_bits=partitions.id_bits(months),
        ids=ids,
        stream=stream,
        clash=_clashing(batch),
    )


def stretches(rows: Batch) -> tuple[Integers, Integers]:
    """First and last positions of runs of sorted rows that follow each other closely in one datastream.

    What lies between two runs is left open: there, readings may be that others sent.
    """
    ends = rows.datastream_id[1:] != rows.datastream_id[:-1]
    gaps = np.append(np.where(ends, _FAR, np.diff(rows.time)), _FAR)
    begins = np.append(0, np.flatnonzero(ends) + 1)
    least = np.minimum.reduceat(gaps, begins)
    usual = np.repeat(np.minimum(least, _FAR // _LOOSE) * _LOOSE, np.diff(np.append(begins, len(rows))))
    last = np.flatnonzero((gaps > usual) | (gaps == _FAR))
    return np.append(0, last[:-1] + 1), last


def _sorted(batch: Batch, keys: Integers) -> bool:
    leaf, stream, time = np.diff(keys), np.diff(batch.datastream_id), np.diff(batch.time)
    return bool(((leaf > 0) | ((leaf == 0) & ((stream > 0) | ((stream == 0) & (time >= 0))))).all())


def _clashing(rows: Batch) -> Flags:
    twins = (rows.time[1:] == rows.time[:-1]) & (rows.datastream_id[1:] == rows.datastream_id[:-1])
    clash = np.zeros(len(rows), bool)
    clash[1:] = twins
    clash[:-1] |= twins
    return clash
