# SPDX-License-Identifier: EUPL-1.2
"""Tiles of a value now: against the usual at this hour, or on a bar between bounds."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from statistics import fmean

import msgspec
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext

from stadtkern.insights import against, usual
from stadtkern.insights.cockpit.definitions import Definition
from stadtkern.insights.cockpit.known import Fed, Known
from stadtkern.insights.cockpit.stock import together
from stadtkern.insights.cockpit.tile import Live, Tile, abouts, address, late_after, newest, remembered
from stadtkern.insights.streams import Stream
from stadtkern.ui import charts, formats
from stadtkern.ui.visit import Visit

_HOUR = timedelta(hours=1)


def tile(visit: Visit, fed: Fed, known: Known) -> Tile:
    """The newest value, or the mean of several places, with the last 24 hours as a line."""
    fresh, note = together(fed.streams, fed.definition, known, visit=visit)
    mean = _mean(fresh)
    at = newest(fed.streams)
    says: SafeString | str = ""
    if mean is not None and at is not None:
        expected = usual.together(known.usual[s.id] for s in fresh if s.id in known.usual)
        hour = at.astimezone(visit.city.zone).hour
        said = against.value(mean, expected, hour=hour, number=lambda size: _number(size, fresh))
        says = format_html("{} – {}.", _place(fresh), said) if said else f"{_place(fresh)}."
    return _tile(fed, fresh=fresh, note=note, mean=mean, says=says, picture=_line(visit, fresh, known))


def gauge(visit: Visit, fed: Fed, known: Known) -> Tile:
    """The newest value on a bar from the lower to the upper bound, with a notch at the limit."""
    definition = fed.definition
    fresh, note = together(fed.streams, definition, known, visit=visit)
    mean = _mean(fresh)
    low, high = definition.low or 0.0, 1.0 if definition.high is None else definition.high
    made = _tile(fed, fresh=fresh, note=note, mean=mean, says=_place(fresh), picture="")
    if mean is None or high <= low:
        return made
    limit = definition.threshold
    said = gettext("%(value)s auf einem Balken von %(low)s bis %(high)s") % {
        "value": _number(mean, fresh), "low": _number(low, fresh), "high": _number(high, fresh),
    }  # fmt: skip
    notch = None if limit is None else (limit - low) / (high - low)
    badge, kind = _limit_words(mean, definition, fresh)
    return msgspec.structs.replace(
        made,
        picture=charts.share((mean - low) / (high - low), usual=notch, title=said),
        below=(_number(low, fresh), _number(high, fresh)),
        badge=badge,
        badge_kind=kind,
    )


def _tile(
    fed: Fed,
    *,
    fresh: Sequence[Stream],
    note: str,
    mean: float | None,
    says: SafeString | str,
    picture: SafeString | str,
) -> Tile:
    definition, streams = fed.definition, fed.streams
    digits = _digits(mean or 0.0, fresh or streams)
    return Tile(
        key=definition.key,
        title=formats.words(definition.title),
        figure="–" if mean is None else formats.number(mean, digits=digits),
        unit="" if mean is None else fresh[0].symbol,
        digits=digits,
        behind=formats.words(definition.noun),
        says=says,
        picture=picture,
        live=Live(values=remembered(fresh), mode="mean") if fresh else None,
        at=newest(streams),
        late_after=late_after(streams),
        datasets=abouts(streams),
        note=note,
        url=address(streams),
        streams=[s.id for s in streams],
    )


def _mean(fresh: Sequence[Stream]) -> float | None:
    return fmean(float(s.result) for s in fresh) if fresh else None


def _digits(value: float, streams: Sequence[Stream]) -> int:
    given = streams[0].digits
    return formats.fitting_digits(value) if given is None else given


def _number(value: float, fresh: Sequence[Stream]) -> str:
    return f"{formats.number(value, digits=_digits(value, fresh))} {fresh[0].symbol}".strip()


def _place(fresh: Sequence[Stream]) -> str:
    n = len({s.site.id for s in fresh})
    if n == 1:
        return fresh[0].site.name
    return ngettext("Mittel aus %(n)s Ort", "Mittel aus %(n)s Orten", n) % {"n": n} if n else ""


def _line(visit: Visit, fresh: Sequence[Stream], known: Known) -> SafeString | str:
    """The mean of the places, hour by hour; hours without values are gaps."""
    hours: dict[int, list[float]] = {}
    start = visit.now - 24 * _HOUR
    for stream in fresh:
        for point in known.hours.get(stream.id, ()):
            if point.start >= start and point.mean is not None:
                hours.setdefault(int((point.start - start) / _HOUR), []).append(point.mean)
    if len(hours) < 3:
        return ""
    marks = [fmean(hours[hour]) if hour in hours else None for hour in range(min(hours), max(hours) + 1)]
    return charts.spark(marks, title=gettext("Mittel je Stunde, letzte 24 Stunden"))


def _limit_words(mean: float, definition: Definition, fresh: Sequence[Stream]) -> tuple[str, str]:
    limit = definition.threshold
    if limit is None:
        return "", ""
    said = {"limit": _number(limit, fresh)}
    if mean > limit:
        return gettext("über der Grenze von %(limit)s") % said, "good" if definition.above else "warning"
    return gettext("unter der Grenze von %(limit)s") % said, "warning" if definition.above else "good"
