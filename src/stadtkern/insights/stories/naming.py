# SPDX-License-Identifier: EUPL-1.2
"""What the parts of a story show, by name, for somebody who writes it: sources are addresses, not words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from stadtkern.catalogue.browse import wording
from stadtkern.catalogue.charts import asking as tables
from stadtkern.features import queries as features
from stadtkern.insights import kinds
from stadtkern.insights.boards import feeding, sources
from stadtkern.insights.stories.entities import Kind
from stadtkern.ui.visit import Visit


class Piece(NamedTuple):
    """Something that a part shows, by name; `query` names it alone where it stands among others."""

    name: str
    query: str = ""
    gone: bool = False


async def names(visit: Visit, blocks: Sequence[tuple[Kind, str]]) -> list[Sequence[str]]:
    """For each kind of part and its source what this person may see of it; empty where that is nothing."""
    found = [await pieces(visit, kind, source) for kind, source in blocks]
    return [[piece.name for piece in each if not piece.gone] for each in found]


async def pieces(visit: Visit, kind: Kind, source: str) -> Sequence[Piece]:
    """What one part shows, piece by piece; nothing where this person may see nothing of it."""
    if kind == "map" and source in kinds.BY_KEY:
        return [Piece(str(kinds.BY_KEY[source].many))]
    if kind in ("text", "map") or not source:
        return []
    table = tables.names_table(tables.of_address(source)) if kind == "diagram" else ""
    if table:
        return await _table(visit, table)
    found = await feeding.feeds(visit, sources.of_address(source))
    if all(feed.gone for feed in found):
        return []
    return [Piece(feed.name, sources.query(feed.source), feed.gone) for feed in found]


async def _table(visit: Visit, key: str) -> Sequence[Piece]:
    try:
        found = await features.find(visit.connection, visit.scope, key=key)
    except features.NoSuchCollection:
        return []
    return [Piece(wording.said(dict(found.title)) or found.key)]
