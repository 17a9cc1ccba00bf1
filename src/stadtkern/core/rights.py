# SPDX-License-Identifier: EUPL-1.2
"""What somebody who asks may see and do, in the form in which statements and operations ask for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal

import msgspec

from stadtkern.core.fragments import TRUE, Fragment

Verb = Literal["read", "create", "update", "delete", "entities"]
VERBS: tuple[Verb, ...] = ("read", "create", "update", "delete", "entities")


class Principal(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who asks: nobody in particular, a person with a session, or the holder of a token."""

    kind: Literal["anonymous", "person", "token"]
    id: int | None = None
    token_id: int | None = None
    name: str = ""
    default_dataset_id: int | None = None
    expires_at: datetime | None = None


ANONYMOUS = Principal(kind="anonymous")


class Scope(msgspec.Struct, frozen=True):
    """The datasets one may see: those listed or, where that is shorter, all but those listed.

    `gone` and `gone_features`: deleted datastreams and features whose observations are still being removed;
    `archived` names datasets, and until when (microseconds since 1970) their observations may lie in files.
    `streams` are single datastreams, each behind its dataset, that one may see without the rest of it.
    """

    ids: tuple[int, ...]
    negated: bool
    gone: tuple[int, ...] = ()
    gone_features: tuple[int, ...] = ()
    archived: tuple[tuple[int, int], ...] = ()
    streams: tuple[tuple[int, int], ...] = ()

    def on(self, column: str) -> Fragment:
        """The condition for one table alias, e.g. `scope.on("t.dataset_id")`.

        Only ids of the type of the column are looked up by hash; the driver would send shorter ones.
        """
        if self.negated:
            return Fragment(f"{column} <> ALL (%s::bigint[])", (list(self.ids),)) if self.ids else TRUE
        return Fragment(f"{column} = ANY (%s::bigint[])", (list(self.ids),))

    def on_stream(self, alias: str) -> Fragment:
        """The condition for an alias of datastreams, which have an `id` and a `dataset_id`."""
        whole = self.on(f"{alias}.dataset_id")
        if not self.streams or (self.negated and not self.ids):
            return whole
        datasets, ids = zip(*self.streams, strict=True)
        among = Fragment("(SELECT * FROM unnest(%s::bigint[], %s::bigint[])))", (list(datasets), list(ids)))
        return Fragment("(") + whole + Fragment(f" OR ({alias}.dataset_id, {alias}.id) IN ") + among

    def holds(self, dataset_id: int) -> bool:
        """Whether anything of a dataset's datastreams is visible."""
        return self.allows(dataset_id) or any(dataset_id == owner for owner, _ in self.streams)

    def without(self, absent: Sequence[tuple[str, int, int]]) -> Scope:
        """The same with what is on its way out: kinds, numbers and ends as in `core.absence`."""
        if not absent:
            return self
        return msgspec.structs.replace(
            self,
            gone=tuple(number for kind, number, _ in absent if kind == "datastream"),
            gone_features=tuple(number for kind, number, _ in absent if kind == "feature"),
            archived=tuple((number, until) for kind, number, until in absent if kind == "archive"),
        )

    def allows(self, dataset_id: int) -> bool:
        """Whether one dataset is visible."""
        return (dataset_id in self.ids) != self.negated


class Rights(msgspec.Struct, frozen=True):
    """What a token may do: verbs by dataset and, where it is for single ones, by dataset and datastream."""

    datasets: Mapping[int, frozenset[str]]
    streams: Mapping[tuple[int, int], frozenset[str]] = {}

    def allow(self, verb: Verb, *, dataset_id: int, datastream_id: int | None = None) -> bool:
        """Whether it may do that in a dataset or, where one is named, with a datastream's observations."""
        if verb in self.datasets.get(dataset_id, ()):
            return True
        return datastream_id is not None and verb in self.streams.get((dataset_id, datastream_id), ())

    def within(self, scope: Scope) -> Rights:
        """What of it is left to somebody who sees no more than that."""
        return Rights(
            {dataset_id: verbs for dataset_id, verbs in self.datasets.items() if scope.allows(dataset_id)},
            {pair: verbs for pair, verbs in self.streams.items() if scope.allows(pair[0])},
        )

    def know(self, *, dataset_id: int, datastream_id: int | None = None) -> bool:
        """Whether it may do anything there, and so may know that it exists."""
        return dataset_id in self.datasets or (
            datastream_id is not None and (dataset_id, datastream_id) in self.streams
        )
