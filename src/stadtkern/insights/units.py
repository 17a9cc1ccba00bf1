# SPDX-License-Identifier: EUPL-1.2
"""Series whose unit was changed: since when, and in which unit their older values may be meant."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.utils.translation import gettext

from stadtkern.core import statements
from stadtkern.insights import symbols
from stadtkern.insights.streams import Stream
from stadtkern.ui import formats
from stadtkern.ui.visit import Visit


async def changed(visit: Visit, streams: Sequence[Stream], *, since: datetime) -> list[str]:
    """What to know of the series (which the visitor may see) whose unit was changed after `since`."""
    known = {stream.id: stream for stream in streams}
    values = {"ids": list(known), "since": since}
    cursor = await visit.connection.execute(statements.load("insights")["other_units"], values)
    found = await cursor.fetchall()
    return [_says(known[number], symbols.shown(before), at, visit) for number, before, at in found]


def _says(stream: Stream, before: str, at: datetime, visit: Visit) -> str:
    said = gettext(
        "Die Einheit von „%(name)s“ ist seit %(at)s %(unit)s, vorher %(before)s. Ältere Werte können noch"
        " in der früheren Einheit gemeint sein."
    )
    none = gettext("keine")
    when = formats.moment(at, zone=visit.city.zone)
    return said % {"name": stream.name, "at": when, "unit": stream.symbol or none, "before": before or none}
