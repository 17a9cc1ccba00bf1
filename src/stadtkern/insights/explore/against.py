# SPDX-License-Identifier: EUPL-1.2
"""The newest value against what is usual at this hour of this weekday, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from django.utils.translation import gettext

from stadtkern.insights import usual
from stadtkern.insights.streams import Stream
from stadtkern.things import series as things_series
from stadtkern.ui import formats
from stadtkern.ui.visit import Visit

_HOUR = timedelta(hours=1)
_SAME = 0.05
# More series than that are not compared on one page.
_MOST = 12


async def words(visit: Visit, series: Sequence[Stream]) -> Mapping[int, str]:
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


async def _counted(visit: Visit, stream: Stream) -> str:
    """The last hour that is complete, against the usual one."""
    until = (stream.at or visit.now).replace(minute=0, second=0, microsecond=0)
    hours = await things_series.hourly(
        visit.connection, datastream_ids=[stream.id], start=until - _HOUR, end=until
    )
    point = next(iter(hours.get(stream.id, ())), None)
    expected = await _expected(visit, stream, at=until - _HOUR)
    if point is None or point.total is None or expected is None or expected.total <= 0:
        return ""
    share = point.total / expected.total - 1
    total = formats.number(point.total, digits=0)
    unit = stream.symbol.split("/")[0].strip()
    start = gettext("%(total)s %(unit)s in der letzten vollen Stunde") % {"total": total, "unit": unit}
    return f"{start} – {_share(share)}"


def _share(share: float) -> str:
    if abs(share) < _SAME:
        return gettext("etwa so viele wie sonst um diese Zeit.")
    size = formats.percent(abs(share))
    if share > 0:
        return gettext("%(size)s mehr als sonst um diese Zeit.") % {"size": size}
    return gettext("%(size)s weniger als sonst um diese Zeit.") % {"size": size}


async def _measured(visit: Visit, stream: Stream) -> str:
    """The newest value against the usual mean of this hour."""
    value = stream.result
    if isinstance(value, bool) or not isinstance(value, int | float) or stream.at is None:
        return ""
    expected = await _expected(visit, stream, at=stream.at)
    if expected is None:
        return ""
    digits = formats.fitting_digits(expected.mean) if stream.digits is None else stream.digits
    usually = f"{formats.number(expected.mean, digits=digits)} {stream.symbol}".strip()
    apart = round(float(value) - expected.mean, digits)
    if apart == 0 or abs(apart) < _SAME * abs(expected.mean):
        return gettext("Üblich um diese Zeit: %(usual)s.") % {"usual": usually}
    size = f"{formats.number(abs(apart), digits=digits)} {stream.symbol}".strip()
    if apart > 0:
        return gettext("%(size)s mehr als sonst um diese Zeit (%(usual)s).") % {
            "size": size,
            "usual": usually,
        }
    return gettext("%(size)s weniger als sonst um diese Zeit (%(usual)s).") % {"size": size, "usual": usually}


async def _expected(visit: Visit, stream: Stream, *, at: datetime) -> usual.Hour | None:
    local = at.astimezone(visit.city.zone)
    hours = await usual.hours(
        visit.connection, datastream_ids=[stream.id], day=local.date(), zone=visit.city.zone
    )
    return hours.get(local.hour)
