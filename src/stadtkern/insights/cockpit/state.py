# SPDX-License-Identifier: EUPL-1.2
"""Tiles of the state of nature: places that are too dry, levels against their usual range."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta
from statistics import fmean, quantiles
from typing import NamedTuple

from django.utils.translation import gettext, ngettext

from stadtkern.core import statements
from stadtkern.insights.cockpit.definitions import Definition
from stadtkern.insights.cockpit.stock import fresh_ones, missing
from stadtkern.insights.cockpit.tile import Live, Tile, abouts, late_after, newest, numeric, remembered
from stadtkern.insights.streams import Stream
from stadtkern.ui import charts, formats
from stadtkern.ui.visit import Visit

_YEAR = timedelta(days=365)
_ENOUGH = 30


async def low(visit: Visit, *, definition: Definition, streams: Sequence[Stream]) -> Tile:
    """How many places are below a threshold on the mean of their series, such as trees on dry ground."""
    fresh = fresh_ones(streams, visit=visit)
    limit = definition.threshold or 0.0
    values: defaultdict[str, list[float]] = defaultdict(list)
    for stream in fresh:
        values[stream.site.name].append(numeric(stream) or 0.0)
    dry = sorted(name for name, found in values.items() if fmean(found) < limit)
    return Tile(
        key=definition.key,
        title=formats.words(definition.title),
        figure=str(len(dry)) if fresh else "–",
        behind=formats.words(definition.noun),
        says=_dry_words(dry, well=len(values) - len(dry)) if fresh else "",
        at=newest(streams),
        late_after=late_after(streams),
        datasets=abouts(streams),
        note=missing(fresh, streams, definition),
        streams=[s.id for s in streams],
    )


def _dry_words(dry: Sequence[str], *, well: int) -> str:
    named = f"{', '.join(dry[:2])}. " if dry else ""
    more = gettext("Und %(n)s weitere.") % {"n": len(dry) - 2} + " " if len(dry) > 2 else ""
    rest = (
        ngettext("%(n)s Baum gut versorgt.", "%(n)s Bäume gut versorgt.", well) % {"n": well} if well else ""
    )
    return f"{named}{more}{rest}".strip()


class _Level(NamedTuple):
    stream: Stream
    value: float
    means: Sequence[float]

    @property
    def deviation(self) -> float:
        """How far outside the middle four fifths of the year, in widths of that range; negative is below."""
        if len(self.means) < _ENOUGH:
            return 0.0
        tenths = quantiles(self.means, n=10)
        low, high = tenths[0], tenths[-1]
        outside = min(self.value - low, 0.0) + max(self.value - high, 0.0)
        return outside / ((high - low) or 1.0)


async def level(visit: Visit, *, definition: Definition, streams: Sequence[Stream]) -> Tile:
    """The newest value against the last year; of several places, the one furthest from its usual range."""
    known = [s for s in streams if numeric(s) is not None]
    if not known:
        return Tile(
            key=definition.key, title=formats.words(definition.title), figure="–", datasets=abouts(streams)
        )
    values = {"ids": [s.id for s in known], "start": visit.now - _YEAR, "until": visit.now}
    rows = await (
        await visit.connection.execute(statements.load("insights")["daily_means"], values)
    ).fetchall()
    means: defaultdict[int, list[float]] = defaultdict(list)
    for datastream_id, mean in rows:
        means[datastream_id].append(mean)
    levels = [_Level(s, numeric(s) or 0.0, means[s.id]) for s in known]
    chosen = max(levels, key=lambda found: abs(found.deviation))
    stream, digits = (
        chosen.stream,
        definition.digits if chosen.stream.digits is None else chosen.stream.digits,
    )
    badge, kind = _range_words(chosen)
    return Tile(
        key=definition.key,
        title=formats.words(definition.title),
        figure=formats.number(chosen.value, digits=digits),
        unit=stream.symbol,
        digits=digits,
        badge=badge,
        badge_kind=kind,
        says=_level_words(chosen, others=len(levels) - 1),
        picture=_month(chosen.means),
        live=Live(values=remembered([stream])),
        at=stream.at,
        late_after=stream.late_after,
        datasets=abouts([stream]),
        streams=[stream.id],
    )


def _month(means: Sequence[float]) -> str:
    title = gettext("Tagesmittel der letzten 30 Tage")
    return charts.spark(means[-30:], title=title) if len(means) > 7 else ""


def _level_words(chosen: _Level, *, others: int) -> str:
    place = chosen.stream.site.name
    if not others or chosen.deviation:
        return place
    return ngettext(
        "%(place)s; %(n)s weiterer Pegel ebenso.", "%(place)s; %(n)s weitere Pegel ebenso.", others
    ) % {"place": place, "n": others}


def _range_words(chosen: _Level) -> tuple[str, str]:
    if len(chosen.means) < _ENOUGH:
        return "", ""
    if chosen.deviation < 0:
        return gettext("unter dem üblichen Bereich"), "warning"
    if chosen.deviation > 0:
        return gettext("über dem üblichen Bereich"), "warning"
    return gettext("im üblichen Bereich"), "good"
