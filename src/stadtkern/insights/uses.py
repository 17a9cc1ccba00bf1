# SPDX-License-Identifier: EUPL-1.2
"""Tells the page of a dataset which boards and stories show its series, of those that the reader may see."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from stadtkern.catalogue.charts import asking as charts
from stadtkern.catalogue.uses import Use
from stadtkern.core import fragments, statements
from stadtkern.core.fragments import Fragment
from stadtkern.features import queries as features
from stadtkern.identity import permissions
from stadtkern.insights import kinds
from stadtkern.insights.boards import entities
from stadtkern.insights.boards import queries as boards
from stadtkern.insights.boards import views as board_views
from stadtkern.insights.cockpit.definitions import Definition
from stadtkern.insights.diagrams import asking
from stadtkern.insights.stories import queries as stories
from stadtkern.insights.stories.entities import Block
from stadtkern.ui import formats
from stadtkern.ui.visit import Visit

_MOST_STORIES = 500


class Held(msgspec.Struct, frozen=True):
    """What a dataset holds: numbers of its series, and what each observes at things of which type."""

    ids: frozenset[int]
    observed: frozenset[tuple[str, str]]
    tables: frozenset[str] = frozenset()

    def feeds(self, tile: Definition) -> bool:
        """Whether some of it may stand in a tile."""
        return not self.ids.isdisjoint(tile.streams) or any(
            definition in tile.properties and (not tile.types or type_ in tile.types)
            for definition, type_ in self.observed
        )

    def shown(self, block: Block) -> bool:
        """Whether a part of a story shows some of it."""
        if block.kind == "map":
            kind = kinds.BY_KEY.get(block.source)
            return kind is not None and any(type_ in kind.types for _, type_ in self.observed)
        if block.tile is not None:
            return self.feeds(block.tile)
        if block.kind == "text":
            return False
        if (table := charts.names_table(block.source)) and block.kind == "diagram":
            return table in self.tables
        return not self.ids.isdisjoint(asking.of_address(block.source).ids)


async def of_dataset(request: HttpRequest, visit: Visit, dataset_id: int) -> Sequence[Use]:
    """Boards for this reader and public stories with series of the dataset that the reader may see."""
    held = await _held(visit, dataset_id)
    if not held.ids and not held.tables:
        return []
    person = await permissions.person(visit, request)
    seen = entities.audiences(person)
    found = await boards.boards(visit.connection, audiences=seen)
    uses = [
        Use(_("Tafel"), formats.words(each.content.title), board_views.address(each))
        for each in found
        if any(held.feeds(tile) for tile in entities.opened(each.content, seen=seen, asked="expert")[0].tiles)
    ]
    for story in await stories.public(visit.connection, limit=_MOST_STORIES):
        if any(held.shown(block) for block in story.told.blocks):
            url = reverse("story", args=[story.key])
            uses.append(Use(_("Daten-Fenster"), formats.words(story.told.title), url))
    return uses


async def _held(visit: Visit, dataset_id: int) -> Held:
    before, between, behind = statements.load("insights")["series_held"].split("/* conditions */")
    text, params = (
        Fragment(before)
        + visit.scope.on("o.dataset_id")
        + Fragment(between, (dataset_id,))
        + fragments.every([visit.scope.on("d.dataset_id"), visit.scope.on("t.dataset_id")])
        + Fragment(behind)
    )
    rows = await (await visit.connection.execute(text, params)).fetchall()
    tables = await features.collections(visit.connection, visit.scope, dataset_id=dataset_id)
    return Held(
        frozenset(number for row in rows for number in row[2]),
        frozenset((row[0], row[1]) for row in rows),
        frozenset(table.key for table in tables),
    )
