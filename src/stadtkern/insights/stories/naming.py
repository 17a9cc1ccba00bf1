# SPDX-License-Identifier: EUPL-1.2
"""What the parts of a story show, by name, for somebody who writes it: sources are addresses, not words."""

from __future__ import annotations

from collections.abc import Sequence

from stadtkern.catalogue.browse import wording
from stadtkern.catalogue.charts import asking as tables
from stadtkern.features import queries as features
from stadtkern.insights import kinds
from stadtkern.insights.boards import feeding, sources
from stadtkern.insights.stories.entities import Kind
from stadtkern.ui.visit import Visit


async def names(visit: Visit, blocks: Sequence[tuple[Kind, str]]) -> list[Sequence[str]]:
    """For each kind of part and its source what this person may see of it; empty where that is nothing."""
    return [await _names(visit, kind, source) for kind, source in blocks]


async def _names(visit: Visit, kind: Kind, source: str) -> Sequence[str]:
    if kind == "map" and source in kinds.BY_KEY:
        return [str(kinds.BY_KEY[source].many)]
    if kind in ("text", "map") or not source:
        return []
    table = tables.names_table(tables.of_address(source)) if kind == "diagram" else ""
    if table:
        return await _table(visit, table)
    return await feeding.said(visit, sources.of_address(source))


async def _table(visit: Visit, key: str) -> Sequence[str]:
    try:
        found = await features.find(visit.connection, visit.scope, key=key)
    except features.NoSuchCollection:
        return []
    return [wording.said(dict(found.title)) or found.key]
