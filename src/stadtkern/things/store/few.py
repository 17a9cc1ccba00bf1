# SPDX-License-Identifier: EUPL-1.2
"""The short way into the store for few readings: lists, as one call of numpy takes as long as some rows."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from stadtkern.core import times
from stadtkern.core.database import Connection
from stadtkern.things import readings
from stadtkern.things.store import append, binary, numbers, partitions
from stadtkern.things.store.batch import HOUR, microseconds, split_result

# From about so many rows on columns are faster.
MOST_ROWS = 150


class Few(NamedTuple):
    """Readings by datastream and time; `order` says where each stood, `last` which end their datastream.

    With `last` as long as `order`, each is the only one of its datastream.
    """

    order: Sequence[int]
    streams: Sequence[int]
    last: Sequence[int]
    id_bits: int
    params: dict[str, Any]

    @property
    def key(self) -> int:
        """The partition of all of them."""
        return partitions.key_of_id(self.id_bits)


def lay_out(items: Sequence[readings.Reading]) -> Few | None:
    """Make ready what suits: numbers of one month, no two in one place, nothing but features beside them.

    None for all others, which go as a batch. What comes out is what `append` makes of such a batch.
    """
    results = [_number(item) for item in items]
    if not items or None in results:
        return None
    rows = sorted(
        (item.datastream_id, microseconds(item.phenomenon_time), at) for at, item in enumerate(items)
    )
    streams, instants, order = zip(*rows, strict=True)
    month = times.month_number(items[order[instants.index(min(instants))]].phenomenon_time)
    until = times.month_number(items[order[instants.index(max(instants))]].phenomenon_time)
    if month != until or any(row[:2] == other[:2] for row, other in pairwise(rows)):
        return None
    features = [items[at].feature_id for at in order]
    last = [*(row for row, (a, b) in enumerate(pairwise(streams)) if a != b), len(rows) - 1]
    bigints, moments = binary.BigintArray, binary.InstantArray
    columns = {
        "streams": binary.listed(bigints, streams),
        "times": binary.listed(moments, instants),
        "micros": binary.listed(bigints, instants),
        "results": binary.listed(binary.FloatArray, [results[at] for at in order]),
        "features": None if set(features) == {None} else binary.listed(bigints, features),
    }
    if len(last) == len(rows) and None not in features:
        more = _once(columns, instants)
    else:
        more = {
            **_by_datastream(streams, instants, [results[at] for at in order], last),
            **_by_hour(streams, instants),
            **_by_feature(streams, features, last),
        }
    params = {**columns, **more}
    return Few(order, streams, last, month << 40, params)


def _number(item: readings.Reading) -> float | None:
    """The result of a reading that has nothing else than that and a feature."""
    if item.phenomenon_end is not None or item.result_time is not None or item.valid_time is not None:
        return None
    if item.result_quality is not None or item.parameters is not None:
        return None
    number, document = split_result(item.result)
    return None if document is not None or math.isnan(number) else number


def _once(columns: Mapping[str, binary.Array | None], instants: Sequence[int]) -> dict[str, Any]:
    """What the three below come to where each datastream comes once and each row has a feature."""
    start = [instant // HOUR * HOUR for instant in instants]
    streams, times, results = columns["streams"], columns["times"], columns["results"]
    ones = binary.listed(binary.BigintArray, [1] * len(instants))
    return {
        "of_streams": streams, "of_n": ones, "of_first": times, "of_last": times, "of_results": results,
        "mark_streams": streams,
        "mark_start": binary.listed(binary.InstantArray, start),
        "mark_until": binary.listed(binary.InstantArray, [each + HOUR for each in start]),
        "of_features": columns["features"], "of_features_n": ones, **append.NO_PAIRS,
    }  # fmt: skip


async def store(connection: Connection, *, few: Few) -> append.Placed:
    """Store and commit what goes on behind, or lies beside, what is there. See `append.append`."""
    ids = [few.id_bits + number for number in (await numbers.take(connection, count=len(few.order))).tolist()]
    column = binary.listed(binary.BigintArray, ids)
    once = len(few.last) == len(ids)
    params = {
        **few.params,
        "leaf": f"things.{partitions.leaf(few.key)}",
        "ids": column,
        "of_ids": column if once else binary.listed(binary.BigintArray, [ids[row] for row in few.last]),
        **append.NOWHERE,
    }
    others = set(await append.settle(connection, params=params))
    placed = [0] * len(ids)
    for at, stream, number in zip(few.order, few.streams, ids, strict=True):
        if stream not in others:
            placed[at] = number
    return append.Placed(placed, [few.streams[row] for row in few.last if few.streams[row] not in others])


def _by_datastream(
    streams: Sequence[int], instants: Sequence[int], results: Sequence[float | None], last: Sequence[int]
) -> dict[str, binary.Array]:
    first = [0, *(row + 1 for row in last[:-1])]
    return {
        "of_streams": binary.listed(binary.BigintArray, [streams[row] for row in last]),
        "of_n": binary.listed(
            binary.BigintArray, [end - begin + 1 for begin, end in zip(first, last, strict=True)]
        ),
        "of_first": binary.listed(binary.InstantArray, [instants[row] for row in first]),
        "of_last": binary.listed(binary.InstantArray, [instants[row] for row in last]),
        "of_results": binary.listed(binary.FloatArray, [results[row] for row in last]),
    }


def _by_hour(streams: Sequence[int], instants: Sequence[int]) -> dict[str, binary.Array]:
    """Runs of adjacent hours."""
    runs: list[list[int]] = []
    for stream, instant in zip(streams, instants, strict=True):
        start = instant // HOUR * HOUR
        if runs and runs[-1][0] == stream and start <= runs[-1][2]:
            runs[-1][2] = start + HOUR
        else:
            runs.append([stream, start, start + HOUR])
    return {
        "mark_streams": binary.listed(binary.BigintArray, [run[0] for run in runs]),
        "mark_start": binary.listed(binary.InstantArray, [run[1] for run in runs]),
        "mark_until": binary.listed(binary.InstantArray, [run[2] for run in runs]),
    }


def _by_feature(
    streams: Sequence[int], features: Sequence[int | None], last: Sequence[int]
) -> dict[str, binary.Array | None]:
    """The same as of a batch."""
    if set(features) == {None}:
        return dict(append.NO_FEATURES)
    first = [0, *(row + 1 for row in last[:-1])]
    spans = [features[begin : end + 1] for begin, end in zip(first, last, strict=True)]
    same = [span[0] if len(set(span)) == 1 else None for span in spans]
    several = {streams[row] for row, span in zip(last, spans, strict=True) if len(set(span)) > 1}
    return {
        "of_features": binary.listed(binary.BigintArray, same),
        "of_features_n": binary.listed(binary.BigintArray, [len(span) for span in spans]),
        **_by_pair([pair for pair in zip(streams, features, strict=True) if pair[0] in several]),
    }


def _by_pair(rows: Sequence[tuple[int, int | None]]) -> dict[str, binary.Array | None]:
    counted = sorted(Counter((stream, feature) for stream, feature in rows if feature is not None).items())
    if not counted:
        return dict(append.NO_PAIRS)
    return {
        "pair_streams": binary.listed(binary.BigintArray, [pair[0] for pair, _ in counted]),
        "pair_features": binary.listed(binary.BigintArray, [pair[1] for pair, _ in counted]),
        "pair_n": binary.listed(binary.BigintArray, [n for _, n in counted]),
    }
