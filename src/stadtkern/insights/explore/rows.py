# SPDX-License-Identifier: EUPL-1.2
"""The table under a chart, page by page: the same numbers, newest first."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
from babel import dates
from django.utils.translation import gettext

from stadtkern.core import statements, times
from stadtkern.insights.explore.history import History, value
from stadtkern.insights.streams import Stream
from stadtkern.ui import formats
from stadtkern.ui.paging import Paging
from stadtkern.ui.spans import Bucket, Span
from stadtkern.ui.visit import Visit

SIZE = 25


class Row(msgspec.Struct, frozen=True):
    """One line: when, the value, its least and greatest, how many values, what is said of its quality."""

    when: str
    value: str
    low: str = ""
    high: str = ""
    n: str = ""
    quality: str = ""
    doubtful: bool = False


class Table(msgspec.Struct, frozen=True):
    """One page of rows."""

    rows: Sequence[Row]
    paging: Paging
    buckets: bool

    @property
    def flagged(self) -> bool:
        """Whether any of the rows is doubtful, so that a column about it is worth its place."""
        return any(row.doubtful for row in self.rows)


async def read(visit: Visit, *, stream: Stream, span: Span, history: History, asked: dict[str, str]) -> Table:
    """The page of the table that the address names."""
    if span.bucket == "raw":
        return await _observations(visit, stream=stream, span=span, before=asked.get("vor", ""))
    return _buckets(visit, stream=stream, span=span, history=history, page=asked.get("seite", ""))


def _buckets(visit: Visit, *, stream: Stream, span: Span, history: History, page: str) -> Table:
    newest = list(reversed(history.points))
    pages = max(1, -(-len(newest) // SIZE))
    number = min(max(int(page), 1), pages) if page.isdecimal() and len(page) < 9 else 1
    shown = newest[(number - 1) * SIZE : number * SIZE]
    says = gettext("Seite %(n)s von %(all)s") % {"n": number, "all": pages}
    paging = Paging(
        f"?{span.query(seite=str(number - 1))}#tabelle" if number > 1 else "",
        gettext("Neuere"),
        f"?{span.query(seite=str(number + 1))}#tabelle" if number < pages else "",
        gettext("Ältere"),
        says if pages > 1 else "",
    )
    digits = _digits(stream, [p.mean for p in shown] if stream.kind != "count" else [])
    return Table(
        [_bucket(p, visit=visit, stream=stream, bucket=span.bucket, digits=digits) for p in shown],
        paging,
        # Where each value stands for itself, its least and greatest say nothing new.
        any(point.n > 1 for point in newest),
    )


def _bucket(point: Any, *, visit: Visit, stream: Stream, bucket: Bucket, digits: int) -> Row:
    def said(number: float | None) -> str:
        share = stream.what.states and number is not None
        return formats.percent(number or 0.0) if share else formats.number(number, digits=digits)

    share = point.good_share
    doubtful = share is not None and share < 1
    return Row(
        when=period(point.start.astimezone(visit.city.zone), bucket=bucket),
        value=said(value(point, stream=stream, bucket=bucket)),
        low=said(point.minimum),
        high=said(point.maximum),
        n=formats.number(point.n),
        quality=gettext("%(share)s unauffällig") % {"share": formats.percent(share)} if doubtful else "",
        doubtful=doubtful,
    )


def period(local: datetime, *, bucket: Bucket) -> str:
    """A bucket in words: `20.11.2026, 14–15 Uhr`, `Fr., 20.11.2026`, `November 2026`, `2026`."""
    language = formats.language()
    if bucket == "hour":
        end = (local + timedelta(hours=1)).hour or 24
        if language.startswith("de"):
            return f"{dates.format_date(local.date(), 'dd.MM.y', locale=language)}, {local.hour}–{end} Uhr"
        return (
            f"{dates.format_date(local.date(), 'dd/MM/y', locale=language)}, {local.hour:02}:00–{end:02}:00"
        )
    pattern = {"day": "EEE dd.MM.y", "month": "LLLL y", "year": "y"}[bucket]
    return dates.format_date(local.date(), pattern, locale=language)


async def _observations(visit: Visit, *, stream: Stream, span: Span, before: str) -> Table:
    place, slot = _place(before, otherwise=span.end)
    values = {
        "id": stream.id,
        "start": span.start,
        "until": span.end,
        "before": place,
        "slot": slot,
        "limit": SIZE + 1,
    }
    rows = await (
        await visit.connection.execute(statements.load("insights")["observation_page"], values)
    ).fetchall()
    shown = rows[:SIZE]
    more = f"{times.format_instant(shown[-1][0])}~{shown[-1][1]}" if len(rows) > SIZE else ""
    paging = Paging(
        f"?{span.query()}#tabelle" if before else "",
        gettext("Zum Anfang"),
        f"?{span.query(vor=more)}#tabelle" if more else "",
        gettext("Ältere"),
        "",
    )
    digits = _digits(stream, [row[3] for row in shown])
    return Table(
        [_observation(row, visit=visit, stream=stream, digits=digits) for row in shown], paging, False
    )


def _digits(stream: Stream, values: Sequence[float | None]) -> int:
    """The same decimal places for a whole column."""
    known = [value for value in values if value is not None]
    return (
        max((formats.fitting_digits(v) for v in known), default=0) if stream.digits is None else stream.digits
    )


def _place(text: str, *, otherwise: datetime) -> tuple[datetime, int]:
    instant, _, slot = text.partition("~")
    try:
        return times.parse_instant(instant), min(int(slot or 0), 32_000)
    except (ValueError, times.InvalidInstant):
        return otherwise, 0


def _observation(row: Sequence[Any], *, visit: Visit, stream: Stream, digits: int) -> Row:
    result = row[3] if row[4] is None else row[4]
    quality, doubtful = quality_words(row[5])
    return Row(
        when=formats.short_moment(row[0], zone=visit.city.zone),
        value=_words(result, stream=stream, digits=digits),
        quality=quality,
        doubtful=doubtful,
    )


def _words(result: Any, *, stream: Stream, digits: int) -> str:
    if stream.what.states and result in (0, 1):
        return str(stream.what.states[bool(result)])
    number = isinstance(result, int | float) and not isinstance(result, bool)
    return formats.number(result, digits=digits) if number else str(result)


def quality_words(quality: Any) -> tuple[str, bool]:
    """What the publisher says of a value, and whether that is a doubt."""
    status = quality.get("status") if isinstance(quality, dict) else quality
    if status in (None, "good"):
        return "", False
    reason = quality.get("reason") or quality.get("flags") if isinstance(quality, dict) else None
    said = {"doubtful": gettext("zweifelhaft"), "corrected": gettext("berichtigt")}.get(
        str(status), str(status)
    )
    return (
        f"{said}: {reason if isinstance(reason, str) else ', '.join(map(str, reason))}" if reason else said
    ), True
