# SPDX-License-Identifier: EUPL-1.2
"""What editors find for a part of their story: series and tables, each with the query of a chart of it."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from stadtkern.catalogue.charts import choice as tables
from stadtkern.insights.diagrams import choice as series
from stadtkern.ui.visit import Visit

_MOST_SERIES, _MOST_TABLES = 12, 8


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """What was looked for, and what there is: names with queries. `more`: of the series there are more."""

    text: str
    series: Sequence[tuple[str, str]]
    tables: Sequence[tuple[str, str]]
    more: bool


async def offers(visit: Visit, text: str) -> Found:
    """Series whose names hold all words, and tables that the search finds; nothing without words."""
    words = " ".join(text.replace("\0", "").split())[: series.LONGEST]
    if not words:
        return Found(text="", series=(), tables=(), more=False)
    found = await series.offers(visit, text=words)
    seen = await tables.offers(visit, text=words, most=_MOST_TABLES)
    return Found(
        text=words,
        series=[(offer.label, f"reihe={offer.id}") for offer in found[:_MOST_SERIES]],
        tables=[(offer.title, f"tabelle={offer.key}") for offer in seen],
        more=len(found) > _MOST_SERIES,
    )
