# SPDX-License-Identifier: EUPL-1.2
"""The newest value against what is usual at this hour of this weekday, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from stadtkern.insights import against, usual
from stadtkern.insights.streams import Stream
from stadtkern.things import series as things_series
from stadtkern.ui import formats
from stadtkern.ui.visit import Visit

_HOUR = timedelta(hours=1)
# More series than that are not compared on one page.
_MOST = 12


async def words(visit: Visit, series: Sequence[Stream]) -> Mapping[int, SafeString]:
    """A sentence for each series of which something usual is known and which is not silent."""
    found = {}
    for stream in [each for each in series if _speaks(each, visit=visit)][:_MOST]:
        said = await (_counted(visit, stream) if stream.kind == "count" else _measured(visit, stream))
        if said:
            found[stream.id] = said
    return found


def _speaks(stream: Stream, *, visit: Visit) -> bool:
    if stream.what.states or stream.multi or stream.at is None:
        return False
    return visit.now - stream.at <= stream.late_after


async def _counted(visit: Visit, stream: Stream) -> SafeString:
    """The last hour that is complete, against the usual one."""
    until = (stream.at or visit.now).replace(minute=0, second=0, microsecond=0)
    hours = await things_series.hourly(
        visit.connection, datastream_ids=[stream.id], start=until - _HOUR, end=until
    )
    point = next(iter(hours.get(stream.id, ())), None)
    if point is None or point.total is None:
        return SafeString()
    expected, hour = await _expected(visit, stream, at=until - _HOUR)
    unit = stream.symbol.split("/")[0].strip()
    start = gettext("%(total)s %(unit)s in der letzten vollen Stunde") % {
        "total": formats.number(point.total, digits=0), "unit": unit,
    }  # fmt: skip
    said = against.total(point.total, expected, hour=hour)
    return format_html("{} – {}.", start, said) if said else said


async def _measured(visit: Visit, stream: Stream) -> SafeString:
    """The newest value against the usual mean of this hour, which is said, too."""
    value = stream.result
    if isinstance(value, bool) or not isinstance(value, int | float) or stream.at is None:
        return SafeString()
    expected, hour = await _expected(visit, stream, at=stream.at)
    if hour not in expected:
        return SafeString()
    usually = expected[hour].mean
    digits = formats.fitting_digits(usually) if stream.digits is None else stream.digits

    def number(value: float) -> str:
        return f"{formats.number(value, digits=digits)} {stream.symbol}".strip()

    said = against.value(float(value), expected, hour=hour, number=number)
    return format_html("{} – {} ({}).", number(float(value)), said, number(usually))


async def _expected(visit: Visit, stream: Stream, *, at: datetime) -> tuple[usual.Hours, int]:
    local = at.astimezone(visit.city.zone)
    hours = await usual.hours(
        visit.connection, datastream_ids=[stream.id], day=local.date(), zone=visit.city.zone
    )
    return hours, local.hour
