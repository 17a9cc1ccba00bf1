# SPDX-License-Identifier: EUPL-1.2
"""Tiles of counts: how many today, against a usual day of this weekday; right after midnight, yesterday."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta

import msgspec
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext

from stadtkern.insights import usual
from stadtkern.insights.cockpit.definitions import Definition
from stadtkern.insights.cockpit.known import Fed, Known
from stadtkern.insights.cockpit.tile import Live, Tile, abouts, address, late_after, newest, remembered
from stadtkern.insights.streams import Stream
from stadtkern.ui import charts, formats
from stadtkern.ui.visit import Visit

_SAME = 0.05
_HALF = timedelta(minutes=30)
_SCREEN = 420


class Flow(msgspec.Struct, frozen=True, kw_only=True):
    """One day's counts by local hour, what is usual, and how many hours are complete."""

    day: date
    today: bool
    by_hour: Mapping[int, float]
    places: int
    expected: Mapping[int, float]
    complete: int

    @property
    def total(self) -> float:
        """Everything counted on the day so far."""
        return sum(self.by_hour.values())

    @property
    def name(self) -> str:
        """The day in a word."""
        return gettext("heute") if self.today else gettext("gestern")


def tile(visit: Visit, fed: Fed, known: Known) -> Tile:
    """The tile of a flow, such as bicycles counted."""
    definition, streams = fed.definition, finest(fed.streams)
    flow = read(visit, streams=streams, known=known)
    keys = (flow.name, gettext("üblicher %(weekday)s") % {"weekday": formats.weekday(flow.day)})
    return Tile(
        key=definition.key,
        title=f"{formats.words(definition.title)} {flow.name}",
        figure=formats.number(flow.total, digits=0) if flow.places else "–",
        says=_sentence(definition, flow),
        picture=_picture(definition, flow, visit=visit, scaled=0 if known.linked else _SCREEN),
        curve_keys=keys if flow.expected else (),
        live=Live(values=remembered(streams), mode="add", total=flow.total)
        if flow.today and flow.places
        else None,
        streams=[s.id for s in streams],
        at=newest(streams),
        late_after=late_after(streams),
        datasets=abouts(streams),
        url=address(streams),
        large=definition.wide,
    )


def read(visit: Visit, *, streams: Sequence[Stream], known: Known) -> Flow:
    """Today's counts; right after midnight, yesterday's."""
    zone = visit.city.zone
    today = visit.now.astimezone(zone).date()
    complete = _complete_hours(streams, visit=visit, today=today)
    day = today if complete else today - timedelta(days=1)
    start, until = usual.local_day(day, zone=zone)
    by_hour: defaultdict[int, float] = defaultdict(float)
    present = set()
    for stream in streams:
        for point in known.hours.get(stream.id, ()):
            if start <= point.start < until and point.total is not None:
                by_hour[point.start.astimezone(zone).hour] += point.total
                present.add(stream.id)
    weekdays = known.usual if day == today else known.before
    expected = usual.together(weekdays[id_] for id_ in present if id_ in weekdays)
    return Flow(
        day=day,
        today=day == today,
        by_hour=by_hour,
        places=len(present),
        expected={hour: found.total for hour, found in expected.items()},
        complete=complete or 24,
    )


def _complete_hours(streams: Sequence[Stream], *, visit: Visit, today: date) -> int:
    """How many hours of today most streams have reported to the end."""
    start, _ = usual.local_day(today, zone=visit.city.zone)
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


def _sentence(definition: Definition, flow: Flow) -> SafeString | str:
    if not flow.places:
        return gettext("An keinem Ort gezählt.")
    places = formats.words(definition.places)
    said = (
        gettext("an %(n)s %(places)s") if places else ngettext("an %(n)s Ort", "an %(n)s Orten", flow.places)
    )
    where = said % {"n": formats.number(flow.places), "places": places}
    start = f"{formats.words(definition.noun) or gettext('Gezählt')} {where}"
    hours = range(flow.complete)
    usual_so_far = sum(flow.expected.get(hour, 0.0) for hour in hours)
    if usual_so_far <= 0:
        return f"{start}."
    share = sum(flow.by_hour.get(hour, 0.0) for hour in hours if hour in flow.expected) / usual_so_far - 1
    until = gettext("bis %(hour)s Uhr") % {"hour": flow.complete} if flow.complete < 24 else ""
    if abs(share) < _SAME:
        same = gettext("etwa so viele wie sonst")
        return format_html("{} – <strong>{}</strong>{}.", start, same, f" {until}" if until else "")
    size = formats.percent(abs(share))
    more = (gettext("%(size)s mehr") if share > 0 else gettext("%(size)s weniger")) % {"size": size}
    than = " ".join([gettext("als sonst"), until]).strip()
    return format_html('{} – <strong class="sk-differs">{}</strong> {}.', start, more, than)


def _picture(definition: Definition, flow: Flow, *, visit: Visit, scaled: int) -> SafeString:
    start, until = usual.local_day(flow.day, zone=visit.city.zone)
    pieces: list[list[charts.Mark]] = [[]]
    for hour in range(flow.complete):
        if hour in flow.by_hour:
            pieces[-1].append(charts.Mark(start + timedelta(hours=hour) + _HALF, flow.by_hour[hour]))
        elif pieces[-1]:
            pieces.append([])
    expected = [charts.Mark(start + timedelta(hours=h) + _HALF, v) for h, v in sorted(flow.expected.items())]
    return charts.draw(
        charts.Curve(
            start=start,
            end=until,
            zone=visit.city.zone,
            pieces=[piece for piece in pieces if piece],
            usual=[expected],
            title=gettext("%(title)s je Stunde, %(day)s")
            % {"title": formats.words(definition.title), "day": formats.day(flow.day, weekday=True)},
            description=gettext(
                "Durchgezogen: dieser Tag. Gestrichelt: üblich für diesen Wochentag (Median aus acht Wochen)."
            ),
            name=f"chart-{definition.key}",
            height=160,
            bold=True,
            quiet=True,
            scaled=scaled,
            end_label="•" if flow.complete < 24 else "",
        )
    )
