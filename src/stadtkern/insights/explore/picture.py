# SPDX-License-Identifier: EUPL-1.2
"""The chart of a series with the words around it: title, subtitle, description, key."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from stadtkern.insights.explore.history import History, value
from stadtkern.insights.streams import Stream
from stadtkern.ui import charts, formats
from stadtkern.ui.spans import Bucket, Span
from stadtkern.ui.visit import Visit


class Picture(msgspec.Struct, frozen=True, kw_only=True):
    """A chart with its words."""

    title: str
    sub: str
    drawing: SafeString
    keys: tuple[tuple[str, str], ...]


def draw(visit: Visit, *, stream: Stream, span: Span, history: History, name: str = "chart") -> Picture:
    """Put the picture together."""
    bars = stream.kind == "count"
    title = _title(stream, history)
    shift = _half(history) if not bars else timedelta()
    step = history.step or timedelta()
    curve = charts.Curve(
        start=min([span.start, *(p.start for p in history.points[:1])]),
        end=max(
            [
                span.end,
                *(p.start + (step if history.bucket != "raw" else timedelta()) for p in history.points[-1:]),
            ]
        ),
        zone=visit.city.zone,
        pieces=[
            [_mark(p, stream=stream, history=history, shift=shift) for p in piece] for piece in history.pieces
        ],
        usual=[history.usual] if history.usual else [],
        gaps=history.gaps,
        form="bars" if bars else "line",
        title=title,
        description=_description(visit, stream=stream, history=history),
        name=name,
        steps=stream.kind == "state" and history.bucket == "raw",
        labels=_labels(stream, history.bucket),
        height=300,
        gap_label=gettext("keine Messwerte"),
    )
    return Picture(
        title=title,
        sub=_sub(visit, stream, span, history),
        drawing=charts.draw(curve),
        keys=_keys(stream, history),
    )


def _mark(point: Any, *, stream: Stream, history: History, shift: timedelta) -> charts.Mark:
    banded = (
        stream.kind != "count"
        and not stream.what.states
        and history.bucket != "raw"
        and point.minimum is not None
    )
    return charts.Mark(
        point.start + shift,
        value(point, stream=stream, bucket=history.bucket),
        low=point.minimum if banded else None,
        high=point.maximum if banded else None,
        end=point.start + (history.step or timedelta(minutes=15)) if stream.kind == "count" else None,
    )


def _labels(stream: Stream, bucket: Bucket) -> dict[float, str]:
    """States are named; their buckets are shares of time."""
    states = stream.what.states
    if not states:
        return {}
    if bucket == "raw":
        return {float(state): str(name) for state, name in states.items()}
    return {share / 4: formats.percent(share / 4) for share in range(5)}


def _half(history: History) -> timedelta:
    return timedelta() if history.bucket == "raw" else (history.step or timedelta()) / 2


def unit(stream: Stream, bucket: Bucket) -> str:
    """The unit behind the numbers; totals of counts lose the interval they were counted in."""
    symbol = stream.symbol
    return symbol.split("/")[0].strip() if stream.kind == "count" and bucket != "raw" else symbol


def _title(stream: Stream, history: History) -> str:
    what = stream.property_name or stream.name
    per = {
        "raw": gettext("%(what)s, jeder Messwert"),
        "hour": gettext("%(what)s je Stunde"),
        "day": gettext("%(what)s je Tag"),
        "month": gettext("%(what)s je Monat"),
        "year": gettext("%(what)s je Jahr"),
    }[history.bucket]
    return per % {"what": what}


def _sub(visit: Visit, stream: Stream, span: Span, history: History) -> str:
    zone = visit.city.zone
    first, last = (
        span.start.astimezone(zone).date(),
        (span.end - timedelta(seconds=1)).astimezone(zone).date(),
    )
    days = (
        formats.day(first)
        if first == last
        else gettext("%(first)s bis %(last)s")
        % {"first": formats.day(first, year=first.year != last.year), "last": formats.day(last)}
    )
    how = gettext("Summen") if stream.kind == "count" else gettext("Mittelwerte")
    if stream.what.states:
        how = gettext("Anteil der Zeit")
    parts = [unit(stream, history.bucket), days]
    if history.bucket != "raw":
        parts.insert(1, how)
    return " · ".join(part for part in parts if part)


def _description(visit: Visit, *, stream: Stream, history: History) -> str:
    if not history.points:
        return gettext("In diesem Zeitraum gibt es keine Messwerte.")
    values = [(value(p, stream=stream, bucket=history.bucket), p.start) for p in history.points]
    low, high = min(values), max(values)
    zone, digits = visit.city.zone, stream.digits
    said = gettext("Niedrigster Wert %(low)s am %(low_at)s, höchster %(high)s am %(high_at)s.") % {
        "low": formats.number(low[0], digits=digits),
        "low_at": formats.moment(low[1], zone=zone),
        "high": formats.number(high[0], digits=digits),
        "high_at": formats.moment(high[1], zone=zone),
    }
    gaps = gettext("%(n)s Lücken.") % {"n": len(history.gaps)} if history.gaps else ""
    return f"{said} {gaps}".strip()


def _keys(stream: Stream, history: History) -> tuple[tuple[str, str], ...]:
    keys = []
    if history.usual:
        keys += [
            ("line", stream.property_name or stream.name),
            ("usual", gettext("üblich (Median aus acht Wochen)")),
        ]
    banded = stream.kind != "count" and not stream.what.states
    if banded and history.bucket != "raw" and history.points:
        keys.append(("band", gettext("kleinster bis größter Wert")))
    if history.gaps:
        keys.append(("gap", gettext("keine Messwerte")))
    return tuple(keys)
