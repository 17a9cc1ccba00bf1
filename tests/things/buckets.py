# SPDX-License-Identifier: EUPL-1.2
"""Asks for buckets without a server between."""

from __future__ import annotations

from typing import Any

from stadtkern.core.access import Scope
from stadtkern.core.database import Connection
from stadtkern.things.aggregate import asking, pages, pieces, span
from stadtkern.things.store.batch import instant

ALL = Scope((), True)
BUCKETS = ("5min", "15min", "20min", "hour", "2h", "6h", "day", "week", "month", "quarter", "year")
ZONES = ("Europe/Berlin", "UTC", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe")
Row = dict[str, Any]


async def ask(
    connection: Connection,
    stream: int,
    text: str,
    condition: Any,
    *,
    descending: bool = False,
    top: int = 9999,
) -> list[Row]:
    """The rows of all pages."""
    wanted, bounds = asking.aggregate(text), span.of(condition)
    facts = await pieces.facts(connection, ALL, datastream_id=stream)
    source = pieces.Source(connection, ALL, facts, bounds.rest)
    found: list[Row] = []
    begin: int | None = None
    while True:
        asked = pages.Asked(wanted, bounds.start, bounds.end, descending, top, begin)
        page = await pages.read(source, asked)
        assert len(page.starts) <= top
        for at, (first, behind) in enumerate(zip(page.starts.tolist(), page.ends.tolist(), strict=True)):
            values = {name: column[at] for name, column in page.columns.items()}
            found.append({"start": instant(first), "end": instant(behind), **values})
        if page.next is None:
            return found
        assert begin != page.next
        begin = page.next
