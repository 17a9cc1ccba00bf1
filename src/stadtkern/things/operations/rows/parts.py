# SPDX-License-Identifier: EUPL-1.2
"""Pieces of data arrays as columns: at once where rows are plain, one by one where they are not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

import msgspec
import numpy as np

from stadtkern.core import problems
from stadtkern.things.operations.rows import plain, single, typed
from stadtkern.things.operations.rows.heads import FEATURE
from stadtkern.things.operations.rows.typed import Columns
from stadtkern.things.operations.streams import Facts, Together
from stadtkern.things.readings import Reading
from stadtkern.things.store import batch
from stadtkern.things.store.batch import NONE, Batch, Integers

# Where not all rows are plain, so many are looked at together before they are read one by one.
_BLOCK = 1_000
# Fewer rows are decoded sooner than looked at as columns of characters.
_MANY = 200

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
    for way, run in groupby(zip(_ways(parts), parts, strict=True), key=itemgetter(0)):
        members = [part for _, part in run]
        size = sum(part.size for part in members)
        columns = None if way is None else _at_once(members, way, found=found)
        if columns is not None:
            batches.append(columns)
            places.append(np.arange(found.size, found.size + size))
            found.size += size
            continue
        for part in members:
            for rows, at in _apart(part, way, found):
                batches.append(rows)
                places.append(at)
    if batches:
        found.rows, found.places = batch.joined(batches), np.concatenate(places)
    return found


def _ways(parts: Sequence[Part]) -> Iterator[tuple[str, ...] | None]:
    """For each part its components where rows may be read at once, None where each is to be looked at.

    Most parts share one list of components, which is looked at once.
    """
    known: dict[int, tuple[str, ...] | None] = {}
    for part in parts:
        components, facts = part.components, part.facts
        key = id(components)
        if key not in known:
            known[key] = tuple(components) if typed.fits(components) else None
        yield None if facts.particular else known[key]


def whole(
    *,
    texts: Sequence[bytes],
    sizes: Sequence[int],
    numbers: Sequence[int],
    facts: Together,
    components: list[str],
) -> Read | None:
    """The same for rows of many Datastreams with the same components; None where they are not all plain."""
    if facts.particular or not typed.fits(components):
        return None
    found = Read(size=sum(sizes), rows=None, places=np.empty(0, np.int64), problems={}, features=set())
    belonging = Belonging(numbers, sizes, facts.features)
    found.rows = _columns(b",".join(texts), tuple(components), belonging, found)
    found.places = np.arange(found.size)
    return None if found.rows is None else found


def _at_once(parts: Sequence[Part], way: tuple[str, ...], *, found: Read) -> Batch | None:
    """The rows of parts with the same components; None where one of them is not of that kind."""
    text = parts[0].text if len(parts) == 1 else b",".join([part.text for part in parts])
    usual = np.array(
        [NONE if part.facts.feature_id is None else part.facts.feature_id for part in parts], np.int64
    )
    belonging = Belonging([part.datastream_id for part in parts], [part.size for part in parts], usual)
    return _columns(text, way, belonging, found)


class Belonging(NamedTuple):
    """To which Datastreams rows belong, how many to each, and to which feature where they name none."""

    numbers: Sequence[int]
    sizes: Sequence[int]
    features: Integers


def _columns(text: bytes, way: tuple[str, ...], belonging: Belonging, found: Read) -> Batch | None:
    numbers, sizes, usual = belonging
    size = sum(sizes)
    if size >= _MANY and list(way) in plain.ORDERS:
        pair = plain.read(text, size=size, time_first=list(way) == plain.ORDERS[0])
        columns = None if pair is None else Columns(time=pair[0], result=pair[1])
    else:
        columns = typed.read(text, size=size, components=way)
    if columns is None:
        return None
    feature_id = np.repeat(usual, sizes)
    if columns.feature_id is not None:
        named = columns.feature_id != NONE
        found.features.update(
            np.unique(columns.feature_id[named & (columns.feature_id != feature_id)]).tolist()
        )
        feature_id = np.where(named, columns.feature_id, feature_id)
    return Batch(
        datastream_id=np.repeat(np.array(numbers, np.int64), sizes),
        time=columns.time,
        result=columns.result,
        result_time=columns.result_time,
        feature_id=feature_id if (feature_id != NONE).any() else None,
    )


def _apart(part: Part, way: tuple[str, ...] | None, found: Read) -> Iterator[tuple[Batch, Integers]]:
    """The part's rows block by block; a block is still read at once where all of its rows allow it."""
    raws = _decode_rows(b"[" + part.text + b"]")
    for begin in range(0, len(raws), _BLOCK):
        block = raws[begin : begin + _BLOCK]
        columns = None
        if way is not None:
            smaller = msgspec.structs.replace(part, text=b",".join(map(bytes, block)), size=len(block))
            columns = _at_once([smaller], way, found=found)
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
