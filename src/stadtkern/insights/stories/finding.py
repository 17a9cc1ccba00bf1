# SPDX-License-Identifier: EUPL-1.2
"""What editors find for a part of their story: series, tables, what is measured, each with its query."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlencode

import msgspec

from stadtkern.catalogue.charts import choice as tables
from stadtkern.insights.boards import queries as boards
from stadtkern.insights.diagrams import choice as series
from stadtkern.ui.visit import Visit

_MOST_SERIES, _MOST_TABLES, _MOST_OBSERVED = 12, 8, 8


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """What was looked for, and what there is: names with queries. `more`: of the series there are more.

    `observed`: what is measured, with the number of its series.
    """

    text: str
    series: Sequence[tuple[str, str]]
    tables: Sequence[tuple[str, str]]
    more: bool
    observed: Sequence[tuple[str, str, int]] = ()


async def offers(visit: Visit, text: str) -> Found:
    """Series whose names hold all words, and tables that the search finds; nothing without words."""
    words = " ".join(text.replace("\0", "").split())[: series.LONGEST]
    if not words:
        return Found(text="", series=(), tables=(), more=False)
    found, _ = await series.offers(visit, text=words)
    observed = await boards.properties(visit, words=words)
    seen = await tables.offers(visit, text=words, most=_MOST_TABLES)
    return Found(
        text=words,
        series=[(offer.label, f"reihe={offer.id}") for offer in found[:_MOST_SERIES]],
        tables=[(offer.title, f"tabelle={offer.key}") for offer in seen],
        more=len(found) > _MOST_SERIES,
        observed=[
            (name, urlencode({"messgroesse": definition}), n)
            for definition, name, n, _ in observed[:_MOST_OBSERVED]
        ],
    )
