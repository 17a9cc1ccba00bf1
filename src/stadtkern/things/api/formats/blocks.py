# SPDX-License-Identifier: EUPL-1.2
"""Observations of one Datastream column by column, in the order of time, without a step per value."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np

from stadtkern.core.database import Connection
from stadtkern.core.fragments import Fragment
from stadtkern.things.aggregate import vectors
from stadtkern.things.api.formats import moments
from stadtkern.things.api.formats.columns import Column
from stadtkern.things.entities import Kind
from stadtkern.things.language import tree
from stadtkern.things.language.tree import Options
from stadtkern.things.queries import level
from stadtkern.things.queries.level import Level
from stadtkern.things.store.batch import Integers, Numbers

_WHOLE = 1e15
_ID = "array_agg(x.c0)"


@dataclass(frozen=True, slots=True)
class Block:
    """Some observations: values by the name of the property, and the sort values of the last one."""

    columns: Mapping[str, list[Any]]
    n: int
    more: bool
    last: list[str | None]

    def values(self, name: str) -> list[Any]:
        """One column, also of a part of a property such as `parameters/height`."""
        head, *keys = name.split("/")
        found = self.columns[head]
        if not keys:
            return found
        column = Column(name, keys)
        return [None if value is None else column.value(value) for value in found]


NOTHING = Block({}, 0, False, [])


def fit(options: Options) -> bool:
    """Whether observations are wanted in the order of time and with nothing beside them."""
    if options.expand or options.skip:
        return False
    paths = [item.expression for item in options.order]
    return not paths or (len(paths) == 1 and paths[0] == tree.Path(("phenomenonTime",), _at(paths[0])))


def _at(node: tree.Expression) -> int:
    return node.at if isinstance(node, tree.Path) else 0


async def read(connection: Connection, prepared: Level, *, extra: list[Fragment], step: int) -> Block:
    """The first `step` rows; `more` says whether there is a further one."""
    inner = level.plain(prepared, extra=extra, limit=step + 1)
    parts = list(_parts(prepared))
    keys = range(len(prepared.columns) - len(prepared.keys), len(prepared.columns))
    selected = [text for _, text in parts]
    selected += [f"(array_agg(x.c{at}))[least(count(*), {step:d})]" for at in keys]
    names = ", ".join(f"c{at}" for at in range(len(prepared.columns)))
    statement = Fragment(f"select {', '.join(selected)} from (") + inner + Fragment(f") x ({names})")
    found = await vectors.fetch(connection, statement)
    if found[0] is None:
        return Block({name: [] for name, _ in parts}, 0, False, [])
    more = len(found[0]) > step
    columns = [None if column is None else column[:step] for column in found[: len(parts)]]
    return _block(prepared, columns, more=more, last=list(found[len(parts) :]))


def _parts(prepared: Level) -> Iterator[tuple[str, str]]:
    """The columns that are read: to what property they belong, and how they become arrays without nulls."""
    yield "id", _ID
    index = 1
    for item in prepared.shape.properties:
        here, behind = f"x.c{index}", f"x.c{index + 1}"
        match item.kind:
            case Kind.RESULT:
                yield item.name, f"array_agg(coalesce({here}, 'NaN'))"
                yield item.name, _optional(behind, f"coalesce({behind}::text, '')")
            case Kind.INTERVAL:
                yield item.name, _optional(here, f"coalesce({here}, '-infinity')")
                yield item.name, _optional(behind, f"coalesce({behind}, '-infinity')")
            case Kind.INSTANT:
                yield item.name, _optional(here, f"coalesce({here}, '-infinity')")
            case _:
                yield item.name, _optional(here, f"coalesce({here}::text, '')")
        index += 2 if item.end else 1


def _optional(column: str, value: str) -> str:
    return f"case when bool_or({column} is not null) then array_agg({value}) end"


def _block(prepared: Level, found: list[Any], *, more: bool, last: list[str | None]) -> Block:
    n, rest = len(found[0]), iter(found[1:])
    columns: dict[str, list[Any]] = {"id": found[0].tolist()}
    for item in prepared.shape.properties:
        first = next(rest)
        second = next(rest) if item.end else None
        match item.kind:
            case Kind.RESULT:
                columns[item.name] = _results(first, second)
            case Kind.INTERVAL | Kind.INSTANT:
                columns[item.name] = _spans(first, second, n)
            case _:
                columns[item.name] = _documents(first, n)
    return Block(columns, n, more, last)


def _results(numbers: Numbers, documents: list[str] | None) -> list[Any]:
    with np.errstate(invalid="ignore"):
        whole = (numbers == np.rint(numbers)) & (np.abs(numbers) < _WHOLE)
    if whole.all():
        found = numbers.astype(np.int64).tolist()
    else:
        found = [
            int(value) if flat else value
            for value, flat in zip(numbers.tolist(), whole.tolist(), strict=True)
        ]
        if np.isnan(numbers).any():
            found = [None if value != value else value for value in found]
    if documents is None:
        return list(found)
    return [
        msgspec.Raw(text.encode()) if text else value for value, text in zip(found, documents, strict=True)
    ]


def _spans(starts: Integers | None, ends: Integers | None, n: int) -> list[Any]:
    if starts is None:
        return [None] * n
    written: list[Any] = moments.texts(starts).tolist()
    if ends is None:
        return written
    both = zip(written, moments.texts(ends).tolist(), strict=True)
    return [start if start is None or end is None else f"{start}/{end}" for start, end in both]


def _documents(texts: list[str] | None, n: int) -> list[Any]:
    if texts is None:
        return [None] * n
    return [msgspec.Raw(text.encode()) if text else None for text in texts]
