# SPDX-License-Identifier: EUPL-1.2
"""The span of time a chart shows, as it stands in the address: `?zeitraum=woche` or `?von=…&bis=…`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Literal
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import msgspec
from django.utils.functional import Promise
from django.utils.translation import gettext, gettext_lazy

from stadtkern.ui import days

Bucket = Literal["raw", "hour", "day", "month", "year"]

NAMES: Mapping[str, Promise] = {
    "24h": gettext_lazy("24 Stunden"),
    "woche": gettext_lazy("Woche"),
    "monat": gettext_lazy("Monat"),
    "jahr": gettext_lazy("Jahr"),
    "alles": gettext_lazy("Alles"),
}
LENGTHS: Mapping[str, timedelta] = {
    "24h": timedelta(hours=24),
    "woche": timedelta(days=7),
    "monat": timedelta(days=31),
    "jahr": timedelta(days=365),
}
BUCKETS: Mapping[str, Bucket] = {
    "einzeln": "raw",
    "stunde": "hour",
    "tag": "day",
    "monat": "month",
    "jahr": "year",
}
BUCKET_NAMES: Mapping[Bucket, Promise] = {
    "raw": gettext_lazy("Einzelwerte"),
    "hour": gettext_lazy("Stunden"),
    "day": gettext_lazy("Tage"),
    "month": gettext_lazy("Monate"),
    "year": gettext_lazy("Jahre"),
}
_LONGEST: Mapping[Bucket, timedelta] = {
    "raw": timedelta(days=31),
    "hour": timedelta(days=400),
    "day": timedelta(days=3660),
}


class Span(msgspec.Struct, frozen=True, kw_only=True):
    """A span and how finely it is shown; `problem` says in words what of the request could not be used."""

    name: str
    start: datetime
    end: datetime
    bucket: Bucket
    asked: str = ""
    since: str = ""
    until: str = ""
    compare: bool = False
    problem: str = ""
    behind: bool = False

    @property
    def length(self) -> timedelta:
        """From start to end."""
        return self.end - self.start

    def query(self, **changes: str) -> str:
        """The address's query for this span, with changes; empty values fall out."""
        own = {"von": self.since, "bis": self.until} if self.name == "von-bis" else {"zeitraum": self.name}
        own |= {"aufloesung": self.asked, "vergleich": "1" if self.compare else ""}
        return urlencode({key: value for key, value in {**own, **changes}.items() if value})

    @property
    def can_compare(self) -> bool:
        """Whether a usual week means something at this length."""
        return self.length <= timedelta(days=8)


def choose(
    asked: Mapping[str, str],
    *,
    first: datetime | None,
    last: datetime | None,
    now: datetime,
    zone: ZoneInfo,
    default: str = "woche",
) -> Span:
    """The span asked for. A series that ended is shown to its end, not to an empty today."""
    name = asked.get("zeitraum", "")
    problem = ""
    if name and name not in NAMES:
        problem, name = (
            gettext("Diesen Zeitraum kennen wir nicht; Sie sehen stattdessen die letzte Woche."),
            "",
        )
    if not name and (asked.get("von") or asked.get("bis")):
        found = _from_to(asked.get("von", ""), asked.get("bis", ""), first=first, now=now, zone=zone)
        if not isinstance(found, str):
            since, until = days.tidy(asked.get("von", "")), days.tidy(asked.get("bis", ""))
            return _finely(
                asked,
                Span(name="von-bis", start=found[0], end=found[1], bucket="raw", since=since, until=until),
            )
        problem = found
    name = name or default
    end = _end(name, last=last, now=now)
    start = (first or end - LENGTHS["jahr"]) if name == "alles" else end - LENGTHS[name]
    if start >= end:
        start = end - LENGTHS["24h"]
    return _finely(
        asked, Span(name=name, start=start, end=end, bucket="raw", problem=problem, behind=end < now)
    )


def _end(name: str, *, last: datetime | None, now: datetime) -> datetime:
    quiet = LENGTHS.get(name, timedelta())
    return last + timedelta(seconds=1) if last and (now - last > quiet or last > now) else now


def _from_to(
    since: str, until: str, *, first: datetime | None, now: datetime, zone: ZoneInfo
) -> tuple[datetime, datetime] | str:
    asked = [days.read(text) for text in (since, until) if text]
    known = [day for day in asked if day]
    if len(known) < len(asked):
        return f"{days.hint()} {gettext('Sie sehen stattdessen die letzte Woche.')}"
    if not all(1900 <= day.year <= 2200 for day in known):
        return gettext(
            "Bitte wählen Sie Daten zwischen 1900 und 2200. Sie sehen stattdessen die letzte Woche."
        )
    start = _midnight(known[0], zone) if since else first or now - LENGTHS["jahr"]
    end = _midnight(known[-1] + timedelta(days=1), zone) if until else now
    if end <= start:
        return gettext(
            "Das Ende liegt vor dem Anfang. Bitte tauschen Sie die Daten."
            " Sie sehen stattdessen die letzte Woche."
        )
    return start, end


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), tzinfo=zone)


def _finely(asked: Mapping[str, str], span: Span) -> Span:
    compare = asked.get("vergleich") == "1" and span.can_compare
    wish = asked.get("aufloesung", "")
    bucket = BUCKETS.get(wish)
    problem = span.problem
    if wish and bucket is None:
        problem = problem or gettext("Diese Auflösung gibt es nicht; wir haben eine passende gewählt.")
    elif bucket and span.length > _LONGEST.get(bucket, timedelta.max):
        problem = problem or gettext(
            "Für diese Auflösung ist der Zeitraum zu lang; wir haben eine gröbere gewählt."
        )
        bucket = None
    fitting = "hour" if compare and bucket in (None, "raw") else bucket or _fitting(span.length)
    return msgspec.structs.replace(
        span, bucket=fitting, asked=wish if bucket else "", compare=compare, problem=problem
    )


def _fitting(length: timedelta) -> Bucket:
    if length <= timedelta(days=2, hours=1):
        return "raw"
    if length <= timedelta(days=32):
        return "hour"
    return "day" if length <= timedelta(days=800) else "month" if length <= timedelta(days=20_000) else "year"


def shown_as(span: Span, *, bucket: Bucket) -> Span:
    """The span as it could be shown; says so where that is coarser than asked for."""
    if bucket == span.bucket:
        return span
    problem = span.problem or gettext("Für Einzelwerte sind es zu viele; Sie sehen stattdessen Stunden.")
    return msgspec.structs.replace(span, bucket=bucket, asked="", problem=problem)
