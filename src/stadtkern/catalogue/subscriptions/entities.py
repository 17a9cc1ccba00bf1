# SPDX-License-Identifier: EUPL-1.2
"""What somebody wants to hear of, and what a mail of the day tells."""

from __future__ import annotations

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

    def cares(self, moved: Moved) -> bool:
        """Whether they asked for this, and it happened after what they were told."""
        wanted = (
            moved.dataset_id in self.dataset_ids or "" in self.themes or set(self.themes) & set(moved.themes)
        )
        return moved.at > self.told_until and bool(wanted)


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
