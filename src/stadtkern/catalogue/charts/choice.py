# SPDX-License-Identifier: EUPL-1.2
"""Tables to choose for a chart: those of datasets that the search finds, or that are there at all."""

from __future__ import annotations

import msgspec

from stadtkern.catalogue.browse import wording
from stadtkern.catalogue.entities import Dataset
from stadtkern.catalogue.search import find
from stadtkern.catalogue.search import question as questions
from stadtkern.features import queries
from stadtkern.ui.visit import Visit

_KINDS = ("table", "features")
_MOST_DATASETS = 10


class Offer(msgspec.Struct, frozen=True):
    """A table that could be shown."""

    key: str
    title: str
    dataset: str
    n: int


async def offers(visit: Visit, *, text: str = "", most: int = _MOST_DATASETS) -> list[Offer]:
    """The tables of datasets about this; without words, of the newest."""
    found: list[Dataset] = []
    for kind in _KINDS:
        asked = questions.read({"q": text, "art": kind, "sortierung": "" if text else "neu"})
        found += (await find.search(visit.connection, visit.scope, question=asked, size=most)).datasets
    return [
        Offer(
            table.key,
            wording.said(dict(table.title)) or wording.said(dataset.title) or dataset.key,
            wording.said(dataset.title) or dataset.key,
            table.n,
        )
        for dataset in found[:most]
        for table in await queries.collections(visit.connection, visit.scope, dataset_id=dataset.id, limit=3)
    ]
