# SPDX-License-Identifier: EUPL-1.2
"""Tiles of the state of nature: places that are too dry, levels against their usual range."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from statistics import fmean
from typing import NamedTuple

from django.utils.translation import gettext, ngettext

from stadtkern.insights import usual
from stadtkern.insights.cockpit.known import Fed, Known
from stadtkern.insights.cockpit.stock import fresh_ones, missing, together
from stadtkern.insights.cockpit.tile import (
    Live,
    Tile,
    abouts,
    address,
    late_after,
    newest,
    numeric,
    remembered,
)
from stadtkern.insights.streams import Stream
from stadtkern.ui import charts, formats
from stadtkern.ui.visit import Visit

_ENOUGH = 30


def low(visit: Visit, fed: Fed, known: Known) -> Tile:
    """How many places are below a threshold on the mean of their series, such as trees on dry ground."""
    definition, streams = fed.definition, fed.streams
    fresh, note = together(streams, definition, known, visit=visit)
    limit = definition.threshold or 0.0
    values: defaultdict[str, list[float]] = defaultdict(list)
    for stream in fresh:
        values[stream.site.name].append(numeric(stream) or 0.0)
    dry = sorted(name for name, found in values.items() if fmean(found) < limit)
    return Tile(
        key=definition.key,
        title=formats.words(definition.title),
        figure=str(len(dry)) if fresh else "–",
        behind=formats.words(definition.noun) or gettext("unter der Grenze"),
        says=_dry_words(dry, well=len(values) - len(dry), tree=streams[0].what.key == "baum")
        if fresh
        else "",
        url=address(streams),
        at=newest(streams),
        late_after=late_after(streams),
        datasets=abouts(streams),
        note=note,
        streams=[s.id for s in streams],
    )


def _dry_words(dry: Sequence[str], *, well: int, tree: bool) -> str:
    named = f"{', '.join(dry[:2])}. " if dry else ""
    more = gettext("Und %(n)s weitere.") % {"n": len(dry) - 2} + " " if len(dry) > 2 else ""
    if tree:
        rest = ngettext("%(n)s Baum gut versorgt.", "%(n)s Bäume gut versorgt.", well) % {"n": well}
    else:
        rest = ngettext("%(n)s Ort darüber.", "%(n)s Orte darüber.", well) % {"n": well}
    return f"{named}{more}{rest if well else ''}".strip()


class _Level(NamedTuple):
    stream: Stream
    value: float
    year: usual.Year | None

    @property
    def deviation(self) -> float:
        """How far outside the middle four fifths of the year, in widths of that range; negative is below."""
        if not self.known or self.year is None:
            return 0.0
        low, high = self.year.low, self.year.high
        outside = min(self.value - low, 0.0) + max(self.value - high, 0.0)
        return outside / ((high - low) or 1.0)

    @property
    def known(self) -> bool:
        """Whether there are days enough to say what is usual."""
        return self.year is not None and self.year.days >= _ENOUGH


def level(visit: Visit, fed: Fed, known: Known) -> Tile:
    """The newest value against the last year; of several places, the one furthest from its usual range."""
    definition, streams = fed.definition, fed.streams
    fresh = fresh_ones(streams, visit=visit)
    levels = [_Level(s, value, known.years.get(s.id)) for s in fresh if (value := numeric(s)) is not None]
    title = formats.words(definition.title)
    if not levels:
        return Tile(
            key=definition.key, title=title, figure="–", at=newest(streams), late_after=late_after(streams),
            datasets=abouts(streams), url=address(streams), streams=[s.id for s in streams],
            note=missing(fresh, streams, definition, known),
        )  # fmt: skip
    chosen = max(levels, key=lambda found: abs(found.deviation))
    stream, digits = chosen.stream, chosen.stream.digits
    digits = definition.digits if digits is None else digits
    badge, kind = _range_words(chosen)
    return Tile(
        key=definition.key,
        title=title,
        figure=formats.number(chosen.value, digits=digits),
        unit=stream.symbol,
        digits=digits,
        badge=badge,
        badge_kind=kind,
        says=_level_words(chosen, others=len(levels) - 1),
        picture=_month(chosen),
        live=Live(values=remembered([stream])),
        at=stream.at,
        late_after=stream.late_after,
        datasets=abouts([stream]),
        url=address([stream]),
        streams=[stream.id],
    )


def _month(chosen: _Level) -> str:
    title = gettext("Tagesmittel der letzten 30 Tage")
    recent = chosen.year.recent if chosen.year else ()
    return charts.spark(recent, title=title) if len(recent) > 7 else ""


def _level_words(chosen: _Level, *, others: int) -> str:
    place = chosen.stream.site.name
    if not others or chosen.deviation:
        return place
    return ngettext(
        "%(place)s; %(n)s weiterer Pegel ebenso.", "%(place)s; %(n)s weitere Pegel ebenso.", others
    ) % {"place": place, "n": others}


def _range_words(chosen: _Level) -> tuple[str, str]:
    if not chosen.known:
        return "", ""
    if chosen.deviation < 0:
        return gettext("unter dem üblichen Bereich"), "warning"
    if chosen.deviation > 0:
        return gettext("über dem üblichen Bereich"), "warning"
    return gettext("im üblichen Bereich"), "good"
