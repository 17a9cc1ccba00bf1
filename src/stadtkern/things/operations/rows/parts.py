# SPDX-License-Identifier: EUPL-1.2
"""Pieces of data arrays as columns: at once where rows are plain, one by one where they are not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

import msgspec
import numpy as np

from stadtkern.core import problems
from stadtkern.things.operations import observations
from stadtkern.things.operations.rows import plain, single
from stadtkern.things.operations.rows.heads import FEATURE
from stadtkern.things.operations.streams import Facts
from stadtkern.things.readings import Reading
from stadtkern.things.store import batch
from stadtkern.things.store.batch import NONE, Batch, Integers

# Where not all rows are plain, so many are looked at together before they are read one by one.
_BLOCK = 1_000

_decode_rows = msgspec.json.Decoder(list[msgspec.Raw]).decode


class Part(msgspec.Struct, kw_only=True, frozen=True):
    """Some rows of one group: the inside of a valid JSON list, with commas between the rows."""

    text: bytes
    size: int
    datastream_id: int
    components: list[str]
    facts: Facts


class Read(msgspec.Struct, kw_only=True, eq=False):
    """Rows that may be stored and where each stood, and what is wrong with the others, by their place."""

    size: int
    rows: Batch | None
    places: Integers
    problems: dict[int, problems.Problem]
    features: set[int]
    """Features that rows name themselves and that must still be asked about."""


def read(parts: Sequence[Part]) -> Read:
    """All rows of these parts, in order. Needs no connection, so it can be done in a thread."""
    found = Read(size=0, rows=None, places=np.empty(0, np.int64), problems={}, features=set())
    batches: list[Batch] = []
    places: list[Integers] = []
    for alike, run in groupby(parts, key=_kind):
        members = list(run)
        size = sum(part.size for part in members)
        columns = None if alike is None else _columns(members, size=size, time_first=alike)
        if columns is not None:
            batches.append(columns)
            places.append(np.arange(found.size, found.size + size))
            found.size += size
            continue
        for part in members:
            for rows, at in _apart(part, found, plainly=alike is not None):
                batches.append(rows)
                places.append(at)
    if batches:
        found.rows, found.places = batch.joined(batches), np.concatenate(places)
    return found


def _kind(part: Part) -> bool | None:
    """Whether the time comes first, None where the rows are not to be plain."""
    facts = part.facts
    if (
        part.components not in plain.ORDERS
        or facts.components is not None
        or (facts.unplaced and facts.feature_id is None)
        or facts.observation_type in observations.SPECIAL
    ):
        return None
    return part.components == plain.ORDERS[0]


def _columns(parts: Sequence[Part], *, size: int, time_first: bool) -> Batch | None:
    text = parts[0].text if len(parts) == 1 else b",".join([part.text for part in parts])
    found = plain.read(text, size=size, time_first=time_first)
    if found is None:
        return None
    sizes = [part.size for part in parts]
    features = [NONE if part.facts.feature_id is None else part.facts.feature_id for part in parts]
    known = any(feature != NONE for feature in features)
    return Batch(
        datastream_id=np.repeat(np.array([part.datastream_id for part in parts], np.int64), sizes),
        time=found[0],
        result=found[1],
        feature_id=np.repeat(np.array(features, np.int64), sizes) if known else None,
    )


def _apart(part: Part, found: Read, *, plainly: bool) -> Iterator[tuple[Batch, Integers]]:
    """The part's rows block by block; a block is still read at once where its rows are plain."""
    raws = _decode_rows(b"[" + part.text + b"]")
    for begin in range(0, len(raws), _BLOCK):
        block = raws[begin : begin + _BLOCK]
        columns = None
        if plainly:
            smaller = msgspec.structs.replace(part, text=b",".join(map(bytes, block)), size=len(block))
            columns = _columns([smaller], size=len(block), time_first=part.components == plain.ORDERS[0])
        if columns is not None:
            yield columns, np.arange(found.size, found.size + len(block))
        else:
            kept, at = _one_by_one(part, block, found)
            if kept:
                yield batch.of_readings(kept), np.array(at, np.int64)
        found.size += len(block)


def _one_by_one(part: Part, raws: Sequence[msgspec.Raw], found: Read) -> tuple[list[Reading], list[int]]:
    kept: list[Reading] = []
    at: list[int] = []
    named = FEATURE in part.components
    for place, raw in enumerate(raws, found.size):
        row = single.read(raw, datastream_id=part.datastream_id, facts=part.facts, components=part.components)
        if isinstance(row, problems.Problem):
            found.problems[place] = row
            continue
        kept.append(row)
        at.append(place)
        if named and row.feature_id is not None and row.feature_id != part.facts.feature_id:
            found.features.add(row.feature_id)
    return kept, at
