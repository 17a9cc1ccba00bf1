# SPDX-License-Identifier: EUPL-1.2
"""What of the map is asked for, as it stands in the address: layers, filters, moment, view."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, time, timedelta
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import msgspec
from django.http import HttpRequest, QueryDict
from django.utils.translation import gettext

from stadtkern.insights import kinds
from stadtkern.ui import days

MOST_COLLECTIONS = 6
_VIEW = re.compile(r"\d{1,2}(\.\d{1,2})?/-?\d{1,2}(\.\d{1,6})?/-?\d{1,3}(\.\d{1,6})?")
_KEY = re.compile(r"[a-z0-9_-]{1,100}")
_LONGEST_BACK = timedelta(days=3660)
_LARGEST_ID = 2**63 - 1


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A state of the map. `chosen`: layers were chosen, so that none means none; `at` None: now."""

    query: str = ""
    kinds: tuple[str, ...] = ()
    collections: tuple[str, ...] = ()
    chosen: bool = False
    district: str = ""
    state: str = ""
    day: str = ""
    hour: int = 12
    at: datetime | None = None
    view: str = ""
    thing: int = 0
    page: int = 1
    problem: str = ""

    def shows(self, kind: str) -> bool:
        """Whether places of this kind are asked for."""
        return kind in self.kinds or not (self.kinds or self.chosen)

    def pairs(self, *without: str) -> list[tuple[str, str]]:
        """Names and values of the address, except those named; empty ones fall out."""
        found = [
            ("q", self.query),
            *(("art", kind) for kind in self.kinds),
            *(("sammlung", key) for key in self.collections),
            ("gewaehlt", "1" if self.chosen else ""),
            ("bezirk", self.district),
            ("stand", self.state),
            ("tag", self.day),
            ("stunde", str(self.hour) if self.day else ""),
            ("ding", str(self.thing or "")),
            ("karte", self.view),
        ]
        return [(name, value) for name, value in found if value and name not in without]

    def address(self, *without: str, **changes: str) -> str:
        """The query of an address like this one, with changes."""
        kept = self.pairs(*without, *changes)
        return "?" + urlencode([*kept, *((name, value) for name, value in changes.items() if value)])


STATES = ("aktuell", "still")


def read(request: HttpRequest, *, now: datetime, zone: ZoneInfo) -> Asked:
    """What the address asks for; what cannot be used is left out, a moment with a word about it."""
    given = request.GET
    day, hour, at, problem = _moment(given, now=now, zone=zone)
    thing = given.get("ding", "")
    page = given.get("seite", "")
    return Asked(
        query=given.get("q", "").strip()[:100].replace("\0", ""),
        kinds=tuple(key for key in kinds.BY_KEY if key in given.getlist("art")),
        collections=_collections(given.getlist("sammlung")),
        chosen=given.get("gewaehlt") == "1",
        district=given.get("bezirk", "")[:100].replace("\0", ""),
        state=given.get("stand", "") if given.get("stand") in STATES else "",
        day=day,
        hour=hour,
        at=at,
        view=_view(given.get("karte", "")),
        thing=int(thing) if thing.isdecimal() and len(thing) < 20 and int(thing) <= _LARGEST_ID else 0,
        page=max(1, int(page)) if page.isdecimal() and len(page) < 6 else 1,
        problem=problem,
    )


def _collections(asked: Sequence[str]) -> tuple[str, ...]:
    known = [key for key in dict.fromkeys(asked) if _KEY.fullmatch(key)]
    return tuple(known[:MOST_COLLECTIONS])


def _view(text: str) -> str:
    return text if _VIEW.fullmatch(text) else ""


def _moment(given: QueryDict, *, now: datetime, zone: ZoneInfo) -> tuple[str, int, datetime | None, str]:
    """The day and the local hour asked for, its beginning, and what was wrong with them."""
    text, number = given.get("tag", ""), given.get("stunde", "")
    here = now.astimezone(zone)
    hour = min(int(number), 23) if number.isdecimal() and len(number) < 3 else here.hour
    if not text:
        return "", hour, None, ""
    day = days.read(text)
    if day is None:
        return "", hour, None, f"{days.hint()} {gettext('Sie sehen den Stand von jetzt.')}"
    if abs(day - here.date()) > _LONGEST_BACK or (at := datetime.combine(day, time(hour), tzinfo=zone)) > now:
        problem = gettext("Bitte wählen Sie einen Tag aus den letzten zehn Jahren.")
        return "", hour, None, f"{problem} {gettext('Sie sehen den Stand von jetzt.')}"
    return day.isoformat(), hour, at, ""
