# SPDX-License-Identifier: EUPL-1.2
"""What the silence of a series means, such as closed, where its source goes on reporting of others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Protocol

from stadtkern.core import fragments, statements
from stadtkern.core.fragments import Fragment
from stadtkern.ui import formats
from stadtkern.ui.visit import Visit

# Longer than that nobody takes silence for a closed door.
_MOST = timedelta(days=60)


class Speaker(Protocol):
    """A series as far as its silence is concerned."""

    @property
    def id(self) -> int:
        """Its number."""

    @property
    def at(self) -> datetime | None:
        """When it last spoke."""

    @property
    def late_after(self) -> timedelta:
        """After how long its silence is noticed."""

    @property
    def dataset_id(self) -> int:
        """Whose data it is."""

    @property
    def properties(self) -> Mapping[str, Any]:
        """What its owner says; `silence` is what it means that it does not report, by language."""


async def meanings(visit: Visit, speakers: Iterable[Speaker]) -> dict[int, str]:
    """What the silence of series means, in words, by their numbers; only where the source still reports."""
    quiet = [each for each in speakers if _quiet(each, now=visit.now)]
    if not quiet:
        return {}
    newest = await _newest(visit, sorted({each.dataset_id for each in quiet}))
    return {
        each.id: formats.words(each.properties["silence"])
        for each in quiet
        if (heard := newest.get(each.dataset_id)) and visit.now - heard <= each.late_after
    }


def _quiet(speaker: Speaker, *, now: datetime) -> bool:
    if not speaker.properties.get("silence") or speaker.at is None:
        return False
    return speaker.late_after < now - speaker.at < _MOST


async def _newest(visit: Visit, dataset_ids: list[int]) -> dict[int, datetime]:
    conditions = [Fragment("d.dataset_id = ANY (%s)", (dataset_ids,)), visit.scope.on("d.dataset_id")]
    text, params = (
        Fragment(statements.load("insights")["newest_of_datasets"] + " ")
        + fragments.every(conditions)
        + Fragment(" GROUP BY d.dataset_id")
    )
    return {row[0]: row[1] for row in await (await visit.connection.execute(text, params)).fetchall()}
