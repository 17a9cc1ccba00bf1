# SPDX-License-Identifier: EUPL-1.2
"""Tiles of what a whole day took, such as the electricity of buildings: the last full day against usual."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from statistics import median

from django.utils.html import format_html
from django.utils.translation import gettext

from stadtkern.core import statements
from stadtkern.insights import usual
from stadtkern.insights.cockpit.definitions import Definition
from stadtkern.insights.cockpit.tile import Tile, abouts, late_after, newest
from stadtkern.insights.streams import Stream
from stadtkern.ui import charts, formats
from stadtkern.ui.templatetags.ui import words
from stadtkern.ui.visit import Visit

_DAYS = 57
_SAME = 0.05


async def tile(visit: Visit, *, definition: Definition, streams: Sequence[Stream]) -> Tile:
    """The sum of the last full day."""
    last = newest(streams)
    totals = await _totals(visit, streams=streams)
    day = max(totals, default=None)
    title = words(definition.title)
    if day is None or last is None:
        return Tile(key=definition.key, title=title, figure="–", at=last, datasets=abouts(streams))
    return Tile(
        key=definition.key,
        title=title,
        figure=formats.number(totals[day], digits=definition.digits),
        unit=streams[0].symbol,
        says=_sentence(totals, day),
        picture=charts.spark(
            [totals.get(day - timedelta(days=n)) for n in range(27, -1, -1)],
            title=gettext("Die letzten vier Wochen"),
        ),
        at=last,
        late_after=max(late_after(streams) or timedelta(), timedelta(hours=30)),
        datasets=abouts(streams),
    )


async def _totals(visit: Visit, *, streams: Sequence[Stream]) -> dict[date, float]:
    """Totals of full days, by local date."""
    zone = visit.city.zone
    today, _ = usual.local_day(visit.now.astimezone(zone).date(), zone=zone)
    values = {"ids": [s.id for s in streams], "starts": [today - timedelta(days=_DAYS)], "ends": [today]}
    rows = await (
        await visit.connection.execute(statements.load("insights")["days_in_windows"], values)
    ).fetchall()
    return {row[0].astimezone(zone).date(): float(row[1]) for row in rows if row[2] == len(streams)}


def _sentence(totals: dict[date, float], day: date) -> str:
    said = gettext("am %(day)s") % {"day": formats.day(day, weekday=True, year=False)}
    before = [totals[day - timedelta(weeks=w)] for w in range(1, 9) if day - timedelta(weeks=w) in totals]
    if len(before) < 3 or median(before) <= 0:
        return f"{said}."
    share = totals[day] / median(before) - 1
    if abs(share) < _SAME:
        return format_html("{} – <strong>{}</strong>.", said, gettext("üblich für diesen Wochentag"))
    text = gettext("%(size)s mehr") if share > 0 else gettext("%(size)s weniger")
    size = f"{formats.number(abs(share) * 100, digits=0)} %"
    more = format_html('<strong class="sk-differs">{}</strong>', text % {"size": size})
    return format_html("{} – {} {}.", said, more, gettext("als sonst"))
