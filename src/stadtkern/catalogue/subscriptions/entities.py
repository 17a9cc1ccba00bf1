# SPDX-License-Identifier: EUPL-1.2
"""What somebody wants to hear of, and what a mail of the day tells."""

from __future__ import annotations

import bisect
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec


class Wish(msgspec.Struct, frozen=True):
    """One thing somebody hears of. `title`: of the dataset, where everybody may know it."""

    id: int
    theme: str
    key: str = ""
    title: str = ""


class Subscriber(msgspec.Struct, frozen=True):
    """Somebody who was not told yet today."""

    id: int
    uuid: UUID
    address: str
    language: str
    told_until: datetime
    dataset_ids: Sequence[int]
    themes: Sequence[str]


class Moved(msgspec.Struct, frozen=True):
    """A dataset that is new or changed."""

    dataset_id: int
    key: str
    title: Mapping[str, Any]
    themes: Sequence[str]
    issued: datetime | None
    at: datetime

    def told(self, *, since: datetime) -> dict[str, Any]:
        """As it stands in a mail."""
        new = self.issued is not None and self.issued > since
        return {"key": self.key, "title": dict(self.title), "new": new}


class Day:
    """What moved, newest first, found by what people ask for: of many, nobody looks at all of it."""

    def __init__(self, moved: Sequence[Moved]):
        self._moved = moved
        self._times = [-each.at.timestamp() for each in moved]
        self._of_dataset = {each.dataset_id: place for place, each in enumerate(moved)}
        self._of_theme: dict[str, list[int]] = {}
        for place, each in enumerate(moved):
            for theme in each.themes:
                self._of_theme.setdefault(theme, []).append(place)

    def of(self, one: Subscriber, *, most: int) -> tuple[list[Moved], int]:
        """The newest of what they asked for and were not told, and how many these are in all."""
        end = bisect.bisect_left(self._times, -one.told_until.timestamp())
        if "" in one.themes:
            return list(self._moved[: min(end, most)]), end
        places = {self._of_dataset.get(number, end) for number in one.dataset_ids}
        for theme in one.themes:
            places.update(self._of_theme.get(theme, ()))
        found = sorted(place for place in places if place < end)
        return [self._moved[place] for place in found[:most]], len(found)
