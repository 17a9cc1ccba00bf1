# SPDX-License-Identifier: EUPL-1.2
"""Tiles of counts: how many today, against a usual day of this weekday."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from stadtkern.core import statements
from stadtkern.insights import usual
from stadtkern.insights.cockpit.definitions import Definition
from stadtkern.insights.cockpit.tile import Live, Tile, abouts, late_after, newest, remembered
from stadtkern.insights.streams import Stream
from stadtkern.ui import charts, formats
from stadtkern.ui.templatetags.ui import words
from stadtkern.ui.visit import Visit

_SAME = 0.05


class Today:
    """Today's totals per local hour, from the observations themselves, so that they move at once."""

    def __init__(self, rows: Sequence[tuple[datetime, int, int, float, float]], *, visit: Visit):
        self.by_hour: dict[int, float] = defaultdict(float)
        self.streams: set[int] = set()
        for start, datastream_id, _, total, _ in rows:
            self.by_hour[start.astimezone(visit.city.zone).hour] += total
            self.streams.add(datastream_id)
        self.total = sum(self.by_hour.values())


async def read_today(visit: Visit, *, streams: Sequence[Stream]) -> Today:
    """Today's values of the streams."""
    start, until = usual.local_day(visit.now.astimezone(visit.city.zone).date(), zone=visit.city.zone)
    values = {"ids": [s.id for s in streams], "start": start, "until": until}
    rows = await (
        await visit.connection.execute(statements.load("insights")["day_by_hour"], values)
    ).fetchall()
    return Today(rows, visit=visit)


async def tile(visit: Visit, *, definition: Definition, streams: Sequence[Stream]) -> Tile:
    """The tile of a flow, such as bicycles counted."""
    local = visit.now.astimezone(visit.city.zone)
    streams = finest(streams)
    today = await read_today(visit, streams=streams)
    days = await usual.same_weekdays(
        visit.connection, datastream_ids=sorted(today.streams), day=local.date(), zone=visit.city.zone
    )
    expected = usual.usual_totals(days)
    complete = _complete_hours(streams, visit=visit)
    return Tile(
        key=definition.key,
        title=words(definition.title),
        figure=formats.number(today.total, digits=0),
        says=_sentence(definition, today=today, expected=expected, complete=complete),
        picture=_picture(definition, visit=visit, today=today, expected=expected, complete=complete),
        curve_keys=(
            gettext("heute"),
            gettext("üblicher %(weekday)s") % {"weekday": formats.weekday(local.date())},
        )
        if expected
        else (),
        live=Live(values=remembered(streams), mode="add", total=today.total),
        at=newest(streams),
        late_after=late_after(streams),
        datasets=abouts(streams),
        wide=definition.wide,
        large=True,
    )


def _complete_hours(streams: Sequence[Stream], *, visit: Visit) -> int:
    """How many hours of today most streams have reported to the end."""
    start, _ = usual.local_day(visit.now.astimezone(visit.city.zone).date(), zone=visit.city.zone)
    ends = sorted(_until(s) for s in streams if s.last_time and s.last_time >= start)
    if not ends:
        return 0
    typical = min(ends[len(ends) // 2], visit.now)
    return max(0, int((typical - start) / timedelta(hours=1)))


def finest(streams: Sequence[Stream]) -> list[Stream]:
    """One series per place, so that nothing counts twice: the one that reports most often."""
    ordered = sorted(streams, key=lambda s: s.interval or timedelta.max)
    return list({s.site.id: s for s in reversed(ordered)}.values())


def _until(stream: Stream) -> datetime:
    if stream.last_end or stream.last_time is None:
        return stream.last_end or datetime.min.replace(tzinfo=UTC)
    return stream.last_time + (stream.interval or timedelta(hours=1))


def _sentence(
    definition: Definition, *, today: Today, expected: Mapping[int, float], complete: int
) -> SafeString | str:
    start = gettext("%(noun)s an %(n)s %(places)s") % {
        "noun": words(definition.noun),
        "n": formats.number(len(today.streams)),
        "places": words(definition.places),
    }
    usual_so_far = sum(expected.get(hour, 0.0) for hour in range(complete))
    if complete < 1 or usual_so_far <= 0:
        return f"{start}."
    share = sum(today.by_hour.get(hour, 0.0) for hour in range(complete)) / usual_so_far - 1
    until = gettext("bis %(hour)s Uhr") % {"hour": complete}
    if abs(share) < _SAME:
        return format_html("{} – <strong>{}</strong> {}.", start, gettext("etwa so viele wie sonst"), until)
    size = f"{formats.number(abs(share) * 100, digits=0)} %"
    text = gettext("%(size)s mehr") if share > 0 else gettext("%(size)s weniger")
    more = format_html('<strong class="sk-differs">{}</strong>', text % {"size": size})
    return format_html("{} – {} {} {}.", start, more, gettext("als sonst"), until)


def _picture(
    definition: Definition, *, visit: Visit, today: Today, expected: Mapping[int, float], complete: int
) -> SafeString:
    start, until = usual.local_day(visit.now.astimezone(visit.city.zone).date(), zone=visit.city.zone)
    middle = timedelta(minutes=30)

    def mark(hour: int, value: float) -> charts.Mark:
        return charts.Mark(start + timedelta(hours=hour) + middle, value)

    pieces: list[list[charts.Mark]] = [[]]
    for hour in range(complete):
        if hour in today.by_hour:
            pieces[-1].append(mark(hour, today.by_hour[hour]))
        elif pieces[-1]:
            pieces.append([])
    return charts.draw(
        charts.Curve(
            start=start,
            end=until,
            zone=visit.city.zone,
            pieces=[piece for piece in pieces if piece],
            usual=[[mark(hour, value) for hour, value in sorted(expected.items())]],
            title=gettext("%(title)s je Stunde") % {"title": words(definition.title)},
            description=gettext(
                "Durchgezogen: heute. Gestrichelt: üblich für diesen Wochentag (Median aus acht Wochen)."
            ),
            name=f"chart-{definition.key}",
            height=190,
            bold=True,
            quiet=True,
            end_label="•",
        )
    )
